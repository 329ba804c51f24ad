"""Logs with random histories in them, and read models made of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

import psycopg
from eventsourcing.utils import Environment
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from application.desk import Desk
from domain.envelope import Recorded
from domain.kinds import KINDS
from infra.eventstore import Append, Factory, TrackingRecorder, environment
from projections.builds import ensure_builds, followed_builds
from projections.readmodel import SCHEMA, ReadModel
from projections.runner import LogReader, ReadModelConsumer, Runner
from tests.projections.histories import history

Answer = TypeVar("Answer")


def answered(
    database: str, question: Callable[[AsyncConnection[Any]], Awaitable[Answer]]
) -> Answer:
    """What is answered on a connection of its own."""

    async def ask() -> Answer:
        async with await AsyncConnection.connect(database, autocommit=True) as conn:
            return await question(conn)

    return asyncio.run(ask())


def interleaved(rng: Random, *, cases: int, events: int) -> list[Recorded]:
    """Cases of every kind that went on at the same time."""
    kinds = list(KINDS)
    waiting = [
        list(reversed(history(rng, kinds[n % len(kinds)], events=events).recorded))
        for n in range(cases)
    ]
    log = []
    while waiting := [case for case in waiting if case]:
        log.append(rng.choice(waiting).pop())
    return log


def append(desk: Desk, log: Iterable[Recorded]) -> None:
    """Put the events into the log as they are, sealed as the desk seals them."""
    mapper, ring = desk.event_mapper, desk.keys
    with desk.log.opened() as batch:
        parts = [mapper.take_apart(recorded) for recorded in log]
        owners = {owner for part in parts for owner in part.personal}
        keys = ring.read(batch.cursor, owners)
        made = {}
        for owner in owners - keys.keys():
            keys[owner], made[owner] = ring.make(owner)
        events = [mapper.seal(part, keys) for part in parts]
        batch.append(Append(events=events, commands=(), keys=made, numbers={}))


def reader_of(desk: Desk) -> LogReader:
    return LogReader(desk.log, desk.event_mapper, desk.keys)


def tracking_in(database: str) -> TrackingRecorder:
    factory = Factory(Environment("register", environment(database)))
    return factory.tracking_recorder(TrackingRecorder)


def runner_for(
    desk: Desk, database: str, tracking: TrackingRecorder, models: Sequence[ReadModel]
) -> Runner:
    """A runner over the live builds of the models, which it makes where there are none."""
    reader = reader_of(desk)
    models = bound(desk, models)
    with psycopg.connect(database, autocommit=True) as conn:
        ensure_builds(conn, models)

    def consumers() -> list[ReadModelConsumer]:
        with psycopg.connect(database) as conn:
            return [
                ReadModelConsumer(model, build, tracking)
                for model, build in followed_builds(conn, models)
            ]

    return Runner(reader, tracking, consumers)


def bound(desk: Desk, models: Sequence[ReadModel]) -> list[ReadModel]:
    """The models with the register's secret for those that take it."""
    blinding = reader_of(desk).blinding
    return [model.bound(blinding) for model in models]


def run_out(runner: Runner) -> None:
    """Let the runner take all there is."""
    while runner.step():
        pass


def stored_rows(database: str, model: ReadModel) -> list[tuple[Any, ...]]:
    """All rows of the live build, those of the past among them, in one order."""
    view = f"{model.name}_known" if model.has_past else model.name
    query = SQL("SELECT * FROM {} AS row ORDER BY row::text").format(Identifier(SCHEMA, view))
    with psycopg.connect(database) as conn:
        return conn.cursor(row_factory=tuple_row).execute(query).fetchall()


def rows_of(database: str, model: ReadModel) -> list[tuple[Any, ...]]:
    """All rows of the live build, sorted."""
    query = SQL("SELECT {} FROM {} ORDER BY {}").format(
        SQL(", ").join(map(Identifier, model.columns)),
        Identifier(SCHEMA, model.name),
        SQL(", ").join(map(Identifier, model.key)),
    )
    with psycopg.connect(database) as conn:
        return conn.cursor(row_factory=tuple_row).execute(query).fetchall()
