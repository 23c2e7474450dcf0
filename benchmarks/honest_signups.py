"""Honest people who sign up together, put into a simulated lake: the simulation's own sign up one by one, from home.

Families open their accounts in one sitting, on one device; students in the first two days of a term, on their campus,
with its mail; phones without other access behind one address of their carrier; a chain of shops with one card and one
shape of address; a few of everybody through a VPN. A model that is judged without them is flattered, and one that never
saw any does them wrong.
"""

import polars as pl

from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.events.reading import read
from ghostnote.events.schema import TABLES

#: Shops of a chain, and days in which a term's students arrive.
_CHAIN, _ARRIVAL_DAYS = 5, 2
_COHORT = pl.col("cohort")


def open_together(lake: Lake, kinds: pl.DataFrame) -> None:
    """Write the lake's sign-ups anew; `kinds` says of each account_id its `kind` and whether it is an `attack`'s."""
    rows = read(lake, "signups").rows
    cohorts = kinds.filter(~pl.col("attack")).select("account_id", cohort="kind")
    rows = rows.join(cohorts, on="account_id", how="left").sort("event_time", "event_id")
    for change in (_families, _students, _phones, _shops, _tunnels):
        rows = change(rows, lake)
    for file in lake.files("signups"):
        file.unlink()
    fresh = lake.path.with_name(f"{lake.path.name}-signups")
    LakeWriter(fresh).write_by_arrival("signups", rows.select(c for c in TABLES["signups"].names if c in rows.columns))
    for day in (fresh / "signups").iterdir():
        (lake.path / "signups" / day.name).mkdir(exist_ok=True)
        for file in day.iterdir():
            file.rename(lake.path / "signups" / day.name / file.name)


def _families(rows: pl.DataFrame, _: Lake) -> pl.DataFrame:
    """All of a family plan within minutes, from where its first member signed up."""
    family = _COHORT.is_not_null() & pl.col("family_id").is_not_null()
    place = pl.int_range(pl.len()).over("family_id")
    first = {name: pl.col(name).first().over("family_id") for name in ("event_time", "ip", "device_id")}
    return rows.with_columns(
        pl.when(family)
        .then(first["event_time"] + place * pl.duration(minutes=3))
        .otherwise("event_time")
        .alias("event_time"),
        *(pl.when(family).then(first[name]).otherwise(name).alias(name) for name in ("ip", "device_id")),
    )


def _students(rows: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """All students within two days, each from the address of the campus, with a mail of the university."""
    student = _COHORT == "campus"
    rows = _from(rows, student, _usual(lake, "education"))
    begun, over = pl.col("event_time").filter(student).min(), pl.col("event_time").filter(student).max()
    part = (pl.col("event_time") - begun) / (over - begun)
    arrived = begun + part * pl.duration(days=_ARRIVAL_DAYS)
    return rows.with_columns(
        pl.when(student).then(pl.min_horizontal(arrived, "event_time")).otherwise("event_time").alias("event_time"),
        pl.when(student).then(pl.lit("uni-mail.example")).otherwise("email_domain").alias("email_domain"),
        pl.when(student).then(pl.lit("a.a9")).otherwise("email_shape").alias("email_shape"),
    )


def _phones(rows: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """Who has a phone alone signs up with it, behind the address of its carrier."""
    return _from(rows, _COHORT == "carrier_nat", _usual(lake, "mobile"))


def _shops(rows: pl.DataFrame, _: Lake) -> pl.DataFrame:
    """Every five shops are a chain: opened within the hour, with one card and addresses of one shape."""
    shop = _COHORT == "shop"
    number = shop.cum_sum() - 1
    chain = number // _CHAIN
    first = pl.col("event_time").filter(shop).first()
    rows = rows.with_columns(pl.when(shop).then(chain).alias("chain"))
    first = pl.col("event_time").first().over("chain")
    opened = first + (number % _CHAIN) * pl.duration(minutes=10)
    return rows.with_columns(
        pl.when(shop).then(opened).otherwise("event_time").alias("event_time"),
        pl.when(shop).then(pl.format("chain-{}", "chain")).otherwise("payment_hash").alias("payment_hash"),
        pl.when(shop).then(pl.lit("firm.example")).otherwise("email_domain").alias("email_domain"),
        pl.when(shop).then(pl.lit("a9")).otherwise("email_shape").alias("email_shape"),
        pl.when(shop).then(pl.lit("premium")).otherwise("plan").alias("plan"),
    )


def _tunnels(rows: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """Three in a hundred honest people sign up through a VPN: as many as use one in the simulation."""
    ips = pl.scan_parquet(list(lake.files("ips"))).filter(pl.col("ip_kind").cast(pl.String) == "vpn")
    exits = ips.select(pl.col("ip").cast(pl.String)).sort("ip").collect()["ip"]
    drawn = pl.col("account_id").cast(pl.String).hash(seed=7)
    which = (drawn // 100 % len(exits)).cast(pl.UInt32)
    tunnelled = _COHORT.is_not_null() & (drawn % 100 < 3)
    return rows.with_columns(pl.when(tunnelled).then(pl.lit(exits).gather(which)).otherwise("ip").alias("ip"))


def _usual(lake: Lake, kind: str) -> pl.DataFrame:
    """account_id, usual: the address of a kind of network at which each account plays most."""
    plays = pl.scan_parquet(list(lake.files("plays"))).select("account_id", "ip").cast(pl.String)
    ips = pl.scan_parquet(list(lake.files("ips"))).filter(pl.col("ip_kind").cast(pl.String) == kind)
    counted = plays.join(ips.select(pl.col("ip").cast(pl.String)), on="ip").group_by("account_id", "ip").len()
    return counted.sort("len", "ip", descending=True).group_by("account_id").agg(usual=pl.col("ip").first()).collect()


def _from(rows: pl.DataFrame, whose: pl.Expr, usual: pl.DataFrame) -> pl.DataFrame:
    found = rows.join(usual, on="account_id", how="left", maintain_order="left")
    there = pl.when(whose).then(pl.coalesce("usual", "ip")).otherwise("ip")
    return found.with_columns(there.alias("ip")).drop("usual")
