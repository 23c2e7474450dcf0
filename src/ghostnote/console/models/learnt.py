"""Which bundle judged a run, as far as the run tells, and what the bundle itself says if its folder is there."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from ghostnote.decisions.summary import Summary
from ghostnote.errors import GhostnoteError
from ghostnote.models.manifest import SHORT, Curve, Manifest, identity, read_card, read_manifest


def learnt(summary: Summary, given: Path | None) -> dict[str, Any]:
    """What is known of the run's bundle: name, path, what it was trained on; `training`, `card` and `curves` of itself.

    `given` is where its folder is; without it, it is looked for where the run found it. `unknown` says why the last
    three are None. Raises `GhostnoteError` if there is no bundle at `given`.
    """
    facts, name = summary.bundle, summary.versions.bundle
    found: dict[str, Any] = {
        "name": name[:SHORT],
        "path": facts.path,
        "format": facts.format,
        "features": facts.features,
        "supervised": facts.supervised,
        "trained_from": facts.trained_from,
        "trained_to": facts.trained_to,
        "as_of": facts.as_of,
        "age_days": (summary.end - facts.as_of).days if facts.as_of else None,
        "labels_fraud": facts.labels_fraud,
        "labels_legit": facts.labels_legit,
        "policy": summary.versions.policy[:SHORT],
        "declarations": summary.versions.features[:SHORT],
        "training": None,
        "card": None,
        "curves": None,
        "unknown": "",
    }
    path = given or Path(facts.path)
    try:
        manifest = read_manifest(path)
        card = read_card(path, manifest)
    except GhostnoteError as error:
        if given is not None:
            raise
        return found | {"unknown": f"{error} Or say where it is now: start the console with --bundle."}
    if name and identity(manifest) != name:
        return found | {
            "unknown": f"The bundle at {path} is {identity(manifest)[:SHORT]}, not the one that judged this run: start "
            "the console with --bundle and the folder of that one."
        }
    return found | {"training": _training(manifest), "card": card, "curves": _curves(manifest)}


def _training(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(manifest.training)
    return found


def _curves(manifest: Manifest) -> dict[str, Curve]:
    """From raw scores to probabilities, by what is scored."""
    named = {
        "plays": manifest.play_curve,
        "account-days": manifest.day_curve,
        "sign-ups": None if manifest.signup_curve is UNSET else manifest.signup_curve,
    }
    return {name: curve for name, curve in named.items() if curve is not None}
