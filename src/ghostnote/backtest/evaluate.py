"""How well a defence does on days that it was not trained on, as a whole and with one thing left out at a time."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from ghostnote import __version__
from ghostnote.backtest.bench import Bench
from ghostnote.backtest.compare import Facts, facts_of, labels_by
from ghostnote.backtest.kinds import accounts_by_kind
from ghostnote.backtest.measures import at_prevalences, calibrated, of_sequence
from ghostnote.backtest.replay import replay
from ghostnote.backtest.spool import Spool
from ghostnote.backtest.variants import Way, whole, without_detectors
from ghostnote.decisions.documents import write_json
from ghostnote.decisions.evaluation import EVALUATION_FILE, Evaluation, Variant
from ghostnote.decisions.policy import Policy
from ghostnote.errors import GhostnoteError
from ghostnote.evaluation.splits import end_of, usual_as_of
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.history import Intake, play_days, walk
from ghostnote.models.bundle import Bundle
from ghostnote.progress import Progress, silent
from ghostnote.scoring.judge import Judge
from ghostnote.scoring.sequence import Aside
from ghostnote.training.train import Gathered, collect, fit

_STEP = "Judging in other ways"


@dataclass(frozen=True)
class Parts:
    """What an evaluation has besides the whole: `kinds` left out of training, `detectors` left out of deciding, and
    every day decided at its own end (`daily`). Each way takes as long again as judging once.
    """

    kinds: bool = True
    detectors: bool = True
    daily: bool = True


def evaluate(
    lake: Lake,
    out: Path,
    *,
    made_at: datetime,
    bundle: Bundle | None = None,
    trained_on: Lake | None = None,
    as_of: datetime | None = None,
    policy: Policy | None = None,
    parts: Parts | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Train on the lake up to `as_of`, judge the days after it, and write `evaluation.json` into the folder `out`.

    Without `as_of`, four sevenths of the days are trained on. With another lake to be `trained_on`, that is trained on
    instead, up to `as_of` or its own end, and kinds are left out of it. With a `bundle` nothing is trained: it judges
    what came after its own `as_of`, and no kind is left out. What is true comes from simulated or planted labels, else
    from the team's own, whenever they became known. Raises `GhostnoteError` if no day is left to judge, or nothing is
    labelled.
    """
    policy, parts = policy or Policy(), parts or Parts()
    days = play_days(lake)
    taught = trained_on or lake
    as_of = bundle.manifest.training.as_of if bundle else as_of or _usual_end(days, trained_on)
    labels, facts = _labels(lake)
    if as_of.date() >= days[-1]:
        raise GhostnoteError(
            f"Training ends on {as_of.date()} and the plays on {days[-1]}: no day is left to judge. Give an earlier "
            "--as-of, or a lake that goes on."
        )
    gathered = None if bundle else collect(taught, as_of=as_of, seed=seed, progress=progress)
    if bundle is None:
        assert gathered is not None
        bundle = fit(gathered, seed=seed, progress=progress)
    with tempfile.TemporaryDirectory(prefix="ghostnote-") as folder:
        intake, spool = Intake(), Spool(Path(folder))
        sequence = _folded(lake, bundle, policy, as_of, spool, intake, progress)
        bench = Bench(lake, spool, facts, labels_by(labels, as_of), intake, made_at, seed)
        found = _of_whole(bench, whole(bundle, policy), sequence, parts, progress)
        kinds = []
        if gathered and parts.kinds:
            known = labels if trained_on is None else _labels(trained_on)[0]
            kinds = _kinds(bench, gathered, accounts_by_kind(taught, known), policy)
        ways = without_detectors(bundle, policy) if parts.detectors else ()
        tried = _tried([*kinds, *(partial(bench.tried, way) for way in ways)], progress)
    return _written(out, found, tried[: len(kinds)], tried[len(kinds) :])


def _usual_end(days: Sequence[date], trained_on: Lake | None) -> datetime:
    """Until when is trained if nobody says: a part of `days`, or all there is of another lake."""
    return usual_as_of(days) if trained_on is None else end_of(play_days(trained_on)[-1])


