"""Draws what each playbook looks like: `python docs/images/draw_playbooks.py` writes docs/images/playbooks/*.png.

One service with a small campaign of each playbook is simulated; the same seed gives the same pictures.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import altair as alt
import msgspec
import polars as pl
import vl_convert as vlc

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.world import simulate

FOLDER = Path(__file__).parent / "playbooks"
DAYS, HONEST, FAKES = 4, 14, 30
ATTACK, PEOPLE = "#c2410c", "#64748b"
#: Fewer accounts than documented: a picture shows thirty at most.
SMALLER = {
    "ai_catalogue_farm": {"accounts": 30},
    "playlist_loop": {"accounts": 30},
    "hijacked_listeners": {"victims": 60, "days": 4.0},
    "fake_account_factory": {"accounts": 80, "days": 4.0},
    "impossible_volume": {"accounts": 4, "days": 2.0},
    "lockstep_fleet": {"accounts": 30},
    "chart_burst": {"plays": 40_000},
    "bought_plays": {"plays": 1500, "accounts": 120, "days": 4.0},
    "phone_farm": {"phones": 8},
    "ad_blocking_client": {"size": 0.03},
    "trial_farm": {"accounts": 30, "trial_days": 2.0},
    "low_and_slow": {"accounts": 60},
    "proxy_mimics": {"accounts": 60},
    "innocent_cover": {"accounts": 30},
    "sabotage": {"accounts": 20},
}


def main() -> None:
    """Simulate, and draw each campaign."""
    campaigns = tuple(
        msgspec.structs.replace(playbook(name=kind), **SMALLER[kind]) for kind, playbook in PLAYBOOKS.items()
    )
    scenario = Scenario(accounts=2000, days=DAYS, campaigns=campaigns)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        simulate(scenario, Path(folder) / "lake", seed=7)
        lake = Lake(Path(folder) / "lake")
        plays, actions, labels = (read(lake, table).rows for table in ("plays", "actions", "labels"))
    start = datetime.combine(scenario.start, datetime.min.time(), UTC)
    known = labels.filter(pl.col("source") == TRUTH_SOURCE)
    fakes = known.filter(pl.col("subject_type") == "play").select(event_id="subject_id", campaign="campaign_id")
    owners = known.filter(pl.col("subject_type") == "account", pl.col("verdict") == "fraud")
    plays = plays.join(fakes, on="event_id", how="left")
    honest = plays.filter(pl.col("campaign").is_null())
    for kind in PLAYBOOKS:
        mine = plays.filter(pl.col("campaign") == kind)
        shown, what = mine, "plays an hour"
        if kind == "fake_account_factory":
            accounts = owners.filter(pl.col("campaign_id") == kind)["subject_id"]
            shown, what = actions.filter(pl.col("account_id").is_in(accounts.implode())), "actions an hour"
        raster = raster_of(shown, honest, start, what)
        picture = alt.hconcat(raster, lengths_of(mine, honest)).configure_view(stroke=None)
        png = vlc.vegalite_to_png(picture.to_json(), scale=1.0)
        (FOLDER / f"{kind}.png").write_bytes(png)


def raster_of(mine: pl.DataFrame, honest: pl.DataFrame, start: datetime, what: str) -> alt.VConcatChart:
    """Accounts by hour: the campaign's above, honest ones below."""
    charts = [
        cells(sample(rows, most), start, colour, title, what)
        for rows, most, colour, title in (
            (mine, FAKES, ATTACK, "the campaign's accounts"),
            (honest, HONEST, PEOPLE, "honest accounts"),
        )
    ]
    return alt.vconcat(*charts, spacing=6).resolve_scale(color="independent")


def sample(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Rows of at most `most` accounts."""
    accounts = rows["account_id"].unique().sort().sample(fraction=1, shuffle=True, seed=3)[:most]
    return rows.filter(pl.col("account_id").is_in(accounts.implode()))


def cells(rows: pl.DataFrame, start: datetime, colour: str, title: str, what: str) -> alt.Chart:
    """Events per account and hour."""
    hour = ((pl.col("event_time") - start).dt.total_minutes() // 60).alias("hour")
    counted = rows.group_by(pl.col("account_id").rank("dense").alias("account"), hour).len("count")
    height = max(4, 4 * int(counted["account"].max() or 1))
    return (
        alt.Chart(alt.Data(values=counted.to_dicts()), width=480, height=height)
        .mark_rect()
        .encode(
            x=alt.X(
                "hour:O",
                title="hour" if title.startswith("honest") else None,
                scale=alt.Scale(domain=list(range(DAYS * 24))),
            ).axis(values=list(range(0, DAYS * 24, 12)), labelAngle=0, ticks=True, domain=False),
            y=alt.Y("account:O", title=title).axis(labels=False, ticks=False, domain=False),
            color=alt.Color("count:Q", title=what, legend=None).scale(
                type="sqrt", range=["#fdf3ec" if colour == ATTACK else "#f1f5f9", colour]
            ),
        )
    )


def lengths_of(mine: pl.DataFrame, honest: pl.DataFrame) -> alt.Chart:
    """Share of plays by their length, up to five minutes, in steps of five seconds."""
    parts = []
    for rows, who in ((mine, "campaign"), (honest, "honest")):
        seconds = (rows["ms_played"] // 5000 * 5).clip(0, 300).alias("seconds")
        counts = seconds.value_counts(name="count").with_columns(
            (pl.col("count") / max(rows.height, 1)).alias("share"), who=pl.lit(who)
        )
        parts.append(counts.sort("seconds").select("seconds", "share", "who"))
    return (
        alt.Chart(alt.Data(values=pl.concat(parts).to_dicts()), width=230, height=170)
        .mark_area(interpolate="step-after", opacity=0.55)
        .encode(
            x=alt.X("seconds:Q", title="seconds played"),
            y=alt.Y("share:Q", title="share of plays", stack=None).axis(format="%"),
            color=alt.Color("who:N", title=None).scale(domain=["campaign", "honest"], range=[ATTACK, PEOPLE]),
        )
    )


if __name__ == "__main__":
    main()
