"""Draws what each honest cohort looks like: `python docs/images/draw_cohorts.py` writes docs/images/cohorts/*.png.

One service with all cohorts is simulated; the same seed gives the same pictures.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert as vlc
from draw_playbooks import DAYS, PEOPLE, cells, sample

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.simulation.cohorts import COHORT_NAMES
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate

FOLDER = Path(__file__).parent / "cohorts"
MOST = 20
OTHERS, THESE = PEOPLE, "#2563a8"


def main() -> None:
    """Simulate, and draw each cohort."""
    FOLDER.mkdir(exist_ok=True)
    scenario = load_scenario("demo")
    with tempfile.TemporaryDirectory() as folder:
        simulate(scenario, Path(folder) / "lake", seed=7, accounts=6000, days=DAYS)
        lake = Lake(Path(folder) / "lake")
        plays, labels = (read(lake, table).rows for table in ("plays", "labels"))
    known = labels.filter(pl.col("source") == TRUTH_SOURCE, pl.col("subject_type") == "account")
    honest = known.filter(pl.col("verdict") == "legit").select(account_id="subject_id", cohort="kind")
    plays = plays.join(honest, on="account_id")
    start = datetime.combine(scenario.start, datetime.min.time(), UTC)
    for cohort in COHORT_NAMES:
        mine, others = plays.filter(pl.col("cohort") == cohort), plays.filter(pl.col("cohort") != cohort)
        raster = cells(sample(mine, MOST), start, THESE, "accounts", "plays an hour")
        picture = alt.hconcat(raster, lengths_of(mine, others, cohort)).configure_view(stroke=None)
        (FOLDER / f"{cohort}.png").write_bytes(vlc.vegalite_to_png(picture.to_json(), scale=1.0))


def lengths_of(mine: pl.DataFrame, others: pl.DataFrame, cohort: str) -> alt.Chart:
    """Share of plays by their length, up to five minutes, in steps of five seconds."""
    parts = []
    name = cohort.replace("_", " ")
    for rows, who in ((mine, name), (others, "all others")):
        seconds = (rows["ms_played"] // 5000 * 5).clip(0, 300).alias("seconds")
        counted = seconds.value_counts(name="count")
        parts.append(counted.select("seconds", (pl.col("count") / max(rows.height, 1)).alias("share"), who=pl.lit(who)))
    return (
        alt.Chart(alt.Data(values=pl.concat(parts).sort("seconds").to_dicts()), width=230, height=90)
        .mark_area(interpolate="step-after", opacity=0.55)
        .encode(
            x=alt.X("seconds:Q", title="seconds played"),
            y=alt.Y("share:Q", title="share of plays", stack=None).axis(format="%"),
            color=alt.Color("who:N", title=None).scale(domain=[name, "all others"], range=[THESE, OTHERS]),
        )
    )


if __name__ == "__main__":
    main()
