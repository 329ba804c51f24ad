"""The Merkle tree of RFC 6962, section 2.1: its root, and proofs about what is in it."""

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()

Node = Callable[[int, int], bytes]
"""The hash of a complete subtree, by its level (leaves are 0) and its place in that level."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def complete_root(hashes: bytes) -> bytes:
    """The root over hashes that stand one behind the other; their number is a power of two."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest()
                for at in range(0, len(hashes), 2 * HASH_BYTES)
            ]
        )
    return hashes


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that follow each other, each smaller than the one before."""
    if not peaks:
        return EMPTY_ROOT
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found


def root(node: Node, size: int) -> bytes:
    """The root over the first *size* leaves."""
    return _subtree(node, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1: that the leaf is in the tree of *size* leaves, at *index*."""
    proof = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _left(end - first)
        if index < middle:
            proof.append(_subtree(node, middle, end))
            end = middle
        else:
            proof.append(_subtree(node, first, middle))
            first = middle
    return proof[::-1]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """PROOF of RFC 6962, 2.1.2: that the tree of *old* leaves is the beginning of that of *new*.

    Empty where there is nothing to prove: from nothing, or to the same size.
    """
    if old in (0, new):
        return []
    proof = []
    first, end = 0, new
    while end != old:
        middle = first + _left(end - first)
        if old <= middle:
            proof.append(_subtree(node, middle, end))
            end = middle
        else:
            proof.append(_subtree(node, first, middle))
            first = middle
    if first > 0:
        proof.append(_subtree(node, first, end))
    return proof[::-1]


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows *leaf* at *index*; by RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(hash_, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(
    old_root: bytes, old: int, new_root: bytes, new: int, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows the old tree as the beginning of the new; by RFC 9162, 2.1.4.2."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_found = new_found = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_found, new_found = node_hash(hash_, old_found), node_hash(hash_, new_found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_found = node_hash(new_found, hash_)
        at, last = at >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


def _left(size: int) -> int:
    """How many leaves go to the left: the largest power of two smaller than *size*."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(node: Node, first: int, end: int) -> bytes:
    size = end - first
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, first // size)
    middle = first + _left(size)
    return node_hash(_subtree(node, first, middle), _subtree(node, middle, end))
