"""Where the parts are put together, from the settings: for the server and the command line."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from application.access import Organisation
from application.desk import Desk
from application.policy_desk import PolicyDesk
from infra.calendars import working_calendar
from infra.embedded import embedded_postgres
from infra.eventstore import Factory, TrackingRecorder, environment
from infra.keys import KeyRing
from infra.migrate import migrate
from infra.settings import Settings
from projections import READ_MODELS
from projections.builds import ensure_builds, followed_builds
from projections.runner import Consumer, LogReader, ReadModelConsumer, Runner

_BUILDS_SECONDS = 0.5
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


def prepare(conninfo: str) -> list[str]:
    """Migrate, and give each read model its first build; the names of those to be rebuilt."""
    migrate(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        return ensure_builds(conn, READ_MODELS)


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
    """The tree of units, as last read."""

    def read() -> Organisation:
        with psycopg.connect(conninfo) as conn:
            rows = conn.execute("SELECT unit, parent FROM karguzar.units").fetchall()
        return Organisation.of(dict(rows))

    return kept(read)


def make_desk(settings: Settings, conninfo: str) -> Desk:
    desk = Desk(
        conninfo,
        keys=KeyRing(settings.master_key),
        calendar=working_calendar(settings.jurisdiction),
        organisation=organisation_in(conninfo),
        time_zone=ZoneInfo(settings.time_zone),
    )
    desk.log.datastore.pool.reconnect_timeout = RECONNECT_SECONDS
    return desk


@contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """A desk on a migrated database, for the command line; closed at the end."""
    with database(settings) as conninfo:
        prepare(conninfo)
        desk = make_desk(settings, conninfo)
        try:
            yield desk
        finally:
            desk.close()


def make_reader(desk: Desk) -> LogReader:
    return LogReader(desk.log, desk.event_mapper, desk.keys)


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
    """The runner over the live builds and the policies; it sees new builds as they go live."""
    desk = make_desk(settings, conninfo)
    tracking = make_tracking(conninfo)
    policies = PolicyDesk(desk, tracking)

    def consumers() -> list[Consumer]:
        with tracking.datastore.get_connection() as conn:
            builds = followed_builds(conn, READ_MODELS)
        return [policies, *(ReadModelConsumer(model, build, tracking) for model, build in builds)]

    return Runner(make_reader(desk), tracking, refreshed(consumers, _BUILDS_SECONDS))
