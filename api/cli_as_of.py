"""`karguzar as-of`: a case, lists, counts and changes as the register knew them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import to_builtins
from rich.console import Console

from api.access_records import filters
from api.as_of import AsOf, as_of_now, on_day, read_as_of
from api.cases import head
from api.cli import fail, say_json
from api.cli_instants import PositionOrInstant
from api.cli_register import register
from api.cli_tables import DAY_WIDTH, columns_of, show_history
from api.composition import make_desk, make_reader
from api.operator import put_on_record, read_by_operator
from domain.access_record import Action
from domain.case import NotFitting
from domain.kinds import KINDS
from infra.eventstore import ROLE
from infra.settings import Settings
from projections.cases import CaseFilter
from projections.changes import Span, balance
from projections.counts import By, count_cases
from projections.history import names_in, tell_all
from projections.pages import CursorInvalid
from projections.past_lists import list_past_cases
from projections.seen_cases import all_numbers_of
from projections.telling import LANGUAGES

EVERYTHING: tuple[str, dict[str, Any]] = ("true", {})
_BEHIND = "The read model register_history has come to position {seen} so far; try again later."
Answer = TypeVar("Answer")
Conn = psycopg.AsyncConnection[Any]

_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_on = click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Business time: the day for which it is told what is overdue; else that of the instant.",
)


_kind = click.option("--kind", help="Only of this kind: appeal, assignment, …")
_unit = click.option("--unit", help="Only with this unit.")


def _narrowing(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        _kind,
        _unit,
        click.option("--state", help="Only in this state."),
        click.option("--open/--ended", "open_", default=None, help="Only open ones, or others."),
        click.option("--overdue", is_flag=True, help="Only what is overdue on the business day."),
    ):
        command = option(command)
    return command


@click.group("as-of")
def as_of() -> None:
    """What the register knew at a time, for whoever runs the server.

    WHEN is recorded time: a position of the log, or an instant such as 2026-03-01T09:00Z, or on the
    department's clock 2026-03-01T09:00 or 2026-03-01. The day that --on gives is business time.
    """


@as_of.command("case")
@click.argument("case_id", type=click.UUID)
@click.argument("when", type=PositionOrInstant())
@click.option("--language", type=click.Choice(LANGUAGES), default="az", show_default=True)
@_json
@click.pass_obj
def case(settings: Settings, case_id: UUID, when: str, language: str, *, as_json: bool) -> None:
    """How CASE_ID stood, and what had been recorded of it."""
    zone = ZoneInfo(settings.time_zone)
    with register(settings) as conninfo, closing(make_desk(settings, conninfo)) as desk:
        at = _asked(conninfo, lambda conn: read_as_of(conn, zone, when))
        rows = desk.log.cases_between(case_id, case_id, at.position)
        events = desk.event_mapper.read_all(rows, make_reader(desk).keys_of)
        if not events:
            fail(f"The register knew of no case {case_id} then.", status=1)
        with psycopg.connect(conninfo) as conn:
            names, numbers = names_in(conn, zone), all_numbers_of(conn, events)
        read = read_by_operator(
            Action.HISTORY_READ, "as-of case", cases=[case_id], position=at.position
        )
        put_on_record(conninfo, read)
    state: Any = None
    for recorded in events:
        state = KINDS[recorded.kind].evolve(state, recorded.event)
    entries = tell_all(events, language, names, numbers)
    if as_json:
        standing = to_builtins(state, order="sorted")
        say_json(to_builtins({"as_of": at, "standing": standing, "entries": entries}))
        return
    show_history(_said(at, zone), entries, zone)


@as_of.command("cases")
@click.argument("when", type=PositionOrInstant())
@_narrowing
@_on
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--cursor", help="Leads to the page after its own.")
@_json
@click.pass_obj
def cases(
    settings: Settings,
    /,
    when: str,
    on: datetime | None,
    limit: int,
    cursor: str | None,
    *,
    as_json: bool,
    **narrowing: Any,
) -> None:
    """The cases as they were known, the newest first."""
    zone = ZoneInfo(settings.time_zone)
    query = filters(narrowing | {"on": _day(on)})

    async def ask(conn: Conn) -> Any:
        at = await read_as_of(conn, zone, when, _day(on))
        wanted = _wanted(narrowing, at, asked=on is not None)
        page = await list_past_cases(
            conn, at.position, at.known_at, wanted, EVERYTHING, cursor=cursor, limit=limit
        )
        return at, _up_to(at, page.seen, page)

    with register(settings) as conninfo:
        at, page = _asked(conninfo, ask)
        read = read_by_operator(
            Action.LIST_READ,
            "as-of cases",
            cases=[row.case_id for row in page.rows],
            query=query,
            position=at.position,
        )
        put_on_record(conninfo, read)
    if as_json:
        say_json(to_builtins({"as_of": at, "rows": page.rows, "cursor": page.cursor}))
        return
    table = columns_of(
        "number",
        "kind",
        "state",
        "unit",
        "registered",
        "due",
        "since",
        least=dict.fromkeys(("number", "registered", "due", "since"), DAY_WIDTH),
    )
    for row in page.rows:
        since = f"{row.since_at.astimezone(zone):%Y-%m-%d %H:%M}"
        due = str(row.due_on or "")
        table.add_row(row.number, row.kind, row.state, row.unit, str(row.registered_on), due, since)
    _said(at, zone).print(table)


@as_of.command("counts")
@click.argument("when", type=PositionOrInstant())
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    multiple=True,
    default=["kind"],
    show_default=True,
    help="What to count by; given twice, by both.",
)
@_narrowing
@_on
@_json
@click.pass_obj
def counts(
    settings: Settings,
    /,
    when: str,
    by: tuple[str, ...],
    on: datetime | None,
    *,
    as_json: bool,
    **narrowing: Any,
) -> None:
    """How many cases there were, as it was known."""
    zone = ZoneInfo(settings.time_zone)
    columns = [By(name) for name in dict.fromkeys(by)]
    query = filters(narrowing | {"on": _day(on)})

    async def ask(conn: Conn) -> Any:
        at = await read_as_of(conn, zone, when, _day(on))
        wanted = _wanted(narrowing, at, asked=on is not None)
        found = await count_cases(conn, columns, wanted, EVERYTHING, at.position)
        return at, _up_to(at, found.position, found.groups)

    with register(settings) as conninfo:
        at, groups = _asked(conninfo, ask)
        read = read_by_operator(
            Action.COUNTS_READ, "as-of counts", query=query, position=at.position
        )
        put_on_record(conninfo, read)
    total = sum(groups.values())
    if as_json:
        rows = [
            {"group": dict(zip(columns, group, strict=True)), "cases": count}
            for group, count in groups.items()
        ]
        say_json(to_builtins({"as_of": at, "rows": rows, "total": total}))
        return
    table = columns_of(*columns, "cases", show_footer=True)
    table.columns[0].footer, table.columns[-1].footer = "total", str(total)
    for group, count in groups.items():
        table.add_row(*(value or "" for value in group), str(count))
    _said(at, zone).print(table)


@as_of.command("changes")
@click.argument("since", type=PositionOrInstant())
@click.argument("until", type=PositionOrInstant(), required=False)
@_kind
@_unit
@_on
@_json
@click.pass_obj
def changes(
    settings: Settings,
    /,
    since: str,
    until: str | None,
    on: datetime | None,
    *,
    as_json: bool,
    **narrowing: Any,
) -> None:
    """What changed from SINCE to UNTIL, or to now, and how the open cases came to be so many."""
    zone = ZoneInfo(settings.time_zone)

    async def ask(conn: Conn) -> Any:
        first = await read_as_of(conn, zone, since)
        last = (
            await read_as_of(conn, zone, until, _day(on))
            if until
            else as_of_now(zone, await head(conn), _day(on))
        )
        if first.position > last.position or first.on > last.on:
            fail("UNTIL lies before SINCE: exchange them.")
        span = Span(since=first.position, since_on=first.on, until=last.position, until_on=last.on)
        found = await balance(conn, span, CaseFilter(**narrowing), EVERYTHING)
        return first, last, _up_to(last, found.seen, found)

    with register(settings) as conninfo:
        first, last, found = _asked(conninfo, ask)
        read = read_by_operator(
            Action.CHANGES_READ,
            "as-of changes",
            query=filters(narrowing | {"since": first.position}),
            position=last.position,
        )
        put_on_record(conninfo, read)
    if as_json:
        say_json(
            {
                **to_builtins({"since": first, "until": last}),
                "opening": found.opening,
                "closing": found.closing,
                **{change.replace("-", "_"): count for change, count in found.changes.items()},
            }
        )
        return
    console = _said(first, zone)
    table = columns_of("", "cases")
    table.add_row("open then", str(found.opening))
    for change, count in found.changes.items():
        table.add_row(change, str(count))
    table.add_row("open at the end", str(found.closing))
    console.print(table)
    _said(last, zone)


def _asked(conninfo: str, question: Callable[[Conn], Awaitable[Answer]]) -> Answer:
    async def ask() -> Answer:
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
            await conn.execute(f"SET ROLE {ROLE}")
            return await question(conn)

    try:
        return asyncio.run(ask())
    except (CursorInvalid, NotFitting) as refusal:
        fail(str(refusal))


def _wanted(narrowing: dict[str, Any], at: AsOf, *, asked: bool) -> CaseFilter:
    overdue = narrowing.pop("overdue")
    wanted = CaseFilter(
        **{name.rstrip("_"): value for name, value in narrowing.items()},
        overdue_on=at.on if overdue else None,
    )
    return on_day(wanted, at.on, asked=asked)


def _up_to(at: AsOf, seen: int, answer: Answer) -> Answer:
    """The answer, if the read model had come so far."""
    if seen < at.position:
        fail(_BEHIND.format(seen=seen), status=1)
    return answer


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def _said(at: AsOf, zone: ZoneInfo) -> Console:
    """A console on which both times are told."""
    console = Console()
    known = at.known_at.astimezone(zone)
    console.print(
        f"As known at {known:%Y-%m-%d %H:%M:%S} (position {at.position}), for {at.on}",
        highlight=False,
    )
    return console
