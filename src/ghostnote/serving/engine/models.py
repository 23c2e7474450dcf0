"""The bundles that a service was given, and which of them decides: remembered, so that a restart changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ghostnote.decisions.policy import Policy
from ghostnote.errors import GhostnoteError
from ghostnote.features.arriving import absent_columns
from ghostnote.features.declaration import Feature
from ghostnote.models.bundle import Bundle, load_bundle
from ghostnote.scoring.judge import Judge
from ghostnote.serving.engine.rollout import Model, Rollout
from ghostnote.serving.state.pages import read_page, write_whole
from ghostnote.serving.state.places import Places


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of bundles: what decides, what decided before, what is asked beside it and for how many accounts (%)."""

    champion: str
    previous: str | None = None
    challenger: str | None = None
    percent: float = 0.0


def folded_by(bundles: Iterable[Bundle]) -> tuple[tuple[Feature, ...], frozenset[str]]:
    """The features that these bundles and the rules need; and the columns that no bundle's training data had."""
    features: dict[str, Feature] = {}
    absent: list[frozenset[str]] = []
    for bundle in bundles:
        features |= {feature.name: feature for feature in Judge(bundle, Policy()).folded}
        absent.append(absent_columns(bundle.manifest.training.missing_columns, labels=True))
    # By name, so that a snapshot stays good whichever of them decides.
    return tuple(features[name] for name in sorted(features)), frozenset.intersection(*absent)


def choose(places: Places, bundle: Path | None, challenger: Path | None) -> Chosen:
    """What decides from now on: what was chosen last, unless other bundles are named.

    Raises GhostnoteError if there is none, or what was chosen cannot be read.
    """
    known = read_page(places.chosen, Chosen, "remove it and name a --bundle")
    if known is None:
        if bundle is None:
            raise GhostnoteError("A service needs a bundle: name one with --bundle (`ghostnote train` makes one).")
        return Chosen(champion=str(bundle.resolve()), challenger=_resolved(challenger))
    if bundle is not None and str(bundle.resolve()) != known.champion:
        known = Chosen(champion=str(bundle.resolve()), previous=known.champion, challenger=known.challenger)
    if challenger is not None:
        known = msgspec.structs.replace(known, challenger=_resolved(challenger), percent=0.0)
    return known


def _resolved(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


def bundles_of(chosen: Chosen) -> dict[str, Bundle]:
    """All bundles that may have to answer, by path, the champion first. Raises GhostnoteError if one cannot be read."""
    paths = [chosen.champion, chosen.challenger, chosen.previous]
    return {path: load_bundle(Path(path)) for path in dict.fromkeys(path for path in paths if path is not None)}


def rollout_of(
    chosen: Chosen, bundles: Mapping[str, Bundle], policy: Policy, name: str, folded: Sequence[Feature]
) -> Rollout:
    """Who decides; `bundles` are those of `bundles_of`, `name` is the policy's, `folded` what the fold gives."""

    def model(path: str) -> Model:
        return Model.of(bundles[path], Path(path), policy, folded)

    rollout = Rollout(model(chosen.champion), name)
    if chosen.previous is not None:
        rollout.previous = model(chosen.previous)
    if chosen.challenger is not None:
        rollout.challenge(model(chosen.challenger), chosen.percent)
    return rollout


def remember(places: Places, rollout: Rollout) -> None:
    """Write down who decides. Raises GhostnoteError if that is not possible."""
    chosen = Chosen(
        champion=rollout.champion.path,
        previous=rollout.previous.path if rollout.previous else None,
        challenger=rollout.challenger.path if rollout.challenger else None,
        percent=rollout.percent,
    )
    try:
        write_whole(places.chosen, msgspec.json.encode(chosen))
    except OSError as error:
        raise GhostnoteError(f"Who decides could not be written down in {places.root}: {error}.") from error
