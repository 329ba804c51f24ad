"""The demo: six months of an agency that doesn't exist, and some of the same a year before.

It is entered as if by its officials. Everything is drawn from the seed and the day, and goes
through the desk like any other order, with a clock that moves through the past. The same seed and
day give the same cases again, so a second run adds nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, timedelta
from functools import partial
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from psycopg import Connection
from psycopg.rows import tuple_row

from application.demo_appeals import new_appeal, tell_appeal, tell_pair
from application.demo_archive import KeptDocument, archived_documents, tell_archived
from application.demo_assignments import tell_assignment
from application.demo_calendar import tell_decision
from application.demo_cast import AGENCY, DEMO_CALLERS
from application.demo_identities import tell_identities
from application.demo_last_year import cases_of_last_year, tell_last_year
from application.demo_media import tell_inquiry
from application.demo_oversight import tell_oversight
from application.demo_receptions import tell_reception
from application.demo_repeats import tell_cause
from application.demo_story import HOURS, Diary, Planned, Story, ids_of
from application.demo_unit_reports import UNIT_REPORTS, tell_unit_reports
from application.desk import Desk
from application.policy_desk import PolicyDesk
from domain.appeal import MergeAppeal
from domain.case import CaseKind, Command
from domain.envelope import Recorded
from domain.reception import GiveAssignmentAtHearing, TakeInWrittenAppeal
from infra.eventstore import TrackingRecorder
from infra.keys import Keys
from infra.organisation import put_organisation

__all__ = ["DEMO_CALLERS", "DemoSummary", "plan_demo", "seed_demo"]

DAYS = 182
_AHEAD = 6
_IDENTITIES = 3
_SETS_GOING: tuple[type[Command], ...] = (
    GiveAssignmentAtHearing,
    MergeAppeal,
    TakeInWrittenAppeal,
)
_BATCH = 1_000


class DemoSummary(Struct, frozen=True, kw_only=True):
    """``events`` counts what this run added; ``cases`` are all of the demo's."""

    cases: int
    orders: int
    events: int


def seed_demo(
    desk: Desk,
    conn: Connection[Any],
    *,
    today: date,
    seed: int = 1,
    cases: int = 450,
    progress: Callable[[int], None] | None = None,
    keep: Callable[[KeptDocument], None] | None = None,
) -> DemoSummary:
    """Enter the agency and its cases up to the evening before *today*; run again, it adds nothing.

    At least ten *cases*. *progress* hears how many there are so far, *keep* gets the bytes of the
    documents. Raises what an order was
    refused with.
    """
    put_organisation(conn, AGENCY.units, AGENCY.officials, AGENCY.leaders)
    planned = plan_demo(desk, today=today, seed=seed, cases=cases)
    before = desk.log.max_notification_id() or 0
    seen: set[UUID] = set()
    with _at_the_agency(desk):
        policies = _Policies(desk)
        for at, entries in groupby(planned, key=lambda entry: entry.at):
            orders = [entry.order for entry in entries]
            desk.clock = partial(at.astimezone, UTC)
            for outcome in desk.execute_batch(orders):
                if isinstance(outcome, Exception):
                    raise outcome
            if any(isinstance(order.command, _SETS_GOING) for order in orders):
                policies.catch_up()
            seen.update(order.case_id for order in orders)
            if progress:
                progress(len(seen))
        policies.catch_up()
    if keep:
        for document in archived_documents(ids_of(seed, today)):
            keep(document)
    after = desk.log.max_notification_id() or 0
    return DemoSummary(cases=cases, orders=len(planned), events=after - before)


def plan_demo(desk: Desk, *, today: date, seed: int, cases: int) -> list[Planned]:
    """Every order of the demo in the order of time, decided by the seed and the day alone."""
    terms = replace(desk.terms, calendar=desk.decided.base)
    diary = Diary(seed=seed, today=today, terms=terms)
    days = [
        day
        for day in (today - timedelta(days=back) for back in range(DAYS, 0, -1))
        if diary.calendar.is_working_day(day)
    ]
    of_last_year = cases_of_last_year(cases)
    cases -= of_last_year
    told = tell_decision(diary, days[-1]) + UNIT_REPORTS
    for day in _spread(diary, days, max(2, round(cases * 0.06))):
        if told < cases * 0.3:
            told += tell_reception(diary, day)
    for _ in range(max(1, round(cases * 0.12))):
        tell_inquiry(diary, _begun(diary, days, CaseKind.MEDIA_INQUIRY))
        told += 1
    for _ in range(max(1, round(cases * 0.07))):
        tell_assignment(diary, _begun(diary, days, CaseKind.ASSIGNMENT))
        told += 1
    told += tell_oversight(diary, days, diary.citizens.first)
    told += tell_cause(diary, days)
    told += tell_archived(diary, days)
    told += _tell_appeals(diary, days, cases - told - _IDENTITIES)
    if of_last_year:
        tell_last_year(diary, days, of_last_year)
    told += tell_identities(diary, min(cases - told, _IDENTITIES))
    _tell_appeals(diary, days, cases - told)
    tell_unit_reports(diary, days)
    return sorted(diary.planned, key=lambda entry: entry.at)


def _tell_appeals(diary: Diary, days: list[date], count: int) -> int:
    """That many appeals, with those that follow from them."""
    told = 0
    while told < count:
        story = _begun(diary, days, CaseKind.APPEAL)
        written = new_appeal(diary, story)
        alone = told + 1 == count
        if not alone and not written.anonymous and diary.happens(0.03):
            told += tell_pair(diary, story, written)
        else:
            told += tell_appeal(diary, story, written, may_return=not alone)
    return told


def _spread(diary: Diary, days: list[date], count: int) -> list[date]:
    """Days of receptions: as many, evenly over the half year and into the coming week."""
    last = diary.calendar.add_working_days(diary.today, _AHEAD)
    whole = (last - days[0]).days - 14
    every = (
        days[0] + timedelta(days=14 + round(whole * number / (count - 1)))
        for number in range(count)
    )
    return [diary.calendar.next_working_day(day) for day in every]


def _begun(diary: Diary, days: list[date], kind: CaseKind) -> Story:
    at = diary.moment(diary.one_of(days), diary.one_of(HOURS))
    return Story(diary, kind, at, diary.new_case(kind))


@contextmanager
def _at_the_agency(desk: Desk) -> Iterator[None]:
    """The desk with the agency's tree of units; its own tree and clock come back at the end."""
    clock, organisation, tree = desk.clock, desk.organisation, AGENCY.tree
    desk.organisation = lambda: tree
    try:
        yield
    finally:
        desk.clock, desk.organisation = clock, organisation


class _Policies:
    """Lets the policies take what is new in the log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tracking = cast("TrackingRecorder", desk.factory.tracking_recorder(TrackingRecorder))
        self._policies = PolicyDesk(desk, self._tracking)

    def catch_up(self) -> None:
        while batch := self._next():
            self._policies.take(batch)

    def _next(self) -> list[Recorded]:
        after = self._tracking.max_tracking_id(self._policies.name) or 0
        rows = self._desk.log.tail(after, _BATCH)
        return self._desk.event_mapper.read_all(rows, self._keys_of)

    def _keys_of(self, owners: set[UUID]) -> Keys:
        with self._desk.log.datastore.get_connection() as conn:
            return self._desk.keys.read(conn.cursor(row_factory=tuple_row), owners)
