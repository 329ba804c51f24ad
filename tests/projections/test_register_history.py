"""Lists, counts and changes as they were known, against the log cut at each position."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import asdict, replace

from application.access import Organisation, may_see, sight_sql
from application.caller import Role
from application.desk import Desk
from domain.case import CaseKind
from domain.envelope import Recorded
from projections import READ_MODELS, register, register_history
from projections.cases import EVERYTHING, CaseFilter, CaseOrder
from projections.changes import Balance, Change, Changed, Span, balance, list_changed
from projections.counts import By, Counted, count_cases
from projections.instants import position_at, recorded_at
from projections.past_lists import PastRows, list_past_cases
from projections.readmodel import Rows
from tests.desks import migrated_database, new_desk
from tests.domain.spec import NOON
from tests.orders import caller
from tests.projections.histories import OFFICIALS, UNITS, history, seeded
from tests.projections.logs import (
    Answer,
    answered,
    append,
    interleaved,
    run_out,
    runner_for,
    tracking_in,
)

MODELS = tuple(model for model in READ_MODELS if model.name in {"register", "register_history"})
ALL: tuple[str, dict[str, Any]] = ("true", {})
TODAY = NOON.date()


def test_its_columns_are_the_registers_in_the_registers_order() -> None:
    own = ("case_id", "since_position", "until_position", "since_at", "until_at")
    kept = register_history.LISTED
    assert register_history.Row.__struct_fields__ == (*own, *kept[1:])
    names = list(register.Row.__struct_fields__)
    assert names == [
        *kept[: names.index("subject")],
        "subject",
        *kept[names.index("subject") :],
        "version",
        "last_position",
    ]


class Log:
    """A log in the database with its read models, and the same folded in memory."""

    def __init__(self, desk: Desk, database: str, events: Sequence[Recorded]) -> None:
        self.database = database
        self.events = [replace(event, position=n) for n, event in enumerate(events, 1)]
        append(desk, self.events)
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, MODELS))
        tracking.datastore.close()
        self.cuts: list[dict[UUID, register.Row]] = [{}]
        rows: dict[UUID, Rows] = {}
        for event in self.events:
            case = rows.setdefault(event.originator_id, {})
            register.fold(case, event)
            ((_, row),) = case.items()
            self.cuts.append(self.cuts[-1] | {event.originator_id: replace(row)})

    @property
    def head(self) -> int:
        return len(self.events)

    def known_at(self, position: int) -> datetime:
        return max(event.recorded_at for event in self.events[:position])

    def listed(
        self,
        position: int,
        wanted: CaseFilter = EVERYTHING,
        sight: tuple[str, dict[str, Any]] = ALL,
        **how: Any,
    ) -> PastRows:
        async def ask(conn: Any) -> PastRows:
            known_at = self.known_at(position)
            return await list_past_cases(conn, position, known_at, wanted, sight, **how)

        return self._ask(ask)

    def counted(self, by: Sequence[By], wanted: CaseFilter, at: int | None) -> Counted:
        return self._ask(lambda conn: count_cases(conn, by, wanted, ALL, at))

    def balance(self, span: Span, wanted: CaseFilter, sight: Any = ALL) -> Balance:
        return self._ask(lambda conn: balance(conn, span, wanted, sight))

    def changed(
        self, span: Span, change: Change, wanted: CaseFilter, sight: Any = ALL
    ) -> list[Changed]:
        found: list[Changed] = []
        cursor: str | None = None
        while True:
            ask = partial(
                list_changed,
                span=span,
                change=change,
                wanted=wanted,
                sight=sight,
                cursor=cursor,
                limit=3,
            )
            rows = self._ask(ask)
            found += rows.rows
            cursor = rows.cursor
            if cursor is None:
                return found

    def position_at(self, instant: datetime) -> int:
        return self._ask(lambda conn: position_at(conn, instant))

    def _ask(self, question: Callable[[Any], Awaitable[Answer]]) -> Answer:
        return answered(self.database, question)


@pytest.fixture(scope="module")
def log(postgres: str) -> Iterator[Log]:
    with migrated_database(postgres) as database:
        desk = new_desk(database)
        yield Log(desk, database, interleaved(seeded(11), cases=25, events=12))
        desk.close()


def filters(rng: Random) -> CaseFilter:
    chosen: dict[str, Any] = {}
    offered = {
        "kind": rng.choice(list(CaseKind)).value,
        "unit": rng.choice(UNITS),
        "open": rng.random() < 0.5,
        "topic": rng.choice(["pension", "land", "services"]),
        "region": "ganja",
        "executor": rng.choice(OFFICIALS),
        "under_control": True,
        "overdue_on": TODAY + timedelta(days=rng.randint(0, 40)),
        "registered_to": TODAY,
        "state": rng.choice(["assigned", "closed", "registered", "given"]),
    }
    for name in rng.sample(sorted(offered), rng.choice((0, 1, 1, 2))):
        chosen[name] = offered[name]
    return CaseFilter(**chosen)


def fits(row: register.Row, wanted: CaseFilter) -> bool:
    given = {name: value for name, value in asdict(wanted).items() if value is not None}
    for name, value in given.items():
        match name:
            case "executor":
                if value not in row.executors:
                    return False
            case "overdue_on":
                if not row.open or row.due_on is None or row.due_on >= value:
                    return False
            case "registered_to":
                if row.registered_on > value:
                    return False
            case _:
                if getattr(row, name) != value:
                    return False
    return True


def kept(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in register_history.LISTED)


@pytest.mark.parametrize("order", CaseOrder)
def test_at_every_position_the_list_is_the_log_cut_there(log: Log, order: CaseOrder) -> None:
    rng = seeded(12)
    for position in rng.sample(range(1, log.head + 1), 40):
        wanted = filters(rng) if rng.random() < 0.7 else EVERYTHING
        expected = [row for row in log.cuts[position].values() if fits(row, wanted)]
        found: list[register_history.Row] = []
        cursor = None
        while True:
            page = log.listed(position, wanted, order=order, cursor=cursor, limit=9)
            found += page.rows
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(map(kept, found), key=str) == sorted(map(kept, expected), key=str)
        name = order.value.removeprefix("-")
        keys = [(getattr(row, name) or date.max, row.case_id.bytes) for row in found]
        assert keys == sorted(keys, reverse=order.value.startswith("-"))
        assert page.seen == log.head
        for row in found:
            assert row.since_position <= position
            assert row.until_position is None or row.until_position > position
            assert row.since_at == log.events[row.since_position - 1].recorded_at


def test_a_case_has_one_row_at_each_position_since_it_began() -> None:
    for kind in CaseKind:
        for seed in range(2):
            made = history(seeded(seed), kind, events=30).recorded
            rows: Rows = {}
            for recorded in made:
                register_history.fold(rows, recorded)
            stretches = sorted(rows.values(), key=lambda row: row.since_position)
            assert stretches[0].since_position == made[0].position
            assert stretches[-1].until_position is None
            for before, after in itertools.pairwise(stretches):
                assert before.until_position == after.since_position
                assert before.until_at == after.since_at
                assert kept(before) != kept(after)


def test_nothing_personal_is_kept() -> None:
    left_out = set(register.Row.__struct_fields__) - set(register_history.Row.__struct_fields__)
    assert left_out == set(register_history.NOT_KEPT) == {"subject", "version", "last_position"}


@pytest.mark.parametrize("role", [Role.EXECUTOR, Role.UNIT_HEAD, Role.LEADER, Role.AUDITOR])
def test_a_reader_sees_what_they_may_see_as_it_was_and_as_it_is(
    log: Log, organisation: Organisation, role: Role
) -> None:
    rng = seeded(13)
    hidden_by_one_end = 0
    for position in rng.sample(range(1, log.head + 1), 25):
        reader = caller(rng.choice(OFFICIALS), rng.choice(UNITS), role)
        now = log.cuts[-1]
        then = log.cuts[position]
        expected = {
            case
            for case, row in then.items()
            if may_see(reader, row, organisation) and may_see(reader, now[case], organisation)
        }
        found = log.listed(position, sight=sight_sql(reader, organisation), limit=200).rows
        assert {row.case_id for row in found} == expected
        either = {case for case, row in then.items() if may_see(reader, now[case], organisation)}
        hidden_by_one_end += len(either - expected)
    assert hidden_by_one_end or role in {Role.AUDITOR, Role.LEADER}


def in_text(value: Any) -> Any:
    """As a group of counts is named."""
    return str(value).lower() if isinstance(value, bool) else value


def test_counts_are_those_of_the_log_cut_there(log: Log) -> None:
    rng = seeded(14)
    for position in [*rng.sample(range(1, log.head), 20), log.head]:
        by = rng.sample(list(By), rng.choice((1, 2)))
        wanted = filters(rng)
        expected: dict[Any, int] = {}
        for row in log.cuts[position].values():
            if fits(row, wanted):
                group = tuple(in_text(getattr(row, name)) for name in by)
                expected[group] = expected.get(group, 0) + 1
        assert log.counted(by, wanted, position).groups == expected
        if position == log.head:
            assert log.counted(by, wanted, None).groups == expected


class Ends:
    """The cases at both ends of a span, as the log folded in memory has them."""

    def __init__(self, log: Log, span: Span, wanted: CaseFilter) -> None:
        self.span, self.wanted = span, wanted
        self.before, self.after = self._work(log, span.since), self._work(log, span.until)

    def _work(self, log: Log, cut: int) -> dict[UUID, register.Row]:
        rows = log.cuts[cut].items()
        never_open = {"calendar-decision", "identity"}
        return {case: row for case, row in rows if row.kind not in never_open}

    def fits(self, row: register.Row | None) -> bool:
        return row is not None and fits(row, self.wanted)

    def open(self, rows: dict[UUID, register.Row]) -> set[UUID]:
        return {case for case, row in rows.items() if row.open and self.fits(row)}

    def changed(self, change: Change) -> set[UUID]:
        return {case for case in self.after if self._is(change, self.before.get(case), case)}

    def _is(self, change: Change, before: register.Row | None, case: UUID) -> bool:
        after = self.after[case]
        was, is_ = self.fits(before), self.fits(after)
        differs = before is not None and (was or is_)
        match change:
            case Change.REGISTERED:
                return before is None and is_
            case Change.REOPENED:
                return was and before is not None and not before.open and is_ and after.open
            case Change.ENTERED:
                return before is not None and not was and is_ and after.open
            case Change.CLOSED:
                return (before is None or (was and before.open)) and is_ and not after.open
            case Change.LEFT:
                return before is not None and was and before.open and not is_
            case Change.NEWLY_OVERDUE:
                late, was_late = fits, CaseFilter(overdue_on=self.span.since_on)
                if before is not None and late(before, was_late):
                    return False
                return is_ and late(after, CaseFilter(overdue_on=self.span.until_on))
            case Change.DUE_MOVED:
                return differs and before is not None and before.due_on != after.due_on
            case Change.STATE_CHANGED:
                return differs and before is not None and before.state != after.state
            case Change.UNIT_CHANGED:
                return differs and before is not None and before.unit != after.unit


def test_what_happened_leads_from_the_opening_to_the_closing_count(log: Log) -> None:
    rng = seeded(15)
    met: set[Change] = set()
    for turn in range(16):
        since, until = sorted(rng.sample(range(log.head + 1), 2))
        wanted = replace(filters(rng), open=None, overdue_on=None, state=None)
        if turn % 2:
            since, until = log.head * turn // 20, log.head
            wanted = CaseFilter(unit=UNITS[turn // 2 % len(UNITS)])
        since_on, until_on = sorted(TODAY + timedelta(days=rng.randint(0, 40)) for _ in "ab")
        span = Span(since=since, since_on=since_on, until=until, until_on=until_on)
        ends, told = Ends(log, span, wanted), log.balance(span, wanted)
        assert told.opening == len(ends.open(ends.before))
        assert told.closing == len(ends.open(ends.after))
        came = (Change.REGISTERED, Change.REOPENED, Change.ENTERED)
        went = (Change.CLOSED, Change.LEFT)
        assert told.closing == told.opening + sum(told.changes[each] for each in came) - sum(
            told.changes[each] for each in went
        )
        for change in Change:
            expected = ends.changed(change)
            assert told.changes[change] == len(expected), change
            if not expected:
                continue
            met.add(change)
            rows = log.changed(span, change, wanted)
            assert [row.case_id for row in rows] == sorted(expected)
            for row in rows:
                assert row.after
                assert row.after.state == ends.after[row.case_id].state
                assert (row.before is not None) == (row.case_id in ends.before)
    assert met >= {
        Change.REGISTERED,
        Change.CLOSED,
        Change.STATE_CHANGED,
        Change.NEWLY_OVERDUE,
    }


def test_changes_hide_what_either_end_hides(log: Log, organisation: Organisation) -> None:
    rng = seeded(16)
    now = log.cuts[-1]
    for _ in range(8):
        since, until = sorted(rng.sample(range(log.head + 1), 2))
        reader = caller(rng.choice(OFFICIALS), rng.choice(UNITS), Role.EXECUTOR)
        sight = sight_sql(reader, organisation)
        span = Span(since=since, since_on=TODAY, until=until, until_on=TODAY)

        def visible(row: register.Row, reader: Any = reader) -> bool:
            ends = (row, now[row.case_id])
            return all(may_see(reader, end, organisation) for end in ends)

        told = log.balance(span, EVERYTHING, sight)
        assert told.closing == sum(row.open and visible(row) for row in log.cuts[until].values())
        for change in filter(told.changes.get, Change):
            for row in log.changed(span, change, EVERYTHING, sight):
                before, after = log.cuts[since].get(row.case_id), log.cuts[until][row.case_id]
                assert (row.before is not None) == (before is not None and visible(before))
                assert (row.after is not None) == visible(after)
                assert row.before or row.after


def test_words_are_looked_for_in_the_subjects_of_now(log: Log) -> None:
    subjects = {case: row.subject for case, row in log.cuts[-1].items() if row.subject}
    word = next(iter(subjects.values())).split()[0]
    cases = {case for case, subject in subjects.items() if word in subject.split()}
    for position in (1, log.head // 3, log.head):
        found = log.listed(position, CaseFilter(text=word), limit=200).rows
        assert {row.case_id for row in found} == cases & log.cuts[position].keys()
    assert log.listed(log.head, CaseFilter(text="belə söz yoxdur")).rows == []


def spaced(gaps: Sequence[int]) -> list[Recorded]:
    """A log whose events are so many seconds after one another."""
    at = NOON
    events = []
    for event, gap in zip(interleaved(seeded(17), cases=5, events=8), gaps, strict=False):
        at += timedelta(seconds=gap)
        events.append(replace(event, recorded_at=at))
    return events


def test_an_instant_is_the_last_position_recorded_by_then(desk: Desk, database: str) -> None:
    log = Log(desk, database, spaced([10, 0, 0, 10, 10, 60, 0, 5]))
    stamps = [event.recorded_at for event in log.events]
    moments = {stamp + timedelta(seconds=off) for stamp in stamps for off in (-1, 0, 1)}
    for instant in sorted(moments):
        assert log.position_at(instant) == sum(stamp <= instant for stamp in stamps)
    assert log.position_at(NOON - timedelta(days=900)) == 0
    assert log.position_at(NOON + timedelta(days=900)) == log.head


def test_events_stamped_before_their_turn_are_not_known_before_those_ahead_of_them(
    desk: Desk, database: str
) -> None:
    log = Log(desk, database, spaced([10, 10, 10, -15, 0, 0, 20, -8, 0, 30, 1, 1]))
    for offset in range(-5, 80):
        instant = NOON + timedelta(seconds=offset)
        later = [e.position for e in log.events if e.recorded_at > instant]
        assert log.position_at(instant) == (min(later) - 1 if later else log.head)


def test_the_instant_of_a_position_is_when_it_was_recorded(log: Log) -> None:
    async def ask(position: int) -> datetime | None:
        async with await psycopg.AsyncConnection.connect(log.database) as conn:
            return await recorded_at(conn, position)

    assert asyncio.run(ask(7)) == log.events[6].recorded_at
    assert asyncio.run(ask(log.head + 1)) is None
