"""Rebuild: a new build beside the live one, from the whole log, then the switch."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import structlog
from eventsourcing.persistence import IntegrityError
from msgspec import Struct
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from infra.eventstore import TrackingRecorder
from projections.builds import (
    add_indexes,
    begin_build,
    drop_unused,
    go_live,
    live_builds,
    take_role,
)
from projections.filling import Builds, Hands, fill
from projections.readmodel import SCHEMA, ReadModel
from projections.runner import LogReader, ReadModelConsumer

_CLOSE_ENOUGH = 2_000
_INDEXED_AT_ONCE = 2
_LOCK = 0x72656275696C64  # "rebuild": one rebuild in a database


log = structlog.get_logger()


class Rebuilt(Struct, frozen=True, kw_only=True):
    """``rows_before`` and ``rows`` are those of the old and the new build at one position."""

    read_model: str
    build: int
    rows_before: int
    rows: int
    events: int
    seconds: float


class CountsDiffer(Exception):
    """The new build has another number of rows than the live one of the same version."""


class RebuildUnderWay(Exception):
    """Another rebuild is under way in this database: wait for its end."""


def rebuild(
    conn: Connection[Any],
    reader: LogReader,
    tracking: TrackingRecorder,
    models: Sequence[ReadModel],
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    even_if_counts_differ: bool = False,
    hands: Hands | None = None,
) -> list[Rebuilt]:
    """Build all *models* anew and switch to them, while the live ones are read and kept up.

    *conn* commits each statement by itself. *progress* hears events done and in all. Raises
    CountsDiffer, and leaves the live build as it is, when a build of the same version comes out
    with another number of rows; RebuildUnderWay.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if not (row and row[0]):
        raise RebuildUnderWay(RebuildUnderWay.__doc__)
    try:
        take_role(conn)
        for model in models:
            drop_unused(conn, model)
        started = monotonic()
        head = _head(conn)
        builds = [(model, begin_build(conn, model, indexed=False)) for model in models]
        fill(reader, builds, head, lambda done: progress(done, head), hands)
        _index(tracking, builds, head)
        return [
            _switch(
                conn,
                reader,
                tracking,
                model.bound(reader.blinding, reader.zone),
                build,
                started,
                even_if_counts_differ,
            )
            for model, build in builds
        ]
    finally:
        if not conn.broken:
            for model in models:
                drop_unused(conn, model)
            conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _index(tracking: TrackingRecorder, builds: Builds, head: int) -> None:
    """Index what was filled, a few builds at a time, and say that it is true for *head*."""

    def index(model: ReadModel, build: int) -> None:
        table = model.table_of(build)
        with tracking.datastore.transaction(commit=True) as cursor:
            add_indexes(cursor.connection, model, build)
            cursor.execute(SQL("ANALYZE {}").format(Identifier(SCHEMA, table)))
            if head:
                tracking.advance(cursor, table, head)

    with ThreadPoolExecutor(_INDEXED_AT_ONCE) as indexers:
        list(indexers.map(lambda each: index(*each), builds))


def _switch(
    conn: Connection[Any],
    reader: LogReader,
    tracking: TrackingRecorder,
    model: ReadModel,
    build: int,
    started: float,
    even_if_counts_differ: bool,  # noqa: FBT001
) -> Rebuilt:
    consumer = ReadModelConsumer(model, build, tracking)
    live = live_builds(conn)[model.name]
    position = _position(conn, model.table_of(build))
    while _head(conn) - position > _CLOSE_ENOUGH:
        position = _catch_up(reader, consumer, position, position + _CLOSE_ENOUGH)
    same_version = _version(conn, model.name, live) == model.version
    if same_version:
        _bring_live_to(position, conn, reader, ReadModelConsumer(model, live, tracking))
    with conn.transaction():
        # The live build's position is locked: the runner waits at its next batch, and both
        # builds are compared at one place in the log.
        row = conn.execute(
            "SELECT notification_id FROM karguzar.register_tracking "
            "WHERE application_name = %s FOR UPDATE",
            (model.table_of(live),),
        ).fetchone()
        live_at = row[0] if row else 0
        while position < live_at:
            position = _catch_up(reader, consumer, position, live_at)
        before, after = _count(conn, model, live), _count(conn, model, build)
        comparable = same_version and live_at == position and live_at > 0
        if before != after and comparable and not even_if_counts_differ:
            msg = f"{model.name}: {before} rows live, {after} rebuilt; the live build stays"
            raise CountsDiffer(msg)
        go_live(conn, model, build)
    return Rebuilt(
        read_model=model.name,
        build=build,
        rows_before=before,
        rows=after,
        events=position,
        seconds=monotonic() - started,
    )


def _bring_live_to(
    position: int, conn: Connection[Any], reader: LogReader, live: ReadModelConsumer
) -> None:
    """Help the live build to where the new one is, so that both can be compared.

    One that can't take an event stays where it is: rebuilding it may be the remedy.
    """
    while 0 < (at := _position(conn, live.name)) < position:
        try:
            _catch_up(reader, live, at, min(position, at + _CLOSE_ENOUGH))
        except Exception as error:  # noqa: BLE001 - then there is nothing to compare with
            log.warning("live-build-behind", read_model=live.name, error=type(error).__name__)
            return


def _catch_up(reader: LogReader, consumer: ReadModelConsumer, position: int, upto: int) -> int:
    batch = [r for r in reader.tail(position, upto - position) if r.position <= upto]
    if not batch:
        return upto
    try:
        consumer.take(batch)
    except IntegrityError as error:
        if error.__cause__ is not None:
            raise
    return batch[-1].position


def _head(conn: Connection[Any]) -> int:
    (head,) = conn.execute("SELECT position FROM karguzar.log_head").fetchone()  # type: ignore[misc]
    return int(head)


def _position(conn: Connection[Any], name: str) -> int:
    row = conn.execute(
        "SELECT notification_id FROM karguzar.register_tracking WHERE application_name = %s",
        (name,),
    ).fetchone()
    return int(row[0]) if row else 0


def _count(conn: Connection[Any], model: ReadModel, build: int) -> int:
    (count,) = conn.execute(  # type: ignore[misc]
        SQL("SELECT count(*) FROM {}").format(Identifier(SCHEMA, model.table_of(build)))
    ).fetchone()
    return int(count)


def _version(conn: Connection[Any], name: str, build: int) -> int:
    row = (
        conn.cursor(row_factory=tuple_row)
        .execute(
            "SELECT version FROM karguzar.read_model_builds WHERE name = %s AND build = %s",
            (name, build),
        )
        .fetchone()
    )
    return int(row[0]) if row else 0
