"""Proofs for outsiders, made from the tree in the database."""

from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection

from domain.merkle import consistency_proof, inclusion_proof, root
from domain.tiles import nodes_of, tiles_needed
from infra.checkpoints import last_checkpoint_later
from infra.tree import read_tiles_later, tree_size_later


class Inclusion(Struct, frozen=True):
    leaf: bytes
    root: bytes
    hashes: list[bytes]


class Consistency(Struct, frozen=True):
    old_root: bytes
    new_root: bytes
    hashes: list[bytes]


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

    async def consistency(self, conn: AsyncConnection[Any], old: int, new: int) -> Consistency:
        """That the tree of *old* leaves is the beginning of that of *new*, which the tree has."""
        places = tiles_needed(
            lambda node: (root(node, old), root(node, new), consistency_proof(node, old, new))
        )
        node = nodes_of(await read_tiles_later(conn, places))
        return Consistency(root(node, old), root(node, new), consistency_proof(node, old, new))
