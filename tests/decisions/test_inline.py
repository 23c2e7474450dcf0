"""What is decided about one event, from its own scores and how its account stands."""

import polars as pl
import pytest

from ghostnote.decisions.inline import Opinion, decide_inline
from ghostnote.decisions.rules import RULES
from ghostnote.decisions.standing import AIMED, Account, Standing
from ghostnote.decisions.untouched import Untouched

CERTAIN = next(rule for rule in RULES if rule.certain)
DOUBTFUL = next(rule for rule in RULES if not rule.certain)
STANDING = Standing(
    run="2026-03-10",
    accounts={
        "bot": Account("suspend", "exclude", "c-1", ("It is one of many.",)),
        "held": Account("review", "hold", None, ("It is odd.",)),
        "looked-at": Account("review", "count"),
        "spared": Account("allow", campaign_id="c-1", spared=("suspend", "exclude")),
        "spared-review": Account("allow", spared=("review", None)),
        "stolen": Account("challenge", "count", "c-2", ("Somebody else plays on it.",)),
    },
    tracks=frozenset({("stolen", "bought")}),
    artists=frozenset({("stolen", "seller")}),
)


@pytest.mark.parametrize(
    ("account", "track", "artist", "opinion", "verdict", "action"),
    [
        ("anybody", "t", "a", Opinion(0.1), "count", "allow"),
        # A mark alone does nothing, as in every run of scoring; nor does a rule that is not certain.
        ("anybody", "t", "a", Opinion(0.99, marked=True), "count", "allow"),
        ("anybody", "t", "a", Opinion(rules=((DOUBTFUL, "odd"),)), "count", "allow"),
        ("anybody", "t", "a", Opinion(rules=((CERTAIN, "cannot be"),)), "hold", "allow"),
        ("bot", "t", "a", Opinion(0.0), "exclude", "suspend"),
        ("held", "t", "a", Opinion(), "hold", "review"),
        ("looked-at", "t", "a", Opinion(), "count", "review"),
        ("stolen", "own", "own", Opinion(), "count", "challenge"),
        ("stolen", "bought", "seller", Opinion(), "exclude", "challenge"),
        ("stolen", "another", "seller", Opinion(), "hold", "challenge"),
        ("stolen", "another", None, Opinion(), "count", "challenge"),
        ("anybody", "bought", "seller", Opinion(), "count", "allow"),
    ],
)
def test_plays(account: str, track: str, artist: str | None, opinion: Opinion, verdict: str, action: str) -> None:
    made = decide_inline("play", account, track, artist, opinion, STANDING)
    assert (made.verdict, made.account) == (verdict, action)
    assert bool(made.reasons) == (verdict != "count")


@pytest.mark.parametrize(
    ("kind", "account", "opinion", "verdict", "action"),
    [
        ("signup", "new", Opinion(0.1), "allow", "allow"),
        ("signup", "new", Opinion(0.9, marked=True), "challenge", "allow"),
        ("signup", "new", Opinion(rules=((DOUBTFUL, "one card"),)), "challenge", "allow"),
        ("signup", "bot", Opinion(0.9, marked=True), "suspend", "suspend"),
        ("login", "new", Opinion(rules=((DOUBTFUL, "odd"),)), "allow", "allow"),
        ("login", "new", Opinion(rules=((CERTAIN, "cannot be"),)), "challenge", "allow"),
        ("login", "bot", Opinion(), "suspend", "suspend"),
        ("action", "stolen", Opinion(), "challenge", "challenge"),
        ("action", "looked-at", Opinion(), "review", "review"),
    ],
)
def test_other_events(kind: str, account: str, opinion: Opinion, verdict: str, action: str) -> None:
    made = decide_inline(kind, account, None, None, opinion, STANDING)
    assert (made.verdict, made.account) == (verdict, action)


def test_reasons_are_those_of_the_standing_and_of_the_event() -> None:
    assert decide_inline("play", "bot", "t", "a", Opinion(), STANDING).reasons == ("It is one of many.",)
    assert decide_inline("play", "stolen", "bought", None, Opinion(), STANDING).reasons == (AIMED,)
    both = decide_inline("signup", "bot", None, None, Opinion(rules=((DOUBTFUL, "One card."),)), STANDING)
    assert both.reasons == ("It is one of many.", "One card.")
    assert both.campaign_id == "c-1"


def test_rules_used_here_are_of_both_kinds() -> None:
    assert CERTAIN.certain
    assert not DOUBTFUL.certain
    assert isinstance(DOUBTFUL.condition, pl.Expr)


UNTOUCHED = Untouched(share=0.1, salt="the salt of a test")
DRAWN = next(name for name in map(str, range(1000)) if UNTOUCHED.includes(name))


@pytest.mark.parametrize(
    ("kind", "account", "opinion", "verdict", "would_be"),
    [
        ("play", "spared", Opinion(), "count", "exclude"),
        ("play", "spared-review", Opinion(), "count", None),
        ("login", "spared", Opinion(), "allow", "suspend"),
        ("action", "spared-review", Opinion(), "allow", "review"),
        # What no account of a person can do is stopped, whoever it is.
        ("play", "spared", Opinion(rules=((CERTAIN, "cannot be"),)), "hold", None),
        ("login", "spared", Opinion(rules=((CERTAIN, "cannot be"),)), "challenge", None),
        ("play", DRAWN, Opinion(rules=((CERTAIN, "cannot be"),)), "hold", None),
        ("signup", DRAWN, Opinion(rules=((CERTAIN, "cannot be"), (DOUBTFUL, "odd"))), "challenge", None),
        ("signup", DRAWN, Opinion(0.9, marked=True), "allow", "challenge"),
        ("signup", DRAWN, Opinion(rules=((DOUBTFUL, "one card"),)), "allow", "challenge"),
        ("signup", DRAWN, Opinion(0.1), "allow", None),
        ("signup", "not drawn", Opinion(0.9, marked=True), "challenge", None),
        # Whoever somebody else plays on is helped, drawn or not.
        ("login", "stolen", Opinion(), "challenge", None),
        ("play", "bot", Opinion(), "exclude", None),
    ],
)
def test_untouched_accounts_are_spared_and_it_is_said(
    kind: str, account: str, opinion: Opinion, verdict: str, would_be: str | None
) -> None:
    made = decide_inline(kind, account, "t", "a", opinion, STANDING, UNTOUCHED)
    assert (made.verdict, made.would_be) == (verdict, would_be)
    if would_be is not None:
        assert made.account == "allow"
        assert not made.reasons


def test_nobody_is_spared_without_a_hold_out() -> None:
    made = decide_inline("signup", DRAWN, None, None, Opinion(0.9, marked=True), STANDING)
    assert (made.verdict, made.would_be) == ("challenge", None)
