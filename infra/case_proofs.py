"""What proves that the events of one case stand in the log: made from the tree and a checkpoint."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.merkle import consistency_proof, inclusion_proof, root
from domain.tiles import nodes_of, tiles_needed
from infra.checkpoints import last_checkpoint
from infra.tree import read_tiles, tree_size


class EventProof(Struct, frozen=True, kw_only=True):
    """RFC 6962, 2.1.1. ``leaf_index`` is the position less one."""

    position: int
    leaf_index: int
    leaf_hash: bytes
    hashes: list[bytes]


class CaseProofs(Struct, frozen=True, kw_only=True):
    """The proofs of those events that the checkpoint ``note`` is over.

    ``continued`` shows the log up to the file's position as the beginning of the checkpoint's
    (RFC 6962, 2.1.2); it and ``root_before`` are None where the checkpoint is no newer.
    """

    size: int
    root: bytes
    note: str
    events: list[EventProof]
    root_before: bytes | None
    continued: list[bytes] | None


def newest_size(conn: Connection[Any], origin: str) -> int:
    """How many events the newest checkpoint of this log is over."""
    last = last_checkpoint(conn, origin)
    return last[0].size if last else 0


def prove(
    conn: Connection[Any], origin: str, positions: Sequence[int], upto: int
) -> CaseProofs | None:
    """Proofs to the newest checkpoint, of a case file that is true for position *upto*.

    None while nothing is signed. Raises TileMissing where the tree isn't whole.
    """
    last = last_checkpoint(conn, origin)
    if last is None or last[0].size > tree_size(conn):
        return None
    checkpoint, note = last
    size = checkpoint.size
    indices = [position - 1 for position in positions if position <= size]
    newer = size > upto
    places = tiles_needed(
        lambda node: (
            [(node(0, index), inclusion_proof(node, index, size)) for index in indices],
            root(node, upto) if newer else None,
            consistency_proof(node, upto, size) if newer else None,
        )
    )
    node = nodes_of(read_tiles(conn, places))
    return CaseProofs(
        size=size,
        root=checkpoint.root,
        note=note,
        events=[
            EventProof(
                position=index + 1,
                leaf_index=index,
                leaf_hash=node(0, index),
                hashes=inclusion_proof(node, index, size),
            )
            for index in indices
        ],
        root_before=root(node, upto) if newer else None,
        continued=consistency_proof(node, upto, size) if newer else None,
    )
