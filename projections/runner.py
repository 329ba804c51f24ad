"""The runner: one process follows the log for a group of read models; if it dies, another does."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from functools import cached_property
from typing import Any, Protocol, cast
from uuid import UUID

import psycopg
import structlog
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from psycopg import Cursor
from psycopg.errors import UndefinedTable
from psycopg.rows import tuple_row

from domain.envelope import Recorded
from infra import locks
from infra.blinding import Blinding, blinding_of
from infra.eventstore import CHANNEL, SCHEMA, Recorder, TrackingRecorder
from infra.keys import KeyRing, Keys
from infra.mapper import EventMapper
from infra.rows import COLUMNS, StreamRow
from projections.groups import PACES, Group
from projections.readmodel import ReadModel

BATCH = 1_000
_RETRY_SECONDS = (1, 2, 5, 10, 30)
_POSITIONS = (
    "SELECT name, NULL::bigint, tries FROM karguzar.stopped_consumers UNION ALL "
    "SELECT application_name, notification_id, NULL FROM karguzar.register_tracking"
)
"""How far each consumer is, and how often those that stand still have tried."""

log = structlog.get_logger()


class Consumer(Protocol):
    """Something that takes the log in order: a read model, or the policies.

    `take` does its work and advances its position in one transaction or, where its work is
    harmless to repeat, behind it.
    """

    name: str

    def take(self, batch: Sequence[Recorded]) -> None: ...


class ReadModelConsumer:
    """Keeps one build of a read model up to date: rows and position commit together."""

    def __init__(self, model: ReadModel, build: int, tracking: TrackingRecorder) -> None:
        self.name = model.table_of(build)
        self._model = model
        self._tracking = tracking

    def take(self, batch: Sequence[Recorded]) -> None:
        with self._tracking.datastore.transaction(commit=True) as cursor:
            done = self._lock_position(cursor)
            self._tracking.advance(cursor, self.name, batch[-1].position)
            self._model.apply(cursor, self.name, (r for r in batch if r.position > done))

    def apply(self, cursor: Cursor[Any], batch: Sequence[Recorded]) -> None:
        """Write what follows from the whole batch; its position is the caller's matter."""
        self._model.apply(cursor, self.name, batch)

    def _lock_position(self, cursor: Cursor[Any]) -> int:
        """Where this build is; it stays there until the transaction ends."""
        cursor.execute(
            f"INSERT INTO {SCHEMA}.register_tracking VALUES (%s, 0) ON CONFLICT DO NOTHING",  # noqa: S608
            (self.name,),
        )
        cursor.execute(
            f"SELECT notification_id FROM {SCHEMA}.register_tracking "  # noqa: S608
            "WHERE application_name = %s FOR UPDATE",
            (self.name,),
        )
        return int(cast("dict[str, int]", cursor.fetchone())["notification_id"])


