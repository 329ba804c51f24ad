import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from application.access import Organisation, may_see, sight_sql
from application.caller import Caller, Role
from application.desk import Desk
from domain.case import Actor
from projections import READ_MODELS, case_pages
from projections.cases import EVERYTHING, CaseFilter, CaseOrder, list_cases, read_case, search_query
from projections.pages import CursorInvalid, LimitInvalid, Page
from projections.register import Row
from tests.domain.spec import NOON
from tests.orders import AUDITOR, assign_appeal, plan_reception, register_appeal
from tests.projections.histories import OFFICIALS, UNITS, seeded
from tests.projections.logs import append, interleaved, run_out, runner_for, tracking_in

REGISTER = next(model for model in READ_MODELS if model.name == "register")
TODAY = NOON.date()
ROLES = ([Role.EXECUTOR], [Role.UNIT_HEAD], [Role.LEADER], [Role.AUDITOR], [Role.ANALYST])


@pytest.fixture(autouse=True)
def _statements_made_anew() -> Iterator[None]:
    case_pages.steps.cache_clear()
    yield
    case_pages.steps.cache_clear()


@pytest.fixture
def brought_up(desk: Desk, database: str) -> Iterator[Any]:
    """Brings the register up to date with the log."""
    tracking = tracking_in(database)
    runner = runner_for(desk, database, tracking, (REGISTER,))
    yield lambda: run_out(runner)
    tracking.datastore.close()


def listed(
    database: str,
    wanted: CaseFilter = EVERYTHING,
    *,
    sight: tuple[str, Any] = ("true", {}),
    **how: Any,
) -> Page[Row]:
    async def ask() -> Page[Row]:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            return await list_cases(conn, wanted, *sight, **how)

    return asyncio.run(ask())


def test_the_page_is_true_for_a_position_even_when_it_is_empty(
    desk: Desk, database: str, brought_up: Any
) -> None:
    assert listed(database) == Page(rows=[], cursor=None, position=0)
    receipt = desk.execute(register_appeal())
    brought_up()
    assert listed(database, CaseFilter(kind="assignment")).position == receipt.position
    page = listed(database)
    assert (page.position, [row.case_id for row in page.rows]) == (receipt.position, [receipt.id])


def test_a_row_tells_what_a_list_needs(desk: Desk, database: str, brought_up: Any) -> None:
    case = desk.execute(register_appeal(region="ganja")).id
    desk.execute(assign_appeal(case))
    brought_up()
    (row,) = listed(database).rows
    assert (row.number, row.state, row.unit, row.executors) == (
        "A-1/2026",
        "assigned",
        "pensions",
        ["mammadov"],
    )
    assert row.subject == "Pensiyanın yenidən hesablanması"
    assert row.received_at == NOON - timedelta(hours=1)
    assert row.version == 2


def test_one_case_is_read_by_its_id(desk: Desk, database: str, brought_up: Any) -> None:
    receipt = desk.execute(register_appeal())
    brought_up()

    async def ask() -> tuple[Row | None, int]:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            return await read_case(conn, receipt.id)

    row, position = asyncio.run(ask())
    assert row is not None
    assert (row.case_id, position) == (receipt.id, receipt.position)


def short(monkeypatch: pytest.MonkeyPatch, steps: str) -> None:
    """Have a few cases fill what in a large register is a page's walk, or its stretches."""
    if steps != "walk":
        monkeypatch.setattr(case_pages, "WALKED", 2)
        monkeypatch.setattr(case_pages, "WALKED_FOR_WORDS", 2)
    if steps == "rest":
        monkeypatch.setattr(case_pages, "STRETCHES", 1)


@pytest.mark.parametrize("steps", ["walk", "stretches", "rest"])
@pytest.mark.parametrize("order", CaseOrder)
def test_following_the_cursor_shows_every_case_once_in_order(
    desk: Desk,
    database: str,
    brought_up: Any,
    monkeypatch: pytest.MonkeyPatch,
    order: CaseOrder,
    steps: str,
) -> None:
    short(monkeypatch, steps)
    append(desk, interleaved(seeded(1), cases=40, events=6))
    desk.execute(plan_reception())
    brought_up()
    rows, cursor = [], None
    for _ in range(100):
        page = listed(database, order=order, cursor=cursor, limit=7)
        rows += page.rows
        cursor = page.cursor
        if cursor is None:
            break
    assert len({row.case_id for row in rows}) == len(rows) == 41
    name = order.value.removeprefix("-")
    values = [(getattr(row, name) or date.max, row.case_id.bytes) for row in rows]
    assert values == sorted(values, reverse=order.value.startswith("-"))


