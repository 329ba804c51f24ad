"""The tree over the access records, which grows and is signed as that over the log is.

A leaf covers every column of a row in the form of PostgreSQL's binary COPY, as `infra.leaves` says,
in the order of the table; the query as PostgreSQL writes it. The row's index in the tree is its
place in the order of the ids, which may have gaps.
"""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from domain.merkle import HASH_BYTES, leaf_hash
from domain.tiles import WIDTH
from infra.evidence import ACCESSES
from infra.leaves import copied
from infra.log_proof import BATCH, Checkpoints, LogTree
from infra.tree import OF_ACCESSES, leaves_between

_ID = slice(6, 14)
_COLUMNS = (
    "id, at, official, on_behalf_of, unit, client, roles, action, operation, cases, thread, "
    "person, problem, reason, query::text, position"
)


def origin_of(log_origin: str) -> str:
    """The name of the tree over the access records beside that over the log."""
    return f"{log_origin}{ACCESSES}"


def id_in(entry: bytes) -> int:
    return int.from_bytes(entry[_ID], "big", signed=True)


def access_entries(conn: Connection[Any], rest: str = "") -> Iterator[bytes]:
    """What the leaves are the hashes of, in their order; *rest* narrows the query."""
    return copied(
        conn,
        f"COPY (SELECT {_COLUMNS} FROM karguzar.accesses {rest}) "  # noqa: S608 - fixed words and whole numbers
        "TO STDOUT (FORMAT BINARY)",
    )


class AccessTree(LogTree):
    """As `LogTree`. What it has taken in, it sorts into the index on cases too."""

    name = "access-tree"
    tiles = OF_ACCESSES
    _last_id = 0

    def grow(self) -> int:
        grown = super().grow()
        if grown:
            self._connected().execute("SELECT karguzar.tidy_accesses()")
        return grown

    def _hashed_before(self, conn: Connection[Any], first: int, end: int) -> Iterator[bytes]:
        """Looked for from the newest record back, so that no start reads all of them."""
        tile = (end - 1) // WIDTH * WIDTH
        last = leaves_between(conn, tile, end, self.tiles)[-HASH_BYTES:]
        found = _id_of(conn, last)
        if found is None:
            return
        rest = f"WHERE id <= {found:d} ORDER BY id DESC LIMIT {end - first:d}"
        self._last_id = found
        yield from reversed(list(access_entries(conn, rest)))

    def _from(self, conn: Connection[Any], index: int, before: int) -> Iterator[bytes]:
        first = self._last_id if index + before else 0
        rest = f"WHERE id >= {first:d} ORDER BY id LIMIT {before + BATCH:d}"
        for entry in access_entries(conn, rest):
            self._last_id = id_in(entry)
            yield entry


def _id_of(conn: Connection[Any], leaf: bytes) -> int | None:
    """The id of the record that *leaf* is the hash of, if it is there as it was."""
    batch = list(access_entries(conn, f"ORDER BY id DESC LIMIT {BATCH:d}"))
    while batch:
        for entry in batch:
            if leaf_hash(entry) == leaf:
                return id_in(entry)
        rest = f"WHERE id < {id_in(batch[-1]):d} ORDER BY id DESC LIMIT {BATCH:d}"
        batch = list(access_entries(conn, rest))
    return None


class AccessCheckpoints(Checkpoints):
    """As `Checkpoints`."""

    name = "access-checkpoints"
    tiles = OF_ACCESSES
