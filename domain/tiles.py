"""The tree cut into tiles of 256 hashes, as C2SP tlog-tiles cuts it.

The tiles of level 0 hold the leaves, those of level n + 1 the roots of the full tiles of level n.
"""

from collections.abc import Callable, Mapping
from functools import cache

from msgspec import Struct

from domain.merkle import EMPTY_ROOT, HASH_BYTES, Node, complete_root, node_hash, root

WIDTH = 256
_HEIGHT = 8
_FULL = WIDTH * HASH_BYTES

Place = tuple[int, int]
"""A tile's level, and its place in it."""
Tiles = Mapping[Place, bytes]


class TileMissing(Exception):
    """A tile of the tree lacks hashes that it must have."""


class Piece(Struct, frozen=True):
    """Hashes that came to a tile at once, from its hash number *start* on."""

    level: int
    tile: int
    start: int
    hashes: bytes


class Edge:
    """A tree that grows: its size, and of each level the tile that isn't full yet."""

    def __init__(self, size: int = 0, tiles: Tiles | None = None) -> None:
        self.size = size
        self._open: list[bytearray] = []
        for level, tile, count in open_tiles(size):
            hashes = (tiles or {}).get((level, tile), b"")[: count * HASH_BYTES]
            if len(hashes) != count * HASH_BYTES:
                raise TileMissing(f"Tile {tile} of level {level} lacks hashes")
            self._open.append(bytearray(hashes))

    def grow(self, leaves: bytes) -> list[Piece]:
        """Add leaf hashes that stand one behind the other; what this adds to which tiles."""
        pieces = self._add(0, self.size, leaves)
        self.size += len(leaves) // HASH_BYTES
        return pieces

    def root(self) -> bytes:
        found = b""
        for hashes in self._open:
            end = len(hashes) // HASH_BYTES
            while end:
                width = end & -end
                peak = complete_root(bytes(hashes[(end - width) * HASH_BYTES : end * HASH_BYTES]))
                found = node_hash(peak, found) if found else peak
                end -= width
        return found or EMPTY_ROOT

    def _add(self, level: int, count: int, hashes: bytes) -> list[Piece]:
        if level == len(self._open):
            self._open.append(bytearray())
        held, pieces, up = self._open[level], [], b""
        at = 0
        while at < len(hashes):
            tile, start = divmod(count + at // HASH_BYTES, WIDTH)
            some = hashes[at : at + (WIDTH - start) * HASH_BYTES]
            pieces.append(Piece(level, tile, start, some))
            held += some
            at += len(some)
            if len(held) == _FULL:
                up += complete_root(bytes(held))
                held.clear()
        if up:
            pieces += self._add(level + 1, count // WIDTH, up)
        return pieces


def open_tiles(size: int) -> list[tuple[int, int, int]]:
    """Of each level of a tree: level, the tile that isn't full, and how many hashes it has."""
    found = []
    level = 0
    while size:
        tile, count = divmod(size, WIDTH)
        found.append((level, tile, count))
        size, level = tile, level + 1
    return found


def node_in(tile_at: Callable[[int, int], bytes]) -> Node:
    """The nodes of a tree, from its tiles by level and place; each is worked out once."""

    @cache
    def node(level: int, index: int) -> bytes:
        height, tile, start, rest = _place(level, index)
        hashes = tile_at(height, tile)[start * HASH_BYTES : (start + (1 << rest)) * HASH_BYTES]
        if len(hashes) != HASH_BYTES << rest:
            raise TileMissing(f"Tile {tile} of level {height} lacks hashes")
        return complete_root(hashes)

    return node


def _place(level: int, index: int) -> tuple[int, int, int, int]:
    """A node's tile, by level and place, where its hashes begin in it, and their number's log."""
    height, rest = divmod(level, _HEIGHT)
    return height, *divmod(index << rest, WIDTH), rest


def nodes_of(tiles: Tiles) -> Node:
    """The nodes of a tree, from those of its tiles that were read."""
    return node_in(lambda level, tile: tiles.get((level, tile), b""))


def tiles_needed(work: Callable[[Node], object]) -> set[Place]:
    """The tiles that *work* reads: it is done once on a tree of zeros, which are not hashed."""
    needed: set[Place] = set()

    def node(level: int, index: int) -> bytes:
        height, tile, _, _ = _place(level, index)
        needed.add((height, tile))
        return bytes(HASH_BYTES)

    work(node)
    return needed


def tiles_of_root(size: int) -> set[Place]:
    return tiles_needed(lambda node: root(node, size))
