"""The access records against their tree and its signed checkpoints."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import Connection, IsolationLevel

from domain.merkle import HASH_BYTES, complete_root, leaf_hash
from domain.tiles import WIDTH, Edge, TileMissing
from infra.access_proof import access_entries, id_in
from infra.checkpoints import Kept
from infra.evidence import ACCESSES, STATUS, Evidence, Result, Signed, proved, result_of
from infra.log_findings import Finding, upper_tiles
from infra.notes import Verifier
from infra.tree import OF_ACCESSES, leaves_between, tree_size

_CHUNK = 64 * WIDTH
_TILE = WIDTH * HASH_BYTES


class AccessVerdict(Struct, frozen=True, kw_only=True):
    """``proved`` is how many records a signed checkpoint from outside the database bears out."""

    result: Result
    records: int
    hashed: int
    proved: int
    findings: Sequence[Finding]
    unchecked: Sequence[str]

    @property
    def status(self) -> int:
        return STATUS[self.result]


class _Read(Struct):
    """What reading all rows gave: roots at the sizes asked for, and where rows and tree part."""

    count: int = 0
    roots: dict[int, bytes] = {}
    tile_roots: bytes = b""
    differs: Finding | None = None
    at: int = 0
    broken: str | None = None


def verify_accesses(
    conninfo: str, notes: Iterable[Kept], verifiers: Sequence[Verifier]
) -> AccessVerdict:
    """Read all access records as they are at this moment."""
    evidence = Evidence(verifiers, "access records", ACCESSES)
    evidence.take_outside(notes)
    with (
        psycopg.connect(conninfo, client_encoding="utf-8") as rows,
        psycopg.connect(conninfo, client_encoding="utf-8") as tree,
    ):
        for conn in (rows, tree):
            conn.isolation_level = IsolationLevel.REPEATABLE_READ
            conn.read_only = True
        snapshot = rows.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None  # noqa: S101 - it always gives one
        tree.execute(f"SET TRANSACTION SNAPSHOT '{snapshot[0]}'".encode())
        evidence.take_inside(tree)
        hashed = tree_size(tree, OF_ACCESSES)
        read = _read(rows, tree, hashed, {each.checkpoint.size for each in evidence.signed})
        findings = [
            *_in_the_rows(read, hashed, evidence.signed),
            *_in_the_tree(tree, read, hashed, evidence.signed),
            *evidence.findings,
        ]
    if read.count or evidence.signed:
        evidence.sum_up()
    return AccessVerdict(
        result=result_of(findings, evidence.unchecked),
        records=read.count,
        hashed=hashed,
        proved=proved(evidence.signed, read.roots),
        findings=findings,
        unchecked=evidence.unchecked,
    )


def _read(rows: Connection[Any], tree: Connection[Any], hashed: int, sizes: set[int]) -> _Read:
    """Read every row once, a chunk of whole tiles at a time, beside the stored leaves."""
    read, edge = _Read(), Edge()
    entries = access_entries(rows, "ORDER BY id")
    ends = sorted(sizes)
    while chunk := list(islice(entries, _CHUNK)):
        first = read.count
        leaves = b"".join(map(leaf_hash, chunk))
        read.count += len(chunk)
        for size in [size for size in ends if first < size <= read.count]:
            edge.grow(leaves[(edge.size - first) * HASH_BYTES : (size - first) * HASH_BYTES])
            read.roots[size] = edge.root()
        edge.grow(leaves[(edge.size - first) * HASH_BYTES :])
        read.tile_roots += b"".join(
            complete_root(leaves[at : at + _TILE])
            for at in range(0, len(leaves) - _TILE + 1, _TILE)
        )
        if read.differs is None and read.broken is None and first < hashed:
            try:
                _compare(read, tree, chunk, leaves, first, hashed)
            except TileMissing as error:
                read.broken = str(error)
    return read


def _compare(
    read: _Read, tree: Connection[Any], chunk: list[bytes], leaves: bytes, first: int, hashed: int
) -> None:
    """Find the first row that isn't the one hashed in its place, and what was done to it."""
    end = min(first + len(chunk), hashed)
    stored = leaves_between(tree, first, min(end + 1, hashed), OF_ACCESSES)
    length = (end - first) * HASH_BYTES
    if leaves[:length] == stored[:length]:
        return
    here = next(
        at
        for at in range(0, length, HASH_BYTES)
        if leaves[at : at + HASH_BYTES] != stored[at : at + HASH_BYTES]
    )
    following = slice(here + HASH_BYTES, here + 2 * HASH_BYTES)
    same = slice(here, here + HASH_BYTES)
    index = here // HASH_BYTES
    identity = id_in(chunk[index])
    read.at = first + index + 1
    if leaves[same] == stored[following]:
        sentence = f"An access record before number {identity} was removed."
        read.differs = Finding("access-removed", sentence, identity)
    elif leaves[following] == stored[same]:
        sentence = f"The access record {identity} was inserted."
        read.differs = Finding("access-inserted", sentence, identity)
    else:
        sentence = f"The access record {identity} was altered, or one before it."
        read.differs = Finding("access-altered", sentence, identity)


def _in_the_rows(read: _Read, hashed: int, signed: Sequence[Signed]) -> Iterator[Finding]:
    sizes = [each.checkpoint.size for each in signed]
    bad = [each for each in signed if read.roots.get(each.checkpoint.size) != each.checkpoint.root]
    good = [each.checkpoint.size for each in signed if each not in bad]
    if read.differs:
        if any(size >= read.at for size in good):
            sentence = f"Leaf {read.at} of the tree was edited; the access record is as signed."
            yield Finding("tree-edited", sentence, read.differs.position)
        else:
            yield read.differs
    elif most := max([hashed, *sizes], default=0) if read.count < max([hashed, *sizes]) else 0:
        yield Finding(
            "accesses-cut-off",
            f"There are {read.count} access records, and {most} were hashed or signed: the last "
            "were removed.",
        )
    elif bad and not read.broken:
        place = min(bad, key=lambda each: each.checkpoint.size)
        yield Finding(
            "range-changed",
            f"Access records and tree were edited alike, but the checkpoint {place.place} doesn't "
            f"fit them: the first change lies behind record {max(good, default=0)} in their order.",
        )


def _in_the_tree(
    tree: Connection[Any], read: _Read, hashed: int, signed: Sequence[Signed]
) -> Iterator[Finding]:
    most = max((each.checkpoint.size for each in signed), default=0)
    if most > hashed:
        sentence = f"The tree over the access records has {hashed} leaves; {most} are signed."
        yield Finding("tree-edited", sentence)
    elif read.broken:
        yield Finding("tree-edited", f"{read.broken}.")
    elif read.differs is None and read.count >= hashed:
        full = hashed // WIDTH * HASH_BYTES
        yield from upper_tiles(tree, read.tile_roots[:full], OF_ACCESSES)
