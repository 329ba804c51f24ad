"""The log in PostgreSQL: total order, whole batches, positions without gaps.

Built on eventsourcing's factory, recorder and tracking. Its database functions are never on:
they skip the lock that gives order. Its table lock is replaced by a row lock: see `opened`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
    PostgresTrackingRecorder,
)
from eventsourcing.utils import Environment
from msgspec import Struct
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row, tuple_row

from infra.arrays import Blobs, Numbers, Texts, Uuids, write_in_binary
from infra.keys import master_key_in_force
from infra.rows import COLUMNS, StreamRow

SCHEMA = "karguzar"
CHANNEL = "karguzar_log"
_COLUMNS = "originator_id, originator_version, topic, state, notification_id"
ROLE = "karguzar_app"

_GIVEN = "SELECT coalesce(sum(last_sequence), 0)::int8 FROM karguzar.register_books WHERE book = %b"
CALENDAR_DECISION = "topic LIKE 'calendar-decision-%'"
"""The events of decisions on the calendar, as their partial index has it."""
_DECISIONS = (
    f"SELECT {_COLUMNS} FROM karguzar.register_events "  # noqa: S608
    f"WHERE {CALENDAR_DECISION} ORDER BY notification_id"
)

Book = tuple[str, int]
"""A register book and its year."""


class StoredCommand(Struct, frozen=True):
    """A command carried out, and the answer it got. ``position`` is its last event's."""

    command_id: UUID
    digest: bytes
    case_id: UUID
    version: int
    position: int
    topics: tuple[str, ...]


class Append(Struct, frozen=True, kw_only=True):
    """What one batch adds to the log, all of it or nothing."""

    events: Sequence[StoredEvent]
    commands: Sequence[StoredCommand]
    keys: Mapping[UUID, bytes]
    numbers: Mapping[Book, int]


