"""Due dates of working-day rules: the shipped rules and calendar beside counting day by day."""

import random
import time
from collections.abc import Callable
from datetime import date, timedelta

import holidays
from rich.progress import Progress

from domain.deadline import due_on
from domain.rule import RuleVersion, Unit
from infra.calendars import working_calendar
from infra.rulebook import rulebook
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure, medians
from tests.benchmarks.options import Options

BY_DAY = "a loop day by day over `holidays`"
NTH = "holidays.get_nth_working_day"
_FIRST, _LAST = date(2024, 1, 1), date(2026, 6, 30)
_TERMS = 2_000
_WARM_UP_SECONDS = 0.5
_DAY = timedelta(days=1)

Term = tuple[RuleVersion, date]


def measure(_cluster: Cluster, options: Options, progress: Progress) -> Figure:
    runs: dict[str, list[float]] = {}
    rounds = [name for _ in range(options.rounds) for name in ("ours", NTH, BY_DAY)]
    for name in progress.track(rounds, description="due dates"):
        runs.setdefault(name, []).append(in_process(rate, name, options.seconds))
    found = medians(runs)
    ours = found.pop("ours")
    return Figure(
        name="due dates by working-day rules (az)",
        unit="due dates/s",
        ours=ours,
        peers=found,
        bars=(Bar("due dates/s", ours, 200_000),),
        notes=["one process; the same rules and starts for all, none kept from earlier answers"],
        runs=runs,
    )


def rate(name: str, seconds: float) -> float:
    """Due dates a second, after a warm-up."""
    makers = {"ours": _ours, NTH: _nth, BY_DAY: _by_day}
    answer, terms = makers[name](), _terms()
    done = 0
    started = until = 0.0
    for length in (_WARM_UP_SECONDS, seconds):
        done, started = 0, time.perf_counter()
        until = started + length
        while time.perf_counter() < until:
            for version, start in terms:
                answer(version, start)
            done += len(terms)
    return done / (time.perf_counter() - started)


def _terms() -> list[Term]:
    """The rules in working days with starts at random, the same in each process."""
    chance = random.Random(3)
    versions = [
        version
        for each in rulebook("az").rules.values()
        for version in each
        if version.unit is Unit.WORKING_DAYS and version.length
    ]
    days = (_LAST - _FIRST).days
    starts = (_FIRST + timedelta(days=chance.randint(0, days)) for _ in range(_TERMS))
    return [(chance.choice(versions), start) for start in starts]


def _ours() -> Callable[[RuleVersion, date], date]:
    calendar = working_calendar("az")
    return lambda version, start: due_on(version, start, calendar)


def _nth() -> Callable[[RuleVersion, date], date]:
    kept = _holidays()
    return lambda version, start: kept.get_nth_working_day(start, version.length)


def _by_day() -> Callable[[RuleVersion, date], date]:
    kept = _holidays()

    def due(version: RuleVersion, start: date) -> date:
        day, left = start, version.length
        while left:
            day += _DAY
            left -= kept.is_working_day(day)
        return day

    return due


def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("AZ", years=range(_FIRST.year, _LAST.year + 2))
