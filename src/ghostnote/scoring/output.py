"""The decision tables and the summary of one run, written whole or not at all."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from ghostnote import __version__
from ghostnote.decisions.attribution import Evidence, attribute, paid
from ghostnote.decisions.campaigns import evidence
from ghostnote.decisions.documents import keep_other
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.royalties.cents import to_cents
from ghostnote.decisions.royalties.sharing import share_one
from ghostnote.decisions.standing import AIMED, BY_ACCOUNT, CEILING, HELD
from ghostnote.decisions.summary import (
    SUMMARY_FILE,
    BundleFacts,
    Counts,
    Histograms,
    HoldOut,
    Money,
    PolicyFacts,
    RuleHits,
    SourceActs,
    Spared,
    Summary,
    Versions,
    write_document,
)
from ghostnote.decisions.tables import ACTED, DECISION_TABLES
from ghostnote.decisions.tracks import judge_tracks
from ghostnote.events.lake import Lake, whole_folder, write_parquet
from ghostnote.events.quarantine import write_quarantine
from ghostnote.events.reading import read
from ghostnote.events.schema import TABLES
from ghostnote.features.history import Intake
from ghostnote.models.bundle import Bundle, digest_of
from ghostnote.scoring.audiences import JUDGED, Audiences
from ghostnote.scoring.decide import Decided
from ghostnote.scoring.enforcing import enforced
from ghostnote.scoring.past import Past
from ghostnote.scoring.sequence import no_scores
from ghostnote.scoring.sparing import judged

_BINS = 40


def _no_signups() -> pl.DataFrame:
    return pl.DataFrame(schema={"account_id": pl.String, "signup_score": pl.Float32})


@dataclass(frozen=True)
class Run:
    """All that one run of scoring found out."""

    lake: Lake
    bundle: Bundle
    bundle_path: str
    policy: Policy
    window: tuple[date, date]
    play_threshold: float | None
    intake: Intake
    decided: Decided
    reasons: Mapping[str, list[str]]
    made_at: datetime
    audiences: Audiences | None = None
    sequence: pl.DataFrame = field(default_factory=no_scores)
    past: Past = field(default_factory=Past)
    #: account_id, signup_score: what the model of sign-ups thinks of who signed up in the period.
    signups: pl.DataFrame = field(default_factory=_no_signups)

    def catalogue(self) -> pl.DataFrame:
        """What the lake's catalogue says of tracks, see `attribution.Evidence`; what it does not know is null."""
        rows = read(self.lake, "tracks").rows
        return rows.select(
            pl.col(c.name) if c.name in rows.columns else pl.lit(None, dtype=c.dtype).alias(c.name)
            for c in TABLES["tracks"].columns
        )


def refuse_other(out: Path) -> None:
    """`GhostnoteError` if something else than decisions is at `out`: nothing may take its place."""
    keep_other(out, SUMMARY_FILE, "decisions")


def write_run(run: Run, out: Path) -> Summary:
    """Write everything under a temporary name, then put it where an earlier run may stand."""
    refuse_other(out)
    with whole_folder(out) as folder:
        frames = tables(run)
        for name, frame in frames.items():
            write_parquet(frame, folder / f"{name}.parquet")
        if run.intake.rejected:
            ordered = sorted(run.intake.rejected, key=lambda reading: reading.table)
            write_quarantine(ordered, folder / "quarantine")
        summary = _summary(run, frames)
        write_document(folder, summary)
    return summary


def tables(run: Run) -> dict[str, pl.DataFrame]:
    """The decision tables by name, each of the schema in `decisions.tables`."""
    plays = _plays(run)
    accounts = _accounts(run, plays)
    # Who gains and who is hurt does not hang on who is left alone.
    parts = attribute(Evidence(judged(plays), run.decided.accounts, run.catalogue(), run.past.tracks(), run.past.days))
    found = {
        "accounts": accounts,
        "plays": plays,
        "tracks": _tracks(run, plays).join(parts.tracks, on="track_id", how="left", maintain_order="left"),
        "owners": _owners(run, plays).join(parts.owners, on="owner_id", how="left", maintain_order="left"),
        "days": _days(run, plays),
        "campaigns": _campaigns(run, plays),
    }
    return {
        name: found[name].select(pl.col(column).cast(dtype) for column, dtype in schema.items())
        for name, schema in DECISION_TABLES.items()
    }


