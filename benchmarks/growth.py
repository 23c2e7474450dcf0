"""How the fold's cost per play grows with the history: the seven features of `benchmarks.features`, the fold alone.

Sizes in millions of plays come from GHOSTNOTE_BENCH_GROWTH (default "1 3 10"). Cost is processor time, all threads
together: it does not wait for what else the machine does. `python -m benchmarks.growth` also draws
docs/images/fold-growth.png.
"""

import gc
import os
import time
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert as vlc

from benchmarks.features import SEVEN, Row, plays
from ghostnote.features.fold import Fold

_PICTURE = Path(__file__).parent.parent / "docs" / "images" / "fold-growth.png"
_COLOUR = "#c2410c"


def run() -> list[Row]:
    """Measure each size once, after a first fold that leaves nothing to be compiled."""
    sizes = [round(float(size) * 1e6) for size in os.environ.get("GHOSTNOTE_BENCH_GROWTH", "1 3 10").split()]
    Fold(SEVEN).update(plays(10_000))
    return [_measured(n) for n in sizes]


def _measured(n: int) -> Row:
    events = plays(n)
    gc.collect()
    fold = Fold(SEVEN)
    wall, processor = time.perf_counter(), time.process_time()
    fold.update(events)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "table": "Seven features, the fold alone",
        "events": n,
        "seconds": wall,
        "processor ns per event": processor / n * 1e9,
        "state in bytes per account": fold.bytes / (n // 50),
    }


def draw(rows: list[Row], path: Path = _PICTURE) -> None:
    """The cost per play by size, in processor time."""
    sizes = alt.Axis(format="~s", values=[row["events"] for row in rows])
    base = alt.Chart(pl.DataFrame(rows)).encode(
        x=alt.X("events:Q", scale=alt.Scale(type="log", padding=20), title="plays", axis=sizes),
        y=alt.Y("processor ns per event:Q", title="processor time per play (ns)", scale=alt.Scale(zero=True)),
    )
    text = base.mark_text(dy=-12).encode(text=alt.Text("processor ns per event:Q", format=".0f"))
    chart = base.mark_line(color=_COLOUR) + base.mark_circle(color=_COLOUR, size=60, opacity=1) + text
    size = chart.properties(width=420, height=220)
    path.write_bytes(vlc.vegalite_to_png(size.to_json(), scale=2))


if __name__ == "__main__":
    measured = run()
    for row in measured:
        print(row)
    draw(measured)
