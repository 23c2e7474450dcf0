"""Named yes/no questions about one event: what a feature counts, and what it takes shares of.

The answer may be unknown (null): a `share` leaves such events out, a `count` takes them as no.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from ghostnote.features.declaration import Feature


@dataclass(frozen=True)
class Test:
    """A condition on whole numbers, or on features folded first: which columns, and a function of their arrays.

    Arrays are int64, of features float32 with NaN for missing, of which `holds` says no. `known` says whether the
    answer is known where that is not simply where all columns are; it sees features alone. Of one event, both are asked
    with plain numbers.
    """

    columns: tuple[str, ...]
    holds: Callable[..., Any]
    known: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Predicate:
    """A named condition on one event of the stream.

    `name` is used in `share_<name>`, `plural` in the names of features that look at such events only. `expr` is a
    Polars expression over the stream's columns and over the names of the features in `needs`, which are folded
    first. `marks` are further columns without which nobody can tell: if the stream lacks one of them, or one that
    `expr` reads, features that use the predicate are missing. `test` says the same as `expr` for a column of whole
    numbers, or for several: a function of arrays, which answers for few events in less time than Polars needs.
    """

    name: str
    plural: str
    expr: pl.Expr = field(compare=False, repr=False)
    needs: tuple["Feature", ...] = field(default=(), repr=False)
    marks: tuple[str, ...] = ()
    test: Test | None = field(default=None, compare=False, repr=False)

    @property
    def columns(self) -> frozenset[str]:
        """The stream's columns that the answer rests on, those of `needs` included."""
        first = {feature.name for feature in self.needs}
        own = set(self.expr.meta.root_names()) - first | set(self.marks)
        return frozenset(own.union(*(feature.columns for feature in self.needs)))


def _kind(name: str, plural: str, mark: str) -> Predicate:
    # A required column of the table shows that the lake has that table at all.
    return Predicate(name, plural, pl.col("kind") == name, marks=(mark,))


def _reason(*words: str) -> pl.Expr:
    return pl.col("end_reason").str.to_lowercase().is_in(words)


_ms = pl.col("ms_played")
_action = pl.col("action")
_source = pl.col("source")

EVENT = Predicate("event", "events", pl.lit(value=True))
PLAY = _kind("play", "plays", "track_id")
SIGNUP = _kind("signup", "signups", "plan")
TRIAL = Predicate("trial", "trial_signups", pl.col("plan") == "trial")
LOGIN = _kind("login", "logins", "success")
FAILED_LOGIN = Predicate("failed_login", "failed_logins", ~pl.col("success"))
ACTION = _kind("action", "actions", "action")
FOLLOW = Predicate("follow", "follows", _action.is_in(("follow", "playlist_follow")))
SAVE = Predicate("save", "saves", _action.is_in(("save", "like", "playlist_add")))

SHORT = Predicate("short", "short_plays", _ms < 30_000, test=Test(("ms_played",), lambda ms: ms < 30_000))
JUST_OVER_30S = Predicate(
    "30_35s",
    "30_35s_plays",
    _ms.is_between(30_000, 35_000, closed="left"),
    test=Test(("ms_played",), lambda ms: (ms >= 30_000) & (ms < 35_000)),
)
COMPLETED = Predicate(
    "completed",
    "completed_plays",
    _ms * 10 >= pl.col("duration_ms") * 9,
    test=Test(("ms_played", "duration_ms"), lambda ms, whole: ms * 10 >= whole * 9),
)
SKIPPED = Predicate("skipped", "skipped_plays", _reason("fwdbtn", "backbtn", "forward", "back", "skip", "skipped"))
OFFLINE = Predicate("offline", "offline_plays", pl.col("offline"))
SHUFFLED = Predicate("shuffled", "shuffled_plays", pl.col("shuffle"))
FROM_SEARCH = Predicate("from_search", "plays_from_search", _source == "search")
FROM_PLAYLIST = Predicate("from_playlist", "plays_from_playlists", _source == "playlist")
FROM_LIBRARY = Predicate("from_library", "plays_from_library", _source == "library")
FROM_AUTOPLAY = Predicate("from_autoplay", "plays_from_autoplay", _source.is_in(("autoplay", "radio")))
HOSTING_IP = Predicate("hosting_ip", "events_from_hosting_ips", pl.col("ip_kind").is_in(("hosting", "vpn")))

#: Unknown where nobody has labels; the stream has it from labels that were known when the event happened.
KNOWN_BAD = Predicate("known_bad", "events_of_known_bad_accounts", pl.col("known_bad"))

#: Every predicate on one event's columns, by name.
PREDICATES: Mapping[str, Predicate] = MappingProxyType(
    {
        predicate.name: predicate
        for predicate in (
            EVENT,
            PLAY,
            SIGNUP,
            TRIAL,
            LOGIN,
            FAILED_LOGIN,
            ACTION,
            FOLLOW,
            SAVE,
            SHORT,
            JUST_OVER_30S,
            COMPLETED,
            SKIPPED,
            OFFLINE,
            SHUFFLED,
            FROM_SEARCH,
            FROM_PLAYLIST,
            FROM_LIBRARY,
            FROM_AUTOPLAY,
            HOSTING_IP,
            KNOWN_BAD,
        )
    }
)
