"""A file of terms changes what it names; what cannot be is refused in one sentence."""

from decimal import Decimal
from pathlib import Path

import pytest

from ghostnote.decisions.royalties.terms import Terms, load_terms
from ghostnote.errors import GhostnoteError

_ROW = '[[revenue]]\nmonth = "2026-03"\ncountry = "DE"\nplan = "premium"\namount = 12000.50\n'


def load(tmp_path: Path, text: str) -> Terms:
    file = tmp_path / "terms.toml"
    file.write_text(text)
    return load_terms(file)


def test_without_a_file_the_defaults_hold() -> None:
    assert load_terms(None) == Terms()


def test_amounts_are_read_as_they_are_written(tmp_path: Path) -> None:
    terms = load(tmp_path, f'payout_per_play = 0.0041\ncurrency = "USD"\n{_ROW}[penalty]\nper_track = "7.10"\n')
    assert terms.payout_per_play == Decimal("0.0041")
    assert terms.revenue[0].amount == Decimal("12000.50")
    assert (terms.penalty.per_track, terms.penalty.line) == (Decimal("7.10"), 0.9)


def test_currencies_have_their_own_digits() -> None:
    assert [Terms(currency=name).digits for name in ("EUR", "JPY", "KWD")] == [2, 0, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('curency = "EUR"', "unknown key 'curency': did you mean 'currency'?"),
        ("zzz = 1", "unknown key 'zzz': it is one of currency, royalty_ms, "),
        ("[eligibility]\nstream = 5", r"unknown key 'stream' in \[eligibility\]: did you mean 'streams'"),
        (_ROW + 'contry = "DE"', r"unknown key 'contry' in \[revenue\]: did you mean 'country'"),
        ('currency = "EURO"', "there is no currency 'EURO': did you mean 'EUR'"),
        ('currency = "eur"', "there is no currency 'eur': did you mean 'EUR'"),
        ('currency = "1"', "there is no currency '1': give a code of ISO 4217"),
        (_ROW.replace("premium", "premum"), "unknown plan 'premum': did you mean 'premium'"),
        (_ROW.replace("DE", "de"), "unknown country 'de': did you mean 'DE'"),
        (_ROW.replace("DE", "Germany"), "unknown country 'Germany': give a code of ISO 3166"),
        (_ROW.replace("12000.50", "-1"), "revenue of DE/premium in 2026-03 is -1: an amount cannot be negative"),
        (_ROW.replace("12000.50", "nan"), "is NaN: give an amount"),
        (_ROW.replace("12000.50", "inf"), "is Infinity: give an amount"),
        (_ROW.replace("12000.50", "1e30"), "more than can be"),
        (_ROW.replace("12000.50", "1.005"), "is 1.005: EUR has 2 digits after the point"),
        (_ROW.replace("12000.50", '"many"'), "impossible: Invalid decimal string"),
        (_ROW.replace("2026-03", "03/2026"), "the month '03/2026': write it as YYYY-MM"),
        (_ROW + _ROW, "revenue of DE/premium in 2026-03 is given more than once"),
        (_ROW + _ROW.replace('month = "2026-03"\n', ""), "is given more than once"),
        (_ROW.replace('plan = "premium"\n', ""), "names no plan, and pool_by tells pools apart by it"),
        ('pool_by = ["country"]\n' + _ROW, "names the plan 'premium', and pool_by does not"),
        ('pool_by = ["contry"]', "did you mean 'country'"),
        ('pool_by = ["plan", "plan"]', "names something twice"),
        ("rights_holders_share = 1.2", "rights_holders_share is 1.2: it is above 0 and at most 1"),
        ("rights_holders_share = 0", "above 0"),
        ("payout_per_play = -0.004", "payout_per_play is -0.004: an amount cannot be negative"),
        ("[penalty]\nline = 0", "impossible"),
        ("[penalty]\nper_track = 0.001", "penalty.per_track is 0.001"),
        ("royalty_ms = 30000.5", "impossible"),
        ("revenue = 5", "impossible"),
        ("[eligibility]\nmonths = 0", "impossible"),
        ("= 3", "not valid TOML"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(GhostnoteError, match=said) as raised:
        load(tmp_path, text)
    assert str(raised.value).startswith("The file of terms ")
    assert str(raised.value)[-1] in ".?"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"none\.toml cannot be read"):
        load_terms(tmp_path / "none.toml")
