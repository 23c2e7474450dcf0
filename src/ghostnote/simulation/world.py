"""From a scenario to a lake: honest people first, then those who attack the service they made."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from ghostnote.events.lake import LakeWriter, new_lake
from ghostnote.progress import Progress, silent
from ghostnote.simulation.books import keep_books
from ghostnote.simulation.catalogue import make_catalogue
from ghostnote.simulation.cohorts import COHORT_NAMES
from ghostnote.simulation.crew import in_order, usual_threads
from ghostnote.simulation.happenings import let_happen
from ghostnote.simulation.homes import DEVICES_EACH
from ghostnote.simulation.honest import Listeners, cells, live
from ghostnote.simulation.identities import signups
from ghostnote.simulation.lake_rows import LakeRows
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.names import Names
from ghostnote.simulation.networks import make_networks
from ghostnote.simulation.places import AddressBook
from ghostnote.simulation.playbooks import AnyPlaybook
from ghostnote.simulation.playlists import make_playlists
from ghostnote.simulation.population import Population, make_population
from ghostnote.simulation.prevalence import TooSmallError
from ghostnote.simulation.rows import DAY, Events, Plays
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.service import Accounts, Service
from ghostnote.simulation.stage import Stage
from ghostnote.simulation.tables import Writer
from ghostnote.simulation.team import team_labels
from ghostnote.simulation.tokens import Tokens
from ghostnote.simulation.truth import true_labels

#: 1970-01-01 as an ordinal.
_EPOCH = 719_163


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: `accounts` and `plays` of honest people, `fake_accounts` and `artificial_plays` of attackers.

    `left_out` names campaigns for which the world is too small.
    """

    seed: int
    accounts: int
    fake_accounts: int
    plays: int
    artificial_plays: int
    campaigns: int
    left_out: tuple[str, ...] = ()


def simulate(
    scenario: Scenario,
    out: str | os.PathLike[str],
    *,
    seed: int = 1,
    accounts: int | None = None,
    days: int | None = None,
    like: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> World:
    """Write the lake of a service that never was, the same for the same arguments but `threads`.

    `accounts` and `days` take the place of the scenario's; with `like`, only the tables and columns of that lake are
    written, at its resolution of time. Raises `GhostnoteError` if `out` holds files or the disk refuses.
    """
    scenario = msgspec.structs.replace(scenario, accounts=accounts or scenario.accounts, days=days or scenario.days)
    likeness = Likeness.of(like) if like is not None else Likeness()
    threads = threads or usual_threads()
    people, service = make_service(scenario, seed)
    usual = float(service.accounts.activity.sum(dtype=np.float64))
    with new_lake(Path(out)) as lake, LakeRows(lake, likeness, usual) as rows:
        plays, overheard = _honest(people, service, rows, threads, progress)
        stage = Stage.of(replace(service, plays=float(plays)), overheard, keep_shares=scenario.keep_shares)
        staged = _attack(scenario, stage, progress)
        events = stage.events.until(service.end)
        writer = Writer(stage.service, Names(Tokens(seed)))
        rows.collect(events)
        rows.write(writer, threads, progress)
        progress("Writing labels", 0, 1)
        rows.dimensions(writer, np.arange(stage.service.catalogue.tracks))
        _write_labels(lake, scenario, people, stage, events, writer)
        keep_books(lake.path, staged, stage.casts, events, writer.names, service.days)
        progress("Writing labels", 1, 1)
    return World(
        seed=seed,
        accounts=people.size,
        fake_accounts=stage.account_count - people.size,
        plays=plays,
        artificial_plays=events.play_count,
        campaigns=len(stage.casts),
        left_out=tuple(one.name or one.kind for one in scenario.campaigns if one not in staged),
    )


def make_service(scenario: Scenario, seed: int) -> tuple[Population, Service]:
    """The people of a scenario and the service they are on, before anybody has listened."""
    start = (scenario.start.toordinal() - _EPOCH) * DAY
    accounts, days = scenario.accounts, scenario.days
    people, devices = make_population(scenario.population, accounts=accounts, start=start, days=days, seed=seed)
    catalogue = make_catalogue(scenario.catalogue, accounts=accounts, start=start, days=days, seed=seed)
    catalogue, happenings = let_happen(catalogue, start=start, days=days, seed=seed)
    service = Service(
        seed=seed,
        start=start,
        end=start + days * DAY,
        plays=0.0,
        catalogue=catalogue,
        playlists=make_playlists(catalogue, accounts=accounts, seed=seed),
        networks=make_networks(accounts=accounts, seed=seed, countries=scenario.population.countries),
        devices=devices,
        accounts=Accounts(
            signed_up=people.signed_up,
            left=people.left,
            activity=people.plays_mean * people.active_share,
            # The middle of the night that is left between two waking days.
            quiet_hour=np.asarray((people.wake - (24 - people.awake) / 2 - people.tz) % 24, dtype=np.float32),
            country=people.country,
            device=np.arange(people.size, dtype=np.int32) * DEVICES_EACH,
        ),
        happenings=happenings,
    )
    return people, service


def _honest(
    people: Population, service: Service, rows: LakeRows, threads: int, progress: Progress
) -> tuple[int, Plays]:
    """Collect what honest people do; returns their number of plays, and those of the first cell of accounts."""
    book = AddressBook.of(service.networks, service.seed)
    total = cells(people.size, service.days)
    rows.collect(Events(signups=[signups(service, people, book)]))
    listeners, plays, overheard = Listeners.of(service, people, book), 0, Plays.none()

    def lived(cell: int) -> tuple[int, Plays | None]:
        events = live(listeners, cell)
        rows.collect(events)
        return events.play_count, Plays.concat(events.plays) if cell == 0 and events.plays else None

    for cell, (count, first) in enumerate(in_order(lived, range(total), threads)):
        progress("Simulating listeners", cell, total)
        overheard = overheard if first is None else first
        plays += count
    progress("Simulating listeners", total, total)
    return plays, overheard


def _attack(scenario: Scenario, stage: Stage, progress: Progress) -> list[AnyPlaybook]:
    """Stage the campaigns; returns those for which the service is large enough."""
    total, staged = len(scenario.campaigns), []
    for done, campaign in enumerate(scenario.campaigns):
        progress("Staging campaigns", done, total)
        with suppress(TooSmallError):
            campaign.stage(stage)
            staged.append(campaign)
    progress("Staging campaigns", total, total)
    return staged


def _write_labels(
    lake: LakeWriter, scenario: Scenario, people: Population, stage: Stage, events: Events, writer: Writer
) -> None:
    service, names = stage.service, writer.names
    honest = np.arange(people.size)
    cohorts = [COHORT_NAMES[code] for code in people.cohort.tolist()]
    lake.write_by_arrival("labels", true_labels(events, stage.casts, honest, cohorts, names, service.end))
    found = team_labels(
        events, stage.casts, honest, names, scenario.team, seed=service.seed, start=service.start, end=service.end
    )
    if found.height:
        lake.write_by_arrival("labels", found)
