"""A packet tells facts that add up, and nothing of who, or of how it was found."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.worlds import Judged, copy

from ghostnote.console.packet import packet_context, write_packet
from ghostnote.console.report import render
from ghostnote.decisions.attribution.concerned import concerned
from ghostnote.decisions.attribution.consequences import CONSEQUENCES
from ghostnote.decisions.attribution.packet import OTHER, SHOWN, UNKNOWN, Packet, packet
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.tables import ROLES
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features.catalog import CATALOG

MADE_AT = datetime(2026, 4, 1, tzinfo=UTC)
Made = Callable[[str, str], Packet]


@pytest.fixture(scope="module")
def made(town: Judged) -> Made:
    folder = DecisionFolder(town.decisions)
    return lambda kind, name: packet(folder, concerned(folder, town.lake, kind, name), made_at=MADE_AT)


def subjects(town: Judged) -> dict[str, str]:
    """A track, an owner and a campaign that somebody was after."""
    tracks = town.table("tracks").sort("artificial_plays", "track_id", descending=[True, False])
    campaigns = town.table("campaigns").filter(pl.col("plays") > 100)
    return {
        "track": tracks["track_id"][0],
        "owner": tracks["owner_id"][0],
        "campaign": campaigns["campaign_id"][0],
    }


@pytest.fixture(params=["track", "owner", "campaign"])
def found(request: pytest.FixtureRequest, town: Judged, made: Made) -> Packet:
    return made(request.param, subjects(town)[request.param])


def page(found: Packet) -> str:
    return render("packet.html", packet_context(found))


def test_figures_add_up(found: Packet, town: Judged) -> None:
    names = [track.track_id for track in found.tracks]
    plays = town.table("plays").filter(pl.col("track_id").is_in(names))
    gone = plays.filter(pl.col("verdict") != "count")
    assert (found.total.honest, found.total.artificial) == (plays.height - gone.height, gone.height)
    for rows in (found.days, found.sources, found.countries):
        assert sum(one.honest for one in rows) == found.total.honest
        assert sum(one.artificial for one in rows) == found.total.artificial
        assert all(0 <= one.low <= one.share <= one.high <= 1 for one in rows)
    assert found.withheld == pytest.approx(gone["withheld_payout"].sum())
    assert found.withheld == pytest.approx(sum(track.withheld for track in found.tracks))
    assert (found.listeners, found.artificial_listeners) == (
        plays["account_id"].n_unique(),
        gone["account_id"].n_unique(),
    )
    assert found.days == sorted(found.days, key=lambda one: one.name)
    most = gone.group_by("account_id").len()["len"].sort(descending=True)
    assert [one.plays for one in found.top] == most.head(SHOWN).to_list()
    assert most.head(found.half).sum() * 2 >= gone.height
    assert most.head(found.half - 1).sum() * 2 < gone.height


def test_an_owners_packet_has_all_of_its_tracks_and_its_role(town: Judged, made: Made) -> None:
    owner = subjects(town)["owner"]
    found = made("owner", owner)
    tracks = town.table("tracks").filter(pl.col("owner_id") == owner)
    assert {track.track_id for track in found.tracks} == set(tracks["track_id"])
    row = town.table("owners").filter(pl.col("owner_id") == owner).row(0, named=True)
    assert (found.role, found.total.artificial) == (row["role"], row["artificial_plays"])
    assert found.means == [CONSEQUENCES[row["role"]].means]


def secrets(town: Judged) -> set[str]:
    """Everything of the input that nobody outside may learn: who, from where, how sure, by what."""
    hidden: set[str] = set()
    for table in ("plays", "signups", "logins", "actions"):
        for file in town.lake.files(table):
            rows = pl.read_parquet(file)
            names = (
                "account_id",
                "ip",
                "device_id",
                "payment_hash",
                "email_hash",
                "email_domain",
                "family_id",
                "event_id",
            )
            for name in names:
                if name in rows.columns:
                    hidden |= set(rows[name].drop_nulls().cast(pl.String))
    numbers = [*town.table("accounts")["score"], *town.table("plays")["score"]]
    policy = town.summary.policy
    numbers += [policy.play_threshold, policy.hold_threshold, policy.account_threshold]
    # A number with few digits is any number.
    hidden |= {text for number in numbers if number is not None for text in [f"{number:.4g}"] if len(text) > 5}
    hidden |= {rule.name for rule in town.summary.rules} | {feature.name for feature in CATALOG}
    hidden |= set(town.table("campaigns")["evidence"].explode()) | set(town.table("accounts")["reasons"].explode())
    return {text for text in hidden if text and len(text) > 3}


def test_nothing_tells_who_it_was_or_how_it_was_found(found: Packet, town: Judged) -> None:
    written = msgspec.json.encode(found).decode() + page(found)
    words = set(re.findall(r"[^\s\"'<>(),;]+", written))
    hidden = secrets(town)
    assert len(hidden) > 1000
    # Whole words first, since that is quick; then whatever could stand inside of one.
    assert not words & hidden
    assert not [text for text in hidden if not re.fullmatch(r"[\d.e+-]+", text) and text in written]


def test_countries_with_few_listeners_are_not_told(town: Judged, made: Made) -> None:
    found = made("owner", subjects(town)["owner"])
    names = [track.track_id for track in found.tracks]
    plays = pl.concat([pl.read_parquet(file) for file in town.lake.files("plays")], how="diagonal")
    plays = plays.filter(pl.col("track_id").is_in(names))
    listeners = dict(plays.group_by("country").agg(pl.col("account_id").n_unique()).iter_rows())
    assert all(listeners[one.name] >= 5 for one in found.countries if one.name not in (OTHER, UNKNOWN))


def test_a_lake_without_sources_and_countries_still_gives_a_packet(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    for file in Lake(lake).files("plays"):
        rows = pl.read_parquet(file).drop("source", "source_id", "country")
        file.unlink()
        rows.write_parquet(file)
    folder = DecisionFolder(town.decisions)
    found = packet(folder, concerned(folder, Lake(lake), "track", subjects(town)["track"]), made_at=MADE_AT)
    assert [one.name for one in found.sources] == [one.name for one in found.countries] == [UNKNOWN]
    assert "Plays by country" not in page(found)


def test_what_is_not_there_or_has_nothing_artificial_is_said(town: Judged, made: Made) -> None:
    clean = town.table("tracks").filter(pl.col("artificial_plays") == 0)["track_id"][0]
    with pytest.raises(GhostnoteError, match=f"No play of the track {clean} is withheld"):
        made("track", clean)
    for kind in ("track", "owner", "campaign"):
        with pytest.raises(GhostnoteError, match=f"knows no {kind} nobody"):
            made(kind, "nobody")


def test_another_lake_is_refused(town: Judged, arena: Judged) -> None:
    folder = DecisionFolder(town.decisions)
    with pytest.raises(GhostnoteError, match="has none of these plays"):
        concerned(folder, arena.lake, "track", subjects(town)["track"])


def test_it_is_written_whole_or_not_at_all(town: Judged, made: Made, tmp_path: Path) -> None:
    found = made("track", subjects(town)["track"])
    where = write_packet(found, tmp_path / "packet")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["packet", "packet.html", "packet.json"]
    assert msgspec.json.decode((tmp_path / "packet" / "packet.json").read_bytes(), type=Packet) == found
    first = where.read_bytes()
    write_packet(found, tmp_path / "packet")
    assert where.read_bytes() == first
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(GhostnoteError, match="holds no packet"):
        write_packet(found, tmp_path / "other")
    (tmp_path / "file").write_text("x")
    with pytest.raises(GhostnoteError):
        write_packet(found, tmp_path / "file" / "packet")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "other", "packet"]


def test_every_role_has_a_meaning_and_a_consequence() -> None:
    assert set(CONSEQUENCES) == set(ROLES)
    # Nobody is punished for what somebody else did, or may have done.
    for role in ("clean", "camouflage", "playlist", "sabotaged", "unclear"):
        assert "penalty may be charged" not in CONSEQUENCES[role].follows
