"""Lists with two filters, read by somebody of one unit and by an auditor."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from rich.progress import Progress

from application.caller import Role
from domain.appeal import AppealKind, Channel
from tests.benchmarks.appeals import REGIONS, TOPICS
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.rebuild import our_rebuild
from tests.benchmarks.load import Walk, percentile, walks
from tests.benchmarks.options import Options
from tests.benchmarks.ours import UNITS, executors, prepare
from tests.benchmarks.seed import seed
from tests.benchmarks.serving import OURS, serving, token

PAGES = 100
PAGE_ROWS = 20
FIRST_PAGES, LAST_PAGES = 200, 40
_WARM_UP = 30
_STATES = ("registered", "assigned", "in-work")

Times = dict[str, list[float]]
"""Milliseconds by reader and page."""


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    times: dict[int, Times] = {}
    notes = []
    for cases in options.cases:
        database = filled(cluster, cases, progress)
        times[cases], deep = _times(cluster, database, progress)
        for name, values in times[cases].items():
            notes.append(
                f"{cases:,} cases, {name}: p50 {percentile(values, 0.5):.1f} ms, "
                f"p99 {percentile(values, 0.99):.1f} ms of {len(values)}"
            )
        notes.append(
            f"{cases:,} cases: {deep:.0%} of the lists had {PAGES} pages of {PAGE_ROWS}, "
            "the others were read to their last"
        )
    smallest, largest = min(times), max(times)
    p50, p99 = (_worst(times[largest], share) for share in (0.5, 0.99))
    bars = [
        Bar("ms at p50", p50, 10, at_most=True),
        Bar("ms at p99", p99, 50, at_most=True),
    ]
    if smallest != largest:
        small = _worst(times[smallest], 0.5)
        says = f"x p50 of {smallest:,} cases"
        bars.append(Bar(says, p50 / small, 2, at_most=True))
    return Figure(
        name=f"list, two filters, first and hundredth page, {largest:,} cases",
        unit="ms at p50",
        ours=p50,
        bars=bars,
        notes=notes,
        runs={
            f"{n:,}: {name}": values for n, each in times.items() for name, values in each.items()
        },
    )


def filled(cluster: Cluster, cases: int, progress: Progress) -> str:
    """A register of that many cases with its read models built."""
    database = cluster.database(f"cases_{cases}")
    prepare(database)
    seed(database, cases, progress)
    in_process(our_rebuild, database)
    cluster.settle()
    return database


def _times(cluster: Cluster, database: str, progress: Progress) -> tuple[Times, float]:
    times: Times = {}
    deep: list[bool] = []
    with serving(cluster, OURS, database, "lists") as (target, given):
        readers = {
            "one unit": token(given, f"{UNITS[0]}-head", UNITS[0], [Role.UNIT_HEAD]),
            "auditor": token(given, "auditor", "department", [Role.AUDITOR]),
        }
        for name, bearer in progress.track(readers.items(), description="lists"):
            chance = random.Random(name)
            reader = type(target)(target.host, target.port, bearer)
            in_process(walks, reader, list(_lists(chance, _WARM_UP)), 1)
            first = in_process(walks, reader, list(_lists(chance, FIRST_PAGES)), 1)
            last = in_process(walks, reader, list(_lists(chance, LAST_PAGES)), PAGES)
            deep += [len(walk.seconds) == PAGES for walk in last]
            times[f"{name}, first page"] = _milliseconds(first)
            times[f"{name}, hundredth or last page"] = _milliseconds(last)
    return times, sum(deep) / len(deep)


def _milliseconds(walked: Iterable[Walk]) -> list[float]:
    return [walk.seconds[-1] * 1000 for walk in walked]


def _worst(times: Times, share: float) -> float:
    return max(percentile(values, share) for values in times.values())


def _lists(chance: random.Random, count: int) -> Iterable[str]:
    for _ in range(count):
        filters: dict[str, str] = {}
        for name in chance.sample(tuple(_FILTERS), 2):
            filters |= _FILTERS[name](chance)
        yield f"/api/v1/cases?{urlencode({**filters, 'limit': PAGE_ROWS})}"


def _unit(chance: random.Random) -> str:
    return UNITS[min(int(chance.expovariate(0.12)), len(UNITS) - 1)]


def _registered(chance: random.Random) -> dict[str, str]:
    start = datetime.now(UTC).date() - timedelta(days=chance.randrange(60, 690))
    return {
        "registered_from": start.isoformat(),
        "registered_to": (start + timedelta(days=chance.choice((30, 90, 180)))).isoformat(),
    }


_FILTERS = {
    "subkind": lambda chance: {"subkind": chance.choice(tuple(AppealKind)).value},
    "state": lambda chance: {"state": chance.choice(_STATES)},
    "channel": lambda chance: {"channel": chance.choice(tuple(Channel)).value},
    "topic": lambda chance: {"topic": chance.choice(TOPICS)},
    "region": lambda chance: {"region": chance.choice(REGIONS)},
    "unit": lambda chance: {"unit": _unit(chance)},
    "executor": lambda chance: {"executor": chance.choice(executors(_unit(chance)))},
    "registered": _registered,
}
