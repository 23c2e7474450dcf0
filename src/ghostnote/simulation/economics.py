"""Whether an attack pays: its costs from a price list, its income from what decisions let stand."""

import math
from importlib import resources
from pathlib import Path

import msgspec
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.labels import truth
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.simulation.books import Books, Record, read_books
from ghostnote.simulation.outlay import Outlay

_MONTH_DAYS = 30
#: Milliseconds from which a play is paid.
_PAID_MS = 30_000
_PLANS = ("premium", "family", "duo", "student", "trial", "free")
#: What each playbook earns from; nothing, if it is there to harm. Farms of every kind earn royalties.
_EARNS = {
    "bought_plays": "ordered",
    "chart_burst": "charted",
    "fake_account_factory": "followed",
    "ad_blocking_client": "saved",
    "sabotage": None,
}
#: Actions on accounts after which these earn nothing.
_STOPPED = ("suspend", "limit")


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price, what it is for, and where it is from."""

    price: float
    per: str
    source: str


class PriceList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is bought and sold, in one currency."""

    currency: str
    account: Price
    credential: Price
    premium: Price
    family: Price
    duo: Price
    student: Price
    trial: Price
    free: Price
    phone: Price
    client: Price
    residential: Price
    mobile: Price
    vpn: Price
    hosting: Price
    business: Price
    education: Price
    royalty: Price
    ordered: Price
    charted: Price
    followed: Price
    saved: Price

    def of(self, name: str) -> float:
        found = getattr(self, name)
        assert isinstance(found, Price)
        return found.price


