"""The features as a page for people, made from the catalogue and from what the fold really answers.

Run `python -m ghostnote.features.reference docs/features.md` after a change. What stands from `## Measured` on is
written by hand and kept.
"""

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from ghostnote.features import declaration, own
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.declaration import (
    OPS,
    Feature,
    count,
    distinct,
    mean,
    run_length,
    share,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.edges import KINDS
from ghostnote.features.fold import Fold
from ghostnote.features.further import ACCESS, FAVOURITES, HABITS, OPENINGS, PAYEES, SHARED, TRACKS
from ghostnote.features.keys import ITEMS, KEYS, VALUES
from ghostnote.features.predicates import PLAY, SHORT, Predicate
from ghostnote.features.sequences import CHANNELS
from ghostnote.features.stream import build_stream

#: What stands from here on is not generated.
MEASURED = "## Measured\n"
_MINUTE_US = 60_000_000
#: An event of an example: its time, what is special about it, and its columns.
_Event = tuple[str, str, dict[str, str | int | None]]

_HEAD = """# Features

*Made from `ghostnote.features` up to "Measured"; do not edit that by hand. The tables of examples are what the fold
answered when this page was made.*

A **feature** is one number about an event, *as of that event*: an aggregate over the events that share a key with it,
in a window of time that ends with it. It is declared once,

```python
share(JUST_OVER_30S, "account", "24h", "Royalties begin at 30 s: who stops right after it plays for money.")
```

and has a name that follows from the declaration, `plays_share_30_35s_by_account_24h`. One **fold** works it out for
training (a whole history), for scoring (day by day) and for a live service (events as they come): the same compiled
code on the same state. However a stream is split into calls, wherever the state was saved and restored in between, the
numbers are equal to the last bit.

```python
fold = Fold(CATALOG)
values = fold.update(build_stream(tables))  # (events, features) float32; NaN = missing
values = fold.update_rows({"event_time": [now, now], "kind": ["play", "login"], "account_id": ["a", "b"], ...})  # few
value = fold.update_one({"event_time": now, "kind": "play", "account_id": "a", ...})  # one event, as it comes
fold.snapshot("state")  # ... and in another process:
fold = Fold(CATALOG)
fold.restore("state")
```

## The contract

"""

_WINDOW = """### A window slides, and is open at its older end

A window of length `w` at an event at time `t` holds the events in `(t - w, t]`: the event itself, and none that is
exactly `w` old. There are no fixed hours or days whose edges somebody could play around.

"""
_ORDER = """### Order, and ties

A stream is ordered by the day of arrival, then `event_time`, then kind (sign-up, login, play, action), then `event_id`.
Of two events with one time the later in this order sees the earlier, never the other way round: a feature never knows
what comes after its event.

"""
_LATE = """### Late events, and clocks that go back

An event that is older than the latest one **of the same key** is late: plays made without a connection are. It joins
every window that it still belongs to, at its own time, and leaves it at its own time. Its own features are those as of
the key's latest event, the latest at which anything was known. What rests on the order of events (gaps, time since the
previous event, runs) goes by events on time alone. `Fold.late` counts late events, each once.

"""
_CLOCK = """\
A key's clock never goes back. If an event lies a year ahead, later ones of its keys are late until the year has passed:
they count for `ever`, and not in windows. Nobody must be able to stop a track's clock with a false time, so where the
day of arrival is known (`dt`), `build_stream` takes an event from more than a day after it as that day's last. A live
service should pass `dt` too.

"""
_UNKNOWN = """### Missing values

- **A column that the service does not have** (absent, or of Polars' type Null) makes every feature that rests on it
  missing (NaN): unknown is not zero. A table that is merely empty today must be passed as an empty table.
- **An event without a key's id** gets no features by that key, and counts for none.
- **An unknown item** (no device on this event) is no item: `distinct` and the like leave the event out, `count` does
  not.
- **An unknown answer** (no `ms_played`, so nobody can tell whether the play was short): a `share` leaves the event out,
  a `count` takes it as no.

"""
_SUPPORT = """### Support

A share of two events says little. With `support=n` a feature is missing until it rests on at least `n` events (those
with a known answer, value or item; for gaps, so many gaps), and again once too few are left in the window. With
`support_of="account"` it is missing until so many different accounts stand behind it: one listener's week must not make
a track look artificial.

"""
_UNSEEN = """### Keys never seen

For a key that has no such events yet, counts and totals are 0; shares, means, spreads, distinct items and times since
something are missing. (`distinct` is missing rather than 0 because there is nothing whose items could be known.) What
the account's sign-up alone says, the payment and the e-mail domain, is carried to its later events; an account whose
sign-up is not in the stream has none.

"""
_EXACT = """### Whole numbers

Counts, sums, sums of squares and entropies are kept in 64-bit integers, so what is added and taken away again leaves
nothing behind, in any order and after any number of events. Only the last division (or root) is a floating-point one,
and results are float32: counts are exact up to 2^24. Sums of squares take milliseconds to a tenth of a second, gaps to
a millisecond; `log2` in an entropy is worked out in integers too, the same on every machine.

"""
_EXPIRY = """### Expiry

What has left a window is dropped when its key's next event comes. A key of which no feature asks for `ever` is
forgotten 28 days after its last event has left its longest window: from then on it is a key never seen, and its memory
is used for others. Time is the stream's: the latest `event_time` of all events, which no single event moves on by more
than an hour, so that one false time makes nobody forgotten. Memory is given back once a day of that time; no number
depends on when. Keys with a feature over `ever` (or a run, or a time since something), and the ids themselves, are
kept: `ghostnote features --explain` says what each costs.

### Labels

`known_bad` is the one thing that labels say to a feature: whether the latest label on the event's account with
`known_at` up to `event_time` says fraud. A label changes nothing before its `known_at`, and nothing about events that
are in a window already. No feature sees a campaign, a kind of attack or a cohort.

"""
_DUPLICATES = """### Duplicates

The fold believes that each event comes once: it would count a repeated one again. Whoever reads a lake leaves repeated
`event_id`s out (`events.reading` does; the first by arrival counts). A live service must do the same.

### Snapshots

A snapshot is one file of plain arrays, written under another name first, so that a crash leaves the former one. It can
be restored by a fold with the same features in the same order; anything else (other features, the same names with
another predicate or support, another format, a damaged file) is refused with one sentence, and the fold stays as it
was. Ids are in it as the lake has them: guard it as you guard the lake. Restore only snapshots that you wrote: sizes
inside the arrays are believed.

"""


_SHAPES = """## Sequences and edges

Detectors that read more than numbers get it from the same walk:

```python
fold, recent, maker = Fold((*TRAINED, *TOKEN_FEATURES)), Sequences(64), EdgeMaker()
values = fold.update(stream)
recent.update(stream, values[:, -len(TOKEN_FEATURES) :])
recent.last(accounts).tokens  # (accounts, 64, channels) uint8, oldest first, zeros in front
merged(maker.edges(stream), 3_600_000_000)  # kind, account, thing, time, events, ms: one row per hour
```

A token has {channels} channels, 0 is unknown in each:
{names}.
It names no track: a detector must not learn which songs were pushed last year. Edges tie accounts to
{kinds};
`EdgeMaker.things` gives the ids back.

"""


def page() -> str:
    """The generated part of the page, as Markdown."""
    return "".join(
        (
            _HEAD,
            _WINDOW,
            _example(
                [
                    ("00:00:00", "", {}),
                    ("00:59:59", "the first is still in", {}),
                    ("01:00:00", "the first is exactly an hour old: out", {}),
                ],
                count("account", "1h", "x"),
            ),
            _ORDER,
            _example(
                [
                    ("12:00:00", "`e1`, track t", {"track_id": "t"}),
                    ("12:00:00", "`e2`, the same instant, track u", {"track_id": "u"}),
                ],
                count("account", "1h", "x"),
                distinct("track", "account", "1h", "x"),
            ),
            _LATE,
            _example(
                [
                    ("00:00:00", "", {}),
                    ("01:40:00", "the first has left the hour", {}),
                    ("00:50:00", "late: features as of 01:40", {"track_id": "u"}),
                    ("01:45:00", "the late one is still in", {}),
                    ("01:50:00", "the late one is exactly an hour old: out", {}),
                ],
                count("account", "1h", "x"),
                time_since_previous("account", "x"),
                run_length("track", "account", "x"),
            ),
            _CLOCK,
            _UNKNOWN,
            _example(
                [
                    ("00:00:00", "20 s", {"ms_played": 20_000}),
                    ("00:01:00", "length unknown", {"ms_played": None}),
                    ("00:02:00", "no address", {"ms_played": 90_000, "ip": None}),
                ],
                share(SHORT, "account", "1h", "x"),
                count("account", "1h", "x", where=SHORT),
                distinct("ip", "account", "1h", "x"),
                count("ip", "1h", "x"),
                distinct("device", "account", "1h", "x"),
            ),
            _SUPPORT,
            _example(
                [
                    ("00:00:00", "account a", {"account_id": "a"}),
                    ("00:10:00", "account b", {"account_id": "b"}),
                    ("00:20:00", "account b", {"account_id": "b"}),
                    ("01:10:00", "a has left the hour", {"account_id": "b"}),
                ],
                top_share("account", "track", "1h", "x", support=2, support_of="account"),
                top_share("account", "playlist", "1h", "x", support=3),
            ),
            _UNSEEN,
            _example(
                [("00:00:00", "no play of the account is short", {})],
                count("account", "1h", "x", where=SHORT),
                share(SHORT, "account", "1h", "x", where=SHORT),
                time_since_first("account", "x", where=SHORT),
                time_since_previous("account", "x", where=PLAY),
            ),
            _EXACT,
            _example(
                [
                    ("00:00:00", "a day in one play", {"ms_played": 86_400_000}),
                    ("00:00:01", "1 ms", {"ms_played": 1}),
                    ("01:00:00", "the long one has left: not a millisecond of it stays", {"ms_played": 1}),
                ],
                total("ms_played", "account", "1h", "x"),
                mean("ms_played", "account", "1h", "x"),
            ),
            _EXPIRY,
            _DUPLICATES,
            _SHAPES.replace("{channels}", str(len(CHANNELS)))
            .replace("{names}", _names(CHANNELS))
            .replace("{kinds}", _names(KINDS)),
            _words(),
            _catalogue(),
        )
    )


def _example(events: Sequence[_Event], *features: Feature) -> str:
    """A table of plays and of what the fold answers."""
    rows = [
        {
            "event_id": f"e{number}",
            "event_time": _us(time),
            "account_id": "a",
            "track_id": "t",
            "ms_played": 90_000,
            "ip": "192.0.2.7",
            "source": "playlist",
            "source_id": "p",
            **columns,
        }
        for number, (time, _, columns) in enumerate(events, 1)
    ]
    plays = pl.DataFrame(rows).with_columns(pl.col("event_time").cast(pl.Datetime("us", "UTC")))
    # One at a time, as they arrive: late ones stay where they are.
    fold = Fold(features)
    lines = [
        _line("event", "", *(f"`{feature.name}`" for feature in features)),
        _line("---", "---", *["--:"] * len(features)),
    ]
    for (time, note, _), row in zip(events, plays.iter_slices(1), strict=True):
        values = fold.update(build_stream({"plays": row}))[0]
        lines.append(_line(time, note, *(_number(float(value)) for value in values)))
    return "\n".join(lines) + "\n\n"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _us(time: str) -> int:
    hours, minutes, seconds = map(int, time.split(":"))
    return (hours * 60 + minutes) * _MINUTE_US + seconds * 1_000_000


def _number(value: float) -> str:
    return "missing" if math.isnan(value) else f"{value:.3g}" if value % 1 else f"{value:.0f}"


def _words() -> str:
    aggregates = [_line(f"`{op}`", str(getattr(declaration, op).__doc__)) for op in OPS]
    return "\n".join(
        [
            "## Declaring features",
            "",
            _line("aggregate", "what it is"),
            _line("---", "---"),
            *aggregates,
            "",
            f"- **Keys**: {_names(KEYS)}.",
            f"- **Items** that can be told apart: {_names(ITEMS)}.",
            "  `second` is the play's length in whole seconds, `hour` the hour of the calendar,",
            "  `hour_of_day` 0 to 23 (UTC).",
            f"- **Values** that can be summed: {_names(VALUES)}.",
            "- **Windows**: whole hours or days up to `28d` (`1h`, `24h`, `7d`), or `ever`.",
            "  Gaps need a window; runs and times since something have none.",
            "- **Predicates** are named Polars expressions over the stream's columns (`features.predicates`),",
            "  or over features that are folded first (`features.context`). Two of one name must be the same.",
            "- **Why** is part of a declaration: a feature whose reason nobody can state is not added.",
            "",
            "A name that does not exist, and a combination that has no meaning, is refused with a sentence that says",
            "what to write instead.",
            "",
            "### In a file of one's own",
            "",
            "`ghostnote train --features own.toml` learns from declarations in TOML. They are checked as shipped ones",
            "are, reading them runs no code, and the bundle keeps them, so that `score` needs no file.",
            "",
            "```toml",
            *_own_example(),
            "```",
            "",
            "",
        ]
    )


def _own_example() -> list[str]:
    lines = (own.__doc__ or "").splitlines()
    return [line.removeprefix("    ") for line in lines[2:]]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _catalogue() -> str:
    predicates = {p.name: p for f in CATALOG for p in (f.where, f.of) if p}
    return "\n".join(
        [
            f"## The catalogue: {len(CATALOG)} features",
            "",
            f"Training uses the first {len(TRAINED)} (`TRAINED`) unless told otherwise. Every feature costs time on",
            "every event, and the reasons of the others overlap with theirs. `rate_known_bad` leaves the event's own",
            "account out and counts accounts as bad from the `known_at` of their label on; such features are for rules",
            "and people: a model that learns from labels to trust labels repeats whoever made them.",
            "",
            *_table(f"The {len(TRAINED)} that training uses", TRAINED),
            *_table("Further ones: habits", HABITS),
            *_table("Further ones: access", ACCESS),
            *_table("Further ones: one account's favourites", FAVOURITES),
            *_table("Further ones: tracks", TRACKS),
            *_table("Further ones: artists and payees", PAYEES),
            *_table("Further ones: what accounts share", SHARED),
            *_table("Further ones: how accounts are opened", OPENINGS),
            "### Predicates",
            "",
            _line("predicate", "rests on"),
            _line("---", "---"),
            *(_line(f"`{name}`", _rests(p)) for name, p in sorted(predicates.items())),
            "",
        ]
    )


def _table(title: str, features: Sequence[Feature]) -> list[str]:
    return [
        f"### {title}",
        "",
        _line("name", "by", "window", "unit", "support", "why"),
        _line("---", "---", "---", "---", "---", "---"),
        *(_line(f"`{f.name}`", _by(f.by), f.over, f.unit, _needs(f), f.why) for f in features),
        "",
    ]


def _by(key: str) -> str:
    return " x ".join(f"`{column}`" for column in KEYS[key].columns)


def _needs(feature: Feature) -> str:
    if not feature.support:
        return ""
    noun = "events" if feature.support_of == "events" else f"different {feature.support_of}s"
    return f"{feature.support} {noun}"


def _rests(predicate: Predicate) -> str:
    needed = [feature.name for feature in predicate.needs]
    own = sorted(set(predicate.expr.meta.root_names()) | set(predicate.marks) - set(needed))
    return ", ".join(f"`{name}`" for name in own) or "nothing: every event"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    _, mark, by_hand = path.read_text().partition(MEASURED) if path.exists() else ("", "", "")
    path.write_text(page() + (f"\n{mark}{by_hand}" if mark else ""))
