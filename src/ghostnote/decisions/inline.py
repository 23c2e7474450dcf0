"""What is decided about one event before anything comes after it: from its own scores, and how its account stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from ghostnote.decisions.rules import Rule
from ghostnote.decisions.standing import Standing


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

    `account` is what is done with the account as of the latest run of scoring.
    """

    verdict: str
    account: str = "allow"
    reasons: tuple[str, ...] = ()
    campaign_id: str | None = None


ALLOW, COUNT = Decision("allow"), Decision("count")


def decide_inline(
    kind: str, account_id: str, track_id: str | None, artist_id: str | None, opinion: Opinion, standing: Standing
) -> Decision:
    """The decision on one event.

    A play counts unless its account's standing says otherwise, or a certain rule fires: then it is held until the next
    run of scoring, which sees all of the account. A mark alone does nothing, as in every run. A sign-up that the model
    marks, or on which a rule fires, is challenged: asked for a proof, never refused, since it earns nobody anything.
    Other events get what is done with the account; a certain rule challenges.
    """
    known = standing.accounts.get(account_id)
    if kind == "play":
        verdict, reasons = standing.of_play(account_id, track_id or "", artist_id)
        if verdict == "count" and opinion.rules:
            certain = tuple(sentence for rule, sentence in opinion.rules if rule.certain)
            verdict, reasons = ("hold", certain) if certain else (verdict, reasons)
        if known is None:
            return COUNT if verdict == "count" else Decision(verdict, reasons=reasons)
        return Decision(verdict, known.action, reasons, known.campaign_id)
    sentences = tuple(sentence for rule, sentence in opinion.rules if rule.certain or kind == "signup")
    if kind == "signup" and opinion.marked:
        sentences = (*sentences, "Opened like accounts that were found to be fake.")
    if known is None:
        return Decision("challenge", reasons=sentences) if sentences else ALLOW
    verdict = "challenge" if sentences and known.action == "allow" else known.action
    return Decision(verdict, known.action, (*known.reasons, *sentences), known.campaign_id)
