"""Accounts that a machine works: opened in bulk, listening in shifts, one track after the other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.attention import short_listens
from ghostnote.simulation.identities import BULK_DOMAINS, SHAPES, addresses, referrers
from ghostnote.simulation.population import PLAN
from ghostnote.simulation.randomness import Bools, Floats, Ints, ragged
from ghostnote.simulation.rows import DAY, HOUR, SECOND, SOURCE, START, Signups
from ghostnote.simulation.stage import Played, Stage


@dataclass(frozen=True)
class Fleet:
    """Accounts of one operator. `ips[i]` is the first of account i's `ips_each` addresses in `pool`."""

    account: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    pool: npt.NDArray[np.int32]
    ips_each: int
    signed_up: npt.NDArray[np.int64]

    def ip(self, member: Ints, turn: Ints) -> npt.NDArray[np.int32]:
        """The address that a member uses at its `turn`-th change."""
        place = member * self.ips_each + turn % self.ips_each
        return np.asarray(self.pool[place % self.pool.size], dtype=np.int32)


def open_accounts(
    stage: Stage,
    rng: np.random.Generator,
    *,
    signed_up: Ints,
    country: str,
    plan: str,
    per_card: float,
    platform: Ints,
    per_device: float,
    pool: npt.NDArray[np.int32],
    ips_each: int,
    bulk_mail: float,
    phones: bool = False,
) -> Fleet:
    """New accounts of one operator, one per time in `signed_up` (microseconds).

    `per_card` accounts share a payment instrument, `per_device` a device; a share `bulk_mail` of them has addresses of
    one bulk domain and one shape, the others look like anybody's. Devices are real ones if `phones`.
    """
    count = signed_up.size
    account = stage.admit(count)
    devices = max(1, round(count / per_device))
    device = stage.add_devices(np.resize(platform, devices), rng, phones=phones)[np.arange(count) % devices]
    fleet = Fleet(account, device, pool, ips_each, np.sort(np.asarray(signed_up, dtype=np.int64)))
    domain, shape = addresses(count, rng)
    bulk = rng.random(count) < bulk_mail
    card = account // max(1, round(per_card)) + (np.int64(len(stage.casts) + 1) << 33)
    paid = plan != "free"
    family = card if plan in ("family", "duo") else np.full(count, -1)
    stage.sign_up(
        Signups(
            time=fleet.signed_up,
            account=account,
            country=np.full(count, stage.country(country), dtype=np.int8),
            plan=np.full(count, PLAN[plan], dtype=np.int8),
            domain=np.where(bulk, rng.choice(BULK_DOMAINS), domain).astype(np.int16),
            shape=np.where(bulk, rng.integers(0, len(SHAPES)), shape).astype(np.int8),
            email=account.astype(np.int64) + (1 << 34),
            payment=(card if paid else np.full(count, -1)).astype(np.int64),
            family=family.astype(np.int64),
            referrer=referrers(count, rng),
            ip=fleet.ip(np.arange(count), np.zeros(count, dtype=np.int64)),
            device=device,
            number=stage.number(count),
        )
    )
    return fleet


