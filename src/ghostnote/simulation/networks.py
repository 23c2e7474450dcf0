"""Where events come from: addresses in pools, a pool per network (autonomous system), country and kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ghostnote.events.schema import IP_KINDS
from ghostnote.simulation.randomness import Ints, Stream, Words, generator, ragged

KIND = {name: code for code, name in enumerate(IP_KINDS)}

#: What a scenario may ask for by name.
Country = Literal["US", "GB", "DE", "BR", "MX", "FR", "IN", "ES", "IT", "SE", "NL", "PL", "JP", "ID", "TR"]
IpKind = Literal["residential", "mobile", "hosting", "vpn", "education", "business"]
#: Country, its share of accounts, and hours ahead of UTC (one time zone per country; summer time is left out).
COUNTRIES: tuple[tuple[Country, float, float], ...] = (
    ("US", 0.27, -6), ("GB", 0.10, 0), ("DE", 0.09, 1), ("BR", 0.10, -3), ("MX", 0.08, -6), ("FR", 0.06, 1),
    ("IN", 0.07, 5.5), ("ES", 0.05, 1), ("IT", 0.04, 1), ("SE", 0.03, 1), ("NL", 0.03, 1), ("PL", 0.03, 1),
    ("JP", 0.02, 9), ("ID", 0.02, 7), ("TR", 0.01, 3),
)  # fmt: skip
COUNTRY_NAMES = tuple(name for name, _, _ in COUNTRIES)

#: First octets that never appear on the public internet.
_NOT_PUBLIC = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203})
_PER_BLOCK = 254  # addresses used of each /24


@dataclass(frozen=True)
class Pool:
    """Addresses of one network in one country: codes `first` to `first + size - 1`."""

    kind: int
    country: int
    first: int
    size: int


@dataclass(frozen=True)
class Networks:
    """All pools of a world. `block[i]` is the /24 (address // 256) that holds the i-th group of 254 codes."""

    pools: tuple[Pool, ...]
    block: npt.NDArray[np.uint32]
    asn: npt.NDArray[np.int32]
    country: npt.NDArray[np.int8]

    @property
    def size(self) -> int:
        return self.block.size * _PER_BLOCK

    def of(self, kind: str, country: int | None = None) -> tuple[Pool, ...]:
        """The pools of one kind, in one country or anywhere."""
        code = KIND[kind]
        return tuple(p for p in self.pools if p.kind == code and (country is None or p.country == country))

    def by_country(self, kind: str) -> "PoolTable":
        """The pools of one kind, looked up by country."""
        return PoolTable.of([self.of(kind, c) for c in range(len(COUNTRIES))])

    def country_of(self, ip: Ints) -> npt.NDArray[np.int8]:
        """Country code (place in `COUNTRIES`) of each address code."""
        return self.country[ip // _PER_BLOCK]

    def addresses(self, ip: Ints) -> pl.Series:
        """Dotted addresses of address codes."""
        whole = self.block[ip // _PER_BLOCK].astype(np.uint32)
        octets = [(whole >> np.uint32(shift)) & np.uint32(255) for shift in (16, 8, 0)]
        frame = pl.DataFrame({str(i): octet for i, octet in enumerate([*octets, ip % _PER_BLOCK + 1])})
        return frame.select(pl.concat_str(pl.all(), separator=".")).to_series()

    def table(self, ip: Ints) -> pl.DataFrame:
        """The `ips` rows of address codes."""
        return pl.DataFrame(
            {
                "ip": self.addresses(ip),
                "asn": pl.Series(self.asn[ip // _PER_BLOCK]).cast(pl.String).rename("asn"),
                "ip_kind": pl.Series(IP_KINDS).gather(self.kind_of(ip)),
                "country": pl.Series(COUNTRY_NAMES).gather(self.country_of(ip)),
            }
        ).with_columns(asn=pl.concat_str(pl.lit("AS"), "asn"))

    def kind_of(self, ip: Ints) -> npt.NDArray[np.int8]:
        """Kind (place in `IP_KINDS`) of each address code."""
        kinds = np.empty(self.block.size, dtype=np.int8)
        for pool in self.pools:
            kinds[pool.first // _PER_BLOCK : (pool.first + pool.size - 1) // _PER_BLOCK + 1] = pool.kind
        return kinds[ip // _PER_BLOCK]


@dataclass(frozen=True)
class PoolTable:
    """Pools of one kind by country, as arrays, to pick addresses for many rows at once."""

    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]

    @classmethod
    def of(cls, pools: Sequence[Sequence[Pool]]) -> "PoolTable":
        flat = [pool for group in pools for pool in group]
        count = np.array([len(group) for group in pools], dtype=np.int64)
        return cls(
            start=np.cumsum(count) - count,
            count=count,
            first=np.array([p.first for p in flat], dtype=np.int64),
            size=np.array([p.size for p in flat], dtype=np.int64),
        )

    def pick(self, country: Ints, network: Words, address: Words) -> npt.NDArray[np.int32]:
        """An address code per row: `network` chooses the pool of the country, `address` the place in it."""
        pool = self.start[country] + (network % self.count[country].astype(np.uint64)).astype(np.int64)
        return (self.first[pool] + (address % self.size[pool].astype(np.uint64)).astype(np.int64)).astype(np.int32)


def country_shares(chosen: Mapping[Country, float]) -> npt.NDArray[np.float64]:
    """Shares of accounts by country code that add up to one: those given, or else those of `COUNTRIES`."""
    shares = np.array([chosen.get(name, 0.0) if any(chosen.values()) else share for name, share, _ in COUNTRIES])
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def make_networks(*, accounts: int, seed: int, countries: Mapping[Country, float] | None = None) -> Networks:
    """Networks of every kind, sized for a world of `accounts` in `countries` (see `country_shares`).

    Home addresses outnumber accounts; a carrier hands out each of its mobile addresses to
    hundreds of accounts within a month.
    """
    rng = generator(seed, Stream.NETWORKS)
    wanted: list[tuple[int, int, int]] = []  # kind, country, addresses
    for country, share in enumerate(country_shares(countries or {}).tolist()):
        people = max(40.0, accounts * share)
        wanted += [(KIND["residential"], country, int(people * f)) for f in (0.9, 0.6, 0.35, 0.15)]
        wanted += [(KIND["mobile"], country, int(people / 150 * f) + 50) for f in (0.5, 0.3, 0.2)]
        wanted += [(KIND["business"], country, int(people / 12 * f)) for f in (0.6, 0.4)]
        wanted += [(KIND["education"], country, int(people / 120) + 4)]
        wanted += [(KIND["vpn"], country, int(people / 200) + 24) for _ in range(3)]
        wanted += [(KIND["hosting"], country, int(people / 30) + 120) for _ in range(2)]
    order = rng.permutation(len(wanted))
    blocks = [(wanted[i][2] - 1) // _PER_BLOCK + 1 for i in order]
    asns = rng.choice(np.arange(1_000, 64_000), len(wanted), replace=False)
    pools, first = [], 0
    for i, count in zip(order, blocks, strict=True):
        kind, country, size = wanted[i]
        pools.append(Pool(kind, country, first * _PER_BLOCK, size))
        first += count
    return Networks(
        pools=tuple(_aligned(pools, blocks)),
        block=_public_blocks(blocks, rng),
        asn=np.repeat(asns[order], blocks).astype(np.int32),
        country=np.repeat([p.country for p in pools], blocks).astype(np.int8),
    )


def _aligned(pools: list[Pool], blocks: list[int]) -> list[Pool]:
    """Large pools use their last /24 to the end; small ones keep their size (few addresses shared by many)."""
    return [
        pool if count == 1 else Pool(pool.kind, pool.country, pool.first, count * _PER_BLOCK)
        for pool, count in zip(pools, blocks, strict=True)
    ]


def _public_blocks(blocks: list[int], rng: np.random.Generator) -> npt.NDArray[np.uint32]:
    """A run of consecutive /24s for each pool, at random places of the public address space."""
    public = np.array([octet for octet in range(1, 224) if octet not in _NOT_PUBLIC], dtype=np.int64)
    total = sum(blocks)
    # Free /24s are dealt out between the runs, so that runs lie scattered and never overlap.
    gaps = rng.multinomial(public.size * 65536 - total, rng.dirichlet(np.ones(len(blocks) + 1)))[: len(blocks)]
    starts = np.cumsum(gaps) + np.cumsum(blocks) - blocks
    group, place = ragged(np.array(blocks))
    number = starts[group] + place
    return np.asarray(public[number >> 16] * 65536 + (number & 65535), dtype=np.uint32)
