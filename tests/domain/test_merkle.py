"""The tree against RFC 6962's reference vectors and against its definition, written out."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Node,
    consistency_proof,
    consistent,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from domain.tiles import Edge, Piece, Place, TileMissing, nodes_of, tiles_needed, tiles_of_root

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The roots over the first 0 to 8 entries, from Certificate Transparency's reference tests."""


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


def defined_root(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return node_hash(defined_root(hashes[:k]), defined_root(hashes[k:]))


def defined_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if index < k:
        return [*defined_path(index, hashes[:k]), defined_root(hashes[k:])]
    return [*defined_path(index - k, hashes[k:]), defined_root(hashes[:k])]


def defined_consistency(old: int, hashes: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if old == len(hashes):
        return [] if whole else [defined_root(hashes)]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if old <= k:
        return [*defined_consistency(old, hashes[:k], whole=whole), defined_root(hashes[k:])]
    return [
        *defined_consistency(old - k, hashes[k:], whole=False),
        defined_root(hashes[:k]),
    ]


def tiles_of(pieces: Sequence[Piece]) -> dict[Place, bytes]:
    tiles: dict[Place, bytes] = {}
    for piece in pieces:
        held = tiles.get((piece.level, piece.tile), b"")
        assert len(held) == piece.start * HASH_BYTES
        tiles[piece.level, piece.tile] = held + piece.hashes
    return tiles


def tree_of(hashes: Sequence[bytes]) -> Node:
    return nodes_of(tiles_of(Edge().grow(b"".join(hashes))))


def test_the_roots_are_those_of_the_reference() -> None:
    hashes = [leaf_hash(entry) for entry in ENTRIES]
    edge = Edge()
    assert edge.root() == EMPTY_ROOT == bytes.fromhex(ROOTS[0])
    for size, hash_ in enumerate(hashes, 1):
        edge.grow(hash_)
        assert edge.root().hex() == ROOTS[size]
        assert root(tree_of(hashes), size).hex() == ROOTS[size]


def test_the_proofs_are_those_of_the_reference() -> None:
    node = tree_of([leaf_hash(entry) for entry in ENTRIES])
    assert [hash_.hex() for hash_ in inclusion_proof(node, 5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [hash_.hex() for hash_ in consistency_proof(node, 2, 5)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]
    assert consistency_proof(node, 6, 8)[0].hex() == (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
    )


@given(st.data(), st.integers(1, 70))
def test_proofs_are_as_defined_and_hold(data: st.DataObject, size: int) -> None:
    hashes = leaves(size)
    node = tree_of(hashes)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    path = inclusion_proof(node, index, size)
    assert path == defined_path(index, hashes)
    assert includes(root(node, size), size, index, hashes[index], path)
    proof = consistency_proof(node, old, size)
    assert proof == defined_consistency(old, hashes)
    assert consistent(root(node, old), old, root(node, size), size, proof)


@given(st.data(), st.integers(2, 70))
def test_a_proof_of_anything_else_does_not_hold(data: st.DataObject, size: int) -> None:
    hashes = leaves(size)
    node = tree_of(hashes)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    top, path = root(node, size), inclusion_proof(node, index, size)
    assert not includes(top, size, other, hashes[index], path)
    assert not includes(top, size, index, hashes[other], path)
    assert not includes(leaf_hash(top), size, index, hashes[index], path)
    assert not includes(top, size, index, hashes[index], path[:-1])
    assert not includes(top, size, index, hashes[index], [*path, top])
    assert not includes(top, size, size, hashes[index], path)
    old = data.draw(st.integers(1, size - 1))
    proof = consistency_proof(node, old, size)
    old_root = root(node, old)
    assert not consistent(leaf_hash(old_root), old, top, size, proof)
    assert not consistent(old_root, old, leaf_hash(top), size, proof)
    assert not consistent(old_root, old, top, size, proof[:-1])
    assert not consistent(old_root, old, top, size, [*proof, top])
    assert not consistent(top, size, old_root, old, proof)


def test_everything_continues_nothing_and_itself() -> None:
    top = root(tree_of(leaves(9)), 9)
    assert consistent(EMPTY_ROOT, 0, top, 9, [])
    assert not consistent(top, 0, top, 9, [])
    assert consistent(top, 9, top, 9, [])
    assert not consistent(EMPTY_ROOT, 9, top, 9, [])


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.data())
def test_however_it_grows_and_is_taken_up_again_the_tree_is_the_same(
    steps: list[int], data: st.DataObject
) -> None:
    hashes = leaves(sum(steps))
    edge, pieces, at = Edge(), [], 0
    for step in steps:
        pieces += edge.grow(b"".join(hashes[at : at + step]))
        at += step
        if data.draw(st.booleans()):
            edge = Edge(at, tiles_of(pieces))
    assert edge.size == len(hashes)
    assert edge.root() == defined_root(hashes)
    assert tiles_of(pieces) == tiles_of(Edge().grow(b"".join(hashes)))


def test_a_tree_of_more_than_one_tile_of_tiles_has_the_root_as_defined() -> None:
    hashes = leaves(66_000)
    pieces = Edge().grow(b"".join(hashes))
    assert max(piece.level for piece in pieces) == 2
    node = nodes_of(tiles_of(pieces))
    assert root(node, 66_000) == defined_root(hashes)
    assert root(node, 65_793) == defined_root(hashes[:65_793])


def test_a_proof_reads_few_tiles() -> None:
    size = 10_000_000
    places = tiles_needed(lambda node: inclusion_proof(node, 1_234_567, size))
    assert len(places) <= 6
    assert (0, 1_234_567 // 256) in places
    assert (2, size >> 24) in tiles_of_root(size)


def test_a_tree_whose_tiles_lack_hashes_is_not_gone_on_with() -> None:
    tiles = tiles_of(Edge().grow(b"".join(leaves(300))))
    assert Edge(300, tiles).root() == defined_root(leaves(300))
    with pytest.raises(TileMissing):
        Edge(301, tiles)
    with pytest.raises(TileMissing):
        root(nodes_of({(0, 0): tiles[0, 0][:-1]}), 256)
