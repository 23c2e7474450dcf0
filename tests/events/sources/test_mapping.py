"""Mapping files, and how they refuse."""

from pathlib import Path

import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.events.sources.mapping import load_mapping


def mapping_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return path


def test_a_mapping_is_read(tmp_path: Path) -> None:
    text = """
    csv = { separator = ";" }
    [plays]
    files = "plays-*.csv"
    columns = { account_id = "user" }
    constants = { platform = "web" }
    hash = ["account_id"]
    time_zone = "Europe/Berlin"
    duration_unit = "s"
    values.source = { pl = "playlist" }
    [tracks]
    """
    mapping = load_mapping(mapping_of(tmp_path, text))
    plays = mapping.tables["plays"]
    assert set(mapping.tables) == {"plays", "tracks"}
    assert mapping.csv.separator == ";"
    assert (plays.columns, plays.hashed, plays.values) == (
        {"account_id": "user"},
        ["account_id"],
        {"source": {"pl": "playlist"}},
    )
    assert mapping.hashes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[play]", "table play is not known: did you mean plays?"),
        ("[plays]\ncolums = {}", r"\[plays\] key colums is not known: did you mean columns?"),
        ("[plays]\ncolumns = { acount_id = 'u' }", "column acount_id is not known: did you mean account_id?"),
        ("[plays]\nhash = ['user']", "column user is not known: there are event_id,"),
        ("[plays]\nvalues.source = { pl = 'playlists' }", "value playlists is not known: did you mean playlist?"),
        ("[plays]\ntime_unit = 'minutes'", r"\[plays\]: Invalid enum value 'minutes' - at \$.time_unit"),
        ("[plays]\ncolumns = 3", r"\[plays\]: Expected object, got int"),
        ("[plays]\ntime_zone = 'Europe/Berln'", "no time zone Europe/Berln. Did you mean Europe/Berlin?"),
        ("[plays]\nhash = ['ms_played']", "ms_played is a whole number and cannot be hashed"),
        ("[plays]\nemail = 'mail'", "plays has no e-mail columns"),
        ("[tracks]\narrival = 'at'", "tracks has no time"),
        ("[plays]\ncolumns = {ip='a'}\nconstants = {ip='b'}", "ip is in both columns and constants"),
        ("[plays]\n[csv]\nseparator = ';;'", "separator must be one character"),
        ("[plays]\n[csv]\nencoding = 'utf-99'", "encoding utf-99 is not known"),
        ("[plays]\n[csv]\nseperator = ';'", "key seperator is not known: did you mean separator?"),
        ("", "names no table"),
        ("plays = 3", "no valid TOML of tables"),
        ("[plays", "no valid TOML of tables"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(GhostnoteError, match=told):
        load_mapping(mapping_of(tmp_path, text))


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="Could not read the mapping"):
        load_mapping(tmp_path / "nowhere.toml")


def test_the_mapping_in_the_documentation_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "importing.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0]
    assert set(load_mapping(mapping_of(tmp_path, example)).tables) == {"plays", "signups"}
