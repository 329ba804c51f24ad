"""A tree as it stands in the database: that over the log, or the one over the access records."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from domain.merkle import HASH_BYTES
from domain.tiles import WIDTH, Edge, Piece, Place, TileMissing, Tiles, open_tiles

OF_LOG = Identifier("karguzar", "tree_tiles")
OF_ACCESSES = Identifier("karguzar", "access_tiles")
"""The tables that the trees stand in."""

_LAST = SQL(
    "SELECT tile, start, octet_length(hashes) FROM {} WHERE level = 0 "
    "ORDER BY tile DESC, start DESC LIMIT 1"
)
_TILES = SQL(
    "SELECT t.level, t.tile, t.start, t.hashes FROM {} t "
    "JOIN unnest(%b::bigint[], %b::bigint[]) AS wanted (level, tile) "
    "ON t.level = wanted.level AND t.tile = wanted.tile ORDER BY t.level, t.tile, t.start"
)


def tree_size(conn: Connection[Any], of: Identifier = OF_LOG) -> int:
    """How many leaves the tree has."""
    row = conn.cursor(row_factory=tuple_row).execute(_LAST.format(of)).fetchone()
    return row[0] * WIDTH + row[1] + row[2] // HASH_BYTES if row else 0


def read_tiles(conn: Connection[Any], places: Collection[Place], of: Identifier = OF_LOG) -> Tiles:
    """The tiles at these places, as far as they have come."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    return _joined(cursor.execute(_TILES.format(of), _wanted(places)))


async def read_tiles_later(conn: AsyncConnection[Any], places: Collection[Place]) -> Tiles:
    """As `read_tiles`."""
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(_TILES.format(OF_LOG), _wanted(places))
    return _joined(await cursor.fetchall())


async def tree_size_later(conn: AsyncConnection[Any]) -> int:
    """As `tree_size`."""
    row = await (await conn.cursor(row_factory=tuple_row).execute(_LAST.format(OF_LOG))).fetchone()
    return row[0] * WIDTH + row[1] + row[2] // HASH_BYTES if row else 0


def read_edge(conn: Connection[Any], of: Identifier = OF_LOG) -> Edge:
    """The tree's right edge, on which it grows; raise TileMissing where it isn't whole."""
    size = tree_size(conn, of)
    places = {(level, tile) for level, tile, _ in open_tiles(size)}
    return Edge(size, read_tiles(conn, places, of))


def write_pieces(conn: Connection[Any], pieces: Sequence[Piece], of: Identifier = OF_LOG) -> None:
    """Keep what the tree has grown by; raise UniqueViolation where another was quicker."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            SQL("COPY {} (level, tile, start, hashes) FROM STDIN (FORMAT BINARY)").format(of)
        ) as copy,
    ):
        copy.set_types(("int2", "int8", "int2", "bytea"))
        for piece in pieces:
            copy.write_row((piece.level, piece.tile, piece.start, piece.hashes))


def leaves_between(conn: Connection[Any], first: int, end: int, of: Identifier = OF_LOG) -> bytes:
    """The leaves from index *first* up to before *end*; fewer where the tree hasn't as many.

    *first* is the first of a tile.
    """
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    rows = cursor.execute(
        SQL(
            "SELECT 0, tile, start, hashes FROM {} WHERE level = 0 "
            "AND tile BETWEEN %b::bigint AND %b::bigint ORDER BY tile, start"
        ).format(of),
        (first // WIDTH, (end - 1) // WIDTH),
    )
    tiles = _joined(rows)
    found = b""
    for tile in range(first // WIDTH, (end - 1) // WIDTH + 1):
        hashes = tiles.get((0, tile), b"")
        found += hashes
        if len(hashes) < WIDTH * HASH_BYTES:
            break
    return found[: (end - first) * HASH_BYTES]


def _wanted(places: Collection[Place]) -> tuple[list[int], list[int]]:
    return [level for level, _ in places], [tile for _, tile in places]


def _joined(rows: Iterable[tuple[int, int, int, bytes]]) -> Tiles:
    tiles: dict[Place, bytes] = {}
    for level, tile, start, hashes in rows:
        held = tiles.get((level, tile), b"")
        if len(held) != start * HASH_BYTES:
            raise TileMissing(f"Tile {tile} of level {level} has a gap or an overlap")
        tiles[level, tile] = held + hashes
    return tiles
