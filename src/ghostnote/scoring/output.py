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
from ghostnote.decisions.attribution import Evidence, as_paid, attribute, paid
from ghostnote.decisions.campaigns import evidence
from ghostnote.decisions.documents import keep_other
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.royalties.cents import to_cents
from ghostnote.decisions.royalties.sharing import share_one
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
from ghostnote.decisions.tables import ACTED, DECISION_TABLES, PLAYS
from ghostnote.decisions.tracks import judge_tracks
from ghostnote.events.lake import Lake, whole_folder, write_parquet, write_parquet_parts
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
from ghostnote.scoring.tally import Tally, histogram


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
        tally = Tally(run.decided, run.policy)
        write_parquet_parts(tally.tables(), PLAYS, folder / "plays.parquet")
        frames = _others(run, tally)
        for name, frame in frames.items():
            write_parquet(frame, folder / f"{name}.parquet")
        if run.intake.rejected:
            ordered = sorted(run.intake.rejected, key=lambda reading: reading.table)
            write_quarantine(ordered, folder / "quarantine")
        summary = _summary(run, frames, tally)
        write_document(folder, summary)
    return summary


def tables(run: Run) -> dict[str, pl.DataFrame]:
    """The decision tables by name, each of the schema in `decisions.tables`."""
    tally = Tally(run.decided, run.policy)
    plays = pl.concat([PLAYS.to_frame(), *tally.tables()])
    return {"plays": plays, **_others(run, tally)}


def _others(run: Run, tally: Tally) -> dict[str, pl.DataFrame]:
    """All tables but that of plays, which were tallied."""
    paying = pl.col("ms_played") >= run.policy.royalty_ms
    withheld = run.decided.withheld.with_columns(paying.alias("paying"))
    gone = withheld.filter(pl.col("verdict") != "count")
    tracks = _counted(run, withheld, tally)
    # Who gains and who is hurt does not hang on who is left alone.
    parts = attribute(_evidence(run, judged(withheld), tracks, tally))
    found = {
        "accounts": _accounts(run, gone),
        "tracks": _tracks(run, tracks).join(parts.tracks, on="track_id", how="left", maintain_order="left"),
        "owners": _owners(run, tracks, tally).join(parts.owners, on="owner_id", how="left", maintain_order="left"),
        "days": _days(run, gone, tally),
        "campaigns": _campaigns(run, gone, tally),
    }
    return {
        name: frame.select(pl.col(column).cast(dtype) for column, dtype in DECISION_TABLES[name].items())
        for name, frame in found.items()
    }