@pytest.mark.parametrize("steps", ["walk", "stretches", "rest"])
def test_random_filters_find_what_looking_at_every_row_finds(
    desk: Desk,
    database: str,
    brought_up: Any,
    organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
    steps: str,
) -> None:
    short(monkeypatch, steps)
    append(desk, interleaved(seeded(2), cases=60, events=25))
    brought_up()
    with psycopg.connect(database) as conn:
        stored = conn.cursor(row_factory=tuple_row).execute(
            "SELECT " + ", ".join(REGISTER.columns) + " FROM read_models.register"
        )
        everything = [Row(*values) for values in stored]
    rng = seeded(3)

    async def ask() -> None:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            for _ in range(150):
                wanted, fits = _two_filters(rng, everything)
                actor = Actor(
                    official=rng.choice(OFFICIALS), unit=rng.choice([*UNITS, "agency"]), client="t"
                )
                caller = Caller(actor, frozenset(rng.choice(ROLES)))
                sight = sight_sql(caller, organisation)
                page = await list_cases(
                    conn, wanted, *sight, order=rng.choice(list(CaseOrder)), limit=200
                )
                expected = {
                    row.case_id
                    for row in everything
                    if fits(row) and may_see(caller, Access(row), organisation)
                }
                assert {row.case_id for row in page.rows} == expected, (wanted, caller)

    asyncio.run(ask())


class Access:
    def __init__(self, row: Row) -> None:
        self.units = frozenset(row.units)
        self.workers = frozenset(row.workers)
        self.confidential = row.confidential


def _two_filters(rng: Random, rows: list[Row]) -> tuple[CaseFilter, Any]:
    sample = rng.choice(rows)
    day = rng.choice([TODAY, TODAY + timedelta(days=rng.randint(0, 30))])
    instant = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    conditions: dict[str, tuple[Any, Any]] = {
        name: (value := getattr(sample, name), lambda row, n=name, v=value: getattr(row, n) == v)
        for name in (
            "kind",
            "state",
            "open",
            "unit",
            "channel",
            "region",
            "topic",
            "social_category",
            "subkind",
            "under_control",
            "controller",
            "confidential",
            "repeat",
            "result",
            "legacy_number",
        )
        if getattr(sample, name) is not None
    }
    conditions |= {
        "due_from": (day, lambda row: bool(row.due_on) and row.due_on >= day),
        "due_to": (day, lambda row: bool(row.due_on) and row.due_on <= day),
        "registered_from": (day, lambda row: row.registered_on >= day),
        "registered_to": (day, lambda row: row.registered_on <= day),
        "received_from": (instant, lambda row: row.received_at >= instant),
        "received_to": (instant, lambda row: row.received_at <= instant),
        "overdue_on": (day, lambda row: row.open and bool(row.due_on) and row.due_on < day),
        "text": (sample.number, lambda row: row.number == sample.number),
    }
    if " " in sample.number:
        del conditions["text"]
    if sample.executors:
        who = sample.executors[0]
        conditions["executor"] = (who, lambda row: who in row.executors)
    names = rng.sample(list(conditions), 2)
    wanted = CaseFilter(**{name: conditions[name][0] for name in names})
    return wanted, lambda row: all(conditions[name][1](row) for name in names)


