"""The model card: what a bundle was made from, what it is for, and where it should not be trusted."""

from msgspec import UNSET

from ghostnote.models.bundle import Bundle

_TEMPLATE = """# Model card

Made by Ghostnote {version} from {accounts:,} accounts and {events:,} events of {start} to {end}, with the labels known
by {as_of}: {fraud:,} of fraud, {legit:,} of honest accounts.{weak}

## What it holds
{holds}

## How well it ranks, on accounts that it was not fitted on
- average precision on account-days, against the labels known: {days}
- average precision on plays, against the labels known: {plays}
{signups}{sequences}- estimated share of fraud that the labels know of: {labelled}

Labels are few and late, so unlabelled fraud counts against these figures.

## What matters most to it
{important}

## Use and limits
- For ranking and deciding with Ghostnote's policy, which asks for more than one day of evidence before it acts on an
  account. A score alone convicts nobody; that of a sign-up asks for a challenge at most.
- Features that rest on columns which the training lake did not have are unknown to it. {missing}
- Train again when the population, the catalogue or the client changes, and at least once a month.
{notes}"""

_WEAK = """
{count:,} accounts that nobody has judged were in lockstep there: they taught as fraud, with less weight."""


def card(bundle: Bundle) -> str:
    """The model card as Markdown."""
    facts = bundle.manifest.training
    holds = ["- an unsupervised detector of account-days (tails of the distribution of each feature)"]
    if bundle.day is not None:
        holds.append(f"- boosted trees on account-days ({len(bundle.day.names)} features)")
    if bundle.play is not None:
        holds.append(f"- boosted trees on plays ({len(bundle.play.names)} features)")
    signups = ""
    if bundle.signup is not None and facts.signups is not UNSET:
        holds.append(f"- boosted trees on sign-ups ({len(bundle.signup.names)} features)")
        signups = (
            f"- average precision on the last days' sign-ups, taught by those before them ({facts.signups.fraud:,} of "
            f"{facts.signups.rows:,} are of accounts labelled fraud): {_number(facts.signups.average_precision)}\n"
        )
    sequences = ""
    if bundle.sequence is not None:
        holds.append(f"- a transformer on the last {bundle.sequence.length} plays of accounts")
        ranks = _number(facts.average_precision_sequences)
        sequences = f"- average precision of the transformer on account-days, against the labels known: {ranks}\n"
    missing = f"Missing there: {', '.join(facts.missing_columns)}." if facts.missing_columns else "None were missing."
    return _TEMPLATE.format(
        version=bundle.manifest.ghostnote,
        accounts=facts.accounts,
        events=facts.events,
        start=facts.start,
        end=facts.end,
        as_of=facts.as_of.isoformat(timespec="minutes"),
        fraud=facts.labels_fraud,
        legit=facts.labels_legit,
        weak=_WEAK.format(count=facts.labels_weak) if facts.labels_weak else "",
        holds="\n".join(holds),
        days=_number(facts.average_precision_account_days),
        plays=_number(facts.average_precision_plays),
        signups=signups,
        sequences=sequences,
        labelled=_number(facts.labelled_share),
        important=_important(bundle),
        missing=missing,
        notes="".join(f"- {note}\n" for note in facts.notes),
    )


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def _important(bundle: Bundle) -> str:
    if bundle.day is None:
        return "Nothing was learnt from labels."
    gains = bundle.day.importance
    total = sum(gains.values()) or 1.0
    best = sorted(gains.items(), key=lambda item: -item[1])[:10]
    return "\n".join(f"- `{name}`: {gain / total:.0%} of the gain" for name, gain in best)
