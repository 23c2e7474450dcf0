"""How accounts stand after the latest run of scoring, and what that says of events that come after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

import polars as pl

from ghostnote.decisions.summary import read_summary
from ghostnote.errors import GhostnoteError

#: Why plays were not counted, as `plays.parquet` says it: because of their account, until somebody has looked, or
#: because of what they are for.
BY_ACCOUNT = "Its account is acted on."
AIMED = "For an artist or owner whose audience is mostly artificial."
HELD = "Its account is suspicious; held until confirmed or cleared."
CEILING = "Its account is put up for review because of a ceiling; held until somebody has looked."
_SAID = 3


@dataclass(frozen=True)
class Account:
    """An account that is not simply let alone.

    `action` is what is done with it, `verdict` what becomes of its plays whatever they are for, `reasons` why. An
    untouched account is allowed, its plays count, and `spared` says what would be: an action, and a verdict on plays,
    None where they would count.
    """

    action: str
    verdict: str = "count"
    campaign_id: str | None = None
    reasons: tuple[str, ...] = ()
    spared: tuple[str, str | None] | None = None


@dataclass(frozen=True)
class Standing:
    """Accounts that are not simply let alone, and what single accounts play for somebody.

    `tracks`: for (account_id, track_id) plays were excluded although the account is not acted on: they are excluded
    again. `artists`: for (account_id, artist_id) of such tracks, other plays are held, since the next run may say
    otherwise. `run` names the run of scoring.
    """

    run: str = ""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    tracks: frozenset[tuple[str, str]] = frozenset()
    artists: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, decisions: Path, tracks: pl.DataFrame | None = None) -> "Standing":
        """From a folder that `ghostnote score` wrote; `tracks` is the catalogue (track_id, artist_id).

        Raises GhostnoteError if it is none, or of another version.
        """
        summary = read_summary(decisions)
        try:
            accounts, aimed = _accounts(decisions), _aimed(decisions)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise GhostnoteError(f"The decisions in {decisions} cannot be read ({error}): score again.") from error
        artists: frozenset[tuple[str, str]] = frozenset()
        if tracks is not None:
            both = aimed.join(tracks.select("track_id", "artist_id"), on="track_id", how="inner").drop_nulls()
            artists = frozenset(both.select("account_id", "artist_id").rows())
        run = f"{summary.end.isoformat()} {summary.made_at:%Y-%m-%dT%H:%M:%SZ}"
        return cls(run, accounts, frozenset(aimed.rows()), artists)

    @cached_property
    def concerned(self) -> frozenset[str]:
        """The accounts of which anything is said here: of all others every event is simply let through."""
        return frozenset(chain(self.accounts, (account for account, _ in chain(self.tracks, self.artists))))

    def of_play(self, account_id: str, track_id: str, artist_id: str | None) -> tuple[str, tuple[str, ...]]:
        """What becomes of a play, and why: count, hold or exclude."""
        account = self.accounts.get(account_id)
        if account is not None and account.verdict != "count":
            return account.verdict, account.reasons
        if (account_id, track_id) in self.tracks:
            return "exclude", (AIMED,)
        if artist_id is not None and (account_id, artist_id) in self.artists:
            return "hold", ("Its account's plays of another track of the artist were excluded.",)
        return "count", ()


def _accounts(decisions: Path) -> dict[str, Account]:
    noted = (pl.col("action") != "allow") | pl.col("would_be").is_not_null()
    listed = _scanned(decisions, "accounts").filter(noted)
    rows = listed.select("account_id", "action", "campaign_id", "reasons", "would_be").collect()
    # Of a hijacked account only what is aimed is excluded, whatever is done with the account.
    by_account = pl.col("reason").is_in([BY_ACCOUNT, HELD, CEILING])
    plays = _scanned(decisions, "plays").filter(by_account | pl.col("would_be").is_not_null())
    judged = pl.coalesce("would_be", "verdict").sort_by("event_time").last()
    verdicts = dict(plays.group_by("account_id").agg(judged).collect().rows())
    found = {}
    for account, action, campaign, reasons, would_be in rows.iter_rows():
        verdict = verdicts.get(account)
        if would_be is None:
            found[account] = Account(action, verdict or "count", campaign, tuple((reasons or [])[:_SAID]))
        else:
            found[account] = Account(action, campaign_id=campaign, spared=(would_be, verdict))
    return found


def _scanned(decisions: Path, table: str) -> pl.LazyFrame:
    """A table of decisions; a service that starts anew may find one that was written before anybody was spared."""
    rows = pl.scan_parquet(decisions / f"{table}.parquet")
    there = "would_be" in rows.collect_schema()
    return rows if there else rows.with_columns(pl.lit(None, pl.String).alias("would_be"))


def _aimed(decisions: Path) -> pl.DataFrame:
    plays = pl.scan_parquet(decisions / "plays.parquet").filter(pl.col("reason") == AIMED)
    return plays.select("account_id", "track_id").unique().collect()
