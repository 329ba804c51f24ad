"""The pairs that are one person in a whole list of people, found with what the desk compares by.

The work is shared by forked processes: each reads the list for itself and normalises its share,
and each then compares a share of the pairs, so that little is handed from one to another.
"""

import gc
import multiprocessing
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from application.likeness import Likeness
from application.person_columns import Columns, Numbers, joined
from application.person_evidence import Comparing, Levels
from application.person_levels import Sort
from application.person_likeness import Rarities, Weighing, Weights, rarity_of, scores, told
from domain.person_card import (
    BROAD,
    FURTHER,
    LONGEST_SORT,
    Card,
    block_keys,
    card_from,
    further_keys,
)
from domain.person_weights import PersonWeights

FIELDS = ("surname", "name", "patronymic", "born", "phone", "fin", "email", "address")
"""What a row of a list has, in this order; what isn't known is empty."""
Row = tuple[str, ...]
Rows = Callable[[], Iterable[Row]]
Progress = Callable[[str, int, int], None]
"""Told the step's name, how much of it is done, and of how much."""

_SHARE = 2_000
_FEW = 50_000
"""In lists of no more people the further keys are used too."""
_LARGEST = dict.fromkeys(BROAD, 40) | dict.fromkeys(FURTHER | {"s1", "s2"}, 12)
_LARGEST_NARROW = 1_000
"""So many people may share a key of each sort; a block of more is passed over and counted."""
_AT_ONCE = 200_000

Keys = dict[str, tuple[Numbers, NDArray[np.int64]]]
"""For each sort of key, which rows have one, and its hash."""


class Pairs(Struct, frozen=True, kw_only=True):
    """Rows by their number in the list, with the score of each pair and its evidence."""

    left: Numbers
    right: Numbers
    score: Weights
    people: int
    compared: int
    passed_over: int
    levels: dict[Sort, Levels]
    rarity: dict[str, Weights]

    def told(self, model: PersonWeights, at: NDArray[np.intp]) -> list[Likeness]:
        """The likenesses, with reasons, of the pairs at these places."""
        return told(
            {sort: levels[at] for sort, levels in self.levels.items()},
            {sort: values[at] for sort, values in self.rarity.items()},
            Weighing(model, self.people),
        )


class Prepared(Struct, frozen=True):
    """A list's cards in columns, and the pairs of rows that share a key."""

    columns: Columns
    rows: Numbers
    left: Numbers
    right: Numbers
    passed_over: int


def find_pairs(
    rows: Rows, model: PersonWeights, *, processes: int = 2, progress: Progress | None = None
) -> Pairs:
    """All pairs of the list that are worth a look, likeliest first.

    ``rows`` is called once in each process and has to give the same rows each time.
    """
    prepared = prepare(rows, processes=processes, progress=progress)
    return compare(prepared, model, processes=processes, progress=progress)


def prepare(rows: Rows, *, processes: int = 2, progress: Progress | None = None) -> Prepared:
    """The list in columns, and which of its rows to compare."""
    parts = []
    for part in _in_processes(_read_share, [(rows, at, processes) for at in range(processes)]):
        parts.append(part)
        _tell(progress, "read", len(parts), processes)
    columns = joined([part[0] for part in parts])
    numbers = np.concatenate([part[1] for part in parts])
    begins = np.cumsum([0, *(len(part[1]) for part in parts)])
    keys = [part[2] for part in parts]
    del parts
    left, right, passed_over = _pairs_of(keys, begins, len(numbers))
    return Prepared(columns, numbers, left, right, passed_over)