def _counted(run: Run, withheld: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """One row per track: track_id, artist_id, owner_id, plays, paying, listeners, artificial (plays spared among them),

    paying_artificial, and paying_gone (without those spared).
    """
    # Only plays have a track, so a link to one is a listener.
    listeners = run.decided.links.filter(pl.col("kind") == "track_id").group_by("key").len("listeners")
    artificial = withheld.group_by("track_id").agg(
        pl.len().alias("artificial"),
        pl.col("paying").sum().alias("paying_artificial"),
        (pl.col("paying") & (pl.col("verdict") != "count")).sum().alias("paying_gone"),
    )
    return (
        tally.by_track()
        .join(listeners.with_columns(pl.col("key").cast(pl.String).alias("track_id")), on="track_id", how="left")
        .join(artificial.with_columns(pl.col("track_id").cast(pl.String)), on="track_id", how="left")
        .with_columns(pl.col("listeners", "artificial", "paying_artificial", "paying_gone").fill_null(0).cast(pl.Int64))
        .sort("track_id")
    )


def _evidence(run: Run, withheld: pl.DataFrame, tracks: pl.DataFrame, tally: Tally) -> Evidence:
    links = run.decided.links
    heard, listed = (links.filter(pl.col("kind") == kind) for kind in ("track_id", "playlist_id"))
    start = tally.days["day"].min()
    assert isinstance(start, date)
    payout = pl.when("paying").then(run.policy.payout_per_play).otherwise(0.0)
    lost = pl.when(pl.col("would_be").is_null()).then(payout).otherwise(0.0).alias("withheld_payout")
    return Evidence(
        tracks=tracks.select("track_id", paid(), "plays", "artificial", "paying", "paying_artificial"),
        artificial=as_paid(withheld.with_columns(lost)),
        heard=heard.select("account_id", pl.col("key").alias("track_id"), pl.col("events").alias("plays")),
        listed=listed.select("account_id", pl.col("key").alias("playlist_id")),
        start=start,
        accounts=run.decided.accounts,
        catalogue=run.catalogue(),
        past=run.past.tracks(),
        past_days=run.past.days,
    )


def _money(plays: pl.Expr, run: Run) -> pl.Expr:
    """What so many plays that would be paid are worth."""
    return plays.cast(pl.Float64) * run.policy.payout_per_play


def _accounts(run: Run, gone: pl.DataFrame) -> pl.DataFrame:
    withheld = gone.group_by(pl.col("account_id").cast(pl.String)).agg(
        pl.len().alias("artificial_plays"), _money(pl.col("paying").sum(), run).alias("withheld_payout")
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


def _tracks(run: Run, counted: pl.DataFrame) -> pl.DataFrame:
    withheld = _money(pl.col("paying_gone"), run).alias("withheld_payout")
    tracks = judge_tracks(counted.rename({"artificial": "artificial_plays"}).with_columns(withheld))
    days = (run.window[1] - run.window[0]).days + 1
    audiences = JUDGED.to_frame()
    if run.audiences is not None:
        audiences = run.audiences.judged(tracks, run.policy.track_alerts_per_day * days)
    return tracks.join(audiences, on="track_id", how="left", maintain_order="left").with_columns(
        pl.col("watched").fill_null(value=False), pl.col("reasons").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )


def _owners(run: Run, tracks: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    # Where nobody knows who is paid, the artist stands for it: money must go somewhere to be seen moving.
    owners = tracks.group_by(paid()).agg(
        pl.col("plays").sum(),
        pl.col("artificial").sum().alias("artificial_plays"),
        pl.col("paying").sum(),
        pl.col("paying_gone").sum().alias("paying_artificial"),
    )
    pool = to_cents(Decimal(str(run.policy.payout_per_play)) * tally.paying, 2)
    return share_one(owners, pool).sort("artificial_plays", "owner_id", descending=[True, False])


def _days(run: Run, gone: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    acted = run.decided.accounts.filter(pl.col("action").is_in(ACTED))["account_id"]
    active = run.decided.days.group_by("day").agg(
        pl.col("account_id").n_unique().alias("accounts"),
        pl.col("account_id").is_in(acted.implode()).sum().alias("accounts_acted"),
        pl.col("signups").sum(),
    )
    withheld = gone.group_by("day").agg(
        (pl.col("verdict") == "hold").sum().alias("held"),
        (pl.col("verdict") == "exclude").sum().alias("excluded"),
        _money(pl.col("paying").sum(), run).alias("withheld_payout"),
    )
    counted = tally.days.with_columns(_money(pl.col("paying"), run).alias("payout"))
    return active.join(counted, on="day", how="left").join(withheld, on="day", how="left").fill_null(0).sort("day")


def _campaigns(run: Run, gone: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    rows = []
    accounts = run.decided.accounts.select("account_id", "plays")
    for found in run.decided.groups:
        members = pl.Series("account_id", found.everybody, dtype=pl.String)
        plays = int(accounts.filter(pl.col("account_id").is_in(members.implode()))["plays"].to_numpy().sum())
        spans = run.decided.days.filter(pl.col("account_id").is_in(members.implode()))
        withheld = gone.filter(pl.col("account_id").is_in(members.cast(pl.Categorical).implode()))
        rows.append(
            {
                "campaign_id": found.campaign_id,
                "accounts": list(found.everybody),
                "tracks": _keys(found.ties, "track_id"),
                "owners": _keys(found.ties, "owner_id"),
                "first_seen": spans["first_time"].min(),
                "last_seen": spans["last_time"].max(),
                "plays": plays,
                "payout": int(tally.paying_of(members).sum()) * run.policy.payout_per_play,
                "evidence": evidence(found, plays, withheld.height),
            }
        )
    return pl.DataFrame(rows, schema=DECISION_TABLES["campaigns"]).sort(
        "payout", "campaign_id", descending=[True, False]
    )


def _keys(ties: pl.DataFrame, kind: str) -> list[str]:
    return ties.filter(pl.col("kind") == kind)["key"].cast(pl.String).to_list()


def _summary(run: Run, frames: Mapping[str, pl.DataFrame], tally: Tally) -> Summary:
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
            plays=tally.plays,
            accounts=frames["accounts"].height,
            rejected_rows=intake.rejected_rows,
            duplicates=intake.duplicates,
            unreadable_files=len(intake.unreadable),
            late_events=intake.late,
        ),
        histograms=Histograms(account_scores=histogram(frames["accounts"]["score"]), play_scores=tally.scores),
        money=Money(
            currency=policy.currency,
            pool=float(frames["owners"]["payout_before"].sum()),
            withheld=_withheld(run),
            moved_to_honest=float(gained),
        ),
        missing_columns=intake.missing_columns,
        notes=_notes(run),
        rules=_rules(run),
        versions=_versions(run),
        settings=run.policy,
        acted=_by_source(frames["accounts"]),
        account_days=run.decided.days.height,
        hold_out=_hold_out(run, frames["accounts"]) if policy.untouched.share else None,
    )


def _hold_out(run: Run, accounts: pl.DataFrame) -> HoldOut:
    paying = (pl.col("ms_played") >= run.policy.royalty_ms).sum()
    let = run.decided.withheld.filter(pl.col("would_be").is_not_null()).group_by(pl.col("account_id").cast(pl.String))
    theirs = let.agg(pl.len().alias("let"), _money(paying, run).alias("payout"))
    spared = accounts.filter(pl.col("would_be").is_not_null()).join(theirs, on="account_id", how="left")
    counted = (
        spared.group_by("would_be").agg(pl.len().alias("accounts"), pl.col("let", "payout").sum()).sort("would_be")
    )
    return HoldOut(
        accounts=int(accounts["untouched"].sum()),
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


def _withheld(run: Run) -> float:
    gone = pl.col("verdict") != "count"
    paying = run.decided.withheld.filter(gone & (pl.col("ms_played") >= run.policy.royalty_ms))
    return paying.height * run.policy.payout_per_play


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
