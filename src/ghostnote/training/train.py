"""One training run: walk the lake, fit what the labels allow, return a bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from ghostnote import __version__
from ghostnote.errors import GhostnoteError
from ghostnote.evaluation.splits import end_of
from ghostnote.events.lake import Lake
from ghostnote.features.account_days import day_names
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.declaration import Feature
from ghostnote.features.directions import day_directions, directions
from ghostnote.features.history import Intake, play_days
from ghostnote.features.signups import signup_directions
from ghostnote.models.boosting import Boosting
from ghostnote.models.bundle import Bundle
from ghostnote.models.manifest import FORMAT, Curve, LearntSignups, Manifest, Training
from ghostnote.models.sequence import PlaySequence, needs_pytorch
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails
from ghostnote.models.tokens import TokenRows
from ghostnote.progress import Progress, silent
from ghostnote.training.known import Known
from ghostnote.training.samples import Sample, Samples, V, gather
from ghostnote.training.sequence import learn_sequence
from ghostnote.training.signups import learn_signups
from ghostnote.training.supervised import learn

#: Fewest labelled rows, and accounts that they belong to, from which a model is learnt at all.
FEWEST_LABELLED, FEWEST_ACCOUNTS = 20, 5


@dataclass(frozen=True)
class Gathered:
    """What one walk through a lake found to learn from: `fit` makes a bundle of it, of all rows or of a part."""

    samples: Samples
    features: tuple[Feature, ...]
    known: Known
    intake: Intake
    window: tuple[date, date]
    as_of: datetime
    sequence: PlaySequence | None = None

    def without(self, accounts: frozenset[str]) -> "Gathered":
        """The same without any row of `accounts`, labelled or not."""
        return replace(self, samples=self.samples.without(accounts))


def train(
    lake: Lake,
    *,
    as_of: datetime | None = None,
    features: tuple[Feature, ...] = TRAINED,
    own: Mapping[str, Any] | None = None,
    sequence: PlaySequence | None = None,
    weak: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Bundle:
    """Learn from events that arrived, and labels known, by `as_of` (default: the end of the last day with plays).

    `own` is what the bundle keeps of a team's own declarations (`features.own`), for scoring to find them again.
    `sequence` is the detector of sequences to fit too, if any; it needs PyTorch (`GhostnoteError` without it).
    `weak`: accounts in lockstep that nobody has judged teach too, with less weight.
    With too few labels of fraud the bundle holds the unsupervised detectors only, and its notes say so.
    Raises `GhostnoteError` if the lake holds no plays or `as_of` lies before the first of them.
    """
    gathered = collect(lake, as_of=as_of, features=features, sequence=sequence, weak=weak, seed=seed, progress=progress)
    return fit(gathered, own=own, seed=seed, progress=progress)


def collect(
    lake: Lake,
    *,
    as_of: datetime | None = None,
    features: tuple[Feature, ...] = TRAINED,
    sequence: PlaySequence | None = None,
    weak: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Gathered:
    """The first half of `train`: walk the lake and keep the rows to learn from."""
    if sequence is not None:
        needs_pytorch()
    days = play_days(lake)
    as_of = as_of or end_of(days[-1])
    window = days[0], min(as_of.date(), days[-1])
    if window[1] < window[0]:
        raise GhostnoteError(f"{as_of.date()} lies before the first play: the lake has {days[0]} to {days[-1]}.")
    intake = Intake()
    known = Known.by(lake, as_of, intake)
    samples = gather(
        lake, features, known, intake, window, seed=seed, progress=progress, sequences=sequence is not None, weak=weak
    )
    if not intake.plays:
        raise GhostnoteError(f"No play of {lake.path} can be read: `ghostnote validate` says why.")
    return Gathered(samples, features, known, intake, window, as_of, sequence)


def fit(
    gathered: Gathered, *, own: Mapping[str, Any] | None = None, seed: int = 0, progress: Progress = silent
) -> Bundle:
    """The second half of `train`: a bundle of whichever detectors the rows allow."""
    progress("Fitting detectors", 0, 4)
    samples, features, intake, known = gathered.samples, gathered.features, gathered.intake, gathered.known
    tails = Tails(directions=day_directions(features)).fit(samples.days.table)
    facts = Training(
        start=gathered.window[0],
        end=gathered.window[1],
        as_of=gathered.as_of,
        events=intake.events,
        accounts=samples.days.accounts.n_unique(),
        account_days=len(samples.days.table),
        play_rows=len(samples.plays.table),
        labels_fraud=known.fraud,
        labels_by_rules=len(samples.certain),
        labels_weak=len(samples.weak),
        labels_legit=len(known.honest_accounts),
        missing_columns=intake.missing_columns,
        unreadable_files=len(intake.unreadable),
        notes=_notes(intake),
    )
    surprise: list[float] = []
    if facts.account_days:
        surprise = np.quantile(tails.score(samples.days.table), np.linspace(0, 1, 1001)).tolist()
    bundle = Bundle(
        manifest=Manifest(
            format=FORMAT,
            ghostnote=__version__,
            features=[feature.name for feature in features],
            day_features=list(day_names(features)),
            training=facts,
            files={},
            surprise_quantiles=surprise,
            own_features=dict(own or {}),
        ),
        tails=tails,
    )
    bundle = _supervised(bundle, samples, features, seed, progress)
    bundle = _with_signups(bundle, samples.signups, features, seed)
    progress("Fitting detectors", 4, 4)
    if gathered.sequence is None or samples.sequences is None:
        return bundle
    return _with_sequence(bundle, samples.sequences, gathered.sequence)


def _with_sequence(bundle: Bundle, sample: Sample[TokenRows], detector: PlaySequence) -> Bundle:
    """The bundle with a detector of sequences, tuned to the labels if there are enough."""
    facts, tuned = bundle.manifest.training, _enough(sample)
    if not tuned:
        facts = _noted(facts, f"{_labelled(sample, 'sequences')}: the sequence detector learnt without labels.")
    learnt = learn_sequence(sample, detector, tuned=tuned)
    facts = msgspec.structs.replace(
        facts, sequence_rows=len(sample.table), average_precision_sequences=learnt.average_precision
    )
    manifest = msgspec.structs.replace(bundle.manifest, training=facts)
    return msgspec.structs.replace(bundle, manifest=manifest, sequence=learnt.model)


def _supervised(
    bundle: Bundle, samples: Samples, features: tuple[Feature, ...], seed: int, progress: Progress
) -> Bundle:
    """The bundle with whichever of the two models there are labels enough for."""
    facts, manifest = bundle.manifest.training, bundle.manifest
    days = plays = None
    if _enough(samples.days):
        days = learn(samples.days, Boosting(directions=day_directions(features), seed=seed))
    else:
        facts = _noted(facts, f"{_labelled(samples.days, 'account-days')}: no account-day model.")
    progress("Fitting detectors", 1, 4)
    if _enough(samples.plays) and days is not None:
        plays = learn(samples.plays, Boosting(directions=directions(features), seed=seed))
    else:
        facts = _noted(facts, f"{_labelled(samples.plays, 'plays')}: no play model.")
    progress("Fitting detectors", 3, 4)
    for rows, learnt in (("account-days", days), ("plays", plays)):
        if learnt is not None and learnt.stop.why:
            facts = _noted(facts, f"The model of {rows} has the usual {learnt.stop.rounds} trees: {learnt.stop.why}.")
    if days is not None:
        facts = msgspec.structs.replace(
            facts,
            prior_account_days=days.prior,
            labelled_share=days.labelled_share,
            average_precision_account_days=days.average_precision,
            trees_account_days=days.stop.rounds,
        )
        manifest = msgspec.structs.replace(manifest, day_curve=Curve.of(days.calibration))
    if plays is not None:
        facts = msgspec.structs.replace(
            facts,
            prior_plays=plays.prior,
            average_precision_plays=plays.average_precision,
            trees_plays=plays.stop.rounds,
        )
        manifest = msgspec.structs.replace(
            manifest, play_curve=Curve.of(plays.calibration), play_ceilings=Curve.of(plays.ceilings)
        )
    return Bundle(
        manifest=msgspec.structs.replace(manifest, training=facts),
        tails=bundle.tails,
        play=plays.model if plays else None,
        day=days.model if days else None,
    )


def _with_signups(bundle: Bundle, sample: Sample[Table], features: tuple[Feature, ...], seed: int) -> Bundle:
    """The bundle with a model of sign-ups, if there are labels enough."""
    facts = bundle.manifest.training
    if not _enough(sample):
        facts = _noted(facts, f"{_labelled(sample, 'sign-ups')}: no model of sign-ups.")
        return msgspec.structs.replace(bundle, manifest=msgspec.structs.replace(bundle.manifest, training=facts))
    found = learn_signups(sample, Boosting(directions=signup_directions((*CATALOG, *features)), seed=seed))
    if found.stop.why:
        facts = _noted(facts, f"The model of sign-ups has the usual {found.stop.rounds} trees: {found.stop.why}.")
    said = LearntSignups(
        rows=len(sample.table),
        fraud=int(sample.fraud.sum()),
        prior=found.prior,
        trees=found.stop.rounds,
        average_precision=found.average_precision,
    )
    manifest = msgspec.structs.replace(
        bundle.manifest,
        training=msgspec.structs.replace(facts, signups=said),
        signup_curve=Curve.of(found.calibration),
        signup_ceilings=Curve.of(found.ceilings),
    )
    return msgspec.structs.replace(bundle, manifest=manifest, signup=found.model)


def _notes(intake: Intake) -> list[str]:
    notes = intake.left_out
    if intake.rejected_rows:
        notes.append(f"{intake.rejected_rows:,} rows were rejected and left out: `ghostnote validate` says why.")
    return notes


def _enough(sample: Sample[V]) -> bool:
    """Whether labels and certain rules are enough to learn from; weak labels alone never are."""
    whose = sample.accounts.filter(pl.Series(sample.trusted)).n_unique()
    return bool(sample.trusted.sum() >= FEWEST_LABELLED and whose >= FEWEST_ACCOUNTS)


def _labelled(sample: Sample[V], rows: str) -> str:
    whose = sample.accounts.filter(pl.Series(sample.trusted)).n_unique()
    return f"{int(sample.trusted.sum())} {rows} of {whose} accounts are labelled fraud, or caught by certain rules"


def _noted(facts: Training, note: str) -> Training:
    return msgspec.structs.replace(facts, notes=[*facts.notes, note])
