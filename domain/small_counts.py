"""Counts so small that they could tell of single people, and what has to be hidden with them."""

from collections import Counter
from collections.abc import Iterator, Mapping

Group = tuple[str | None, ...]

SMALLEST_TOLD = 5


def hidden(counts: Mapping[Group, int]) -> frozenset[Group]:
    """The groups whose count isn't told.

    Those of fewer than five, and as many more as it takes that no sum gives them away: in the
    whole table, and where it has two sides in each line of it, what is hidden are two counts at
    least and five cases together. Where that can't be, all of it is hidden. A line that isn't
    told where one side is asked for alone isn't told here either.
    """
    found = {group for group, count in counts.items() if 0 < count < SMALLEST_TOLD}
    for side in range(_sides(counts)):
        unseen = hidden(_margin(counts, side))
        found |= {group for group in counts if (group[side],) in unseen}
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
    """The groups of each sum that can be asked for: of all, and by each side alone."""
    yield set(counts)
    for side in range(_sides(counts)):
        for value in {group[side] for group in counts}:
            yield {group for group in counts if group[side] == value}


def _sides(counts: Mapping[Group, int]) -> int:
    """How many sides can be asked for alone: none where there is one."""
    sides = len(next(iter(counts), ()))
    return sides if sides > 1 else 0


def _margin(counts: Mapping[Group, int], side: int) -> Mapping[Group, int]:
    margin: Counter[Group] = Counter()
    for group, count in counts.items():
        margin[(group[side],)] += count
    return margin
