"""Finding exports in folders and archives."""

import zipfile
from pathlib import Path

import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.events.sources import archives
from ghostnote.events.sources.archives import contents, find


def put(path: Path, text: str = "[]") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def pack(path: Path, *names: str, text: str = "[]") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return path


def test_folders_and_archives_are_accounts_by_their_names(tmp_path: Path) -> None:
    put(tmp_path / "mia" / "MyData" / "StreamingHistory0.json")
    put(tmp_path / "leo" / "Spotify Account Data" / "StreamingHistory_music_0.json")
    put(tmp_path / "leo" / "Spotify Extended Streaming History" / "endsong_0.json")
    pack(tmp_path / "ada.zip", "MyData/StreamingHistory0.json")
    put(tmp_path / "notes.txt")
    put(tmp_path / "mia" / ".hidden.json")
    found = find([tmp_path])
    assert [export.name for export in found] == ["ada", "leo", "mia"]
    assert [len(export.files) + len(export.archives) for export in found] == [1, 2, 1]
    assert [export.name for export in find([tmp_path / "mia" / "MyData"])] == ["mia"]
    assert [export.name for export in find([tmp_path / "mia" / "MyData" / "StreamingHistory0.json"])] == ["mia"]


def test_an_account_may_be_named_for_all(tmp_path: Path) -> None:
    one, two = pack(tmp_path / "one.zip", "a.json"), pack(tmp_path / "two.zip", "a.json")
    (export,) = find([one, two, one], "mia")
    assert export.name == "mia"
    assert export.archives == (one, two)


def test_an_archive_beside_its_unpacked_folder_is_the_same_account(tmp_path: Path) -> None:
    pack(tmp_path / "mia.zip", "a.json")
    put(tmp_path / "mia" / "a.json")
    (export,) = find([tmp_path])
    assert (len(export.archives), len(export.files)) == (1, 1)


def test_two_exports_of_one_name_in_two_places_are_refused(tmp_path: Path) -> None:
    one, two = pack(tmp_path / "1" / "export.zip", "a.json"), pack(tmp_path / "2" / "export.zip", "a.json")
    with pytest.raises(GhostnoteError, match="Two different exports are called export"):
        find([one, two])


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="There is nothing at"):
        find([tmp_path / "nowhere"])


def test_numbered_files_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    path = pack(tmp_path / "mia.zip", *(f"MyData/StreamingHistory{number}.json" for number in (10, 2, 0)))
    put(tmp_path / "leo" / "h10.json")
    put(tmp_path / "leo" / "h9.json")
    places = [file.place.rpartition("/")[2] for export in find([path, tmp_path / "leo"]) for file in contents(export)]
    assert places == [
        "h9.json",
        "h10.json",
        "StreamingHistory0.json",
        "StreamingHistory2.json",
        "StreamingHistory10.json",
    ]


def troubles(path: Path) -> list[str | None]:
    return [file.trouble for export in find([path]) for file in contents(export)]


def test_archives_keep_to_themselves(tmp_path: Path) -> None:
    path = pack(tmp_path / "mia.zip", "../../escape.json", "/abs.json", "__MACOSX/x.json", "MyData/._x.json", "a.pdf")
    assert troubles(path) == [None, None]
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["mia.zip"]


def test_what_cannot_be_unpacked_is_named_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.zip").write_text("this is no archive")
    assert troubles(tmp_path / "text.zip") == ["it is no readable zip archive (File is not a zip file)"]
    inner = pack(tmp_path / "nested.zip", "inner.zip")
    assert troubles(inner) == ["it is an archive inside an archive: unpack it first"]
    large = pack(tmp_path / "large.zip", "a.json", text="[" + " " * 5000 + "]")
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 4000)
    assert troubles(large) == ["it would unpack to more than 0 MB"]
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 4000)
    assert troubles(large) == ["it would unpack to more than 0 MB"]


def test_a_password_is_told(tmp_path: Path) -> None:
    path = pack(tmp_path / "locked.zip", "a.json")
    content = bytearray(path.read_bytes())
    # The flag that says "encrypted", in the file's own header and in the archive's list.
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert troubles(path) == ["it is protected by a password: unpack it first"]


def test_damaged_data_is_told(tmp_path: Path) -> None:
    path = pack(tmp_path / "torn.zip", "a.json", text="[" + "0123456789" * 50 + "]")
    content = bytearray(path.read_bytes())
    start = content.index(b"a.json") + 6
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    (trouble,) = troubles(path)
    assert trouble is not None
    assert trouble.startswith("it cannot be unpacked")
