"""The bundle: a directory that holds trained detectors. JSON, text and an ONNX graph; loading it never runs code."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.models.boosting import Boosting
from ghostnote.models.manifest import (
    CARD,
    FORMAT,
    FORMAT_WITH_SEQUENCE,
    FORMAT_WITH_SIGNUPS,
    MANIFEST,
    Manifest,
    checked,
    identity,
    read_manifest,
)
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.tails import Tails


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Trained detectors and what they need: the models of plays, account-days and sign-ups are there only if
    labels were, the sequence detector only if it was asked for.
    """

    manifest: Manifest
    tails: Tails
    play: Boosting | None = None
    day: Boosting | None = None
    sequence: PlaySequence | None = None
    signup: Boosting | None = None

    @property
    def supervised(self) -> bool:
        return self.day is not None


def refuse_other(path: Path) -> None:
    """`GhostnoteError` if something else than a bundle is at `path`: nothing may take its place."""
    if path.exists() and not (path / MANIFEST).is_file() and (not path.is_dir() or any(path.iterdir())):
        raise GhostnoteError(f"{path} exists and is not a bundle: choose another --out.")


def save_bundle(bundle: Bundle, path: Path, card: str) -> None:
    """Write the bundle under a temporary name and move it into place; an existing bundle there is replaced whole."""
    refuse_other(path)
    files = {f"{part}.{name}": _bytes(file) for part, state in _states(bundle).items() for name, file in state.items()}
    files[CARD] = card.encode()
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = msgspec.structs.replace(bundle.manifest, files=hashes, format=_format(bundle))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        (temporary / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        why = error.strerror or str(error)
        raise GhostnoteError(
            f"Could not write the bundle {path}: {why}. Free some space or choose another place."
        ) from error


def _format(bundle: Bundle) -> int:
    if bundle.signup is not None:
        return FORMAT_WITH_SIGNUPS
    return FORMAT if bundle.sequence is None else FORMAT_WITH_SEQUENCE


def digest_of(bundle: Bundle) -> str:
    """SHA-256 of all that decides in a bundle, in hexadecimal: the same before it is saved and after it is loaded."""
    files = {f"{part}.{name}": _bytes(file) for part, state in _states(bundle).items() for name, file in state.items()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return identity(msgspec.structs.replace(bundle.manifest, files=hashes))


def load_bundle(path: Path) -> Bundle:
    """Read a bundle back; a missing, altered or truncated one, or one of another format, is a `GhostnoteError`."""
    manifest = read_manifest(path)
    files = {name: checked(path, name, digest) for name, digest in manifest.files.items()}

    def part(name: str) -> Mapping[str, bytes]:
        return {file.removeprefix(f"{name}."): found for file, found in files.items() if file.startswith(f"{name}.")}

    def text(name: str) -> Mapping[str, str]:
        return {file: found.decode() for file, found in part(name).items()}

    play, day, signup, sequence = text("play"), text("day"), text("signup"), part("sequence")
    return Bundle(
        manifest=manifest,
        tails=Tails.restore(text("tails")),
        play=Boosting.restore(play) if play else None,
        day=Boosting.restore(day) if day else None,
        sequence=PlaySequence.restore(sequence) if sequence else None,
        signup=Boosting.restore(signup) if signup else None,
    )


def _states(bundle: Bundle) -> dict[str, Mapping[str, str] | Mapping[str, bytes]]:
    states: dict[str, Mapping[str, str] | Mapping[str, bytes]] = {"tails": bundle.tails.state()}
    if bundle.play is not None:
        states["play"] = bundle.play.state()
    if bundle.day is not None:
        states["day"] = bundle.day.state()
    if bundle.signup is not None:
        states["signup"] = bundle.signup.state()
    if bundle.sequence is not None:
        states["sequence"] = bundle.sequence.state()
    return states


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
