"""Ids become the categories that Polars itself gives them."""

import polars as pl

from ghostnote.scoring.ids import Ids


def test_ids_are_what_a_cast_makes_of_them_day_after_day() -> None:
    ids = Ids()
    days = [["b", None, "a", "b"], [], ["c", "a", "", None], ["a name longer than a view holds", "b"]]
    for day in days:
        stream = pl.DataFrame(
            {"account_id": day, "nobody": [None] * len(day)}, schema_overrides={"account_id": pl.String}
        )
        found = ids.of(stream, ("account_id", "nobody", "absent"))
        assert list(found) == ["account_id", "nobody"]
        for name, column in found.items():
            assert column.equals(stream[name].cast(pl.Categorical), check_names=True, check_dtypes=True)
            assert column.to_physical().equals(stream[name].cast(pl.Categorical).to_physical())


def test_a_column_of_no_type_is_unknown_for_all_until_it_has_one() -> None:
    ids = Ids()
    first = pl.DataFrame({"device_id": [None, None]})
    second = pl.DataFrame({"device_id": ["d", None]})
    assert ids.of(first, ["device_id"])["device_id"].to_list() == [None, None]
    assert ids.of(second, ["device_id"])["device_id"].to_list() == ["d", None]
