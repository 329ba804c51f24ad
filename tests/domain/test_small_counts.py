"""What is not told of a small count, and of those beside it."""

from domain.small_counts import SMALLEST_TOLD, Group, hidden, total_told
from tests.projections.histories import seeded


def one_side(*counts: int) -> dict[Group, int]:
    return {(f"group-{n}",): count for n, count in enumerate(counts)}


def test_counts_of_five_and_more_are_told() -> None:
    counts = one_side(5, 9, 120)
    assert hidden(counts) == set()
    assert total_told(counts)


def test_a_single_small_count_hides_the_next_smallest_with_it() -> None:
    counts = one_side(3, 9, 120)
    assert hidden(counts) == {("group-0",), ("group-1",)}
    assert total_told(counts)


def test_two_small_counts_of_fewer_than_five_together_hide_a_third() -> None:
    assert hidden(one_side(1, 2, 7, 50)) == {("group-0",), ("group-1",), ("group-2",)}
    assert hidden(one_side(1, 4, 50)) == {("group-0",), ("group-1",)}


def test_a_small_count_alone_hides_the_total_as_well() -> None:
    assert hidden(one_side(3)) == {("group-0",)}
    assert not total_told(one_side(3))
    assert not total_told(one_side(1, 2))
    assert total_told({})


def margin(counts: dict[Group, int], side: int) -> dict[Group, int]:
    lines: dict[Group, int] = {}
    for group, count in counts.items():
        lines[(group[side],)] = lines.get((group[side],), 0) + count
    return lines


def test_a_line_hidden_where_one_side_is_asked_for_is_not_told_by_the_table() -> None:
    counts: dict[Group, int] = {
        ("a", "0"): 9,
        ("b", "0"): 6,
        ("b", "1"): 6,
        ("c", "0"): 1,
        ("c", "1"): 3,
    }
    assert hidden(margin(counts, 0)) == {("a",), ("c",)}
    assert hidden(counts) >= {("a", "0"), ("c", "0"), ("c", "1")}


def test_no_table_tells_a_line_that_the_table_of_one_side_hides() -> None:
    rng = seeded(22)
    hidden_lines = 0
    for _ in range(300):
        counts: dict[Group, int] = {
            (f"row-{r}", f"column-{c}"): rng.choice((1, 2, 4, 6, 9, 30))
            for r in range(rng.randint(2, 5))
            for c in range(rng.randint(2, 5))
            if rng.random() < 0.5
        }
        unseen = hidden(counts)
        for side in (0, 1):
            for line in hidden(margin(counts, side)):
                hidden_lines += 1
                assert unseen >= {group for group in counts if (group[side],) == line}
    assert hidden_lines > 100


def test_in_a_table_no_line_and_no_total_gives_a_small_count_away() -> None:
    rng = seeded(21)
    shown = 0
    for _ in range(300):
        counts: dict[Group, int] = {
            (f"row-{r}", f"column-{c}"): rng.choice((1, 2, 4, 6, 9, 30, 200))
            for r in range(rng.randint(1, 5))
            for c in range(rng.randint(1, 5))
            if rng.random() < 0.9
        }
        unseen = hidden(counts)
        assert all(group in unseen for group, count in counts.items() if count < SMALLEST_TOLD)
        for side in (0, 1):
            for value in {group[side] for group in counts}:
                inside = [group for group in unseen if group[side] == value]
                line = sum(count for group, count in counts.items() if group[side] == value)
                told = line >= SMALLEST_TOLD and unseen != set(counts)
                if inside and told:
                    assert len(inside) > 1
                    assert sum(counts[group] for group in inside) >= SMALLEST_TOLD
        shown += len(counts) - len(unseen)
    assert shown > 400