def _plays(run: Run) -> pl.DataFrame:
    paying = pl.col("ms_played") >= run.policy.royalty_ms
    reason = (
        pl.when(pl.col("because") == "account")
        .then(pl.lit(BY_ACCOUNT))
        .when(pl.col("because") == "target")
        .then(pl.lit(AIMED))
        .when(pl.col("because") == "held")
        .then(pl.lit(HELD))
        .when(pl.col("because") == "ceiling")
        .then(pl.lit(CEILING))
    )
    payout = pl.when(paying).then(run.policy.payout_per_play).otherwise(0.0)
    return run.decided.plays.with_columns(
        paying.alias("paying"), payout.alias("payout"), reason.alias("reason")
    ).with_columns(pl.when(pl.col("verdict") == "count").then(0.0).otherwise(pl.col("payout")).alias("withheld_payout"))


def _accounts(run: Run, plays: pl.DataFrame) -> pl.DataFrame:
    withheld = (
        plays.filter(pl.col("verdict") != "count")
        .group_by(pl.col("account_id").cast(pl.String))
        .agg(pl.len().alias("artificial_plays"), pl.col("withheld_payout").sum())
    )
    accounts = run.decided.accounts.join(withheld, on="account_id", how="left", maintain_order="left")
    accounts = accounts.join(run.sequence, on="account_id", how="left", maintain_order="left")
    accounts = accounts.join(run.signups, on="account_id", how="left", maintain_order="left")
    said = pl.DataFrame(
        {"account_id": list(run.reasons), "reasons": list(run.reasons.values())},
        schema={name: DECISION_TABLES["accounts"][name] for name in ("account_id", "reasons")},
    )
    accounts = accounts.join(said, on="account_id", how="left", maintain_order="left")
    # Nobody outside knows the bundle, so nobody can work out how long an account waits.
    key = bytes.fromhex(_versions(run).bundle)
    due = enforced(run.decided.accounts, run.policy.enforcement, run.window[1], key)
    accounts = accounts.join(due, on="account_id", how="left", maintain_order="left")
    return accounts.with_columns(
        _account_score(run).alias("score"),
        pl.col("reasons").fill_null(pl.lit([], dtype=said.schema["reasons"])),
        pl.col("artificial_plays").fill_null(0),
        pl.col("withheld_payout").fill_null(0.0),
    ).sort("score", "account_id", descending=[True, False])


def _account_score(run: Run) -> pl.Expr:
    if run.bundle.supervised:
        prior = run.bundle.manifest.training.prior_account_days
        return 1.0 / (1.0 + (-(pl.col("evidence") + math.log(prior / (1.0 - prior)))).exp())
    grid = np.asarray(run.bundle.manifest.surprise_quantiles)
    surprise = run.decided.accounts["surprise"].to_numpy()
    share = np.searchsorted(grid, surprise, side="left") / max(len(grid), 1)
    return pl.when(pl.col("confirmed")).then(1.0).otherwise(pl.Series(np.clip(share, 0.0, 0.999)))


def _tracks(run: Run, plays: pl.DataFrame) -> pl.DataFrame:
    tracks = judge_tracks(judged(plays))
    days = (run.window[1] - run.window[0]).days + 1
    audiences = JUDGED.to_frame()
    if run.audiences is not None:
        audiences = run.audiences.judged(tracks, run.policy.track_alerts_per_day * days)
    return tracks.join(audiences, on="track_id", how="left", maintain_order="left").with_columns(
        pl.col("watched").fill_null(value=False), pl.col("reasons").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )


def _owners(run: Run, plays: pl.DataFrame) -> pl.DataFrame:
    gone = pl.col("verdict") != "count"
    # Where nobody knows who is paid, the artist stands for it: money must go somewhere to be seen moving.
    owners = plays.group_by(paid()).agg(
        pl.len().cast(pl.Int64).alias("plays"),
        (gone | pl.col("would_be").is_not_null()).sum().cast(pl.Int64).alias("artificial_plays"),
        pl.col("paying").sum().cast(pl.Int64),
        (pl.col("paying") & gone).sum().cast(pl.Int64).alias("paying_artificial"),
    )
    return share_one(owners, _pool_cents(run, plays)).sort("artificial_plays", "owner_id", descending=[True, False])


def _pool_cents(run: Run, plays: pl.DataFrame) -> int:
    return to_cents(Decimal(str(run.policy.payout_per_play)) * plays.filter("paying").height, 2)


