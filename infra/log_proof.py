"""Behind the append: the tree over the log grows, and its checkpoints are signed and sent out."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import psycopg
import structlog
from msgspec import Struct
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row
from psycopg.sql import Identifier

from domain.merkle import HASH_BYTES, consistency_proof, consistent, leaf_hash, root
from domain.tiles import WIDTH, Edge, TileMissing, nodes_of, tiles_needed
from infra.checkpoints import CheckpointDirectory, insert_checkpoint, last_checkpoint
from infra.eventstore import ROLE
from infra.leaves import entries, position_in
from infra.notes import Checkpoint, KeyUnknown, NoteInvalid, SignatureInvalid, Signer, open_note
from infra.tree import OF_LOG, leaves_between, read_edge, read_tiles, tree_size, write_pieces

BATCH = 2_048
_LOOKED_AT = 4 * WIDTH

log = structlog.get_logger()


class LogDiffers(Exception):
    """The log isn't the one that was hashed: nothing more is hashed or signed.

    `karguzar verify` says where it differs. Once that is understood, a person deletes the rows with
    this error in karguzar.stopped_consumers; what still differs stops it again.
    """


class Outlet(Protocol):
    """Takes notes out of the database's reach."""

    def put(self, checkpoint: Checkpoint, note: str) -> None: ...


class Outside(Struct, frozen=True):
    """What of the log's checkpoints is known outside the database."""

    origin: str
    signer: Signer | None
    directory: CheckpointDirectory | None

    def newest(self) -> Sequence[Checkpoint]:
        """Those of this log with a good signature."""
        if self.signer is None or self.directory is None:
            return ()
        found = []
        for note in self.directory.newest():
            try:
                checkpoint = open_note(note, [self.signer.verifier])
            except (NoteInvalid, KeyUnknown):
                continue
            except SignatureInvalid as error:
                raise LogDiffers("A checkpoint outside the database is forged") from error
            if checkpoint.origin == self.origin:
                found.append(checkpoint)
        return found


class LogTree:
    """Hashes what was recorded since, in the log's order, behind the append and never in it.

    Whatever was hashed before is compared with the log before it goes on: the last leaf at each
    step, the last tiles and the newest checkpoints, inside and outside, after each start.
    """

    name = "log-tree"
    tiles = OF_LOG

    def __init__(self, conninfo: str, outside: Outside) -> None:
        # A crash may lose the newest hashes: they are of rows that aren't lost, and a checkpoint
        # over them waits for the disk.
        self._conninfo = make_conninfo(conninfo, options="-c synchronous_commit=off")
        self._outside = outside
        self._conn: Connection[Any] | None = None
        self._edge: Edge | None = None
        self._last = b""

    def grow(self) -> int:
        """Take in all that is there; how many events. Raises LogDiffers."""
        try:
            conn = self._connected()
            _refuse_while_stopped(conn)
            if self._edge is None or tree_size(conn, self.tiles) != self._edge.size:
                self._begin(conn)
            grown = taken = self._step(conn)
            while taken == BATCH:
                taken = self._step(conn)
                grown += taken
        except TileMissing as error:
            self.close()
            raise LogDiffers("The tree is not whole") from error
        except BaseException:
            self.close()
            raise
        return grown

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = self._edge = None

    def _connected(self) -> Connection[Any]:
        if self._conn is None:
            self._conn = psycopg.connect(self._conninfo, autocommit=True)
            self._conn.execute(f"SET ROLE {ROLE}")
        return self._conn

    def _begin(self, conn: Connection[Any]) -> None:
        edge = read_edge(conn, self.tiles)
        if self._edge is not None and edge.size < self._edge.size:
            raise LogDiffers(f"The tree had {self._edge.size} leaves and has {edge.size}")
        require_prefix(conn, edge.size, known_checkpoints(conn, self._outside), self.tiles)
        first = max(0, edge.size - _LOOKED_AT) // WIDTH * WIDTH
        if edge.size:
            stored = leaves_between(conn, first, edge.size, self.tiles)
            found = b"".join(map(leaf_hash, self._hashed_before(conn, first, edge.size)))
            if found != stored or len(stored) != (edge.size - first) * HASH_BYTES:
                raise LogDiffers(f"Rows between {first + 1} and {edge.size} aren't as hashed")
            self._last = stored[-HASH_BYTES:]
        self._edge = edge

    def _step(self, conn: Connection[Any]) -> int:
        edge = self._edge
        assert edge is not None  # noqa: S101 - `_begin` comes first
        before = min(edge.size, 1)
        leaves = [leaf_hash(entry) for entry in self._from(conn, edge.size - before, before)]
        if before and leaves[:1] != [self._last]:
            raise LogDiffers(f"Row {edge.size} isn't the one that was hashed")
        fresh = leaves[before:]
        if fresh:
            write_pieces(conn, edge.grow(b"".join(fresh)), self.tiles)
            self._last = fresh[-1]
        return len(fresh)

    def _hashed_before(self, conn: Connection[Any], first: int, end: int) -> Iterator[bytes]:
        """What the leaves from index *first* to before *end* should be the hashes of."""
        return entries(conn, first + 1, end)

    def _from(self, conn: Connection[Any], index: int, before: int) -> Iterator[bytes]:
        """The row at this index and those behind it, a batch; *before* of them are hashed."""
        expected = index + 1
        for entry in entries(conn, expected, index + before + BATCH):
            if position_in(entry) != expected:
                raise LogDiffers(f"There is no event at position {expected}, but behind it")
            yield entry
            expected += 1


