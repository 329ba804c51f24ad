"""A read model: rows folded from the events of one case, kept in one table.

Because each row belongs to one case, a rebuild may go through the log case by case and write
every row once, and applying a batch twice gives the same rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, LiteralString, Self, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple, replace
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from domain.case import Event
from domain.envelope import Recorded
from infra.blinding import Blinding
from infra.copying import copy_rows
from projections import past_rows
from projections.groups import Group
from projections.past_rows import PastRows
from projections.sums import Sums

SCHEMA = "read_models"
Key = tuple[Any, ...]
Rows = dict[Key, Any]
"""The rows of one case by their key."""
_NOTHING = SQL("")

_TYPES: Mapping[Any, str] = {
    UUID: "uuid",
    str: "text",
    int: "int8",
    bool: "bool",
    bytes: "bytea",
    date: "date",
    datetime: "timestamptz",
}


class ReadModel(Struct, frozen=True, kw_only=True):
    """``key`` begins with case_id. ``version`` goes up when the fold or the table changes.

    ``fold`` puts a new list in a row where one changes: what is written is what differs from
    before. ``appends`` where each event gives rows of its own, which no other event changes: then
    none are read. The fold of a ``keyed`` one takes the register's secret too, and that of a
    ``zoned`` one the zone of its business days, by `bound`. ``has_past`` where the rows' past is
    kept (`projections/past_rows.py`); then they may have ``sums`` (`projections/sums.py`).
    ``takes`` are the types of the events that the fold does anything with; None for all.
    """

    name: str
    version: int
    row: type[Struct]
    key: tuple[str, ...]
    fold: Callable[..., None]
    table: str
    indexes: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    appends: bool = False
    keyed: bool = False
    zoned: bool = False
    group: Group = Group.NEAR
    has_past: Callable[[Any], bool] | None = None
    sums: Sums | None = None
    takes: frozenset[type[Event]] | None = None

    @classmethod
    def of(cls, module: Any) -> Self:
        """The read model that a module and the SQL file beside it describe.

        The module gives VERSION, KEY, Row and fold, and with TAKES the events that it folds, unless
        EVERY_EVENT says that the others move something too. The file gives the table named
        ``{table}`` and, after the line ``-- indexes``, its indexes.
        """
        file = Path(module.__file__).with_suffix(".sql")
        sums = getattr(module, "SUMS", None)
        table, _, indexes = file.read_text().partition("-- indexes\n")
        hints = get_type_hints(module.Row)
        every = getattr(module, "EVERY_EVENT", False)
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
            keyed=getattr(module, "KEYED", False),
            zoned=getattr(module, "ZONED", False),
            group=getattr(module, "GROUP", Group.NEAR),
            has_past=getattr(module, "has_past", None),
            sums=Sums.of(sums) if sums else None,
            takes=None if every else getattr(module, "TAKES", None),
        )

    def bound(self, blinding: Blinding, zone: tzinfo = UTC) -> Self:
        """This read model, whose fold can be called with rows and an event alone."""
        if self.zoned:
            return replace(self, fold=partial(self.fold, zone=zone))
        return replace(self, fold=partial(self.fold, blinding=blinding)) if self.keyed else self

    def table_of(self, build: int) -> str:
        return f"{self.name}_{build}"

    @property
    def stored(self) -> tuple[str, ...]:
        """The table's columns: those of a row and, where its past is kept, how long it stood."""
        return self.columns + past_rows.COLUMNS if self.has_past else self.columns

    def key_of(self, row: Struct) -> Key:
        return tuple(getattr(row, name) for name in self.key)

    def load(self, cursor: Cursor[Any], table: str, cases: Iterable[UUID]) -> dict[UUID, Rows]:
        """The rows of the cases as they are stored."""
        found: dict[UUID, Rows] = {case: {} for case in cases}
        if not found:
            return found
        query = _reading(table, self.columns, "")
        reader = cursor.connection.cursor(binary=True, row_factory=tuple_row)
        for values in reader.execute(query, (list(found),), prepare=True):
            row = self.row(*values)
            key = self.key_of(row)
            found[key[0]][key] = row
        return found

    def _load_standing(
        self, cursor: Cursor[Any], table: str, past: Mapping[UUID, PastRows]
    ) -> dict[UUID, Rows]:
        """The rows that stand, put into *past* as what it goes on from."""
        found: dict[UUID, Rows] = {case: {} for case in past}
        if not found:
            return found
        query = _reading(table, ("since_position", *self.columns), f" AND {past_rows.STANDING}")
        reader = cursor.connection.cursor(binary=True, row_factory=tuple_row)
        for since, *values in reader.execute(query, (list(found),), prepare=True):
            row = self.row(*values)
            key = self.key_of(row)
            found[key[0]][key] = row
            past[key[0]].standing[key] = (tuple(values), since)
        return found

    def taken(self, events: Iterable[Recorded]) -> list[Recorded]:
        """Those of the events that the fold does anything with."""
        if self.takes is None:
            return list(events)
        takes = self.takes
        return [event for event in events if type(event.event) in takes]

    def apply(self, cursor: Cursor[Any], table: str, batch: Iterable[Recorded]) -> None:
        """Fold the events into the stored rows and write what changed.

        A case that begins in this batch has no rows yet.
        """
        if self.appends:
            rows: Rows = {}
            for event in batch:
                self.fold(rows, event)
            self.copy(cursor, table, map(astuple, rows.values()))
            return
        events = self.taken(batch)
        if not events:
            return
        if self.has_past:
            self._apply_with_past(cursor, table, events, self.has_past)
            return
        begun = {event.originator_id for event in events if event.originator_version == 1}
        known = {event.originator_id for event in events} - begun
        loaded = self.load(cursor, table, known)
        fresh: dict[UUID, Rows] = {case: {} for case in begun}
        before = {key: astuple(row) for rows in loaded.values() for key, row in rows.items()}
        cases = loaded | fresh
        for event in events:
            self.fold(cases[event.originator_id], event)
        after = {key: astuple(row) for rows in loaded.values() for key, row in rows.items()}
        gone = [key for key in before if after.get(key) != before[key]]
        if gone:
            self._delete(cursor, table, gone)
        changed = (row for key, row in after.items() if before.get(key) != row)
        new = (astuple(row) for rows in fresh.values() for row in rows.values())
        self.copy(cursor, table, chain(new, changed))

    def _apply_with_past(
        self,
        cursor: Cursor[Any],
        table: str,
        events: Sequence[Recorded],
        has_past: Callable[[Any], bool],
    ) -> None:
        begun = {event.originator_id for event in events if event.originator_version == 1}
        past = {event.originator_id: PastRows(has_past) for event in events}
        known = {case: each for case, each in past.items() if case not in begun}
        cases = self._load_standing(cursor, table, known) | {case: {} for case in begun}
        before = {key: row for each in past.values() for key, row in each.standing.items()}
        for event in events:
            rows = cases[event.originator_id]
            self.fold(rows, event)
            past[event.originator_id].become(rows, event.position)
        after = {key: row for each in past.values() for key, row in each.standing.items()}
        gone = [key for key in before if after.get(key) != before[key]]
        if gone:
            self._delete(cursor, table, gone, SQL(" AND " + past_rows.STANDING))
        changed = ((*row[0], row[1], None) for key, row in after.items() if before.get(key) != row)
        ended = (row for each in past.values() for row in each.ended)
        self.copy(cursor, table, chain(ended, changed))
        if self.sums:
            self.sums.add(cursor, table, list(past), events[0].position)

    def copy(self, cursor: Cursor[Any], table: str, rows: Iterator[tuple[Any, ...]]) -> int:
        """Add rows to the table, as fast as PostgreSQL takes them; how many there were."""
        first = next(rows, None)
        if first is None:
            return 0
        types = self.types + past_rows.TYPES if self.has_past else self.types
        statement = _copying(table, self.stored)
        return copy_rows(cursor.connection, statement, types, chain((first,), rows))

    def _delete(
        self, cursor: Cursor[Any], table: str, keys: list[Key], further: SQL = _NOTHING
    ) -> None:
        types = dict(zip(self.columns, self.types, strict=True))
        names = SQL(", ").join(map(Identifier, self.key))
        arrays = SQL(", ").join(SQL(f"%b::{types[name]}[]") for name in self.key)
        query: Composed = SQL("DELETE FROM {} WHERE ({}) IN (SELECT * FROM unnest({})){}").format(
            Identifier(SCHEMA, table), names, arrays, further
        )
        cursor.execute(query, [list(column) for column in zip(*keys, strict=True)], prepare=True)


@cache
def _reading(table: str, columns: tuple[str, ...], further: LiteralString) -> bytes:
    return (
        SQL("SELECT {} FROM {} WHERE case_id = ANY(%b){}")
        .format(_listed(columns), Identifier(SCHEMA, table), SQL(further))
        .as_bytes()
    )


@cache
def _copying(table: str, columns: tuple[str, ...]) -> bytes:
    query = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
    return query.format(Identifier(SCHEMA, table), _listed(columns)).as_bytes()


def _listed(columns: Iterable[str]) -> Composable:
    return SQL(", ").join(map(Identifier, columns))


def _column_type(hint: Any) -> str:
    options = [arg for arg in get_args(hint) if arg is not type(None)]
    if get_origin(hint) in (list, tuple, frozenset):
        return _column_type(options[0]) + "[]"
    return _TYPES[options[0] if options else hint]
