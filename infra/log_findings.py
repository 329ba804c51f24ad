"""What was done to the log, told from what the tree says and what the rows are now."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, LiteralString

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from domain.merkle import HASH_BYTES, complete_root
from domain.tiles import WIDTH
from infra.leaves import leaf_at
from infra.rows import StreamRow
from infra.tree import OF_LOG, leaves_between

Kind = Literal[
    "event-altered",
    "event-removed",
    "event-inserted",
    "events-reordered",
    "events-cut-off",
    "event-forged",
    "range-changed",
    "tree-edited",
    "checkpoint-edited",
    "head-edited",
    "tracking-edited",
    "access-altered",
    "access-removed",
    "access-inserted",
    "accesses-cut-off",
]


class Finding(Struct, frozen=True, omit_defaults=True):
    """Something that isn't as it was recorded.

    ``position`` is that of the first event concerned, or the first access record's id.
    The sentence names cases, versions and topics, never what an event says.
    """

    kind: Kind
    sentence: str
    position: int | None = None


def what_happened(conn: Connection[Any], differing: Sequence[int]) -> Finding:
    """What was done to the first of the events that differ from the tree."""
    at = differing[0]
    here, behind = _rows_at(conn, at), _rows_at(conn, at + 1)
    if not here:
        if not _rows_behind(conn, at):
            return Finding(
                "events-cut-off",
                f"The log ends before position {at}: the events from there on were removed.",
                at,
            )
        return Finding("event-removed", f"The event at position {at} was removed.", at)
    if len(here) > 1:
        named = " and ".join(_named(row) for row in here)
        return Finding("event-inserted", f"{len(here)} events stand at {named}.", at)
    (row,) = here
    came_from_behind = any(leaf_at(each, at) == _stored(conn, at) for each in behind)
    for place in differing[1:]:
        if leaf_at(row, place) == _stored(conn, place):
            if place == at + 1 and not came_from_behind:
                sentence = f"The event at position {at} was removed and those behind it moved up."
                return Finding("event-removed", sentence, at)
            sentence = f"Reordered: what stood at position {place} stands at {_named(row)} now."
            return Finding("events-reordered", sentence, at)
    if came_from_behind:
        sentence = f"Inserted at {_named(row)}; those behind it moved down."
        return Finding("event-inserted", sentence, at)
    return Finding("event-altered", f"The event at {_named(row)} was altered.", at)


def against_commands(conn: Connection[Any]) -> Iterator[Finding]:
    """Events without their command or the reverse, and places in cases taken twice or left out."""
    yield from _recorded_by_commands(conn)
    row = _one(
        conn,
        "SELECT originator_id, min(notification_id) FROM karguzar.register_events "
        "GROUP BY originator_id HAVING min(originator_version) <> 1 "
        "OR max(originator_version) <> count(*) ORDER BY 2 LIMIT 1",
    )
    if row:
        sentence = f"Case {row[0]} has not every version exactly once."
        yield Finding("event-forged", sentence, row[1])
    # With it, no version is there twice; it can't be made again over one that is.
    if not _one(
        conn,
        "SELECT 1 FROM pg_constraint WHERE conrelid = 'karguzar.register_events'::regclass "
        "AND contype = 'p' AND convalidated",
    ):
        yield Finding("event-forged", "The log has no primary key: a version may be there twice.")


def _recorded_by_commands(conn: Connection[Any]) -> Iterator[Finding]:
    row = _one(
        conn,
        "SELECT coalesce(sum(cardinality(topics)), 0), coalesce(max(position), 0), "
        "(SELECT coalesce(max(notification_id), 0) FROM karguzar.register_events) "
        "FROM karguzar.commands",
    )
    assert row is not None  # noqa: S101 - it sums up
    taken, last, head = row
    if taken == last == head:
        return
    found = _one(
        conn,
        "SELECT before + 1, position - taken FROM (SELECT position, cardinality(topics) AS taken, "
        "lag(position, 1, 0::bigint) OVER (ORDER BY position, command_id) AS before "
        "FROM karguzar.commands WHERE cardinality(topics) > 0) c "
        "WHERE position - taken <> before ORDER BY position LIMIT 1",
    )
    if found and found[1] >= found[0]:
        yield _without_command(conn, found[0])
    elif found:
        sentence = f"Two commands say that they recorded the event at position {found[1] + 1}."
        yield Finding("event-forged", sentence, found[1] + 1)
    elif head > last:
        yield _without_command(conn, last + 1)
    if last > head:
        sentence = f"Commands recorded events up to position {last}; the log ends at {head}."
        yield Finding("events-cut-off", sentence, head + 1)


def around(conn: Connection[Any]) -> Iterator[Finding]:
    """What stands beside the log and doesn't fit it."""
    row = _one(
        conn,
        "SELECT position, coalesce((SELECT max(notification_id) FROM karguzar.register_events), 0) "
        "FROM karguzar.log_head",
    )
    if row is None or row[0] != row[1]:
        head = "is gone" if row is None else f"says {row[0]}, and the last event stands at {row[1]}"
        yield Finding("head-edited", f"The head of the log {head}.")
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT application_name, notification_id FROM karguzar.register_tracking "
        "WHERE notification_id < 0 OR notification_id > "
        "(SELECT coalesce(max(notification_id), 0) FROM karguzar.register_events) ORDER BY 1"
    )
    for name, position in rows:
        yield Finding(
            "tracking-edited",
            f"The position of {name} was edited: {position} is outside the log. "
            "Rebuild what follows the log.",
        )


