"""The bundle: a directory that holds trained detectors. JSON, text and an ONNX graph; loading it never runs code."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from ghostnote.errors import GhostnoteError
from ghostnote.models.boosting import Boosting
from ghostnote.models.calibration import Calibration
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.tails import Tails

#: Raised by one whenever an older reader would misunderstand what is written.
FORMAT = 1
#: Of a bundle that holds a sequence detector: readers before it take every file for text.
FORMAT_WITH_SEQUENCE = 2
#: Of a bundle that holds a model of sign-ups, with or without a sequence detector: readers before it would do without.
FORMAT_WITH_SIGNUPS = 3
_READ = (FORMAT, FORMAT_WITH_SEQUENCE, FORMAT_WITH_SIGNUPS)
MANIFEST = "bundle.json"
CARD = "MODEL_CARD.md"


class Curve(msgspec.Struct, frozen=True):
    """A calibration's points."""

    scores: list[float]
    probabilities: list[float]

    @classmethod
    def of(cls, calibration: Calibration) -> "Curve":
        return cls(calibration.scores.tolist(), calibration.probabilities.tolist())

    def calibration(self) -> Calibration:
        return Calibration(np.asarray(self.scores), np.asarray(self.probabilities))


class LearntSignups(msgspec.Struct, frozen=True, kw_only=True):
    """What the model of sign-ups was trained on and what came out.

    `rows` sign-ups, those of `fraud` accounts labelled, or caught by certain rules; `prior` is the estimated share of
    fake ones. `average_precision` is that of trees taught by what was known before the last days, on the sign-ups of
    those days, against the labels known since; None where they are too few.
    """

    rows: int
    fraud: int
    prior: float
    trees: int
    average_precision: float | None = None


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle was trained on and what came out; shares and average precisions from rows not fitted on."""

    start: date
    end: date
    as_of: datetime
    events: int
    accounts: int
    account_days: int
    play_rows: int
    labels_fraud: int
    labels_legit: int
    labels_by_rules: int = 0
    labels_weak: int = 0
    prior_account_days: float = 0.0
    prior_plays: float = 0.0
    labelled_share: float | None = None
    average_precision_account_days: float | None = None
    average_precision_plays: float | None = None
    average_precision_sequences: float | None = None
    trees_account_days: int = 0
    trees_plays: int = 0
    sequence_rows: int = 0
    missing_columns: list[str] = []
    unreadable_files: int = 0
    notes: list[str] = []
    # What is not set is not written: without a model of sign-ups a bundle is what it was before there were any.
    signups: LearntSignups | UnsetType = UNSET


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a bundle but the detectors themselves; `files` maps each file's name to its SHA-256.

    `own_features` are the declarations of features that are not shipped, as plain data. `signup_curve` and
    `signup_ceilings` are of the model of sign-ups as the others are of theirs, and not set without one.
    """

    format: int
    ghostnote: str
    features: list[str]
    day_features: list[str]
    training: Training
    files: dict[str, str]
    play_curve: Curve | None = None
    play_ceilings: Curve | None = None
    day_curve: Curve | None = None
    surprise_quantiles: list[float] = []
    own_features: dict[str, Any] = {}
    signup_curve: Curve | UnsetType = UNSET
    signup_ceilings: Curve | UnsetType = UNSET


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
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = msgspec.structs.replace(bundle.manifest, files=hashes, format=FORMAT)
    return hashlib.sha256(msgspec.json.encode(manifest, order="sorted")).hexdigest()


def load_bundle(path: Path) -> Bundle:
    """Read a bundle back; a missing, altered or truncated one, or one of another format, is a `GhostnoteError`."""
    manifest = _manifest(path)
    files = {name: _checked(path, name, digest) for name, digest in manifest.files.items()}

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


class _Format(msgspec.Struct):
    format: int


def _manifest(path: Path) -> Manifest:
    file = path / MANIFEST
    if not file.is_file():
        raise GhostnoteError(f"There is no bundle at {path}: make one with `ghostnote train`.")
    try:
        content = file.read_bytes()
        found = msgspec.json.decode(content, type=_Format).format
        if found not in _READ:
            raise GhostnoteError(
                f"{path} is a bundle of format {found}; this version reads format {FORMAT} to {_READ[-1]}: "
                "train it again."
            )
        return msgspec.json.decode(content, type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise GhostnoteError(f"{file} cannot be read: {error}. Train the bundle again.") from error


def _checked(folder: Path, name: str, digest: str) -> bytes:
    file = folder / name
    if Path(name).name != name or not file.is_file():
        raise GhostnoteError(f"The bundle {folder} lacks {name}: copy it again, or train it again.")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise GhostnoteError(f"{file} is not what was saved (its checksum differs): copy it again, or train it again.")
    return content
