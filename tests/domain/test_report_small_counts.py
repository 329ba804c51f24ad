"""What analysts aren't told of a report can't be reckoned from what they are."""

from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.report_definition import COMING, FLOWS, GOING, METRICS, FigureKey, Measure
from domain.report_small_counts import kept_back

UNITS = ("pensions", "records", "social")
KIND = "appeal"


def balanced(rng: Random, most: int) -> dict[FigureKey, float]:
    """What came and went in each unit, and in all, and what was answered on time."""
    found: dict[FigureKey, float] = {}
    for unit in UNITS:
        line = {flow: rng.randint(0, most) for flow in (*COMING, *GOING)}
        line["opening"] += sum(line[flow] for flow in GOING)
        line["closing"] = sum(line[flow] for flow in COMING) - sum(line[flow] for flow in GOING)
        on_time, late = rng.randint(0, most), rng.randint(0, most)
        line |= {"answered-on-time": on_time, "answered-late": late, "answered": on_time + late}
        for name, n in line.items():
            found[FigureKey(f"{KIND}.{name}", "unit", unit)] = n
            whole = FigureKey(f"{KIND}.{name}")
            found[whole] = found.get(whole, 0) + n
        found[FigureKey(f"{KIND}.answer-days-mean", "unit", unit)] = 7.5
    return found


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), most=st.sampled_from([3, 6, 30, 400]))
def test_no_line_gives_away_a_single_small_count(seed: int, most: int) -> None:
    figures = balanced(Random(seed), most)  # noqa: S311 - repeatable, not secret
    unseen = kept_back(figures)
    told = figures.keys() - unseen
    assert not [key for key in told if _counts(key) and 0 < figures[key] < 5]
    for line in lines():
        hidden = [key for key in line if key in unseen and figures[key]]
        shown = [key for key in line if key not in unseen and figures[key]]
        assert not hidden or not shown or len(hidden) > 1, line
        assert not hidden or not shown or sum(figures[key] for key in hidden) >= 5, line


def lines() -> Iterator[list[FigureKey]]:
    """What adds up: a whole with its units, the balance of a unit, an answer's being on time."""
    for name in (*FLOWS, "answered", "answered-on-time", "answered-late"):
        metric = f"{KIND}.{name}"
        yield [FigureKey(metric), *(FigureKey(metric, "unit", unit) for unit in UNITS)]
    for by, value in [("", ""), *(("unit", unit) for unit in UNITS)]:
        yield [FigureKey(f"{KIND}.{flow}", by, value) for flow in FLOWS]
        answered = ("answered", "answered-on-time", "answered-late")
        yield [FigureKey(f"{KIND}.{part}", by, value) for part in answered]


def _counts(key: FigureKey) -> bool:
    return METRICS[key.metric].measure not in (Measure.AMOUNT, Measure.MEAN, Measure.MEDIAN)


def test_what_is_large_is_told() -> None:
    figures = {key: n + 100 for key, n in balanced(Random(1), 3).items()}  # noqa: S311
    whole = {key: n for key, n in figures.items() if _counts(key)}
    assert not kept_back(whole)


def test_a_mean_of_few_is_kept_back() -> None:
    few = FigureKey("appeal.answered", "unit", "press"), FigureKey("appeal.answered")
    mean = FigureKey("appeal.answer-days-mean", "unit", "press")
    assert mean in kept_back({few[0]: 2, few[1]: 2, mean: 11.0})