def take_together(
    consumers: Sequence[ReadModelConsumer],
    after: int,
    batch: Sequence[Recorded],
    tracking: TrackingRecorder,
) -> bool:
    """All of them in one transaction, or, where one can't, none: then each has to try alone."""
    names = [consumer.name for consumer in consumers]
    try:
        with tracking.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                f"UPDATE {SCHEMA}.register_tracking SET notification_id = %s "  # noqa: S608
                "WHERE application_name = ANY(%s) AND notification_id = %s",
                (batch[-1].position, names, after),
            )
            _require_all(cursor.rowcount, names)
            for consumer in consumers:
                consumer.apply(cursor, batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - who fails, and why, shows when each tries alone
        return False
    return True


class _NotAllThere(Exception):
    """Somebody else moved one of the positions."""


def _require_all(moved: int, names: Sequence[str]) -> None:
    if moved != len(names):
        raise _NotAllThere


class LogReader:
    """Reads the log with personal parts opened."""

    def __init__(
        self, recorder: Recorder, mapper: EventMapper, keys: KeyRing, zone: tzinfo = UTC
    ) -> None:
        """*zone* is that of the register's business days, for the folds of zoned read models."""
        self.recorder = recorder
        self.mapper = mapper
        self.zone = zone
        self._keys = keys

    def tail(self, after: int, limit: int = BATCH) -> list[Recorded]:
        """At most *limit* events from behind *after* on."""
        return self.mapper.read_all(self.recorder.tail(after, limit), self.keys_of)

    def cases_begun(self, after: int, upto: int, head: int) -> list[Recorded]:
        """The events up to *head* of the cases begun behind *after* and up to *upto*, by case.

        Cases that began together lie together in the log, and then in the read models' tables too.
        """
        with self.recorder.datastore.get_connection() as conn:
            cursor = conn.cursor(binary=True, row_factory=tuple_row)
            begun = cursor.execute(
                f"SELECT originator_id FROM {SCHEMA}.register_events "  # noqa: S608
                "WHERE notification_id > %b AND notification_id <= %b AND originator_version = 1 "
                "ORDER BY notification_id",
                (after, upto),
            ).fetchall()
            rows = cursor.execute(
                f"SELECT {COLUMNS} FROM unnest(%b::uuid[]) WITH ORDINALITY AS begun (id, n) "  # noqa: S608
                f"JOIN {SCHEMA}.register_events e ON e.originator_id = begun.id "
                "WHERE e.notification_id <= %b ORDER BY begun.n, e.originator_version",
                ([case for (case,) in begun], head),
            ).fetchall()
        return self.mapper.read_all((StreamRow(*row) for row in rows), self.keys_of)

    @cached_property
    def blinding(self) -> Blinding:
        """The register's, for the folds of keyed read models."""
        with self.recorder.datastore.transaction(commit=True) as cursor:
            return blinding_of(cursor.connection.cursor(row_factory=tuple_row), self._keys)

    def keys_of(self, owners: set[UUID]) -> Keys:
        with self.recorder.datastore.get_connection() as conn:
            return self._keys.read(conn.cursor(row_factory=tuple_row), owners)


class Runner:
    """Follows the log for its consumers. One that fails stops alone, visibly, and is retried."""

    def __init__(
        self,
        reader: LogReader,
        tracking: TrackingRecorder,
        consumers: Callable[[], Sequence[Consumer]],
        group: Group = Group.NEAR,
    ) -> None:
        self._reader = reader
        self._tracking = tracking
        self._consumers = consumers
        self._group = group
        self._pace = PACES[group]
        self._claims: locks.Claims | None = None
        """What of the consumers is ours while we lead, so that each is followed by one process."""
        self.leads = False
        """Whether this is the one runner of its group at work."""
        self._retry_at: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        """Of the consumers that stand still, as the database has it."""

    def step(self) -> int:
        """Let every consumer take its next batch; how many events the furthest behind took."""
        positions = self._positions()
        taken = 0
        for after, consumers in self._by_position(positions).items():
            try:
                batch = self._read(after)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - it can't be read, and is shown
                for consumer in consumers:
                    self._stand_still(consumer, after, error)
                continue
            if batch and self._take_all(consumers, after, batch):
                taken = max(taken, len(batch))
        return taken

    def _by_position(self, positions: dict[str, int]) -> dict[int, list[Consumer]]:
        """The consumers that may go on, those that take the same batch together."""
        found: dict[int, list[Consumer]] = {}
        for consumer in self._ours(self._consumers()):
            if time.monotonic() >= self._retry_at.get(consumer.name, 0):
                found.setdefault(positions.get(consumer.name, 0), []).append(consumer)
        return found

    def _ours(self, consumers: Sequence[Consumer]) -> Sequence[Consumer]:
        """Those that nobody else follows.

        A runner of another version may still follow what has moved into our group since.
        """
        if self._claims is None:
            return consumers
        held = self._claims.among([each.name for each in consumers])
        return [each for each in consumers if each.name in held]

    def _take_all(
        self, consumers: Sequence[Consumer], after: int, batch: Sequence[Recorded]
    ) -> bool:
        """Whether any took it. The read models try in one transaction first, which costs less."""
        models = [each for each in consumers if isinstance(each, ReadModelConsumer)]
        sound = [each for each in models if each.name not in self._tries]
        together = len(sound) > 1 and take_together(sound, after, batch, self._tracking)
        alone = [each for each in consumers if not (together and each in sound)]
        took = [self._take(consumer, batch) for consumer in alone]
        return together or any(took)

    def _read(self, after: int) -> list[Recorded]:
        """The next batch, or only the next event where the batch has one that can't be read."""
        try:
            return self._reader.tail(after)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 - the event before it can still be taken
            return self._reader.tail(after, 1)

    def run(self, conninfo: str, stopping: Callable[[], bool]) -> None:
        """Wait until no other runner of the group is at work, then follow until *stopping*."""
        while not stopping():
            try:
                name = f"karguzar-{self._group}-runner-{os.getpid()}"
                with psycopg.connect(conninfo, autocommit=True, application_name=name) as conn:
                    try:
                        self._lead(conn, stopping)
                    finally:
                        self.leads = False
                        self._claims = None
            except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
                log.warning("runner-lost-database", error=type(error).__name__)
                time.sleep(0.5)

    def _lead(self, conn: psycopg.Connection[Any], stopping: Callable[[], bool]) -> None:
        while not locks.take(conn, self._pace.lock):
            if stopping():
                return
            time.sleep(0.2)
        log.info("runner-leads", group=self._group)
        self.leads = True
        self._claims = locks.Claims(conn)
        conn.execute(f"LISTEN {CHANNEL}")
        while not stopping():
            # A step after LISTEN took hold, and one at least every half second, so that no
            # notification that came too early can leave an event waiting.
            started = time.monotonic()
            taken = self.step()
            if taken == 0:
                for _ in conn.notifies(timeout=0.5, stop_after=1):
                    pass
            elif taken < BATCH:
                time.sleep(max(0.0, started + self._pace.step_seconds - time.monotonic()))

    def _positions(self) -> dict[str, int]:
        with self._tracking.datastore.get_connection() as conn:
            found = conn.cursor(row_factory=tuple_row).execute(_POSITIONS, prepare=True).fetchall()
        self._tries = {name: tries for name, _, tries in found if tries is not None}
        return {name: position for name, position, _ in found if position is not None}

    def _take(self, consumer: Consumer, batch: Sequence[Recorded]) -> bool:
        try:
            consumer.take(batch)
        except (OperationalError, InterfaceError):
            raise
        except IntegrityError as error:
            if error.__cause__ is not None:  # the table's own constraint, not the position's
                return self._stop(consumer, batch, error)
            log.warning("batch-taken-elsewhere", read_model=consumer.name, error=str(error))
            return False
        except ProgrammingError as error:
            if isinstance(error.__cause__, UndefinedTable):
                log.info("build-dropped", read_model=consumer.name)
                return False
            return self._stop(consumer, batch, error)
        except Exception as error:  # noqa: BLE001 - it stops this one only, and is shown
            return self._stop(consumer, batch, error)
        if self._tries.pop(consumer.name, 0):
            self._retry_at.pop(consumer.name, None)
            with self._tracking.datastore.transaction(commit=True) as cursor:
                cursor.execute(
                    "DELETE FROM karguzar.stopped_consumers WHERE name = %s", (consumer.name,)
                )
            log.info("consumer-goes-on", read_model=consumer.name)
        return True

    def _stop(self, consumer: Consumer, batch: Sequence[Recorded], error: Exception) -> bool:
        """Take what comes before the failing event one by one, then record where it stands."""
        if len(batch) > 1:
            return all(self._take(consumer, [recorded]) for recorded in batch)
        self._stand_still(consumer, batch[0].position - 1, error)
        return False

    def _stand_still(self, consumer: Consumer, position: int, error: Exception) -> None:
        tries = self._tries.get(consumer.name, 0)
        self._tries[consumer.name] = tries + 1
        pause = _RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)]
        self._retry_at[consumer.name] = time.monotonic() + pause
        with self._tracking.datastore.transaction(commit=True) as cursor:
            _record_stop(cursor, consumer.name, position, type(error).__name__)
        log.error(
            "consumer-stopped",
            read_model=consumer.name,
            position=position,
            error=type(error).__name__,
            exc_info=error,
        )


def _record_stop(cursor: Cursor[Any], name: str, position: int, error: str) -> None:
    cursor.execute(
        "INSERT INTO karguzar.stopped_consumers (name, position, error) VALUES (%s, %s, %s) "
        "ON CONFLICT (name) DO UPDATE SET position = excluded.position, "
        "error = excluded.error, tries = karguzar.stopped_consumers.tries + 1",
        (name, position, error),
    )
