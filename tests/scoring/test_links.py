"""Links are counted as a query engine would count them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ghostnote.decisions.ties import KINDS
from ghostnote.scoring.links import BUCKET_HOURS, LINKS, SIGNUP, Links, links_of, summed
from ghostnote.scoring.shelf import Shelf

_COLUMNS = ("account_id", "kind", "key", "time", "events")


def _stream(events: int, seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)

    def ids(prefix: str, count: int, known: float) -> list[str | None]:
        numbers = random.integers(0, count, events)
        return [
            f"{prefix}{n}" if there else None for n, there in zip(numbers, random.random(events) < known, strict=True)
        ]

    start = datetime(2026, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "kind": random.choice(["signup", "play"], events, p=[0.1, 0.9]),
            "event_time": [start + timedelta(minutes=int(m)) for m in np.sort(random.integers(0, 1440, events))],
            "account_id": ids("a", 30, 0.95),
            "artist_id": ids("r", 20, 0.9),
            "device_id": ids("d", 10, 0.3),
            "subnet": [None] * events,
        },
        schema_overrides={"subnet": pl.String},
    )


def _ids(stream: pl.DataFrame) -> dict[str, pl.Series]:
    return {name: stream[name].cast(pl.Categorical) for name in ("account_id", *KINDS) if name in stream.columns}


def _rows(links: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(
        links.select(name for name in _COLUMNS if name in links.columns).cast({pl.Categorical: pl.String}).rows()
    )


def _counted(stream: pl.DataFrame, *, timed: bool) -> list[tuple[object, ...]]:
    counts: dict[tuple[object, ...], int] = {}
    for event in stream.iter_rows(named=True):
        hours = int(event["event_time"].timestamp()) // (3600 * BUCKET_HOURS) if timed else 0
        touched = {kind: event[kind] for kind in KINDS if kind in event}
        if timed:
            touched[SIGNUP] = str(hours) if event["kind"] == "signup" else None
        for kind, key in touched.items():
            if event["account_id"] is not None and key is not None:
                link = event["account_id"], kind, key, hours
                counts[link] = counts.get(link, 0) + 1
    return sorted((*link, count) for link, count in counts.items())


@pytest.mark.parametrize("timed", [False, True])
def test_every_link_is_counted_once_per_event(timed: bool) -> None:
    stream = _stream(700)
    found = links_of(stream, _ids(stream), timed=timed)
    assert found.schema == pl.DataFrame(schema=LINKS).schema
    assert _rows(found) == _counted(stream, timed=timed)


def test_days_are_summed_and_when_accounts_were_opened_is_left_out() -> None:
    days = [_stream(300, seed) for seed in (2, 3)]
    links = pl.concat(links_of(day, _ids(day), timed=True) for day in days)
    whole = pl.concat(days)
    expected = [(account, kind, key, count) for account, kind, key, _, count in _counted(whole, timed=False)]
    assert _rows(summed(links)) == expected


@pytest.mark.parametrize("timed", [False, True])
def test_a_day_without_events_has_no_links(timed: bool) -> None:
    stream = _stream(5).clear()
    assert links_of(stream, _ids(stream), timed=timed).is_empty()
    assert summed(pl.DataFrame(schema=LINKS)).is_empty()


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("timed", [False, True])
def test_sums_made_as_days_come_are_those_of_all_days_at_once(
    tmp_path: Path, timed: bool, apart: bool, on_disk: bool
) -> None:
    days = [links_of(day, _ids(day), timed=timed) for day in (_stream(size, size) for size in (300, 40, 40, 200, 5))]
    with Shelf(tmp_path / "out" if on_disk else None) as shelf:
        links = Links(timed=timed, apart=apart, shelf=shelf)
        for place, day in enumerate(days):
            links.add(date(2026, 1, 1 + place), day)
        assert _rows(links.summed()) == _rows(summed(pl.concat(days)))
        assert _rows(links.summed()) == _rows(summed(pl.concat(days)))
        if timed or apart:
            assert links.timed().equals(pl.concat(days))


def test_days_kept_apart_can_be_asked_about_without_those_after_them() -> None:
    days = [links_of(day, _ids(day), timed=True) for day in (_stream(200, seed) for seed in range(3))]
    apart, timed, whole = Links(timed=False, apart=True), Links(timed=True), Links(timed=False)
    for place, day in enumerate(days):
        for links in (apart, timed, whole):
            links.add(date(2026, 1, 1 + place), day)
    last = date(2026, 1, 2)
    assert _rows(apart.summed(last)) == _rows(summed(pl.concat(days[:2])))
    assert _rows(timed.summed(last)) == _rows(summed(pl.concat(days[:2])))
    assert apart.timed(last).equals(timed.timed(last))
    with pytest.raises(ValueError, match="apart"):
        whole.summed(last)
