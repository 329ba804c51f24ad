"""Proofs for outsiders, made from the tree in the database."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection

from domain.merkle import consistency_proof, includes, inclusion_proof, root
from domain.tiles import nodes_of, tiles_needed
from infra.checkpoints import last_checkpoint_later
from infra.leaves import leaf_at
from infra.rows import StreamRow
from infra.tree import read_tiles_later, tree_size_later


class Inclusion(Struct, frozen=True):
    leaf: bytes
    root: bytes
    hashes: list[bytes]


class Consistency(Struct, frozen=True):
    old_root: bytes
    new_root: bytes
    hashes: list[bytes]


class Standing(Struct, frozen=True):
    """How events stand to the newest checkpoint, which is over *size* events: by position.

    ``proved`` are in the log as it was signed, ``differing`` not; the rest came later.
    """

    size: int
    proved: frozenset[int]
    differing: frozenset[int]


class Proofs:
    """Reads the tree; whether it is whole is for `karguzar verify` to say."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    async def checkpoint(self, conn: AsyncConnection[Any]) -> tuple[int, str] | None:
        """The newest signed one: its size and note."""
        last = await last_checkpoint_later(conn, self._origin)
        return (last[0].size, last[1]) if last else None

    async def tree_size(self, conn: AsyncConnection[Any]) -> int:
        return await tree_size_later(conn)

    async def inclusion(self, conn: AsyncConnection[Any], index: int, size: int) -> Inclusion:
        """That the leaf at *index* is in the tree of *size* leaves, which the tree has."""
        places = tiles_needed(
            lambda node: (node(0, index), root(node, size), inclusion_proof(node, index, size))
        )
        node = nodes_of(await read_tiles_later(conn, places))
        return Inclusion(node(0, index), root(node, size), inclusion_proof(node, index, size))

    async def standing(
        self, conn: AsyncConnection[Any], rows: Sequence[StreamRow]
    ) -> Standing | None:
        """Whether these stored events lead to the root that was signed; None while none was."""
        last = await last_checkpoint_later(conn, self._origin)
        if last is None or last[0].size > await tree_size_later(conn):
            return None
        signed = last[0]
        covered = [row for row in rows if row.position <= signed.size]
        places = tiles_needed(
            lambda node: [inclusion_proof(node, row.position - 1, signed.size) for row in covered]
        )
        node = nodes_of(await read_tiles_later(conn, places))
        proved = {
            row.position
            for row in covered
            if includes(
                signed.root,
                signed.size,
                row.position - 1,
                leaf_at(row, row.position),
                inclusion_proof(node, row.position - 1, signed.size),
            )
        }
        return Standing(
            size=signed.size,
            proved=frozenset(proved),
            differing=frozenset(row.position for row in covered) - proved,
        )

    async def consistency(self, conn: AsyncConnection[Any], old: int, new: int) -> Consistency:
        """That the tree of *old* leaves is the beginning of that of *new*, which the tree has."""
        places = tiles_needed(
            lambda node: (root(node, old), root(node, new), consistency_proof(node, old, new))
        )
        node = nodes_of(await read_tiles_later(conn, places))
        return Consistency(root(node, old), root(node, new), consistency_proof(node, old, new))