def upper_tiles(
    conn: Connection[Any], level_one: bytes, of: Identifier = OF_LOG
) -> Iterator[Finding]:
    """Tiles above the leaves that aren't the roots of those below, and pieces that don't join."""
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
        SQL(
            "SELECT level, tile, start, hashes FROM {} WHERE level > 0 ORDER BY level, tile, start"
        ).format(of)
    )
    stored: dict[int, bytes] = {}
    for level, tile, start, hashes in rows:
        held = stored.get(level, b"")
        if len(held) != (tile * WIDTH + start) * HASH_BYTES:
            yield Finding("tree-edited", f"Tile {tile} of level {level} has a gap or an overlap.")
            return
        stored[level] = held + hashes
    expected = _levels_above(level_one)
    for level in sorted(expected.keys() | stored.keys()):
        if stored.get(level, b"") != expected.get(level, b""):
            yield Finding(
                "tree-edited", f"The tree's level {level} doesn't follow from its leaves."
            )


def _levels_above(level_one: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    level, hashes = 1, level_one
    while hashes:
        found[level] = hashes
        full = len(hashes) // (WIDTH * HASH_BYTES)
        hashes = b"".join(
            complete_root(hashes[n * WIDTH * HASH_BYTES : (n + 1) * WIDTH * HASH_BYTES])
            for n in range(full)
        )
        level += 1
    return found


def _without_command(conn: Connection[Any], position: int) -> Finding:
    named = " and ".join(_named(row) for row in _rows_at(conn, position)) or f"position {position}"
    return Finding("event-forged", f"No command recorded the event at {named}.", position)


def _rows_at(conn: Connection[Any], position: int) -> list[StreamRow]:
    rows = conn.cursor(binary=True, row_factory=tuple_row).execute(
        "SELECT originator_id, originator_version, topic, state, notification_id "
        "FROM karguzar.register_events WHERE notification_id = %b",
        (position,),
    )
    return [StreamRow(*row) for row in rows]


def _rows_behind(conn: Connection[Any], position: int) -> bool:
    row = _one(
        conn,
        "SELECT EXISTS (SELECT FROM karguzar.register_events WHERE notification_id > %s)",
        position,
    )
    return bool(row and row[0])


def _stored(conn: Connection[Any], position: int) -> bytes:
    """The leaf of the event that stood at *position* when it was hashed."""
    first = (position - 1) // WIDTH * WIDTH
    return leaves_between(conn, first, position)[(position - 1 - first) * HASH_BYTES :]


def _named(row: StreamRow) -> str:
    return f"position {row.position} (case {row.case_id}, version {row.version}, {row.topic})"


def _one(conn: Connection[Any], query: LiteralString, *values: object) -> tuple[Any, ...] | None:
    return conn.cursor(row_factory=tuple_row).execute(query, values).fetchone()
