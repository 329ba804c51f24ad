"""What analysts are told of returns: no question gives away what another keeps from them."""

from collections import defaultdict
from collections.abc import Mapping
from random import Random

import pytest

from api.return_figures import Counts, Figures, curves, figures
from domain.small_counts import SMALLEST_TOLD
from domain.survival import Watched
from projections.returns import By, Figure, Group

Table = Mapping[Group, Counts]


def counts(answers: int, had_time: int | None = None, returned: int = 0) -> dict[Figure, int]:
    had_time = answers if had_time is None else had_time
    told = {Figure.ANSWERS: answers, Figure.HAD_TIME: had_time, Figure.RETURNED: returned}
    return dict.fromkeys(Figure, 0) | told


def told(by: tuple[By, ...], groups: Table) -> dict[Group, Figures]:
    rows, _ = figures(by, groups, small_told=False)
    return {tuple(row.group[each] for each in by): row for row in rows}


def by_side(groups: Table, side: int) -> Table:
    sums: dict[Group, dict[Figure, int]] = defaultdict(lambda: dict.fromkeys(Figure, 0))
    for group, each in groups.items():
        for figure, count in each.items():
            sums[(group[side],)][figure] += count
    return dict(sums)


def test_a_small_count_of_two_sides_is_not_the_difference_from_the_count_of_one() -> None:
    groups: Table = {
        ("u1", "t1"): counts(3),
        ("u1", "t2"): counts(20),
        ("u1", "t3"): counts(30),
        ("u2", "t1"): counts(4),
        ("u2", "t2"): counts(40),
    }
    assert told((By.UNIT,), by_side(groups, 0))[("u1",)].answers == 53
    rows = told((By.UNIT, By.TOPIC), groups)
    of_unit = [rows["u1", topic].answers for topic in ("t1", "t2", "t3")]
    assert of_unit == [None, None, 30]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_hidden_of_two_sides_is_no_difference_from_either_side(seed: int) -> None:
    rng, shown = Random(seed), 0  # noqa: S311 - no secret
    for _ in range(100):
        groups: dict[Group, Counts] = {}
        for group in ((f"u{u}", f"t{t}") for u in range(3) for t in range(4)):
            answers = rng.choice((3, 12, 40, 90, 200, 500))
            had_time = rng.randint(0, answers)
            groups[group] = counts(answers, had_time, rng.randint(0, had_time))
        rows = told((By.UNIT, By.TOPIC), groups)
        for side, by in enumerate((By.UNIT, By.TOPIC)):
            for line, row in told((by,), by_side(groups, side)).items():
                of_line = [group for group in groups if group[side] == line[0]]
                if row.answers is not None:
                    kept = [each for each in of_line if rows[each].answers is None]
                    unseen = sum(groups[each][Figure.ANSWERS] for each in kept)
                    assert not kept or (len(kept) > 1 and unseen >= SMALLEST_TOLD)
                if row.returned is not None:
                    kept = [each for each in of_line if rows[each].returned is None]
                    unseen = sum(groups[each][Figure.RETURNED] for each in kept)
                    assert not unseen or unseen >= SMALLEST_TOLD
                    shown += len(of_line) - len(kept)
    assert shown > 20


def test_a_curve_tells_analysts_no_number_of_those_who_came_back() -> None:
    watched: dict[Group, dict[int, Watched]] = {
        ("pensions",): {10: Watched(7, 0), 40: Watched(6, 0), 90: Watched(0, 30)}
    }
    (curve,) = curves(By.UNIT, watched, small_told=False)
    assert (curve.answers, curve.returned) == (43, None)
    assert [point.day for point in curve.points] == [10, 40]
    (whole,) = curves(By.UNIT, watched, small_told=True)
    assert whole.returned == 13