def _days(run: Run, plays: pl.DataFrame) -> pl.DataFrame:
    acted = run.decided.accounts.filter(pl.col("action").is_in(ACTED))["account_id"]
    active = run.decided.days.group_by("day").agg(
        pl.col("account_id").n_unique().alias("accounts"),
        pl.col("account_id").is_in(acted.implode()).sum().alias("accounts_acted"),
        pl.col("signups").sum(),
    )
    counted = plays.group_by("day").agg(
        pl.len().alias("plays"),
        (pl.col("verdict") == "hold").sum().alias("held"),
        (pl.col("verdict") == "exclude").sum().alias("excluded"),
        pl.col("payout", "withheld_payout").sum(),
    )
    return active.join(counted, on="day", how="left").fill_null(0).sort("day")


def _campaigns(run: Run, plays: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for found in run.decided.groups:
        members = pl.Series(found.everybody, dtype=pl.String).cast(pl.Categorical)
        theirs = plays.filter(pl.col("account_id").is_in(members.implode()))
        spans = run.decided.days.filter(pl.col("account_id").is_in(pl.Series(found.everybody).implode()))
        withheld = theirs.filter(pl.col("verdict") != "count")
        rows.append(
            {
                "campaign_id": found.campaign_id,
                "accounts": list(found.everybody),
                "tracks": _keys(found.ties, "track_id"),
                "owners": _keys(found.ties, "owner_id"),
                "first_seen": spans["first_time"].min(),
                "last_seen": spans["last_time"].max(),
                "plays": theirs.height,
                "payout": theirs.filter("paying").height * run.policy.payout_per_play,
                "evidence": evidence(found, theirs.height, withheld.height),
            }
        )
    return pl.DataFrame(rows, schema=DECISION_TABLES["campaigns"]).sort(
        "payout", "campaign_id", descending=[True, False]
    )


def _keys(ties: pl.DataFrame, kind: str) -> list[str]:
    return ties.filter(pl.col("kind") == kind)["key"].cast(pl.String).to_list()


def _summary(run: Run, frames: Mapping[str, pl.DataFrame]) -> Summary:
    facts, intake, policy = run.bundle.manifest.training, run.intake, run.policy
    gained = (
        frames["owners"].select((pl.col("payout_after") - pl.col("payout_before")).clip(lower_bound=0).sum()).item()
    )
    return Summary(
        ghostnote=__version__,
        made_at=run.made_at,
        lake=str(run.lake.path),
        start=run.window[0],
        end=run.window[1],
        bundle=BundleFacts(
            path=run.bundle_path,
            format=run.bundle.manifest.format,
            trained_from=facts.start,
            trained_to=facts.end,
            as_of=facts.as_of.date(),
            labels_fraud=facts.labels_fraud,
            labels_legit=facts.labels_legit,
            supervised=run.bundle.supervised,
            features=len(run.bundle.manifest.features),
        ),
        policy=_policy(run),
        counts=Counts(
            events=intake.events,
            plays=frames["plays"].height,
            accounts=frames["accounts"].height,
            rejected_rows=intake.rejected_rows,
            duplicates=intake.duplicates,
            unreadable_files=len(intake.unreadable),
            late_events=intake.late,
        ),
        histograms=Histograms(
            account_scores=_histogram(frames["accounts"]["score"]), play_scores=_histogram(frames["plays"]["score"])
        ),
        money=Money(
            currency=policy.currency,
            pool=float(frames["owners"]["payout_before"].sum()),
            withheld=float(frames["plays"]["withheld_payout"].sum()),
            moved_to_honest=float(gained),
        ),
        missing_columns=intake.missing_columns,
        notes=_notes(run),
        rules=_rules(run),
        versions=_versions(run),
        settings=run.policy,
        acted=_by_source(frames["accounts"]),
        account_days=run.decided.days.height,
        hold_out=_hold_out(frames) if policy.untouched.share else None,
    )


def _hold_out(frames: Mapping[str, pl.DataFrame]) -> HoldOut:
    let = frames["plays"].filter(pl.col("would_be").is_not_null()).group_by("account_id")
    theirs = let.agg(pl.len().alias("let"), pl.col("payout").sum())
    spared = frames["accounts"].filter(pl.col("would_be").is_not_null()).join(theirs, on="account_id", how="left")
    counted = (
        spared.group_by("would_be").agg(pl.len().alias("accounts"), pl.col("let", "payout").sum()).sort("would_be")
    )
    return HoldOut(
        accounts=int(frames["accounts"]["untouched"].sum()),
        spared=[
            Spared(action=row["would_be"], accounts=row["accounts"], plays=row["let"], payout=row["payout"])
            for row in counted.iter_rows(named=True)
        ],
    )


def _by_source(accounts: pl.DataFrame) -> list[SourceActs]:
    acted = accounts.filter(pl.col("action").is_in(ACTED)).explode("sources", empty_as_null=True, keep_nulls=True)
    counted = acted.drop_nulls("sources").group_by("sources").len().sort("len", "sources", descending=[True, False])
    return [SourceActs(name=name, accounts=count) for name, count in counted.iter_rows()]


def _versions(run: Run) -> Versions:
    manifest = run.bundle.manifest

    def digest(of: object) -> str:
        return hashlib.sha256(msgspec.json.encode(of, order="sorted")).hexdigest()

    declared = {"features": manifest.features, "own": manifest.own_features}
    return Versions(bundle=digest_of(run.bundle), policy=digest(run.policy), features=digest(declared))


def _policy(run: Run) -> PolicyFacts:
    policy, prior = run.policy, run.bundle.manifest.training.prior_account_days
    base = math.log(prior / (1 - prior)) if run.bundle.supervised else 0.0

    def probability(ratio: float) -> float | None:
        return 1 / (1 + math.exp(-(ratio + base))) if run.bundle.supervised else None

    return PolicyFacts(
        play_threshold=run.play_threshold,
        hold_threshold=probability(policy.hold_ratio),
        account_threshold=probability(policy.account_bar),
        alerts_per_day=policy.reviews_per_day,
        honest_mark_ceiling=policy.honest_mark_ceiling,
        honest_account_ceiling=policy.honest_account_ceiling,
        source=(
            "An account is acted on when its evidence over days, what ties it to others included, passes ln(1 / "
            "ceiling of honest accounts); alone, only by rules for what cannot be honest. A play is marked when at "
            "most the ceiling of honest plays scores as high, and withheld when several accounts' marks meet on one "
            "artist. Reviews go to those with most evidence until the alert budget is used."
        ),
    )


def _histogram(scores: pl.Series) -> list[int]:
    known = scores.drop_nulls().drop_nans().to_numpy()
    return [int(count) for count in np.histogram(known, bins=_BINS, range=(0.0, 1.0))[0]]


def _rules(run: Run) -> list[RuleHits]:
    fired = (
        run.decided.days.select("account_id", "plays", "rules")
        .explode("rules", empty_as_null=True, keep_nulls=True)
        .drop_nulls("rules")
    )
    counted = fired.group_by("rules").agg(pl.col("account_id").n_unique().alias("accounts"), pl.col("plays").sum())
    by_name = {name: (accounts, plays) for name, accounts, plays in counted.iter_rows()}
    return [
        RuleHits(
            name=rule.name,
            description=rule.description,
            accounts_hit=by_name.get(rule.name, (0, 0))[0],
            plays_hit=by_name.get(rule.name, (0, 0))[1],
        )
        for rule in run.policy.rules
    ]


def _notes(run: Run) -> list[str]:
    facts = run.bundle.manifest.training
    notes = list(facts.notes)
    if run.bundle.play is not None and not run.bundle.supervised:
        notes.append(
            "Too few labelled account-days taught this bundle: accounts are ranked by rules and by how far out they "
            "lie in the crowd, and their scores are ranks, not probabilities. Rules and lockstep act, and the play "
            "model on targets."
        )
    elif not run.bundle.supervised:
        notes.append(
            "No labels taught this bundle: accounts are ranked by rules and by how far out they lie in the crowd; only "
            "certain rules, and odd accounts that act together, have consequences; scores are ranks, not probabilities."
        )
    unseen = sorted(set(run.intake.missing_columns) - set(facts.missing_columns) - {"labels"})
    if unseen:
        notes.append(
            f"The bundle was trained with columns that this lake does not have ({', '.join(unseen[:6])}"
            f"{', ...' if len(unseen) > 6 else ''}): train one on a lake like this, for instance with "
            "`ghostnote simulate --like`."
        )
    notes += run.decided.notes
    notes += run.intake.left_out
    return notes