def _labels(lake: Lake) -> tuple[pl.DataFrame, Facts]:
    labels = read(lake, "labels").rows if "labels" in lake.tables() else None
    facts = None if labels is None or labels.is_empty() else facts_of(labels)
    if labels is None or facts is None or not facts.fraud:
        raise GhostnoteError(
            f"{lake.path} has no label of fraud to evaluate against: put campaigns into it with `ghostnote plant`, or "
            "take a simulated lake."
        )
    return labels, facts


def _folded(
    lake: Lake, bundle: Bundle, policy: Policy, as_of: datetime, spool: Spool, intake: Intake, progress: Progress
) -> pl.DataFrame | None:
    """Keep the days after `as_of`, folded on top of all that came before, in `spool`.

    Returns what the sequence detector, if there is one, thinks of their accounts: see `Aside.highest`.
    """
    aside = Aside(bundle.sequence, Judge(bundle, policy).folded)
    for walked in walk(lake, aside.folded, intake, None, progress):
        judged = walked.day > as_of.date()
        day = aside.follow(walked, judged=judged)
        if judged:
            spool.add(day)
    return None if bundle.sequence is None else aside.highest()


def _of_whole(bench: Bench, way: Way, sequence: pl.DataFrame | None, parts: Parts, progress: Progress) -> Evaluation:
    """The evaluation without what is left out."""
    progress("Judging", 0, 1)
    period, joined = bench.judged(way)
    progress("Judging", 1, 1)
    days, new, facts = bench.days.days, joined.unknown(), way.bundle.manifest.training
    return Evaluation(
        ghostnote=__version__,
        made_at=bench.made_at,
        lake=str(bench.lake.path),
        simulated=bench.facts.simulated,
        trained_from=facts.start,
        trained_to=facts.end,
        judged_from=days[0],
        judged_to=days[-1],
        ceiling=way.policy.honest_account_ceiling,
        currency=way.policy.currency,
        whole=bench.measured(way, period, joined),
        sequence=None if sequence is None else of_sequence(joined, sequence),
        replayed=replay(period, days, joined, progress) if parts.daily else None,
        account_calibration=calibrated(new.accounts) if way.bundle.supervised else None,
        play_calibration=calibrated(new.plays) if way.bundle.play else None,
        prevalence=at_prevalences(new.accounts),
        unreadable_files=max(facts.unreadable_files, len(bench.intake.unreadable)),
        notes=_notes(bench, way.bundle),
    )


def _kinds(
    bench: Bench, gathered: Gathered, kinds: Mapping[str, frozenset[str]], policy: Policy
) -> list[Callable[[], Variant]]:
    """One way for each kind of fraud that training saw accounts of: trained again without any of them."""
    seen = frozenset(gathered.samples.days.accounts.unique()) | frozenset(gathered.samples.plays.accounts.unique())

    def judged(kind: str, accounts: frozenset[str]) -> Variant:
        bundle = fit(gathered.without(accounts), seed=bench.seed)
        said = f"Trained without the {len(accounts & seen):,} accounts of this kind."
        return bench.tried(Way(kind, said, bundle, policy))

    return [partial(judged, kind, accounts) for kind, accounts in kinds.items() if accounts & seen]


def _tried(ways: Sequence[Callable[[], Variant]], progress: Progress) -> list[Variant]:
    found = []
    for done, way in enumerate(ways):
        progress(_STEP, done, len(ways))
        found.append(way())
    if ways:
        progress(_STEP, len(ways), len(ways))
    return found


def _notes(bench: Bench, bundle: Bundle) -> list[str]:
    notes = list(bundle.manifest.training.notes)
    if not bench.facts.simulated:
        notes.append(
            "Nothing here was simulated or planted: what the team labelled, whenever it did, stands for the truth, and "
            "whom nobody labelled counts as honest. Precision is a lower bound, recall is of what was found."
        )
    # What could not be read in training is met again where the judged days are folded on top of it.
    return list(dict.fromkeys([*notes, *bench.intake.left_out]))


def _written(out: Path, found: Evaluation, kinds: Sequence[Variant], ways: Sequence[Variant]) -> Evaluation:
    found = msgspec.structs.replace(found, kinds_left_out=list(kinds), left_out=list(ways))
    write_json(out / EVALUATION_FILE, found)
    return found