class _Sorts(dict[str, int]):
    """The number of a key's sort, by the key's beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[str, int] = {}

    def __missing__(self, begins: str) -> int:
        sort = begins.partition(":")[0]
        self[begins] = number = self.named.setdefault(sort, len(self.named))
        return number


def _read_share(share: tuple[Rows, int, int]) -> tuple[Columns, Numbers, Keys]:
    rows, which, shares = share
    numbers = array("i")
    counts = array("i")
    hashes = array("q")
    of_sort = bytearray()
    sorts = _Sorts()
    few = _FEW // shares + _SHARE

    def cards() -> Iterator[Card]:
        for number, row in _in_share(rows(), which, shares):
            surname, name, patronymic, born, phone, fin, email, address = row
            card = card_from(
                surname=surname,
                name=name,
                patronymic=patronymic,
                born=born,
                phone=phone,
                fin=fin,
                email=email,
                address=address,
            )
            keys = block_keys(card)
            if len(numbers) <= few:
                keys += further_keys(card)
            counts.append(len(keys))
            hashes.extend(map(hash, keys))
            of_sort.extend([sorts[key[:LONGEST_SORT]] for key in keys])
            numbers.append(number)
            yield card

    gc.disable()
    columns = Columns.of(cards())
    at = np.repeat(np.arange(len(numbers), dtype=np.int32), np.array(counts, dtype=np.int32))
    hashed = np.array(hashes, dtype=np.int64)
    sorted_as = np.frombuffer(of_sort, dtype=np.uint8)
    keys = {
        sort: (at[chosen], hashed[chosen])
        for sort, number in sorts.named.items()
        for chosen in (np.flatnonzero(sorted_as == number),)
    }
    return columns, np.array(numbers, dtype=np.int32), keys


def _in_share(rows: Iterable[Row], which: int, shares: int) -> Iterator[tuple[int, Row]]:
    counted = enumerate(rows)
    while chunk := list(islice(counted, _SHARE)):
        if (chunk[0][0] // _SHARE) % shares == which:
            yield from chunk


def _pairs_of(keys: list[Keys], begins: NDArray[Any], people: int) -> tuple[Numbers, Numbers, int]:
    """Rows that share a key, each pair once, and how many blocks were too large to be used."""
    found: list[NDArray[np.int64]] = []
    passed_over = 0
    for sort in sorted(set().union(*keys)):
        if sort in FURTHER and people > _FEW:
            continue
        rows = np.concatenate(
            [
                part[sort][0] + begin
                for part, begin in zip(keys, begins[:-1], strict=True)
                if sort in part
            ]
        ).astype(np.int64)
        hashes = np.concatenate([part[sort][1] for part in keys if sort in part])
        largest = _LARGEST.get(sort, _LARGEST_NARROW)
        pairs, over = _pairs_in_blocks(rows, hashes, largest, people)
        found.append(pairs)
        passed_over += over
    if not found:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), 0
    pairs = np.unique(np.concatenate(found))
    return (pairs // people).astype(np.int32), (pairs % people).astype(np.int32), passed_over


def _pairs_in_blocks(
    rows: NDArray[np.int64], hashes: NDArray[np.int64], largest: int, people: int
) -> tuple[NDArray[np.int64], int]:
    order = np.argsort(hashes, kind="stable")
    rows, hashes = rows[order], hashes[order]
    begins = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
    sizes = np.diff(np.append(begins, len(hashes)))
    over = int((sizes > largest).sum())
    left_in_block = np.repeat(begins + sizes, sizes) - np.arange(len(hashes))
    usable = np.repeat((sizes > 1) & (sizes <= largest), sizes)
    at = np.flatnonzero(usable & (left_in_block > 1))
    found = []
    step = 1
    while len(at):
        one, other = rows[at], rows[at + step]
        found.append(np.minimum(one, other) * people + np.maximum(one, other))
        step += 1
        at = at[left_in_block[at] > step]
    return (np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)), over


_FORKED: dict[str, Any] = {}
"""What the processes that are forked next find in their memory, so that it needn't be sent."""


def compare(
    prepared: Prepared,
    model: PersonWeights,
    *,
    processes: int = 2,
    progress: Progress | None = None,
) -> Pairs:
    people = len(prepared.columns)
    comparing = Comparing(prepared.columns)
    _FORKED["compared"] = (
        prepared,
        model,
        comparing,
        Rarities.in_list(comparing),
        Weighing(model, people),
    )
    total = len(prepared.left)
    parts = []
    try:
        spans = [(begin, min(begin + _AT_ONCE, total)) for begin in range(0, total, _AT_ONCE)]
        for part in _in_processes(_compare_span, spans, processes):
            parts.append(part)
            _tell(progress, "compare", min(len(parts) * _AT_ONCE, total), total)
    finally:
        _FORKED.clear()
    return _put_together(parts, prepared)


Part = tuple[NDArray[Any], Weights, dict[Sort, Levels], dict[str, Weights]]


def _compare_span(span: tuple[int, int]) -> Part:
    prepared, model, comparing, rarities, weighing = _FORKED["compared"]
    begin, end = span
    left, right = prepared.left[begin:end], prepared.right[begin:end]
    levels = comparing.levels(left, right)
    rarity = rarity_of(comparing, rarities, weighing.usual, levels, left, right)
    found = scores(weighing.against(levels, rarity))
    at = np.flatnonzero(found >= model.probable)
    return (
        at + begin,
        found[at],
        {sort: values[at] for sort, values in levels.items()},
        {sort: values[at] for sort, values in rarity.items()},
    )


def _put_together(parts: list[Part], prepared: Prepared) -> Pairs:
    at = np.concatenate([part[0] for part in parts] or [np.zeros(0, np.intp)])
    score = np.concatenate([part[1] for part in parts] or [np.zeros(0)])
    order = np.lexsort((at, -score))
    at = at[order]
    one, other = prepared.rows[prepared.left[at]], prepared.rows[prepared.right[at]]
    first = parts[0] if parts else (None, None, {}, {})
    return Pairs(
        left=np.minimum(one, other),
        right=np.maximum(one, other),
        score=score[order],
        people=len(prepared.columns),
        compared=len(prepared.left),
        passed_over=prepared.passed_over,
        levels={
            sort: np.concatenate([part[2][sort] for part in parts])[order] for sort in first[2]
        },
        rarity={
            sort: np.concatenate([part[3][sort] for part in parts])[order] for sort in first[3]
        },
    )


def _in_processes(
    work: Callable[[Any], Any], shares: list[Any], processes: int = 0
) -> Iterator[Any]:
    if (processes or len(shares)) < 2 or len(shares) < 2:  # noqa: PLR2004
        yield from map(work, shares)
        return
    _FORKED["work"], _FORKED["shares"] = work, shares
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes or len(shares), mp_context=fork) as pool:
        yield from pool.map(_share, range(len(shares)))


def _share(at: int) -> Any:
    return _FORKED["work"](_FORKED["shares"][at])


def _tell(progress: Progress | None, step: str, done: int, total: int) -> None:
    if progress:
        progress(step, done, total)
