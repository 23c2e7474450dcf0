"""A team's own tables become a lake."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.privacy import Hasher, Key
from ghostnote.events.reading import read
from ghostnote.events.sources import table_files
from ghostnote.events.sources.mapping import Mapping, load_mapping
from ghostnote.events.sources.tables import ImportedTables, import_tables

HASHER = Hasher(Key(b"a key for tests only", "tests"))
HEAD = "event_id,event_time,account_id,track_id,ms_played"
GOOD = "e1,2026-01-01T12:00:00Z,mia,t1,30000"


def mapping(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return load_mapping(path)


def run(tmp_path: Path, files: dict[str, str], text: str = "[plays]") -> ImportedTables:
    folder = tmp_path / "own"
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return import_tables([folder], "csv", mapping(tmp_path, text), tmp_path / "lake", HASHER)


def rows(tmp_path: Path, table: str = "plays") -> list[dict[str, object]]:
    return read(Lake(tmp_path / "lake"), table).rows.rows(named=True)


def test_a_table_in_the_contracts_own_names_needs_no_mapping(tmp_path: Path) -> None:
    told = run(tmp_path, {"export.csv": f"{HEAD},notes\n{GOOD},x\n"})
    (row,) = rows(tmp_path)
    assert (row["event_id"], row["ms_played"], row["dt"]) == ("e1", 30_000, date(2026, 1, 1))
    assert row["event_time"] == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert "notes" not in row
    assert [(table.name, table.files, table.rows) for table in told.tables] == [("plays", 1, 1)]


def test_columns_are_renamed_translated_converted_and_hashed(tmp_path: Path) -> None:
    text = """
    [plays]
    columns.event_id = "id"
    columns.event_time = "ts"
    columns.account_id = "user"
    columns.track_id = "song"
    columns.ms_played = "seconds"
    columns.source = "src"
    constants = { platform = "web", shuffle = true }
    time_format = "%d.%m.%Y %H:%M"
    time_zone = "Europe/Berlin"
    duration_unit = "s"
    hash = ["account_id", "ip"]
    arrival = "received"
    [plays.values.source]
    pl = "playlist"
    """
    content = "id,ts,user,song,seconds,src,ip,received\n1,01.07.2026 12:30,mia,t,31.5,pl,192.0.2.7,03.07.2026 00:30\n"
    run(tmp_path, {"a.csv": content}, text)
    (row,) = rows(tmp_path)
    assert row == {
        "event_id": "1",
        "event_time": datetime(2026, 7, 1, 10, 30, tzinfo=UTC),
        "account_id": HASHER.one("account_id", "mia"),
        "track_id": "t",
        "ms_played": 31_500,
        "source": "playlist",
        "shuffle": True,
        "ip": HASHER.one("ip", "192.0.2.7"),
        "platform": "web",
        # Half past midnight of the third in Berlin is still the second in UTC.
        "dt": date(2026, 7, 2),
    }


@pytest.mark.parametrize(
    ("unit", "text"),
    [("s", "1767268800.25"), ("ms", "1767268800250"), ("us", "1767268800250000"), ("ns", "1767268800250000000")],
)
def test_times_may_be_numbers(tmp_path: Path, unit: str, text: str) -> None:
    run(
        tmp_path, {"a.csv": f"{HEAD}\n{GOOD.replace('2026-01-01T12:00:00Z', text)}\n"}, f"[plays]\ntime_unit = '{unit}'"
    )
    assert rows(tmp_path)[0]["event_time"] == datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_an_email_never_gets_into_the_lake(tmp_path: Path) -> None:
    text = "[signups]\nemail = 'mail'\nhash = ['account_id']"
    head = "event_id,event_time,account_id,country,plan,ip,platform,mail"
    good = "1,2026-01-01,mia,SE,free,192.0.2.7,ios,Mia1987@Mail.Example"
    bad = good.replace("free", "gold")
    broken = good + ",more"
    run(tmp_path, {"a.csv": f"{head}\n{good}\n{bad}\n{broken}\n"}, text)
    (row,) = rows(tmp_path, "signups")
    assert (row["email_domain"], row["email_shape"]) == ("mail.example", "a9")
    for path in (tmp_path / "lake").rglob("*.parquet"):
        assert "mia" not in str(pl.read_parquet(path).rows()).lower()


def test_an_id_hashes_alike_in_every_column_that_holds_it(tmp_path: Path) -> None:
    lines = [
        "subject_type,subject_id,verdict,source,event_time,known_at",
        "account,mia,fraud,review,2026-01-01,2026-01-05",
        "track,t1,legit,review,2026-01-01,2026-01-05",
    ]
    labels = "\n".join(lines)
    text = "[plays]\nhash = ['account_id']\n[labels]\nhash = ['subject_id']"
    run(tmp_path, {"plays.csv": f"{HEAD}\n{GOOD}\n", "labels.csv": labels}, text)
    known = {row["subject_type"]: row["subject_id"] for row in rows(tmp_path, "labels")}
    assert known == {"account": rows(tmp_path)[0]["account_id"], "track": HASHER.one("track_id", "t1")}


def test_ids_that_are_absent_come_from_the_content(tmp_path: Path) -> None:
    content = "event_time,account_id,track_id,ms_played\n2026-01-01,mia,t,1\n2026-01-01,mia,t,2\n2026-01-01,mia,t,1\n"
    run(tmp_path, {"a.csv": content})
    first = rows(tmp_path)
    assert len(first) == 2
    again = tmp_path / "again"
    again.mkdir()
    lines = content.splitlines()
    run(again, {"a.csv": "\n".join([lines[0], lines[3]]), "b.csv": "\n".join([lines[0], lines[2], lines[1]])})
    assert rows(again) == first


def test_bad_rows_and_lines_go_to_quarantine_with_their_numbers(tmp_path: Path) -> None:
    lines = [
        HEAD,
        GOOD,
        GOOD.replace("30000", "long"),
        "e3,2026-01-01",
        GOOD.replace("e1", "e4"),
        GOOD.replace("mia", ""),
    ]
    told = run(tmp_path, {"a.csv": "\n".join(lines)})
    kept = pl.read_parquet(tmp_path / "lake" / "quarantine" / "plays.parquet")
    assert kept.select("row", "reason").rows() == [
        (2, "ms_played is 'long': not a whole number"),
        (4, "account_id is missing"),
        (4, "the line has 2 fields instead of 5"),
    ]
    assert json.loads(kept["content"][0])["ms_played"] == "long"
    assert told.tables[0].rows == 2
    assert sum(told.tables[0].rejected.values()) == 3


def test_values_that_a_step_cannot_turn_are_shown_as_they_came(tmp_path: Path) -> None:
    text = "[plays]\ntime_format = '%d.%m.%Y'\nduration_unit = 's'"
    lines = [HEAD, "e1,01.01.2026,a,t,3", "e2,2026/01/01,a,t,3", "e3,01.01.2026,a,t,three"]
    run(tmp_path, {"a.csv": "\n".join(lines)}, text)
    kept = pl.read_parquet(tmp_path / "lake" / "quarantine" / "plays.parquet")
    assert kept["reason"].to_list() == [
        "event_time is '2026/01/01': not a time",
        "ms_played is 'three': not a whole number",
    ]


def test_files_find_their_tables(tmp_path: Path) -> None:
    tracks = "track_id,artist_id\nt1,x\n"
    told = run(
        tmp_path,
        {
            "plays-2.csv": f"{HEAD}\n{GOOD}\n",
            "catalogue/tracks/1.csv": tracks,
            "catalogue/new.csv": tracks,
            "readme.csv": "x\n1\n",
        },
        "[plays]\nfiles = 'plays-*.csv'\n[tracks]",
    )
    assert [(table.name, table.files) for table in told.tables] == [("plays", 1), ("tracks", 1)]
    assert [Path(place).name for place in told.other_files] == ["readme.csv", "new.csv"]
    assert Lake(tmp_path / "lake").tables() == ("plays", "tracks")


@pytest.mark.parametrize(
    ("files", "text", "told"),
    [
        (
            {"a.csv": "id,ts\n1,2\n"},
            "[plays]\ncolumns = {event_id = 'uid'}",
            r"a.csv: the column uid \(mapped to plays.event_id\) is not in it; it has id, ts",
        ),
        (
            {"a.csv": "event_id,ts\n1,2\n"},
            "[plays]",
            "the required column plays.event_time is neither in it nor mapped; it has event_id, ts",
        ),
        ({"a.csv": "x,y\n1,2\n"}, "[plays]", "none of its columns is one of plays"),
        ({"a.csv": "event_id,event_id\n1,2\n"}, "[plays]", "two of its columns are called event_id"),
        ({"a.csv": ""}, "[plays]", "it is empty"),
        ({"a.csv": f"{HEAD}\n"}, "[plays]", "the files hold no rows"),
        (
            {"a.csv": f"{HEAD}\n{GOOD.replace('mia', '')}\n"},
            "[plays]",
            "all rows were rejected, 1 of plays because account_id is missing",
        ),
        (
            {"a.csv": "x\n"},
            "[plays]\nfiles = 'p-*.csv'",
            r"No file for the table plays: none matches p-\*.csv; there are a.csv",
        ),
    ],
)
def test_nothing_to_import_is_said_and_leaves_nothing(
    tmp_path: Path, files: dict[str, str], text: str, told: str
) -> None:
    with pytest.raises(GhostnoteError, match=told):
        run(tmp_path, files, text)
    assert not [path for path in tmp_path.iterdir() if "lake" in path.name]


def test_one_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    told = run(tmp_path, {"a.csv": "nothing\n1\n", "b.csv": f"{HEAD}\n{GOOD}\n"})
    assert [Path(place).name for place, _ in told.unreadable] == ["a.csv"]
    assert len(rows(tmp_path)) == 1


def test_other_ways_to_write_csv(tmp_path: Path) -> None:
    text = f"{HEAD};source_id\n{GOOD};'Mötley; Crüe'\n".replace(",", ";")
    folder = tmp_path / "own"
    folder.mkdir()
    with gzip.open(folder / "a.csv.gz", "wb") as file:
        file.write(text.encode("latin-1"))
    csv = mapping(tmp_path, "csv = { separator = ';', quote = \"'\", encoding = 'latin-1' }\n[plays]")
    import_tables([folder], "csv", csv, tmp_path / "lake")
    assert rows(tmp_path)[0]["source_id"] == "Mötley; Crüe"


def test_bytes_that_are_not_the_encoding_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEAD}\n{GOOD}\n".encode().replace(b"mia", b"\xff"))
    with pytest.raises(GhostnoteError, match="UTF8"):
        import_tables([path], "csv", mapping(tmp_path, "[plays]"), tmp_path / "lake")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    moment = datetime.fromisoformat("2026-01-01T12:00:00")
    frame = pl.DataFrame({"id": [1, 2], "at": [moment, None], "user": ["a", "b"], "song": [7, 8], "len": [30.0, 31.5]})
    frame.write_parquet(tmp_path / "a.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    columns = "{event_id='id', event_time='at', account_id='user', track_id='song', ms_played='len'}"
    text = f"[plays]\ncolumns = {columns}\nduration_unit='s'\ntime_zone='America/New_York'"
    told = import_tables([tmp_path], "parquet", mapping(tmp_path, text), tmp_path / "lake")
    (row,) = rows(tmp_path)
    assert (row["event_id"], row["track_id"], row["ms_played"]) == ("1", "7", 30_000)
    assert row["event_time"] == datetime(2026, 1, 1, 17, tzinfo=UTC)
    assert told.tables[0].rejected == {"event_time is missing": 1}
    assert [Path(place).name for place, _ in told.unreadable] == ["torn.parquet"]


def test_a_mapping_that_hashes_needs_a_hasher(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{GOOD}\n")
    with pytest.raises(ValueError, match="a hasher is needed"):
        import_tables([tmp_path], "csv", mapping(tmp_path, "[plays]\nhash = ['ip']"), tmp_path / "lake")


def test_broken_lines_that_are_read_ahead_are_told_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "_BLOCK_BYTES", 400)
    lines = [HEAD, *(line for number in range(1_000) for line in (GOOD.replace("e1", str(number)), "too,few"))]
    told = run(tmp_path, {"a.csv": "\n".join(lines)})
    assert told.tables[0].rows == 1_000
    assert told.tables[0].rejected == {"the line has another number of fields": 1_000}
    kept = pl.read_parquet(tmp_path / "lake" / "quarantine" / "plays.parquet")
    assert sorted(kept["row"]) == list(range(3, 2_003, 2))


@given(
    st.lists(
        st.sampled_from([GOOD, GOOD.replace("30000", "-1"), "too,few", GOOD + ",more", GOOD.replace("e1", "")]),
        max_size=60,
    )
)
@settings(max_examples=20, deadline=None)
def test_every_line_is_a_row_or_rejected_however_the_file_is_cut(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_files, "_BLOCK_BYTES", 300)
        told = run(root, {"a.csv": "\n".join([HEAD, GOOD, *lines, ""])})
    (table,) = told.tables
    assert not told.unreadable
    assert table.rows + sum(table.rejected.values()) == len(lines) + 1
    assert table.rows == 1 + lines.count(GOOD)
