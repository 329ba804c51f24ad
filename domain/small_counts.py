"""Counts so small that they could tell of single people, and what has to be hidden with them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

Group = tuple[str | None, ...]

SMALLEST_TOLD = 5


def hidden(counts: Mapping[Group, int]) -> frozenset[Group]:
    """The groups whose count isn't told.

    Those of fewer than five, and as many more as it takes that no sum gives them away: in the
    whole table, and where it has more sides in each line of it, what is hidden are two counts at
    least and five cases together. Where that can't be, all of it is hidden. A line that isn't
    told where fewer sides are asked for isn't told here either.
    """
    found = {group for group, count in counts.items() if 0 < count < SMALLEST_TOLD}
    for sides in _fewer_sides(counts):
        unseen = hidden(_margin(counts, sides))
        found |= {group for group in counts if _along(group, sides) in unseen}
    lines = list(_lines(counts))
    settled = False
    while not settled:
        settled = True
        for line in lines:
            inside = found & line
            if not inside or _safe(inside, counts):
                continue
            others = sorted(line - found, key=lambda group: (counts[group], str(group)))
            if not others:
                if sum(counts[group] for group in inside) >= SMALLEST_TOLD:
                    return frozenset(counts)
                continue
            found.add(others[0])
            settled = False
    return frozenset(found)


def total_told(counts: Mapping[Group, int]) -> bool:
    """Whether their sum may be told: not where it gives a hidden count away, or is small itself."""
    inside = hidden(counts)
    return not inside or _safe(inside, counts)


def _safe(inside: set[Group] | frozenset[Group], counts: Mapping[Group, int]) -> bool:
    return len(inside) > 1 and sum(counts[group] for group in inside) >= SMALLEST_TOLD


def _lines(counts: Mapping[Group, int]) -> Iterator[set[Group]]:
    """The groups of each sum that can be asked for: of all, and by fewer of the sides."""
    yield set(counts)
    for sides in _fewer_sides(counts):
        lines: dict[Group, set[Group]] = {}
        for group in counts:
            lines.setdefault(_along(group, sides), set()).add(group)
        yield from lines.values()


def _fewer_sides(counts: Mapping[Group, int]) -> list[Sequence[int]]:
    """The sides that can be asked for without the others: none where there is one."""
    number = len(next(iter(counts), ()))
    return [sides for fewer in range(1, number) for sides in combinations(range(number), fewer)]


def _along(group: Group, sides: Sequence[int]) -> Group:
    return tuple(group[side] for side in sides)


def _margin(counts: Mapping[Group, int], sides: Sequence[int]) -> Mapping[Group, int]:
    margin: Counter[Group] = Counter()
    for group, count in counts.items():
        margin[_along(group, sides)] += count
    return margin
