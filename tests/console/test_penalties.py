"""The penalty forecast of a page is that of a settlement, on the royalty-bearing plays of the run."""

from decimal import Decimal

import polars as pl

from ghostnote.console.penalties import Penalties
from ghostnote.decisions.royalties.terms import Penalty, Terms


def plays(track: str, excluded: int, held: int, counted: int, *, paid: bool = True) -> pl.DataFrame:
    """One play by each of so many listeners."""
    verdicts = ["exclude"] * excluded + ["hold"] * held + ["count"] * counted
    return pl.DataFrame(
        {
            "track_id": track,
            "account_id": [f"{track}-{n}" for n in range(len(verdicts))],
            "verdict": verdicts,
            "payout": [0.004 if paid else 0.0] * len(verdicts),
        }
    )


def test_a_track_that_is_surely_artificial_will_be_charged() -> None:
    told = Penalties(Terms()).of_track(plays("t", 60, 0, 0))
    assert told["forecast"] == "will"
    assert (told["amount"], told["at_most"], told["paying"]) == (10.0, 10.0, 60)
    assert told["low"] >= told["line"] == 0.9


def test_held_plays_and_few_listeners_leave_it_in_doubt() -> None:
    penalties = Penalties(Terms())
    for found in (plays("t", 40, 20, 0), plays("t", 5, 0, 0)):
        told = penalties.of_track(found)
        assert (told["forecast"], told["amount"], told["at_most"]) == ("may", 0.0, 10.0)


def test_short_plays_do_not_count_for_the_line() -> None:
    both = pl.concat([plays("t", 0, 0, 60), plays("t", 500, 0, 0, paid=False)])
    told = Penalties(Terms()).of_track(both)
    assert (told["forecast"], told["paying"], told["artificial_share"]) == ("not", 60, 0.0)


def test_without_royalty_bearing_plays_nothing_can_be_charged() -> None:
    told = Penalties(Terms()).of_track(plays("t", 30, 0, 0, paid=False))
    assert (told["forecast"], told["artificial_share"], told["at_most"]) == ("not", None, 0.0)


def test_tracks_add_up_by_the_terms_of_the_team() -> None:
    terms = Terms(currency="SEK", penalty=Penalty(line=0.5, per_track=Decimal("25.50")))
    penalties = Penalties(terms)
    found = penalties.of_tracks(pl.concat([plays("a", 60, 0, 0), plays("b", 50, 0, 10), plays("c", 3, 0, 3)]))
    told = penalties.told(found)
    assert (told["tracks"], told["will"], told["may"]) == (3, 2, 1)
    assert (told["amount"], told["at_most"], told["currency"]) == (51.0, 76.5, "SEK")
