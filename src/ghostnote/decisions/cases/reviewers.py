"""How well people decide: against known answers, against each other, and against what appeals brought to light."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from ghostnote.decisions.cases.case import Case, Review
from ghostnote.decisions.cases.golden import right
from ghostnote.evaluation.metrics import wilson


@dataclass(frozen=True)
class Reviewer:
    """One person's record.

    `golden_right` of `golden` known answers were given (with a 95 % Wilson interval of that share); of `paired`
    opinions that others gave in the same round of a case, `agreed` were the same; of `decided` decisions `overturned`
    were decided otherwise later. `hours` is the median from a case's opening to the opinion.
    """

    name: str
    opinions: int
    decided: int
    golden: int
    golden_right: int
    low: float
    high: float
    paired: int
    agreed: int
    overturned: int
    hours: float


def reviewers(cases: Iterable[Case], answers: Mapping[str, str]) -> list[Reviewer]:
    """Everybody's record, by name; `answers` are those of golden cases by case id."""
    given: dict[str, list[tuple[Case, Review]]] = defaultdict(list)
    for case in cases:
        for review in case.reviews:
            given[review.by].append((case, review))
    return [_record(name, given[name], answers) for name in sorted(given)]


def _record(name: str, given: list[tuple[Case, Review]], answers: Mapping[str, str]) -> Reviewer:
    asked = [(review, answers[case.case_id]) for case, review in given if case.case_id in answers]
    hits = sum(right(answer, review.disposition) for review, answer in asked)
    low, high = wilson(hits, len(asked)) if asked else (0.0, 1.0)
    pairs = [(review, other) for case, review in given for other in _others(case, review)]
    return Reviewer(
        name=name,
        opinions=len(given),
        decided=sum(review.decided for _, review in given),
        golden=len(asked),
        golden_right=hits,
        low=low,
        high=high,
        paired=len(pairs),
        agreed=sum(review.disposition == other.disposition for review, other in pairs),
        overturned=sum(_overturned(case, review) for case, review in given),
        hours=median((review.at - case.opened_at).total_seconds() / 3600 for case, review in given),
    )


def _others(case: Case, review: Review) -> list[Review]:
    """Opinions of others in the same round, which ends with a decision."""
    rounds: list[list[Review]] = [[]]
    for each in case.reviews:
        rounds[-1].append(each)
        if each.decided:
            rounds.append([])
    return [other for part in rounds if review in part for other in part if other.by != review.by]


def _overturned(case: Case, review: Review) -> bool:
    later = [other for other in case.reviews if other.decided and other.at > review.at]
    return review.decided and bool(later) and later[-1].disposition != review.disposition