class Checkpoints:
    """Signs the tree as it stands, if it has grown, and sends the newest note to every outlet."""

    name = "checkpoints"
    tiles = OF_LOG

    def __init__(self, conninfo: str, outside: Outside, outlets: Sequence[Outlet]) -> None:
        self._conninfo = conninfo
        self._outside = outside
        self._outlets = outlets

    def publish(self) -> Checkpoint | None:
        """The newest checkpoint. Raises LogDiffers, or what an outlet failed with."""
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            newest = signed_now(conn, self._outside, self.tiles)
        if newest is None:
            return None
        failed: list[Exception] = []
        for outlet in self._outlets:
            try:
                outlet.put(*newest)
            except Exception as error:  # noqa: BLE001 - the other outlets get it all the same
                failed.append(error)
        if failed:
            raise failed[0]
        return newest[0]


def signed_now(
    conn: Connection[Any], outside: Outside, of: Identifier = OF_LOG
) -> tuple[Checkpoint, str] | None:
    """The newest checkpoint with its note, signed now if the tree has grown since the last.

    None where nothing was recorded, or nobody signs. Raises LogDiffers.
    """
    if outside.signer is None:
        return None
    _refuse_while_stopped(conn)
    try:
        edge = read_edge(conn, of)
        require_prefix(conn, edge.size, known_checkpoints(conn, outside), of)
        last = last_checkpoint(conn, outside.origin)
        if edge.size == 0 or (last and last[0].size == edge.size):
            return last
        checkpoint = Checkpoint(outside.origin, edge.size, edge.root())
    except TileMissing as error:
        raise LogDiffers("The tree is not whole") from error
    note = outside.signer.sign(checkpoint)
    insert_checkpoint(conn, checkpoint, note)
    return checkpoint, note


def known_checkpoints(conn: Connection[Any], outside: Outside) -> list[Checkpoint]:
    last = last_checkpoint(conn, outside.origin)
    return [*outside.newest(), *([last[0]] if last else [])]


def require_prefix(
    conn: Connection[Any],
    size: int,
    checkpoints: Sequence[Checkpoint],
    of: Identifier = OF_LOG,
) -> None:
    """Raise LogDiffers unless the tree of *size* leaves continues each of the checkpoints.

    RFC 6962's consistency proof is made and verified, as any outsider would.
    """
    for known in checkpoints:
        if known.size > size:
            raise LogDiffers(
                f"A checkpoint over {known.size} leaves is signed; the tree has {size}"
            )
        places = tiles_needed(
            lambda node, known=known: (  # type: ignore[misc]
                consistency_proof(node, known.size, size),
                root(node, size),
            )
        )
        node = nodes_of(read_tiles(conn, places, of))
        proof = consistency_proof(node, known.size, size)
        if not consistent(known.root, known.size, root(node, size), size, proof):
            raise LogDiffers(f"The tree doesn't continue the checkpoint over {known.size} events")


def _refuse_while_stopped(conn: Connection[Any]) -> None:
    row = (
        conn.cursor(row_factory=tuple_row)
        .execute(
            "SELECT name FROM karguzar.stopped_consumers WHERE error = %s",
            (LogDiffers.__name__,),
        )
        .fetchone()
    )
    if row:
        raise LogDiffers(f"{row[0]} was stopped, and nobody has looked into it")