class Profit(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign's balance, in the price list's currency.

    `plays` are all that it made, `surviving` those of them that still count; `income` is what it would earn if nobody
    did anything, `income_after` what decisions leave, `profit` and `profit_after` the same less its cost;
    `cost_per_1000` is its cost per 1,000 surviving plays, None if there is none.
    """

    campaign_id: str
    playbook: str
    plays: int
    surviving: int
    cost: float
    income: float
    income_after: float
    profit: float
    profit_after: float
    cost_per_1000: float | None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """All campaigns of a lake."""

    currency: str
    campaigns: tuple[Profit, ...]


def load_prices(path: Path | None = None) -> PriceList:
    """The price list in a TOML file, by default the one that ships. Raises `GhostnoteError` if it is impossible."""
    try:
        text = (
            resources.files("ghostnote.simulation").joinpath("prices.toml").read_bytes()
            if path is None
            else path.read_bytes()
        )
        return msgspec.toml.decode(text, type=PriceList)
    except OSError as error:
        raise GhostnoteError(f"The price list {path} cannot be read: {error.strerror}.") from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise GhostnoteError(f"The price list {path} is impossible: {error}.") from error


def cost(outlay: Outlay, days: float, prices: PriceList) -> float:
    """What a campaign of `days` pays for its outlay: months begun for subscriptions, days for what is rented."""
    months, begun = days / _MONTH_DAYS, max(1, math.ceil(days / _MONTH_DAYS))
    once = outlay.accounts * prices.account.price + outlay.credentials * prices.credential.price
    paid = sum(count * prices.of(plan) * begun for plan, count in outlay.subscriptions.items() if plan in _PLANS)
    rented = sum(count * prices.of(kind) for kind, count in outlay.addresses.items())
    rented += outlay.phones * prices.phone.price + outlay.clients * prices.client.price
    return once + paid + rented * months


def balance(lake: Lake, decisions: Path | None, prices: PriceList) -> Balance:
    """Every campaign's costs and income, without a defence and after the decision tables in `decisions`.

    A play of which no decision is known counts. Raises `GhostnoteError` if the lake has no books, or `decisions` none
    of the tables `plays` and `accounts`.
    """
    books = read_books(lake.path)
    if books is None:
        raise GhostnoteError(f"{lake.path} says nothing of campaigns: it was neither simulated nor planted into.")
    plays, members = _artificial(lake, books), _members(lake)
    withheld, stopped = _decided(decisions)
    plays = plays.join(withheld, on="event_id", how="left").with_columns(pl.col("withheld").fill_null(value=False))
    members = members.join(stopped, on="account_id", how="left").with_columns(pl.col("stopped").fill_null(value=False))
    found = [_profit(record, plays, members, lake, prices) for record in books.records]
    return Balance(currency=prices.currency, campaigns=tuple(found))


def _profit(record: Record, plays: pl.DataFrame, members: pl.DataFrame, lake: Lake, prices: PriceList) -> Profit:
    own = plays.filter(pl.col("campaign_id") == record.campaign_id)
    accounts = members.filter(pl.col("campaign_id") == record.campaign_id)
    spent = cost(record.outlay, record.days, prices)
    earns = _EARNS.get(record.playbook, "royalty")
    sold, left = _sold(earns, own, accounts, lake, record.days)
    price = prices.of(earns) if earns else 0.0
    surviving = int((~own["withheld"]).sum())
    return Profit(
        campaign_id=record.campaign_id,
        playbook=record.playbook,
        plays=own.height,
        surviving=surviving,
        cost=spent,
        income=sold * price,
        income_after=left * price,
        profit=sold * price - spent,
        profit_after=left * price - spent,
        cost_per_1000=spent / surviving * 1000 if surviving else None,
    )


def _sold(
    earns: str | None, plays: pl.DataFrame, accounts: pl.DataFrame, lake: Lake, days: float
) -> tuple[float, float]:
    """How many of what it earns from a campaign would have had, and has after decisions."""
    if earns is None:
        return 0.0, 0.0
    if earns == "saved":
        months = days / _MONTH_DAYS
        return accounts.height * months, int((~accounts["stopped"]).sum()) * months
    if earns == "followed":
        if "actions" not in lake.tables():
            return 0.0, 0.0
        done = read(lake, "actions").rows.join(accounts, on="account_id", how="inner")
        return float(done.height), float((~done["stopped"]).sum())
    sold = plays.filter(pl.col("target") & (pl.col("ms_played") >= _PAID_MS))
    return float(sold.height), float((~sold["withheld"]).sum())


def _artificial(lake: Lake, books: Books) -> pl.DataFrame:
    """event_id, campaign_id, ms_played and target (of a track that the campaign is there for) of campaigns' plays."""
    labels = truth(read(lake, "labels").rows)
    fakes = labels.filter((pl.col("subject_type") == "play") & (pl.col("verdict") == "fraud"))
    fakes = fakes.select(pl.col("subject_id").alias("event_id"), "campaign_id")
    parts = [pl.read_parquet(path, columns=["event_id", "track_id", "ms_played"]) for path in lake.files("plays")]
    known = books.targets.with_columns(target=pl.lit(value=True))
    plays = pl.concat([part.join(fakes, on="event_id", how="inner") for part in parts])
    return (
        plays.unique("event_id")
        .join(known, on=["campaign_id", "track_id"], how="left")
        .select("event_id", "campaign_id", "ms_played", pl.col("target").fill_null(value=False))
    )


def _members(lake: Lake) -> pl.DataFrame:
    """account_id and campaign_id of the attackers' accounts."""
    labels = truth(read(lake, "labels").rows)
    accounts = labels.filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "fraud"))
    return accounts.select(pl.col("subject_id").alias("account_id"), "campaign_id")


def _decided(decisions: Path | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Whether each play is withheld (event_id, withheld) and each account stopped (account_id, stopped)."""
    plays = pl.DataFrame(schema={"event_id": pl.String(), "withheld": pl.Boolean()})
    accounts = pl.DataFrame(schema={"account_id": pl.String(), "stopped": pl.Boolean()})
    if decisions is None:
        return plays, accounts
    try:
        plays = pl.read_parquet(decisions / "plays.parquet", columns=["event_id", "verdict"])
        accounts = pl.read_parquet(decisions / "accounts.parquet", columns=["account_id", "action"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise GhostnoteError(f"{decisions} is no folder of decisions: {error}. `ghostnote score` makes one.") from error
    return (
        plays.select("event_id", withheld=pl.col("verdict") != "count"),
        accounts.select("account_id", stopped=pl.col("action").is_in(_STOPPED)),
    )