def stolen(stage: Stage, wanted: int, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Accounts that exist and listen at least a little; passwords leak of the busy and the quiet alike."""
    accounts = stage.service.accounts
    open_ = (accounts.signed_up < start) & (accounts.left > start) & (accounts.activity > 0.5)
    candidates = np.flatnonzero(open_)
    chosen = rng.choice(candidates, min(wanted, candidates.size), replace=False)
    return np.sort(chosen).astype(np.int32)


@dataclass(frozen=True)
class Shifts:
    """Stretches of listening: `member` is a place in the fleet, `begin` and `length` are in microseconds."""

    member: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


def shifts(
    fleet: Fleet, start: int, end: int, hours: float, day_off: float, spread: float, rng: np.random.Generator
) -> Shifts:
    """One shift per account and day of about `hours`, at the account's own time of day; `day_off` of them fall out."""
    days = max(1, -(-(end - start) // DAY))
    member, day = (part.ravel() for part in np.indices((fleet.account.size, days)))
    works = rng.random(member.size) >= day_off
    member, day = member[works], day[works]
    length = np.clip(hours * np.exp(spread * rng.standard_normal(member.size)), 0.2, 24.0)
    own = rng.random(fleet.account.size) * (24 - min(hours, 24.0))
    begin = (
        start + day * DAY + ((own[member] + np.clip(rng.normal(0, 0.3, member.size), -1, 1)) * HOUR).astype(np.int64)
    )
    begin = np.maximum(begin, np.maximum(start, fleet.signed_up[member]))
    # A shift ends when its day does, lest the next one begin before.
    stop = np.minimum(begin + (length * HOUR).astype(np.int64), np.minimum(start + (day + 1) * DAY - SECOND, end))
    kept = stop - begin > 60 * SECOND
    return Shifts(member[kept], begin[kept], (stop - begin)[kept])


def plays_to_fill(work: Shifts, seconds_each: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """More plays than fit into the shifts: each one's shift, and its place in it."""
    return ragged((work.length / (seconds_each * SECOND) * 1.3).astype(np.int64) + 8)


@dataclass
class Queue:
    """What a fleet's members are to play: the shift and place of each play, its track, its length and its origin."""

    shift: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    track: npt.NDArray[np.int32]
    ms: npt.NDArray[np.int64]
    source: int
    source_ref: npt.NDArray[np.int64]


def listen(
    stage: Stage,
    fleet: Fleet,
    work: Shifts,
    queue: Queue,
    *,
    camouflage: float,
    pause_seconds: float,
    shuffle: float,
    rng: np.random.Generator,
    targets: Bools | None = None,
) -> None:
    """Play the queue for as long as the shifts last; a share `camouflage` of it gives way to what everybody plays.

    `targets` says which plays of the queue are the campaign's own; by default all that remain.
    """
    catalogue = stage.service.catalogue
    hidden = rng.random(queue.track.size) < camouflage
    # What hides a shift is one public playlist.
    lists = stage.public_playlists(queue.shift[hidden])
    queue.track[hidden], queue.ms[hidden] = listed_plays(stage, lists, rng)
    finished = queue.ms == catalogue.duration_ms[queue.track]
    end, fits = in_turn(work, queue, rng.exponential(pause_seconds, queue.track.size))
    member = work.member[queue.shift]
    follows = np.append(True, finished[:-1])
    start_reason = np.where(queue.place == 0, START["clickrow"], np.where(follows, START["trackdone"], START["fwdbtn"]))
    played = Played(
        account=fleet.account[member],
        end=end,
        track=queue.track,
        ms=queue.ms,
        source=np.where(hidden, SOURCE["playlist"], queue.source),
        source_ref=_replaced(queue.source_ref, hidden, lists),
        start_reason=start_reason,
        finished=finished,
        ip=fleet.ip(member, queue.shift),
        device=fleet.device[member],
        target=~hidden if targets is None else targets & ~hidden,
    )
    stage.play(played.take(fits), shuffle, rng)
    log_in(stage, fleet, work, rng)


def _replaced(values: Ints, where: Bools, by: Ints) -> npt.NDArray[np.int64]:
    result = np.array(values, dtype=np.int64)
    result[where] = by
    return result


def in_turn(work: Shifts, queue: Queue, pause_seconds: Floats) -> tuple[npt.NDArray[np.int64], Bools]:
    """When each play ends if all of a shift follow each other, and whether that is before the shift is over."""
    step = queue.ms * 1000 + (pause_seconds * SECOND).astype(np.int64)
    elapsed = np.cumsum(step)
    first = np.flatnonzero(np.diff(queue.shift, prepend=-1) != 0)
    sizes = np.diff(np.append(first, queue.shift.size))
    since = elapsed - np.repeat((elapsed - step)[first], sizes)
    return work.begin[queue.shift] + since, since <= work.length[queue.shift]


def log_in(stage: Stage, fleet: Fleet, work: Shifts, rng: np.random.Generator) -> None:
    """Machines sign in again before some shifts; each time from that shift's address."""
    chosen = np.flatnonzero(rng.random(work.member.size) < 0.3)
    member = work.member[chosen]
    time = work.begin[chosen] - (rng.uniform(1, 20, chosen.size) * SECOND).astype(np.int64)
    known = (time > fleet.signed_up[member]) & (time >= stage.service.start)
    chosen, member = chosen[known], member[known]
    stage.log_in(time[known], fleet.account[member], fleet.ip(member, chosen), fleet.device[member])


def listed_plays(
    stage: Stage, lists: Ints, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Track and milliseconds of plays of public playlists, one for each of `lists`; a third of them is skipped."""
    catalogue, playlists = stage.service.catalogue, stage.service.playlists
    track = playlists.at(lists, (rng.random(lists.size) * playlists.size[lists]).astype(np.int64))
    # What comes out while the world lasts is not yet what everybody plays.
    coming = catalogue.released[track] >= stage.service.start
    track = np.where(coming, catalogue.artist_first[catalogue.artist[track]], track)
    duration = catalogue.duration_ms[track].astype(np.int64)
    skips = rng.random(lists.size) < 0.33
    return track, np.where(skips, np.minimum(short_listens(lists.size, rng), duration), duration).astype(np.int64)