class Batch:
    """An open transaction that holds the log's lock.

    Its statements go out together until the answer of one is waited for.
    """

    def __init__(self, cursor: Cursor[Any]) -> None:
        self.cursor = cursor
        self._head = cursor.connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT position FROM karguzar.log_head FOR UPDATE"
        )
        self._position: int | None = None

    @property
    def position(self) -> int:
        """The last position used; the first to ask waits until the lock is ours."""
        if self._position is None:
            (self._position,) = cast("tuple[int]", self._head.fetchone())
        return self._position

    def look_up(
        self, command_ids: Sequence[UUID], after: Mapping[UUID, int]
    ) -> tuple[dict[UUID, StoredCommand], list[StreamRow], dict[Book, int]]:
        """What deciding needs, in one round trip.

        That is the commands that were carried out before, the cases' events after the version
        given for each, and the last number of each book.
        """
        connection = self.cursor.connection
        commands = connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT command_id, digest, case_id, version, position, topics "
            "FROM karguzar.commands WHERE command_id = ANY(%b)",
            (Uuids(command_ids),),
        )
        rows = connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT e.originator_id, e.originator_version, e.topic, e.state, "
            "e.notification_id FROM unnest(%b::uuid[], %b::bigint[]) AS known (id, version) "
            "JOIN karguzar.register_events e "
            "ON e.originator_id = known.id AND e.originator_version > known.version "
            "ORDER BY e.originator_id, e.originator_version",
            (Uuids(after), Numbers(after.values())),
        )
        books = connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT book, year, last_sequence FROM karguzar.register_books"
        )
        return (
            {
                command_id: StoredCommand(command_id, digest, case, version, position, (*topics,))
                for command_id, digest, case, version, position, topics in commands
            },
            [StreamRow(*row) for row in rows],
            {(book, year): last for book, year, last in books},
        )

    def calendar_decisions(self) -> list[StreamRow]:
        """All events of decisions on the calendar, in the log's order."""
        return _calendar_decisions(self.cursor.connection)

    def changed_since(self, position: int, book: str) -> tuple[set[UUID], int]:
        """The cases with events behind *position*, and how many numbers *book* has given."""
        connection = self.cursor.connection
        changed = connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT DISTINCT originator_id FROM karguzar.register_events "
            "WHERE notification_id > %b",
            (position,),
        )
        given = connection.cursor(binary=True, row_factory=tuple_row).execute(_GIVEN, (book,))
        return {case for (case,) in changed}, _one(given)

    def carried_out(self, command_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the commands that the log holds already."""
        found = self.cursor.connection.cursor(binary=True, row_factory=tuple_row).execute(
            "SELECT command_id FROM karguzar.commands WHERE command_id = ANY(%b)",
            (list(command_ids),),
        )
        return {command_id for (command_id,) in found}

    def append(self, new: Append) -> None:
        """Write it all; nothing is visible, or kept, before the transaction commits."""
        cursor, events = self.cursor, new.events
        first = self.position + 1
        self._position = last = self.position + len(events)
        if new.keys:
            cursor.execute(
                "INSERT INTO karguzar.person_keys (owner, wrapped) "
                "SELECT * FROM unnest(%b::uuid[], %b::bytea[])",
                (Uuids(new.keys), Blobs(new.keys.values())),
            )
        if events:
            cursor.execute(
                "INSERT INTO karguzar.register_events "
                "(originator_id, originator_version, topic, state, notification_id) "
                "SELECT * FROM unnest("
                "%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::bigint[])",
                (
                    Uuids(cast("UUID", e.originator_id) for e in events),
                    Numbers(e.originator_version for e in events),
                    Texts(e.topic for e in events),
                    Blobs(e.state for e in events),
                    Numbers(range(first, last + 1)),
                ),
            )
            cursor.execute("UPDATE karguzar.log_head SET position = %b", (last,))
        if new.numbers:
            cursor.execute(
                "INSERT INTO karguzar.register_books (book, year, last_sequence) "
                "SELECT * FROM unnest(%b::text[], %b::integer[], %b::bigint[]) "
                "ON CONFLICT (book, year) DO UPDATE "
                "SET last_sequence = excluded.last_sequence",
                (
                    [book for book, _ in new.numbers],
                    [year for _, year in new.numbers],
                    list(new.numbers.values()),
                ),
            )
        if new.commands:
            cursor.execute(
                "INSERT INTO karguzar.commands "
                "(command_id, digest, case_id, version, position, topics) "
                "SELECT c.id, c.digest, c.case_id, c.version, c.position, "
                "string_to_array(c.topics, ' ') "
                "FROM unnest(%b::uuid[], %b::bytea[], %b::uuid[], %b::bigint[], "
                "%b::bigint[], %b::text[]) "
                "AS c (id, digest, case_id, version, position, topics)",
                (
                    Uuids(c.command_id for c in new.commands),
                    Blobs(c.digest for c in new.commands),
                    Uuids(c.case_id for c in new.commands),
                    Numbers(c.version for c in new.commands),
                    Numbers(c.position for c in new.commands),
                    Texts(" ".join(c.topics) for c in new.commands),
                ),
            )
        if events:
            cursor.execute(f"NOTIFY {CHANNEL}")


def _calendar_decisions(conn: Connection[Any]) -> list[StreamRow]:
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(_DECISIONS)
    return [StreamRow(*row) for row in rows]


def _one(cursor: Cursor[Any]) -> int:
    (value,) = cast("tuple[int]", cursor.fetchone())
    return value


class Recorder(PostgresApplicationRecorder):
    """Appends under one lock, so that positions are dense and in commit order."""

    @contextmanager
    def opened(self) -> Iterator[Batch]:
        """A transaction that holds the log's lock until it commits.

        The lock is the row lock on `log_head`, which also holds the last position: whoever has
        it alone hands out positions, and the next writer gets it only after our commit or
        rollback. So a reader that has seen position n will never see a smaller one appear, and
        a rollback leaves no gap. That is what lets read models take the visible head as done.

        All of it is one pipeline: what a statement failed with is raised where its answer, or
        the commit's, is waited for, and nothing after it has been done.
        """
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cursor:
            try:
                with master_key_in_force(), conn.pipeline():
                    cursor.execute("BEGIN")
                    yield Batch(cursor)
                    cursor.execute("COMMIT")
            except BaseException:
                if not conn.broken:
                    conn.rollback()
                raise

    def tail(self, after: int, limit: int) -> list[StreamRow]:
        """At most *limit* events from behind position *after* on, in the log's order."""
        with self.datastore.get_connection() as conn:
            rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
                f"SELECT {COLUMNS} FROM karguzar.register_events e WHERE notification_id > %b "  # noqa: S608
                "ORDER BY notification_id LIMIT %b",
                (after, limit),
            )
            return [StreamRow(*row) for row in rows]

    def calendar_decisions(self, book: str) -> tuple[int, list[StreamRow]]:
        """How many numbers *book* has given, and all events of decisions on the calendar.

        The events may be newer than the number, never older.
        """
        with self.datastore.get_connection() as conn:
            given = conn.cursor(binary=True, row_factory=tuple_row).execute(_GIVEN, (book,))
            return _one(given), _calendar_decisions(conn)

    def cases_between(self, first: UUID, last: UUID, upto: int) -> list[StreamRow]:
        """All events up to *upto* of the cases with ids from *first* to *last*, case by case."""
        with self.datastore.get_connection() as conn:
            rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
                f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608
                "WHERE originator_id BETWEEN %b AND %b AND notification_id <= %b "
                "ORDER BY originator_id, originator_version",
                (first, last, upto),
            )
            return [StreamRow(*row) for row in rows]

    def cases(self, case_ids: Sequence[UUID]) -> list[StreamRow]:
        """All events of these cases, case by case."""
        with self.datastore.get_connection() as conn:
            rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
                f"SELECT {COLUMNS} FROM karguzar.register_events e "  # noqa: S608
                "WHERE originator_id = ANY(%b) ORDER BY originator_id, originator_version",
                (list(case_ids),),
            )
            return [StreamRow(*row) for row in rows]

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """The library's way in, through the same lock."""
        with self.opened() as batch:
            first = batch.position + 1
            batch.append(Append(events=stored_events, commands=(), keys={}, numbers={}))
        return list(range(first, batch.position + 1))


