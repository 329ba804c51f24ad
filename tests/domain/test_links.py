"""Links that join: the way from one to another, and what finding it costs."""

import tracemalloc
from itertools import pairwise
from uuid import UUID

from domain.links import Link, Links

LONG = 2_000


def chain(count: int) -> Links:
    ids = [UUID(int=n + 1) for n in range(count + 1)]
    return Links(
        tuple(
            Link(later, earlier, joins=True, decided_in=later) for earlier, later in pairwise(ids)
        )
    )


def test_the_way_is_the_shortest_chain_in_order_from_either_end() -> None:
    links = chain(4)
    shortcut = Link(UUID(int=4), UUID(int=1), joins=True, decided_in=UUID(int=4))
    both = Links((*links.standing, shortcut))
    last = links.standing[3]
    assert links.way(UUID(int=1), UUID(int=5)) == links.standing
    assert links.way(UUID(int=5), UUID(int=1)) == links.standing[::-1]
    assert both.way(UUID(int=1), UUID(int=5)) == (shortcut, last)
    assert both.way(UUID(int=1), UUID(int=1)) == both.way(UUID(int=1), UUID(int=99)) == ()


def test_a_long_chain_is_walked_without_a_copy_of_each_way_in_it() -> None:
    links = chain(LONG)
    tracemalloc.start()
    try:
        group = links.group(UUID(int=1))
        assert len(links.way(UUID(int=1), UUID(int=LONG + 1))) == LONG
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(group) == LONG + 1
    assert peak < LONG * 1_500, "copies of all ways would be some 8 kB a link"
