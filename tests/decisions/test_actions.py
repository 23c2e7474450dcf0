"""Evidence says what may be done to an account, costs what is done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.actions import VISIBLE, Cost, Costs, Standing, choose

_AMOUNT = st.floats(0.0, 1e6)
_SHARE = st.floats(0.0, 1.0)


@st.composite
def costs(draw: st.DrawFn) -> Costs:
    """Any costs in which a stricter action stops more and hurts the honest more."""
    stops = sorted(draw(st.tuples(_SHARE, _SHARE, _SHARE)))
    honest = sorted(draw(st.tuples(_AMOUNT, _AMOUNT, _AMOUNT)))
    mild, middle, strict = (
        Cost(stops=stop, each=draw(_AMOUNT), honest=harm) for stop, harm in zip(stops, honest, strict=True)
    )
    return Costs(
        suspend=strict, limit=draw(st.sampled_from([None, middle])), challenge=draw(st.sampled_from([None, mild]))
    )


standings = st.builds(
    Standing, confirmed=st.booleans(), aimed=st.booleans(), chosen=st.booleans(), probability=_SHARE, stake=_AMOUNT
)
#: Suspending an honest account costs much, and somebody answers the mail.
DEAR = Costs(
    suspend=Cost(stops=1.0, each=4.0, honest=60.0, honest_by_plan={"free": 5.0}), limit=Cost(stops=0.8, each=0.5)
)


@pytest.mark.parametrize(
    ("standing", "action"),
    [
        (Standing(confirmed=True, aimed=True, chosen=True), "suspend"),
        (Standing(aimed=True, chosen=True), "challenge"),
        (Standing(chosen=True), "review"),
        (Standing(probability=1.0, stake=1e6), "allow"),
    ],
)
def test_without_costs_what_may_be_done_is_done(standing: Standing, action: str) -> None:
    chosen = choose(standing, Costs())
    assert (chosen.action, chosen.reasons) == (action, ())


def test_an_account_with_little_at_stake_is_limited_and_it_says_why() -> None:
    chosen = choose(Standing(confirmed=True, probability=0.999, stake=2.0), DEAR, "USD")
    assert chosen.action == "limit"
    assert chosen.reasons == ("Limited, not suspended: that is expected to cost 0.90 USD, suspending 4.06 USD.",)
    assert choose(Standing(confirmed=True, probability=0.999, stake=200.0), DEAR).action == "suspend"


def test_a_plan_has_its_own_cost() -> None:
    doubtful = {"confirmed": True, "probability": 0.9, "stake": 30.0}
    assert choose(Standing(**doubtful, plan="free"), DEAR).action == "suspend"
    assert choose(Standing(**doubtful, plan="premium"), DEAR).action == "limit"


@given(standings, costs())
def test_hard_limits_are_never_crossed(standing: Standing, given_costs: Costs) -> None:
    action = choose(standing, given_costs).action
    if standing.confirmed:
        assert action in given_costs.options
    else:
        assert action in ("challenge", "review", "allow")
        assert (action == "challenge") == standing.aimed


@given(standings, costs())
def test_nothing_that_was_possible_costs_less(standing: Standing, given_costs: Costs) -> None:
    chosen = choose(standing, given_costs)
    if standing.confirmed:
        assert chosen.expected[chosen.action] == min(chosen.expected.values())
        assert bool(chosen.reasons) == (chosen.action != "suspend")


@given(standings, costs(), _SHARE)
def test_the_surer_the_stricter(standing: Standing, given_costs: Costs, other: float) -> None:
    low, high = sorted((standing.probability, other))
    at = [choose(Standing(confirmed=True, probability=p, stake=standing.stake), given_costs) for p in (low, high)]
    before, after = (VISIBLE.index(chosen.action) for chosen in at)
    # Where two actions cost the same but for rounding, either is right.
    tied = any(abs(c.expected[VISIBLE[before]] - c.expected[VISIBLE[after]]) <= 1e-6 * (1 + standing.stake) for c in at)
    assert after <= before or tied


@given(st.floats(0.001, 1.0), _AMOUNT, _AMOUNT, _AMOUNT)
def test_the_dearer_suspending_is_the_rarer(probability: float, stake: float, honest: float, more: float) -> None:
    standing = Standing(confirmed=True, probability=probability, stake=stake)

    def at(harm: float) -> str:
        return choose(standing, Costs(suspend=Cost(stops=1.0, honest=harm), limit=Cost(stops=0.5, each=1.0))).action

    assert not (at(honest) == "limit" and at(honest + more) == "suspend")
