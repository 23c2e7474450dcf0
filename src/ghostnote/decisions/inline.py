"""What is decided about one event before anything comes after it: from its own scores, and how its account stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from ghostnote.decisions.rules import Rule
from ghostnote.decisions.standing import Standing
from ghostnote.decisions.untouched import Untouched


@dataclass(frozen=True, slots=True)
class Opinion:
    """What detectors and rules think of one event as of itself.

    `score`: calibrated probability that the play, or the account that signs up, is fraudulent; None without a model.
    `marked`: whether it lies above the policy's ceiling of honest ones. `rules`: those that fire, with a sentence each.
    """

    score: float | None = None
    marked: bool = False
    rules: Sequence[tuple[Rule, str]] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict`: count, hold or exclude for plays; allow, challenge, limit, review or suspend for all other events.

    `account` is what is done with the account as of the latest run of scoring. `would_be` is the verdict that an
    untouched account is spared; None where none is.
    """

    verdict: str
    account: str = "allow"
    reasons: tuple[str, ...] = ()
    campaign_id: str | None = None
    would_be: str | None = None


NOBODY = Untouched()
ALLOW, COUNT = Decision("allow"), Decision("count")


def decide_inline(
    kind: str,
    account_id: str,
    track_id: str | None,
    artist_id: str | None,
    opinion: Opinion,
    standing: Standing,
    untouched: Untouched = NOBODY,
) -> Decision:
    """The decision on one event.

    A play counts unless its account's standing says otherwise, or a certain rule fires: then it is held until the next
    run of scoring, which sees all of the account. A mark alone does nothing, as in every run. A sign-up that the model
    marks, or on which a rule fires, is challenged: asked for a proof, never refused, since it earns nobody anything.
    Other events get what is done with the account; a certain rule challenges. Accounts that are `untouched` are spared
    all of it but what certain rules ask for, and what helps a holder on whose account somebody else plays.
    """
    known = standing.accounts.get(account_id)
    if kind == "play":
        verdict, reasons = standing.of_play(account_id, track_id or "", artist_id)
        if verdict == "count" and opinion.rules:
            certain = tuple(sentence for rule, sentence in opinion.rules if rule.certain)
            verdict, reasons = ("hold", certain) if certain else (verdict, reasons)
        if known is None:
            return COUNT if verdict == "count" else Decision(verdict, reasons=reasons)
        spared = known.spared[1] if known.spared and verdict == "count" else None
        return Decision(verdict, known.action, reasons, known.campaign_id, spared)
    sentences = tuple(sentence for rule, sentence in opinion.rules if rule.certain or kind == "signup")
    if kind == "signup" and opinion.marked:
        sentences = (*sentences, "Opened like accounts that were found to be fake.")
    would_be = known.spared[0] if known and known.spared else None
    if sentences and not any(rule.certain for rule, _ in opinion.rules) and untouched.includes(account_id):
        sentences, would_be = (), would_be or "challenge"
    if known is None:
        return Decision("challenge", reasons=sentences) if sentences else _allowed(would_be)
    verdict = "challenge" if sentences and known.action == "allow" else known.action
    reasons = (*known.reasons, *sentences)
    return Decision(verdict, known.action, reasons, known.campaign_id, would_be if verdict == "allow" else None)


def _allowed(would_be: str | None) -> Decision:
    return ALLOW if would_be is None else Decision("allow", would_be=would_be)
