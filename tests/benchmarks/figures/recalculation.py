"""A decision on the calendar: how long until the due dates of all open appeals have followed."""

import gc
import random
import time
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
from msgspec.structs import replace
from rich.progress import Progress

from application.caller import Role
from application.orders import Order
from domain.calendar import DayKind, WorkingCalendar
from domain.calendar_decision import AnnounceCalendarDecision, DecidedDay
from domain.case import CaseKind
from domain.deadline import due_on
from infra.calendars import working_calendar
from infra.rulebook import rulebook
from tests.benchmarks.appeals import appeal
from tests.benchmarks.cluster import Cluster
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.options import Options
from tests.benchmarks.ours import REGISTRARS, caller, desk, order, prepare
from tests.benchmarks.serving import OURS, caught_up, serving

BATCH = 1_000
_SECONDS = 10
_LONGEST_WAIT = 300
_SHORTEST_TERM = "az-i-gen"
_WORKING_DAYS = 5
"""The appeals came in evenly over so many days, the last one today."""


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    database = cluster.database("recalculation")
    prepare(database)
    calendar = working_calendar("az")
    today = datetime.now(UTC).date()
    seed(database, options.open_cases, calendar, today, progress)
    seconds: list[float] = []
    seen: list[float] = []
    moved: list[float] = []
    with serving(cluster, OURS, database, "recalculation"):
        caught_up(database, _LONGEST_WAIT)
        cluster.settle()
        day = _within_all_terms(calendar, today)
        for number in progress.track(range(options.rounds), description="recalculation"):
            # To and fro, so that each round moves as much as the first.
            kind = (DayKind.WORKING, DayKind.OFF)[(number + calendar.is_working_day(day)) % 2]
            started = time.perf_counter()
            decide(database, day, kind)
            moved.append(followed(database))
            seconds.append(time.perf_counter() - started)
            caught_up(database, _LONGEST_WAIT)
            seen.append(time.perf_counter() - started)
    runs = {"seconds": seconds, "seconds until all read models have it": seen, "moved": moved}
    slowest = sorted(seconds)[len(seconds) // 2]
    return Figure(
        name=f"recompute of {options.open_cases:,} open appeals",
        unit="s",
        ours=slowest,
        bars=(Bar("seconds", slowest, _SECONDS, at_most=True),),
        notes=[
            f"{min(moved):,.0f} cases recomputed in each run",
            f"all read models had them after {sorted(seen)[len(seen) // 2]:.1f} s",
        ],
        runs=runs,
    )


def seed(
    conninfo: str, cases: int, calendar: WorkingCalendar, today: date, progress: Progress
) -> None:
    """Appeals registered over the last few working days, none of them overdue."""
    chance = random.Random(cases)
    now = datetime.now(UTC)
    taker = desk(conninfo, lambda: now)
    task = progress.add_task(f"{cases:,} open appeals", total=cases)
    gc.disable()
    for first in range(0, cases, BATCH):
        count = min(BATCH, cases - first)
        back = _WORKING_DAYS - 1 - first * _WORKING_DAYS // cases
        day = calendar.add_working_days(today, -back) if back else today
        received_at = now - timedelta(days=(today - day).days, minutes=1)
        commands = (appeal(chance, received_at) for _ in range(count))
        orders = [order(replace(c, registered_on=day)) for c in commands]
        for outcome in taker.execute_batch(orders):
            if isinstance(outcome, Exception):
                raise outcome
        progress.advance(task, count)
    gc.enable()
    taker.close()
    progress.remove_task(task)


def _within_all_terms(calendar: WorkingCalendar, today: date) -> date:
    """A working day that every term runs through, the shortest of the oldest appeal included."""
    oldest = calendar.add_working_days(today, 1 - _WORKING_DAYS)
    version = rulebook("az").version_for(_SHORTEST_TERM, oldest)
    day = calendar.next_working_day(today + timedelta(days=1))
    if day > due_on(version, oldest, calendar):
        raise RuntimeError(f"no working day after {today} lies in all terms")
    return day


def decide(conninfo: str, day: date, kind: DayKind) -> None:
    command = AnnounceCalendarDecision(
        act="Nazirlər Kabinetinin qərarı",
        announced_on=datetime.now(UTC).date(),
        days=(DecidedDay(on=day, kind=kind, reason="exchange"),),
    )
    taker = desk(conninfo)
    taker.execute(
        Order(
            kind=CaseKind.CALENDAR_DECISION,
            case_id=uuid4(),
            command=command,
            by=caller("controller", REGISTRARS, Role.CONTROLLER),
            command_id=uuid4(),
        )
    )
    taker.close()


def followed(conninfo: str) -> int:
    """How many cases the last decision moved, once all of them have."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        until = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < until:
            row = conn.execute(
                "SELECT r.done, r.finished_at FROM karguzar.register_events e "
                "JOIN karguzar.recalculations r ON r.position = e.notification_id "
                "WHERE e.topic LIKE 'calendar-decision-%' ORDER BY r.position DESC LIMIT 1"
            ).fetchone()
            waiting = conn.execute(
                "SELECT count(*) FROM karguzar.register_events "
                "WHERE topic LIKE 'calendar-decision-%' AND notification_id NOT IN "
                "(SELECT position FROM karguzar.recalculations WHERE finished_at IS NOT NULL)"
            ).fetchone()
            if row and row[1] and waiting == (0,):
                return int(row[0])
            time.sleep(0.02)
    raise RuntimeError("the due dates have not followed the decision")
