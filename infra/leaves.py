"""What a leaf of the tree covers: every column of a stored event, in one form.

The form is that of one row in PostgreSQL's binary COPY: the number of columns (5) in 2 bytes, then
each column as its length in 4 bytes and its bytes. In this order: originator_id (16 bytes),
originator_version (8 bytes), topic (UTF-8), state, notification_id (8 bytes). All numbers are
signed and big-endian. The leaf's hash is SHA-256 over a zero byte and this.
"""

import struct
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace
from psycopg import Connection

from domain.merkle import leaf_hash
from infra.rows import StreamRow

_BEFORE_FIRST = 19
_TRAILER = b"\xff\xff"
_HEAD = struct.Struct(">hi16siqi")
_LENGTH = struct.Struct(">i")
_POSITION = struct.Struct(">iq")
_COLUMNS = 5


def position_in(entry: bytes) -> int:
    return int.from_bytes(entry[-8:], "big", signed=True)


def entry_of(row: StreamRow) -> bytes:
    """The bytes that the leaf of this event is the hash of."""
    topic = row.topic.encode()
    return (
        _HEAD.pack(_COLUMNS, 16, row.case_id.bytes, 8, row.version, len(topic))
        + topic
        + _LENGTH.pack(len(row.state))
        + row.state
        + _POSITION.pack(8, row.position)
    )


def leaf_at(row: StreamRow, position: int) -> bytes:
    """The leaf that this event would have at *position*."""
    return leaf_hash(entry_of(replace(row, position=position)))


def entries(conn: Connection[Any], first: int, last: int) -> Iterator[bytes]:
    """What the leaves from position *first* to *last* are the hashes of, in their order."""
    query = (
        "COPY (SELECT originator_id, originator_version, topic, state, notification_id "  # noqa: S608 - whole numbers
        "FROM karguzar.register_events "
        f"WHERE notification_id BETWEEN {first:d} AND {last:d} ORDER BY notification_id) "
        "TO STDOUT (FORMAT BINARY)"
    )
    yield from copied(conn, query)


def copied(conn: Connection[Any], query: str) -> Iterator[bytes]:
    """The rows that a binary COPY to STDOUT sends, each in its bytes."""
    with conn.cursor() as cursor, cursor.copy(query.encode()) as copy:
        # PostgreSQL sends one row a message, the first behind the file's header.
        begun = False
        for message in copy:
            data = bytes(message)
            if not begun:
                data, begun = data[_BEFORE_FIRST:], True
            if data != _TRAILER:
                yield data