class TrackingRecorder(PostgresTrackingRecorder):
    """How far each read model has come, committed with its rows."""

    def advance(self, cursor: Cursor[Any], name: str, position: int) -> None:
        """Move *name* forward to *position*, in the caller's transaction.

        Raises IntegrityError when it is there already: somebody else did this work.
        """
        cursor.execute(
            self.insert_tracking_statement,
            {"application_name": name, "notification_id": position},
            prepare=True,
        )
        if cursor.fetchone() is None:
            msg = f"{name} is already at {position} or beyond"
            raise IntegrityError(msg)


class Datastore(PostgresDatastore):
    """A pool whose connections take the application's role."""

    def after_connect_func(self) -> Any:
        library_setup = super().after_connect_func()

        def after_connect(conn: Connection[Any]) -> None:
            library_setup(conn)
            conn.prepare_threshold = 2
            write_in_binary(conn.adapters)
            conn.execute(f"SET ROLE {ROLE}")

        return after_connect


class Factory(PostgresFactory):
    """eventsourcing's factory over a database URL; tables are made by migrations alone."""

    application_recorder_class = Recorder
    tracking_recorder_class = TrackingRecorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore = Datastore(
            dbname="",
            host="",
            port="",
            user="",
            password="",
            schema=SCHEMA,
            pool_size=1,
            max_overflow=3,
            idle_in_transaction_session_timeout=10,
        )
        self.datastore.pool.kwargs = {
            **conninfo_to_dict(env["KARGUZAR_CONNINFO"]),
            "row_factory": dict_row,
        }

    def env_create_table(self) -> bool:
        return False


def environment(conninfo: str) -> dict[str, str]:
    """What eventsourcing needs in its environment to use this event store."""
    return {
        "PERSISTENCE_MODULE": "infra.eventstore:Factory",
        "KARGUZAR_CONNINFO": conninfo,
        "POSTGRES_DBNAME": "see KARGUZAR_CONNINFO",
        "POSTGRES_HOST": "",
        "POSTGRES_USER": "",
        "POSTGRES_PASSWORD": "",
        "CREATE_TABLE": "n",
    }
