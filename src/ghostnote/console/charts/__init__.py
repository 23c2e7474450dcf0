"""Charts: frames in, Altair charts out. Pure, so the report, the console's pages and notebooks share them.

Every chart carries a title that says what to see and a subtitle that says what is measured. In a notebook, call
`enable_theme()` once for the same look.
"""

import altair as alt

from ghostnote.console.charts.campaigns import campaign_raster, campaign_strip, ordinary_raster
from ghostnote.console.charts.days import (
    accounts_acted,
    hours_of_day,
    payout_at_stake,
    plays_per_day,
    signups,
    withheld_plays,
    withheld_share,
)
from ghostnote.console.charts.evaluation import first_day, kinds_left_out, precision_recall, reliability
from ghostnote.console.charts.health import marked_share, score_shift
from ghostnote.console.charts.insights import grown, spoke_against, withheld_by, withheld_by_role
from ghostnote.console.charts.models import acted_by_cohort, acted_rate, calibration_curves, score_bins
from ghostnote.console.charts.money import owner_payouts
from ghostnote.console.charts.music import concentration, mix
from ghostnote.console.charts.scores import rule_hits, score_histogram
from ghostnote.console.charts.tracks import artificial_by_role, track_shares
from ghostnote.console.charts.truth import campaigns_caught, cohort_rates
from ghostnote.console.palette import chart_config

__all__ = [
    "accounts_acted",
    "acted_by_cohort",
    "acted_rate",
    "artificial_by_role",
    "calibration_curves",
    "campaign_raster",
    "campaign_strip",
    "campaigns_caught",
    "cohort_rates",
    "concentration",
    "enable_theme",
    "first_day",
    "grown",
    "hours_of_day",
    "kinds_left_out",
    "marked_share",
    "mix",
    "ordinary_raster",
    "owner_payouts",
    "payout_at_stake",
    "plays_per_day",
    "precision_recall",
    "reliability",
    "rule_hits",
    "score_bins",
    "score_histogram",
    "score_shift",
    "signups",
    "spoke_against",
    "track_shares",
    "withheld_by",
    "withheld_by_role",
    "withheld_plays",
    "withheld_share",
]


def enable_theme(*, dark: bool = False) -> None:
    """Give every Altair chart of this process Ghostnote's look: for notebooks."""

    @alt.theme.register("ghostnote", enable=True)
    def _theme() -> alt.theme.ThemeConfig:
        return {"config": chart_config(dark=dark)}  # type: ignore[typeddict-item]
