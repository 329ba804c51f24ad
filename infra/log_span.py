"""One stretch of the log read again, event by event, and compared with the tree."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import Connection, IsolationLevel

from domain.merkle import HASH_BYTES, complete_root, folded, node_hash
from domain.tiles import WIDTH, TileMissing
from infra.leaves import entries, position_in
from infra.tree import leaves_between

MOST_DIFFERING = 1_000
_ABSENT = bytes(HASH_BYTES)
_TILE = WIDTH * HASH_BYTES


class Stretch(Struct, frozen=True, kw_only=True):
    """The leaves from index *first* to before *end*; *sizes* are those to know the root at.

    *first* is the first of a tile. Only as many leaves as *tree_size* are in the tree.
    """

    first: int
    end: int
    tree_size: int
    sizes: Collection[int]


class Half(Struct, frozen=True):
    """Of the rows, or of the tree: leaves, roots of full tiles, and the rest at each size asked."""

    count: int
    tile_roots: bytes
    peaks: dict[int, list[bytes]]


class Span(Struct, frozen=True, kw_only=True):
    """What was found. ``differing``, ``missing`` and ``doubled`` are positions."""

    rows: Half
    tree: Half
    differing: Sequence[int]
    missing: Sequence[int]
    doubled: Sequence[int]
    broken: str | None


@contextmanager
def as_of(conninfo: str, snapshot: str) -> Iterator[Connection[Any]]:
    """A connection that sees the database as another transaction does."""
    with psycopg.connect(conninfo, client_encoding="utf-8") as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        conn.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
        yield conn


def check_span(conninfo: str, snapshot: str, stretch: Stretch) -> Span:
    with as_of(conninfo, snapshot) as conn:
        return read_span(conn, stretch)


def read_span(conn: Connection[Any], stretch: Stretch) -> Span:
    first, end = stretch.first, stretch.end
    leaves: list[bytes] = []
    missing: list[int] = []
    doubled: list[int] = []
    expected = first + 1
    for entry in entries(conn, first + 1, end):
        position = position_in(entry)
        if position != expected:
            if position < expected:
                doubled.append(position)
                leaves[position - first - 1] = _ABSENT
                continue
            absent = position - expected
            missing += range(expected, expected + min(absent, MOST_DIFFERING))
            leaves += [_ABSENT] * absent
            expected = position
        leaves.append(sha256(b"\x00" + entry).digest())
        expected += 1
    rows = b"".join(leaves)
    tree, broken = b"", None
    if first < stretch.tree_size:
        try:
            tree = leaves_between(conn, first, min(end, stretch.tree_size))
        except TileMissing as error:
            broken = str(error)
    same = rows == tree
    half = _half(rows, first, stretch.sizes)
    return Span(
        rows=half,
        tree=half if same else _half(tree, first, stretch.sizes),
        differing=() if same or broken else _differing(rows, tree, first),
        missing=missing[:MOST_DIFFERING],
        doubled=doubled[:MOST_DIFFERING],
        broken=broken,
    )


def roots_at(halves: Sequence[Half], sizes: Collection[int]) -> dict[int, bytes]:
    """The root at each size that the halves, which follow each other, come to."""
    found: dict[int, bytes] = {}
    tile_roots = b"".join(half.tile_roots for half in halves)
    peaks = {size: rest for half in halves for size, rest in half.peaks.items()}
    stack: list[tuple[int, bytes]] = []
    at = 0
    for size in sorted(sizes):
        tiles = size // WIDTH
        if (size % WIDTH and size not in peaks) or tiles * HASH_BYTES > len(tile_roots):
            continue
        while at < tiles:
            width, top = 1, tile_roots[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            while stack and stack[-1][0] == width:
                top = node_hash(stack.pop()[1], top)
                width *= 2
            stack.append((width, top))
            at += 1
        found[size] = folded([*(top for _, top in stack), *peaks.get(size, [])])
    return found


def _half(hashes: bytes, first: int, sizes: Collection[int]) -> Half:
    count = len(hashes) // HASH_BYTES
    full = len(hashes) // _TILE
    tile_roots = b"".join(
        complete_root(hashes[tile * _TILE : (tile + 1) * _TILE]) for tile in range(full)
    )
    peaks = {
        size: _peaks(hashes[(size - size % WIDTH - first) * HASH_BYTES :], size % WIDTH)
        for size in sizes
        if first < size <= first + count and size % WIDTH
    }
    return Half(count, tile_roots, peaks)


def _peaks(hashes: bytes, count: int) -> list[bytes]:
    """The roots of the complete subtrees over the first *count* of these leaves."""
    found, at = [], 0
    for width in (128, 64, 32, 16, 8, 4, 2, 1):
        if count & width:
            found.append(complete_root(hashes[at * HASH_BYTES : (at + width) * HASH_BYTES]))
            at += width
    return found


def _differing(rows: bytes, tree: bytes, first: int) -> list[int]:
    found = []
    for at in range(0, len(tree), HASH_BYTES):
        if rows[at : at + HASH_BYTES] != tree[at : at + HASH_BYTES]:
            found.append(first + at // HASH_BYTES + 1)
            if len(found) == MOST_DIFFERING:
                break
    return found
