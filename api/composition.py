"""Where the parts are put together, from the settings: for the server and the command line."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, tzinfo
from functools import lru_cache
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from eventsourcing.utils import Environment
from msgspec.structs import replace
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from application.access import Organisation
from application.calendar_desk import AT_ONCE, CalendarDesk
from application.clock_watch import ClockWatch, Mark
from application.desk import Desk
from application.policy_desk import PolicyDesk
from application.recalculation import RunningTerms
from application.rounds import Rounds
from application.watch import Heads, RunningClock
from domain.calendar import CalendarMissing, WorkingCalendar
from domain.due import Terms
from infra.access_proof import AccessCheckpoints, AccessTree, origin_of
from infra.calendar_versions import load
from infra.checkpoints import CheckpointDirectory, Witness
from infra.delivery import Delivery, Way
from infra.embedded import embedded_postgres
from infra.eventstore import Factory, Recorder, TrackingRecorder, environment
from infra.jurisdiction import terms_of
from infra.keys import KeyRing
from infra.ladder import read_ladder
from infra.log_proof import Checkpoints, LogTree, Outlet, Outside
from infra.mapper import EventMapper
from infra.master_key import require_master_key
from infra.migrate import migrate
from infra.notes import Signer
from infra.organisation import responsible
from infra.outbox import Outbox
from infra.retention import retention_rules
from infra.settings import Settings, kept_key
from infra.signing_key import read_signing_key
from infra.smtp import Mail
from infra.webhook import Webhook
from projections import READ_MODELS
from projections.analytics import keep_analytics
from projections.builds import ensure_builds, followed_builds
from projections.groups import Group
from projections.runner import Consumer, LogReader, ReadModelConsumer, Runner
from projections.running_clocks import running_clocks
from projections.running_terms import running_terms

_BUILDS_SECONDS = 0.5
_CALENDARS = 32
_CALENDAR_SECONDS = 0.5
_READ_AGAIN_SECONDS = 1.0
_TREE_SECONDS = 1.0
_NOTICES_SILENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A database host that vanishes without a word is noticed within seconds, not minutes. What the
URL says itself goes before."""
RECONNECT_SECONDS = 2.0
"""How long a pool tries to connect before it begins anew. Its pauses double: else, after a long
outage, they would be as long as the outage was."""
Read = TypeVar("Read")

log = structlog.get_logger()


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's connection string; the embedded one runs as long as it is used."""
    if settings.database_url:
        given = conninfo_to_dict(settings.database_url)
        yield make_conninfo(**{**_NOTICES_SILENCE, **given})
    else:
        with embedded_postgres(settings.data_dir) as conninfo:
            yield conninfo