@pytest.mark.parametrize(
    "text",
    [
        "pensiya",
        "HESABLANMASI",
        "yeniden",
        "yenidən hesab",
        "A-1/2026",
        "a-1",
        "köhnə-17/b",
        "KÖHNƏ-17/B",
        "  Pensiyanın,",
    ],
)
def test_words_of_the_subject_and_numbers_are_found(
    desk: Desk, database: str, brought_up: Any, text: str
) -> None:
    found = desk.execute(register_appeal(legacy_number="Köhnə-17/B"))
    desk.execute(register_appeal(subject="Torpaq sahəsi"))
    brought_up()
    expected = [] if text == "yeniden" else [found.id]
    assert [row.case_id for row in listed(database, CaseFilter(text=text)).rows] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "'",
        "\\",
        "a' | b",
        "!!",
        "&",
        "(",
        ":*",
        "<->",
        "№",
        "\x00",
        "x" * 5000,
        "' or 1=1 --",
        "%s %(a)s",
        "{}",
        "a\\'b",
    ],
)
def test_whatever_is_typed_is_a_question_and_not_an_error(
    desk: Desk, database: str, brought_up: Any, text: str
) -> None:
    desk.execute(register_appeal(subject="Mətn"))
    brought_up()
    assert listed(database, CaseFilter(text=text)).rows == []
    assert search_query(text)


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA", "ÿ", "W10", "WyJkdWVfb24iLCJ4IiwieCJd"])
@pytest.mark.usefixtures("brought_up")
def test_a_cursor_that_is_none_is_refused(database: str, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        listed(database, cursor=cursor)


def test_a_cursor_of_another_order_is_refused(desk: Desk, database: str, brought_up: Any) -> None:
    for _ in range(2):
        desk.execute(register_appeal())
    brought_up()
    page = listed(database, limit=1)
    with pytest.raises(CursorInvalid):
        listed(database, cursor=page.cursor, order=CaseOrder.DUE)


@pytest.mark.parametrize("limit", [0, -1, 201])
@pytest.mark.usefixtures("brought_up")
def test_a_page_has_one_to_two_hundred_rows(database: str, limit: int) -> None:
    with pytest.raises(LimitInvalid):
        listed(database, limit=limit)


def looked_up(database: str, wanted: CaseFilter, order: CaseOrder) -> tuple[int, list[Row]]:
    """How often the index was looked into, and what was found."""
    sight = sight_sql(AUDITOR, Organisation.of({}))

    async def ask() -> tuple[int, list[Row]]:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as conn:
            # A table of four rows would be read as a whole.
            await conn.execute("SET enable_seqscan = off")
            page = await list_cases(conn, wanted, *sight, order=order)
            await conn.execute("SELECT pg_stat_force_next_flush()")
            found = await conn.execute(
                "SELECT sum(idx_scan)::int FROM pg_stat_user_indexes "
                "WHERE schemaname = 'read_models' AND indexrelname LIKE '%facets%'"
            )
            (scans,) = await found.fetchone() or (0,)
            return scans, page.rows

    return asyncio.run(ask())


@pytest.mark.parametrize("order", CaseOrder)
def test_what_is_rare_is_looked_up_in_the_index(
    desk: Desk,
    database: str,
    brought_up: Any,
    monkeypatch: pytest.MonkeyPatch,
    order: CaseOrder,
) -> None:
    short(monkeypatch, "stretches")
    for _ in range(4):
        desk.execute(register_appeal())
    brought_up()
    wanted = CaseFilter(kind="appeal", topic="nothing", executor="nobody", open=True)
    # Once for the only stretch, and once for what has no due date.
    assert looked_up(database, wanted, order) == (2 if order is CaseOrder.DUE else 1, [])


def test_cases_without_a_due_date_are_not_looked_for_stretch_by_stretch(
    desk: Desk, database: str, brought_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch, "stretches")
    for _ in range(4):
        desk.execute(plan_reception())
    brought_up()
    wanted = CaseFilter(kind="reception", topic="nothing", executor="nobody")
    scans, rows = looked_up(database, wanted, CaseOrder.DUE)
    assert rows == []
    assert scans <= 2


def test_what_contradicts_itself_finds_nothing(desk: Desk, database: str, brought_up: Any) -> None:
    desk.execute(register_appeal())
    brought_up()
    for wanted in (
        CaseFilter(kind="appeal", subkind="tv"),
        CaseFilter(kind="reception", state="answered"),
        CaseFilter(state="registered", open=False),
        CaseFilter(open=False, overdue_on=TODAY),
    ):
        assert listed(database, wanted, sight=sight_sql(AUDITOR, Organisation.of({}))).rows == []
