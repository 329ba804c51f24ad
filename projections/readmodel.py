"""A read model: rows folded from the events of one case, kept in one table.

Because each row belongs to one case, a rebuild may go through the log case by case and write
every row once, and applying a batch twice gives the same rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from domain.envelope import Recorded

SCHEMA = "read_models"
Key = tuple[Any, ...]
Rows = dict[Key, Any]
"""The rows of one case by their key."""

_TYPES: Mapping[Any, str] = {
    UUID: "uuid",
    str: "text",
    int: "int8",
    bool: "bool",
    date: "date",
    datetime: "timestamptz",
}


class ReadModel(Struct, frozen=True, kw_only=True):
    """``key`` begins with case_id. ``version`` goes up when the fold or the table changes.

    ``fold`` puts a new list in a row where one changes: what is written is what differs from
    before. ``appends`` where each event gives rows of its own, which no other event changes: then
    none are read.
    """

    name: str
    version: int
    row: type[Struct]
    key: tuple[str, ...]
    fold: Callable[[Rows, Recorded], None]
    table: str
    indexes: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    appends: bool = False

    @classmethod
    def of(cls, module: Any) -> Self:
        """The read model that a module and the SQL file beside it describe.

        The module gives VERSION, KEY, Row and fold; the file gives the table named ``{table}``
        and, after the line ``-- indexes``, its indexes.
        """
        file = Path(module.__file__).with_suffix(".sql")
        table, _, indexes = file.read_text().partition("-- indexes\n")
        hints = get_type_hints(module.Row)
        return cls(
            name=file.stem,
            version=module.VERSION,
            row=module.Row,
            key=module.KEY,
            fold=module.fold,
            table=table,
            indexes=indexes,
            columns=tuple(module.Row.__struct_fields__),
            types=tuple(_column_type(hints[name]) for name in module.Row.__struct_fields__),
            appends=getattr(module, "APPENDS", False),
        )

    def table_of(self, build: int) -> str:
        return f"{self.name}_{build}"

    def key_of(self, row: Struct) -> Key:
        return tuple(getattr(row, name) for name in self.key)

    def load(self, cursor: Cursor[Any], table: str, cases: Iterable[UUID]) -> dict[UUID, Rows]:
        """The rows of the cases as they are stored."""
        found: dict[UUID, Rows] = {case: {} for case in cases}
        if not found:
            return found
        query = SQL("SELECT {} FROM {} WHERE case_id = ANY(%b)").format(
            SQL(", ").join(map(Identifier, self.columns)), Identifier(SCHEMA, table)
        )
        reader = cursor.connection.cursor(binary=True, row_factory=tuple_row)
        for values in reader.execute(query, (list(found),), prepare=True):
            row = self.row(*values)
            key = self.key_of(row)
            found[key[0]][key] = row
        return found

    def apply(self, cursor: Cursor[Any], table: str, batch: Iterable[Recorded]) -> None:
        """Fold the events into the stored rows and write what changed.

        A case that begins in this batch has no rows yet.
        """
        if self.appends:
            fresh: Rows = {}
            for event in batch:
                self.fold(fresh, event)
            self.copy(cursor, table, map(astuple, fresh.values()))
            return
        events = list(batch)
        begun = {event.originator_id for event in events if event.originator_version == 1}
        known = {event.originator_id for event in events} - begun
        cases = self.load(cursor, table, known) | {case: {} for case in begun}
        before = {key: astuple(row) for rows in cases.values() for key, row in rows.items()}
        for event in events:
            self.fold(cases[event.originator_id], event)
        after = {key: astuple(row) for rows in cases.values() for key, row in rows.items()}
        gone = [key for key in before if after.get(key) != before[key]]
        if gone:
            self._delete(cursor, table, gone)
        self.copy(cursor, table, (row for key, row in after.items() if before.get(key) != row))

    def copy(self, cursor: Cursor[Any], table: str, rows: Iterator[tuple[Any, ...]]) -> int:
        """Add rows to the table, as fast as PostgreSQL takes them; how many there were."""
        count = 0
        first = next(rows, None)
        if first is None:
            return 0
        query = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
            Identifier(SCHEMA, table), SQL(", ").join(map(Identifier, self.columns))
        )
        with cursor.copy(query) as copy:
            copy.set_types(self.types)
            copy.write_row(first)
            for count, row in enumerate(rows, 1):  # noqa: B007
                copy.write_row(row)
        return count + 1

    def _delete(self, cursor: Cursor[Any], table: str, keys: list[Key]) -> None:
        types = dict(zip(self.columns, self.types, strict=True))
        names = SQL(", ").join(map(Identifier, self.key))
        arrays = SQL(", ").join(SQL(f"%b::{types[name]}[]") for name in self.key)
        query: Composed = SQL("DELETE FROM {} WHERE ({}) IN (SELECT * FROM unnest({}))").format(
            Identifier(SCHEMA, table), names, arrays
        )
        cursor.execute(query, [list(column) for column in zip(*keys, strict=True)], prepare=True)


def _column_type(hint: Any) -> str:
    options = [arg for arg in get_args(hint) if arg is not type(None)]
    if get_origin(hint) in (list, tuple, frozenset):
        return _column_type(options[0]) + "[]"
    return _TYPES[options[0] if options else hint]
