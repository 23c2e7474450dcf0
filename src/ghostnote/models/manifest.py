"""What a bundle says of itself: its manifest and its model card, read without loading any detector."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from ghostnote.errors import GhostnoteError
from ghostnote.models.calibration import Calibration

#: Raised by one whenever an older reader would misunderstand what is written.
FORMAT = 1
#: Of a bundle that holds a sequence detector: readers before it take every file for text.
FORMAT_WITH_SEQUENCE = 2
#: Of a bundle that holds a model of sign-ups, with or without a sequence detector: readers before it would do without.
FORMAT_WITH_SIGNUPS = 3
_READ = (FORMAT, FORMAT_WITH_SEQUENCE, FORMAT_WITH_SIGNUPS)
#: So much of a digest tells bundles apart for people, and in what a service keeps of a challenger.
SHORT = 12
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


def identity(manifest: Manifest) -> str:
    """SHA-256 of all that decides in a bundle, in hexadecimal: of a bundle on disk, what `bundle.digest_of` says."""
    hashes = {name: digest for name, digest in sorted(manifest.files.items()) if name != CARD}
    plain = msgspec.structs.replace(manifest, files=hashes, format=FORMAT)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


class _Format(msgspec.Struct):
    format: int


def read_manifest(path: Path) -> Manifest:
    """The manifest of the bundle at `path`; `GhostnoteError` if there is none that this version reads."""
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


def read_card(path: Path, manifest: Manifest) -> str:
    """The model card (Markdown) of the bundle at `path`. Raises `GhostnoteError` if it is not what was saved."""
    return checked(path, CARD, manifest.files.get(CARD, "")).decode()


def checked(folder: Path, name: str, digest: str) -> bytes:
    """A file of a bundle. Raises `GhostnoteError` if it is missing, or its SHA-256 is another one."""
    file = folder / name
    if Path(name).name != name or not file.is_file():
        raise GhostnoteError(f"The bundle {folder} lacks {name}: copy it again, or train it again.")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise GhostnoteError(f"{file} is not what was saved (its checksum differs): copy it again, or train it again.")
    return content
