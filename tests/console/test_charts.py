"""Charts are valid Vega-Lite with any data, and their titles say what there is to see."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import altair as alt
import polars as pl
import pytest
from altair.typing import ChartType

from ghostnote.console import charts, drawing
from ghostnote.console.palette import COLOURS
from ghostnote.console.rasters import Raster
from ghostnote.decisions.summary import CampaignTruth, CohortTruth, RuleHits
from ghostnote.decisions.tables import DAYS, OWNERS, TRACKS

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TIMES = pl.Schema({"time": pl.Datetime("us", "UTC"), "counted": pl.Int64, "withheld": pl.Int64})
CELLS = pl.Schema({"row": pl.Int64, "hour": pl.Datetime("us", "UTC"), "plays": pl.Int64, "withheld": pl.Int64})


def some_days() -> pl.DataFrame:
    rows = [
        (date(2026, 3, 4), 1000, 10, 20, 300, 4, 50, 4.0, 0.12),
        (date(2026, 3, 5), 1200, 0, 240, 310, 9, 150, 4.8, 0.96),
        (date(2026, 3, 6), 900, 0, 0, 280, 0, 40, 3.6, 0.0),
    ]
    return pl.DataFrame(rows, schema=DAYS, orient="row")


def title(chart: ChartType) -> str:
    said = drawing.specification(chart)["title"]["text"]
    assert isinstance(said, str)
    return said.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (charts.plays_per_day, "Most was played on 5 March: 1,200 plays"),
        (charts.withheld_plays, "Withheld plays peaked on 5 March at 240"),
        (charts.withheld_share, "Between 0 % and 20 % of a day's plays are withheld"),
        (lambda days: charts.payout_at_stake(days, "EUR"), "€1.08 withheld: 8.7 % of the payout"),
        (charts.signups, "Sign-ups were highest on 5 March: 150, 3.0 times the median"),
        (charts.accounts_acted, "Most accounts acted on were active on 5 March: 9"),
    ],
)
def test_titles_of_trends_say_what_to_see(draw: Callable[[pl.DataFrame], ChartType], said: str) -> None:
    assert title(draw(some_days())) == said
    nothing = some_days().with_columns(
        pl.lit(0).cast(dtype).alias(name) for name, dtype in DAYS.items() if name != "day"
    )
    assert title(draw(nothing)) != said
    assert title(draw(some_days().clear()))


def test_tracks_count_those_above_the_penalty_line() -> None:
    rows = [
        ("t1", "o", 100, 40, 95, 0.95, 0.9, 0.98, "beneficiary", 0.4, 2.0, False, []),
        ("t2", None, 50, 30, 5, 0.1, 0.03, 0.2, "clean", 0.0, None, True, ["Odd."]),
    ]
    frame = pl.DataFrame(rows, schema=TRACKS, orient="row")
    assert title(charts.track_shares(frame)) == "1 of these 2 tracks lie above the 90 % penalty line"
    assert title(charts.track_shares(frame.clear()))


def test_owners_lose_what_they_lose() -> None:
    frame = pl.DataFrame(
        [("a", 10, 9, 100.0, 20.0, "unclear", [], []), ("b", 10, 0, 50.0, 60.0, "clean", [], [])],
        schema=OWNERS,
        orient="row",
    )
    assert title(charts.owner_payouts(frame, "EUR")) == "These 2 owners are paid €80 less"
    assert title(charts.owner_payouts(frame.clear(), "EUR")) == "No owner is paid less"


def test_roles_say_how_much_was_for_those_who_gain() -> None:
    rows = [("beneficiary", 2, 60), ("takeover", 1, 20), ("sabotaged", 1, 20)]
    frame = pl.DataFrame(rows, schema=["role", "tracks", "artificial_plays"], orient="row")
    assert title(charts.artificial_by_role(frame)) == "80 % of artificial plays are for those who gain"
    assert title(charts.artificial_by_role(frame.clear())) == "Nothing artificial"


def test_labels_stay_apart_where_ids_differ_in_the_middle() -> None:
    ids = ["x" * 30 + middle + "y" * 30 for middle in "abc"]
    rows = [(name, "o", 10, 10, 10, 1.0, 0.7, 1.0, "beneficiary", 0.0, None, False, []) for name in ids]
    spec = drawing.specification(charts.track_shares(pl.DataFrame(rows, schema=TRACKS, orient="row")))
    labels = {row["label"] for rows in spec["datasets"].values() for row in rows if "label" in row}
    assert len(labels) == 3


def bar_zones(chart: ChartType) -> list[str]:
    spec: dict[str, Any] = drawing.specification(chart)
    return [row["zone"] for rows in spec["datasets"].values() for row in rows if "zone" in row]


def test_histogram_colours_what_reaches_past_a_threshold() -> None:
    counts = [90, 5, *[0] * 14, 1, 0, 0, 4]
    drawn = charts.score_histogram(counts, "account", {"act": 0.99, "hold": 0.81})
    assert bar_zones(drawn) == ["below", "below", "between", "above"]
    assert title(drawn) == "99 % of accounts score below 0.1 or above 0.9"
    assert set(bar_zones(charts.score_histogram(counts, "play", {"mark": None}))) == {"below"}
    assert title(charts.score_histogram([], "play", {})) == "No play has a score"


def test_strip_and_rasters_say_when_and_how_much_together() -> None:
    strip = pl.DataFrame({"time": [NOON], "counted": [2], "withheld": [5]}, schema=TIMES)
    assert title(charts.campaign_strip(strip)) == "Plays per hour; most: 7, 4 Mar 12:00"
    assert title(charts.campaign_strip(strip.clear())) == "Its accounts played nothing"
    cells = pl.DataFrame({"row": [0, 1], "hour": [NOON, NOON], "plays": [3, 20], "withheld": [3, 0]}, schema=CELLS)
    day = datetime(2026, 3, 4, tzinfo=UTC)
    assert "one rhythm" in title(charts.campaign_raster(Raster(cells, 2, 2, day, 24)))
    assert "own time" not in title(charts.ordinary_raster(Raster(cells, 2, 2, day, 24)))
    assert title(charts.campaign_raster(Raster(cells.clear(), 0, 0, day, 24)))


def test_truth_names_caught_and_harmed() -> None:
    campaign = CampaignTruth(
        campaign_id="c",
        kind="loop",
        accounts=10,
        accounts_caught=7,
        plays=0,
        plays_withheld=0,
        payout=0,
        payout_withheld=0,
    )
    cohort = CohortTruth(
        cohort="fans", accounts=90, accounts_acted=2, rate=0.022, low=0.01, high=0.08, plays=9, plays_withheld=0
    )
    assert title(charts.campaigns_caught([campaign])) == "7 of 10 attacking accounts caught"
    assert title(charts.campaigns_caught([])) == "Nothing was planted"
    assert title(charts.cohort_rates([cohort], 0.001)) == "2 of 90 honest accounts acted on"
    assert title(charts.cohort_rates([], None)) == "None of 0 honest accounts was acted on"


def test_rules_that_fired_are_drawn() -> None:
    rules = [RuleHits(name=f"r{n}", description="", accounts_hit=n, plays_hit=0) for n in range(3)]
    assert title(charts.rule_hits(rules)) == "2 rules of 3 fired"
    assert title(charts.rule_hits([])) == "No rule fired"


def test_notebooks_get_the_same_look() -> None:
    before = alt.theme.active
    try:
        charts.enable_theme(dark=True)
        assert alt.theme.active == "ghostnote"
        config = charts.plays_per_day(some_days()).to_dict()["config"]
        assert config["axis"]["labelColor"] == COLOURS["muted"][1]
    finally:
        alt.theme.enable(before)


def test_sources_stand_beside_what_is_usual() -> None:
    rows = [
        {"name": "playlist", "honest": 10, "artificial": 80, "part": 0.9, "usual": 0.3},
        {"name": "<other>", "honest": 10, "artificial": 0, "part": 0.1, "usual": None},
    ]
    assert title(charts.mix(rows, "track")) == "90 % of its plays come from: playlist; of all plays 30 %"
    assert title(charts.mix(rows[1:], "track")) == "10 % of its plays come from: <other>"


def test_concentration_says_what_the_keenest_tenth_does() -> None:
    parts, own, usual = (0.01, 0.1, 0.5), (0.2, 0.62, 0.9), (0.05, 0.31, 0.7)
    said = "The keenest 10 % of its listeners made 62 % of its plays"
    assert title(charts.concentration(parts, own, usual, "track")) == f"{said}; usually 31 %"
    assert title(charts.concentration(parts, own, None, "owner")) == said


def test_growth_names_what_grew_most() -> None:
    rows = [{"label": "c-1", "before": 30, "recent": 90}, {"label": "c-2", "before": 90, "recent": 30}]
    assert title(charts.grown(rows, 3, "campaigns")) == "Of the campaigns, c-1 grew most: by 20 plays a day"
    assert title(charts.grown(rows[1:], 3, "tracks")) == "None of the tracks grew"


def test_withheld_plays_by_part_and_by_cohort() -> None:
    days = [date(2026, 3, 4), date(2026, 3, 5)]
    rows = pl.DataFrame(
        [(days[0], "beneficiary", 75), (days[1], "camouflage", 25)],
        schema={"day": pl.Date, "role": pl.String, "plays": pl.Int64},
        orient="row",
    )
    said = "75 % of withheld plays are on tracks whose part is: beneficiary"
    assert title(charts.withheld_by_role(rows, days)) == said
    assert title(charts.withheld_by_role(rows.clear(), days)) == "No play was withheld"
    shares = [
        {"name": "SE", "share": 0.26, "low": 0.2, "high": 0.3},
        {"name": "DE", "share": 0.0, "low": 0, "high": 0.1},
    ]
    assert title(charts.withheld_by(shares, 0.03, "country")) == "By country: most is withheld of SE, 26 %"
    assert title(charts.withheld_by(shares[1:], 0.0, "plan")) == "By plan: nothing is withheld anywhere"


def test_what_spoke_against_accounts_comes_in_words() -> None:
    rows = [{"name": "few_lengths", "accounts": 18}, {"name": "model", "accounts": 3}]
    assert title(charts.spoke_against(rows)) == "Most often spoke against accounts: few lengths"


def test_scores_that_move_are_told_from_chance() -> None:
    days = [
        {"day": date(2026, 3, 4), "shift": None, "chance": None, "marked": 0.01},
        {"day": date(2026, 3, 5), "shift": 0.2, "chance": 0.02, "marked": 0.04},
    ]
    assert title(charts.score_shift(days)) == "Play scores of the last day are spread otherwise than before: 0.200"
    few = [days[0], {**days[1], "chance": 0.5}]
    assert title(charts.score_shift(few)) == "Play scores of the last day are spread as before: 0.200"
    assert title(charts.marked_share(days)) == "4.0 % of the last day's plays are marked; usually 1.0 %"