def prepare(settings: Settings, conninfo: str) -> list[str]:
    """Migrate, and give each read model its first build; the names of those to be rebuilt.

    Raises WrongMasterKey before anything could be sealed with a key that isn't the register's.
    """
    migrate(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        require_master_key(conn, settings.master_key, settings.previous_master_key)
        waiting = ensure_builds(conn, READ_MODELS)
        keep_analytics(conn, settings.time_zone)
        return waiting


def refreshed(read: Callable[[], Read], seconds: float) -> Callable[[], Read]:
    """What *read* gives, read again when it is older than *seconds* and the database is there."""
    value = read()
    read_at = time.monotonic()

    def latest() -> Read:
        nonlocal value, read_at
        if time.monotonic() - read_at > seconds:
            read_at = time.monotonic()
            try:
                value = read()
            except (psycopg.Error, PersistenceError):
                return value
        return value

    return latest


def kept(read: Callable[[], Read], seconds: float = 10.0) -> Callable[[], Read]:
    """What *read* gave last; it is read again in a thread aside, so that nobody waits for it."""
    value = read()
    read_at = time.monotonic()
    reading = threading.Lock()

    def again() -> None:
        nonlocal value
        try:
            value = read()
        except psycopg.Error as error:
            log.warning("not-read-again", error=type(error).__name__)
        finally:
            reading.release()

    def latest() -> Read:
        nonlocal read_at
        if time.monotonic() - read_at > seconds and reading.acquire(blocking=False):
            read_at = time.monotonic()
            threading.Thread(target=again, daemon=True).start()
        return value

    return latest


def organisation_in(conninfo: str) -> Callable[[], Organisation]:
    """The tree of units and the officials in them, as last read."""

    def read() -> Organisation:
        with psycopg.connect(conninfo) as conn:
            units = conn.execute("SELECT unit, parent FROM karguzar.units").fetchall()
            officials = conn.execute(
                "SELECT official, unit, kind FROM karguzar.officials"
            ).fetchall()
        return Organisation.of(
            dict(units),
            {official: unit for official, unit, _ in officials},
            [official for official, _, kind in officials if kind == "client"],
        )

    return kept(read)


def terms_in(
    settings: Settings, organisation: str | None = None, as_known_on: date | None = None
) -> Terms:
    """The installation's terms, or those of another organisation, or as known on a day.

    Raises UnknownOrganisation.
    """
    return terms_of(
        settings.jurisdiction,
        settings.time_zone,
        organisation or settings.organisation,
        rules_file=settings.rules_file,
        calendar_file=settings.calendar_file,
        as_known_on=as_known_on,
    )


def terms_asked_of(settings: Settings, desk: Desk) -> Callable[[str | None, date | None], Terms]:
    """The terms of an organisation as known on a day; with neither, those the desk decides by."""

    def terms(organisation: str | None, as_known_on: date | None) -> Terms:
        if organisation is None and as_known_on is None:
            return desk.terms
        asked = terms_in(settings, organisation, as_known_on)
        marks = [
            mark
            for decision in desk.decided.decisions
            for mark in decision.marks
            if as_known_on is None or (mark.announced_on or date.min) <= as_known_on
        ]
        return replace(asked, calendar=asked.calendar.with_marks(marks)) if marks else asked

    return terms


def calendars_used(desk: Desk) -> Callable[[str], WorkingCalendar | None]:
    """The calendar of a version that due dates were computed with, where it was kept."""

    @lru_cache(maxsize=_CALENDARS)
    def kept_one(version: str) -> WorkingCalendar:
        with desk.log.datastore.get_connection() as conn:
            return load(conn, version)

    def calendar(version: str) -> WorkingCalendar | None:
        today = desk.terms.calendar
        if today.version == version:
            return today
        try:
            return kept_one(version)
        except CalendarMissing:
            return None

    return calendar


def make_desk(settings: Settings, conninfo: str) -> Desk:
    desk = Desk(
        conninfo,
        keys=key_ring(settings),
        terms=terms_in(settings),
        organisation=organisation_in(conninfo),
        retention=retention_rules(settings.jurisdiction, settings.retention_file),
    )
    desk.log.datastore.pool.reconnect_timeout = RECONNECT_SECONDS
    return desk


def make_reader(desk: Desk) -> LogReader:
    return LogReader(desk.log, desk.event_mapper, desk.keys, desk.terms.time_zone)


def key_ring(settings: Settings) -> KeyRing:
    return KeyRing(settings.master_key, settings.previous_master_key)


def open_reader(
    conninfo: str, master_key: bytes, previous: bytes | None = None, zone: tzinfo = UTC
) -> LogReader:
    """A reader without a desk, for a process that helps to rebuild."""
    recorder = Factory(Environment("register", environment(conninfo))).application_recorder()
    return LogReader(cast("Recorder", recorder), EventMapper(), KeyRing(master_key, previous), zone)


def make_tracking(conninfo: str) -> TrackingRecorder:
    """For consumers of the log, whose commits don't wait for the disk.

    What they write can be made again from the log, and comes back together with their position.
    """
    relaxed = make_conninfo(conninfo, options="-c synchronous_commit=off")
    factory = Factory(Environment("register", environment(relaxed)))
    tracking = factory.tracking_recorder(TrackingRecorder)
    tracking.datastore.pool.reconnect_timeout = RECONNECT_SECONDS
    return tracking


def make_runner(settings: Settings, conninfo: str) -> Runner:
    """The runner over the near read models' live builds, the policies and the outbox.

    It sees new builds as they go live.
    """
    desk = make_desk(settings, conninfo)
    tracking = make_tracking(conninfo)
    policies = PolicyDesk(desk, tracking)
    outbox = Outbox(tracking, [way.channel for way in ways_out(settings)])
    reader = make_reader(desk)
    near = live_consumers(Group.NEAR, reader, tracking)
    return Runner(reader, tracking, refreshed(lambda: [policies, outbox, *near()], _BUILDS_SECONDS))


def make_later_runner(settings: Settings, conninfo: str) -> Runner:
    """The runner over the live builds of the read models that nobody waits for."""
    zone = ZoneInfo(settings.time_zone)
    reader = open_reader(conninfo, settings.master_key, settings.previous_master_key, zone)
    reader.recorder.datastore.pool.reconnect_timeout = RECONNECT_SECONDS
    tracking = make_tracking(conninfo)
    later = live_consumers(Group.LATER, reader, tracking)
    return Runner(reader, tracking, refreshed(later, _BUILDS_SECONDS), Group.LATER)


def live_consumers(
    group: Group, reader: LogReader, tracking: TrackingRecorder
) -> Callable[[], list[Consumer]]:
    """Finds those of a group's read models whose live build is of the code's version."""
    models = [
        model.bound(reader.blinding, reader.zone) for model in READ_MODELS if model.group is group
    ]

    def found() -> list[Consumer]:
        with tracking.datastore.get_connection() as conn:
            builds = followed_builds(conn, models)
        return [ReadModelConsumer(model, build, tracking) for model, build in builds]

    return found


def ways_out(settings: Settings) -> list[Way]:
    """How notices leave the register: by mail and webhook, where they are set."""
    ways: list[Way] = []
    if settings.smtp_relay:
        ways.append(Mail(settings.smtp_relay, settings.public_url))
    if settings.webhook_url and settings.webhook_secret:
        ways.append(Webhook(settings.webhook_url, settings.webhook_secret, settings.public_url))
    return ways


def make_deliveries(settings: Settings, conninfo: str) -> list[Delivery]:
    """One for each way out, so that none waits for another."""
    return [Delivery(conninfo, way) for way in ways_out(settings)]


def make_clock_watch(settings: Settings, desk: Desk, conninfo: str) -> ClockWatch:
    """The watch over the clocks that the live read models show as running."""

    def clocks(until: date, after: Mark | None, limit: int) -> Sequence[RunningClock]:
        with desk.log.datastore.get_connection() as conn:
            return running_clocks(conn, until, after, limit)

    def heads() -> Heads:
        with psycopg.connect(conninfo) as conn:
            found = responsible(conn)
        return Heads(heads=found.heads, parents=found.parents, leaders=found.leaders)

    return ClockWatch(desk, read_ladder(settings.ladder_file), clocks, heads)


def make_calendar_desk(desk: Desk, *, at_once: int = AT_ONCE) -> CalendarDesk:
    """It reads the running terms from the live read models."""

    @contextmanager
    def terms(first: date, last: date) -> Iterator[RunningTerms | None]:
        with (
            desk.log.datastore.get_connection() as conn,
            running_terms(conn, first, last) as running,
        ):
            yield running

    return CalendarDesk(desk, terms, at_once=at_once)


def make_calendar_rounds(
    settings: Settings,
    conninfo: str,
    leads: Callable[[], bool],
    follow: Callable[[CalendarDesk], None] = CalendarDesk.round,
) -> Rounds:
    """The due dates' following of calendar decisions, on a desk of its own as well."""
    calendar = make_calendar_desk(make_desk(settings, conninfo))

    def work() -> None:
        if calendar.waiting():
            follow(calendar)

    return Rounds(
        "calendar",
        work,
        make_tracking(conninfo),
        seconds=_CALENDAR_SECONDS,
        leads=leads,
    )


async def follow_calendar(desk: Desk) -> None:
    """Commands see a decision on the calendar at once; this is for what is only read."""
    while True:
        try:
            await asyncio.to_thread(desk.follow_calendar)
        except (psycopg.Error, PersistenceError) as error:
            log.warning("calendar-not-followed", error=type(error).__name__)
        await asyncio.sleep(_READ_AGAIN_SECONDS)


def make_watch_rounds(settings: Settings, conninfo: str, leads: Callable[[], bool]) -> Rounds:
    """The watch, on a desk of its own so that the policies don't wait for its batches."""
    watch = make_clock_watch(settings, make_desk(settings, conninfo), conninfo)
    return Rounds(
        "clock-watch",
        watch.tick,
        make_tracking(conninfo),
        seconds=settings.watch_seconds,
        leads=leads,
    )


def signer_of(settings: Settings, *, make: bool = True) -> Signer | None:
    """Whoever signs checkpoints, if a key is set; in development the key is made when missing."""
    path = settings.proof.signing_key_file
    if path is None:
        return None
    if not path.exists():
        if not make:
            return None
        kept_key(path)
    return Signer(settings.proof.log_origin, read_signing_key(path))


def outside_of(settings: Settings) -> Outside:
    """What is known of the log outside the database, and who signs, where a key is set."""
    proof = settings.proof
    directory = CheckpointDirectory(proof.checkpoint_dir) if proof.checkpoint_dir else None
    return Outside(proof.log_origin, signer_of(settings, make=False), directory)


def make_proof_rounds(settings: Settings, conninfo: str, leads: Callable[[], bool]) -> list[Rounds]:
    """The growth of the trees over log and access records, and the signing where a key is set.

    A tree looks every second: what was recorded waits for its leaf no longer.
    """
    proof, signer, tracking = settings.proof, signer_of(settings), make_tracking(conninfo)
    if signer is None:
        log.warning("checkpoints-not-signed", setting="KARGUZAR_SIGNING_KEY_FILE")
    rounds = []
    for origin, beside, grown_as, signed_as in (
        (proof.log_origin, "", LogTree, Checkpoints),
        (origin_of(proof.log_origin), "accesses", AccessTree, AccessCheckpoints),
    ):
        own = proof.checkpoint_dir
        directory = CheckpointDirectory(own / beside) if own else None
        outside = Outside(origin, signer.named(origin) if signer else None, directory)
        tree = grown_as(conninfo, outside)
        rounds.append(Rounds(tree.name, tree.grow, tracking, seconds=_TREE_SECONDS, leads=leads))
        if signer is None:
            continue
        outlets: list[Outlet] = [directory] if directory else []
        if proof.witness_url:
            outlets.append(Witness(proof.witness_url))
        signed = signed_as(conninfo, outside, outlets)
        every = proof.checkpoint_seconds
        rounds.append(Rounds(signed.name, signed.publish, tracking, seconds=every, leads=leads))
    return rounds
