"""Keyed hashes and where their key comes from."""

import stat
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.events.privacy import Hasher, Key, load_key

HASHER = Hasher(Key(b"a key for tests only", "tests"))
OTHER = Hasher(Key(b"another key for tests", "tests"))


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def test_an_id_depends_on_key_kind_and_value() -> None:
    one = HASHER.one("account_id", "Prince")
    assert one == HASHER.one("account_id", "Prince")
    assert len(one) == 20
    assert (
        len(
            {
                one,
                HASHER.one("artist_id", "Prince"),
                HASHER.one("account_id", "prince"),
                OTHER.one("account_id", "Prince"),
            }
        )
        == 4
    )


@given(st.lists(st.one_of(st.none(), st.text(max_size=8))))
def test_names_become_ids_one_by_one(values: list[str | None]) -> None:
    ids = HASHER.names("x", texts(*values))
    assert len(ids) == len(values)
    for value, name in zip(values, ids, strict=True):
        assert (name is None) == (value is None or not value.strip())
    assert ids.to_list() == [HASHER.names("x", texts(value)).item() for value in values]


def test_equal_names_are_equal_however_they_are_written() -> None:
    ids = HASHER.names("artist_id", texts("Beyoncé", "Beyonce\u0301", " Beyoncé "))
    assert ids.n_unique() == 1


def test_one_address_has_one_id() -> None:
    four = HASHER.ips(texts("192.0.2.7", "::ffff:192.0.2.7", " 192.0.2.7 "))
    six = HASHER.ips(texts("2001:db8::1", "2001:0DB8:0:0::1", "[2001:db8::1]"))
    assert four.n_unique() == six.n_unique() == 1
    assert HASHER.ips(texts("192.0.2.x", None, "")).is_null().to_list() == [False, True, True]


def test_an_email_leaves_domain_shape_and_hash() -> None:
    told = HASHER.emails(texts("Mia.Lee1987@Mail.Example", "mia.lee1987@mail.example", "no address", None, ""))
    assert told["email_domain"].to_list() == ["mail.example", "mail.example", None, None, None]
    assert told["email_shape"].to_list() == ["a.a9", "a.a9", None, None, None]
    assert told["email_hash"][0] == told["email_hash"][1] != told["email_hash"][2]
    assert "mia" not in str(told.rows()).lower()


def test_a_long_key_counts_to_its_end() -> None:
    long, longer = (Hasher(Key(b"k" * 64 + end, "tests")) for end in (b"", b"x"))
    assert long.one("x", "y") != longer.one("x", "y")


def test_the_users_own_key_is_made_once_and_is_theirs_alone(tmp_path: Path) -> None:
    first, second = load_key(environ={}, home=tmp_path), load_key(environ={}, home=tmp_path)
    path = tmp_path / ".config" / "ghostnote" / "key"
    assert first.secret == second.secret == path.read_bytes().strip()
    assert len(first.secret) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    assert first.secret.decode() not in repr(first)


def test_a_key_given_goes_before_one_in_the_environment_before_the_users_own(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sixteen bytes or more\n")
    environ = {"GHOSTNOTE_KEY": "from the environment", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert load_key(file, environ).secret == b"sixteen bytes or more"
    assert load_key(None, environ).secret == b"from the environment"
    assert not (tmp_path / "config").exists()
    del environ["GHOSTNOTE_KEY"]
    assert load_key(None, environ).origin == str(tmp_path / "config" / "ghostnote" / "key")


def test_keys_that_cannot_serve_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="has 5 bytes: give at least 16"):
        load_key(None, {"GHOSTNOTE_KEY": "short"})
    with pytest.raises(GhostnoteError, match="Could not read the key file"):
        load_key(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(GhostnoteError, match="give one with --key-file or GHOSTNOTE_KEY"):
        load_key(None, {"XDG_CONFIG_HOME": str(tmp_path / "file")})
