"""`karguzar calendar`: announce a decision on the calendar, and see what it moves."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import DecodeError, Struct, ValidationError, convert, toml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from api.cli_tables import DAY_WIDTH, columns_of
from api.composition import (
    make_calendar_rounds,
    make_desk,
    make_later_runner,
    make_runner,
    organisation_in,
    prepare,
)
from api.operator import put_on_record, read_by_operator
from application.calendar_preview import Preview, preview, terms_after
from application.caller import Caller, Role
from application.desk import Desk
from application.orders import Order
from domain.access_record import Action
from domain.calendar import DayKind
from domain.calendar_decision import KIND, AnnounceCalendarDecision, DecidedDay
from domain.case import Actor, Refusal
from infra.settings import Settings
from projections.running_terms import seen_terms

_CLIENT = "karguzar-cli"
_SHOWN = 20
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_REASON = "exchange of working and rest days"
_HELP = """Announce a decision on the calendar; the due dates of all open cases follow.

\b
karguzar calendar announce --as controller --act "Decree 12" \\
    --day 2026-12-30=off --day 2026-12-26=working --dry-run
karguzar calendar announce --as controller decree.toml

\b
decree.toml:
    act = "Decree 12"
    announced_on = 2026-11-20
    [[days]]
    on = 2026-12-30
    kind = "off"          # or working, half (with closes_at), short, leave
    reason = "exchange of working and rest days"

First it shows what would move and asks. Closed cases are never touched; old dates stay in the
history of each case, and with the decision.
"""


class _Progress(Struct, frozen=True):
    total: int
    done: int
    finished: bool


@click.group()
def calendar() -> None:
    """Decisions that change the working calendar."""


@calendar.command("announce", help=_HELP)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--act", help="The act that decides it, as it is cited.")
@click.option("--announced-on", type=_DAY, help="When the act was published; today if left out.")
@click.option("--day", "days", multiple=True, metavar="DATE=KIND", help="May be given again.")
@click.option("--reason", default=_REASON, show_default=True, help="Shown wherever a day is told.")
@click.option("--as", "official", help="The controller who enters it; of the organisation.")
@click.option("--dry-run", is_flag=True, help="Show what would move and record nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON; asks nothing.")
@click.pass_obj
def announce(  # noqa: PLR0913
    settings: Settings,
    *,
    file: Path | None,
    act: str | None,
    announced_on: datetime | None,
    days: tuple[str, ...],
    reason: str,
    official: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    published = announced_on.date() if announced_on else today
    command = _from_file(file) if file else _from_options(act, published, days, reason)
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        caller = None if dry_run else _caller(conninfo, official)
        with closing(make_desk(settings, conninfo)) as desk:
            expected = _preview(desk, command, today)
            read = read_by_operator(
                Action.DEADLINES_READ,
                "calendar announce",
                cases=list({move.case_id for move in expected.moves}),
                position=expected.position,
            )
            put_on_record(conninfo, read)
            if not as_json:
                _show(expected)
            if caller is None:
                if as_json:
                    say_json(_plain(expected))
                return
            if not (yes or as_json or click.confirm("Announce it?")):
                return
            decision = uuid4()
            try:
                desk.execute(
                    Order(
                        kind=KIND,
                        case_id=decision,
                        command=command,
                        by=caller,
                        command_id=uuid4(),
                    )
                )
            except Refusal as refusal:
                fail(str(refusal), status=1)
        with _followed(settings, conninfo), psycopg.connect(conninfo, autocommit=True) as conn:
            _watch(conn, decision, quiet=as_json)
            _say_moved(conn, decision, as_json=as_json)


@calendar.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def list_decisions(settings: Settings, *, as_json: bool) -> None:
    """List the decisions entered here, and whether the due dates have followed them."""
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        with psycopg.connect(conninfo, autocommit=True) as conn:
            rows = conn.execute(
                "SELECT d.case_id, d.number, d.subject, d.registered_on, d.state, "
                "coalesce(sum(r.total), 0)::int8, coalesce(sum(r.done), 0)::int8 "
                "FROM read_models.register d "
                "LEFT JOIN karguzar.recalculations r ON r.decision = d.case_id "
                "WHERE d.kind = %s GROUP BY 1, 2, 3, 4, 5 ORDER BY 4, 2",
                (KIND.value,),
            ).fetchall()
        read = read_by_operator(Action.LIST_READ, "calendar list", cases=[row[0] for row in rows])
        put_on_record(conninfo, read)
    names = ("id", "number", "act", "registered_on", "state", "cases", "done")
    if as_json:
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    table = columns_of(*names[1:])
    for row in rows:
        table.add_row(*map(str, row[1:]))
    Console().print(table if rows else "No decision has been entered.")


def _from_file(file: Path) -> AnnounceCalendarDecision:
    try:
        return toml.decode(file.read_bytes(), type=AnnounceCalendarDecision)
    except (DecodeError, ValidationError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}")


def _from_options(
    act: str | None, announced_on: date, days: tuple[str, ...], reason: str
) -> AnnounceCalendarDecision:
    if not act or not days:
        fail("Name the act and its days: --act TEXT --day 2026-12-30=off, or give a file.")
    try:
        decided = tuple(_day(day, reason) for day in days)
        plain = {"act": act, "announced_on": announced_on, "days": decided}
        return convert(plain, AnnounceCalendarDecision)
    except (ValueError, ValidationError) as error:
        kinds = ", ".join(DayKind)
        fail(f"{error}. A day is given as 2026-12-30=off; kinds are {kinds}.")


def _day(text: str, reason: str) -> DecidedDay:
    on, _, kind = text.partition("=")
    return DecidedDay(on=date.fromisoformat(on), kind=DayKind(kind), reason=reason)


def _caller(conninfo: str, official: str | None) -> Caller:
    officials = organisation_in(conninfo)().officials
    if official is None or official not in officials:
        fail(f"{official or '--as is missing: nobody'} isn't an official of the organisation.")
    actor = Actor(official=official, unit=officials[official], client=_CLIENT)
    return Caller(actor, frozenset({Role.CONTROLLER}))


def _preview(desk: Desk, command: AnnounceCalendarDecision, today: date) -> Preview:
    days = [day.on for day in command.days]
    try:
        terms = terms_after(command, desk.terms, today)
    except Refusal as refusal:
        fail(str(refusal), status=1)
    with (
        desk.log.datastore.get_connection() as conn,
        seen_terms(conn, min(days), max(days), "true", {}) as running,
    ):
        return preview(desk, running, terms, today)


def _plain(expected: Preview) -> dict[str, Any]:
    counts = expected.counts
    return {
        "counts": {name: getattr(counts, name) for name in counts.__struct_fields__},
        "moves": [
            {name: getattr(move, name) for name in move.__struct_fields__}
            for move in expected.moves
        ],
        "calendar_version": expected.calendar_version,
    }


def _show(expected: Preview) -> None:
    counts = expected.counts
    Console().print(
        f"{counts.moved} due dates move: {counts.earlier} earlier, {counts.later} later; "
        f"{counts.newly_overdue} become overdue, {counts.no_longer_overdue} no longer are.",
        highlight=False,
    )
    rows = (
        (move.number or str(move.case_id), move.clock, move.was, move.due)
        for move in expected.moves[:_SHOWN]
    )
    _print_moves(rows, counts.moved)


def _print_moves(rows: Iterable[tuple[object, ...]], moved: int) -> None:
    table = columns_of(
        "case", "clock", "was", "due", least=dict.fromkeys(("was", "due"), DAY_WIDTH)
    )
    for row in rows:
        table.add_row(*map(str, row))
    console = Console()
    if table.row_count:
        console.print(table)
    if moved > table.row_count:
        console.print(f"… and {moved - table.row_count} more", highlight=False)


@contextmanager
def _followed(settings: Settings, conninfo: str) -> Iterator[None]:
    """While no server is running, read models and due dates are brought up to date from here."""
    runner, later = make_runner(settings, conninfo), make_later_runner(settings, conninfo)
    stopping = threading.Event()
    threads = [
        threading.Thread(target=each.run, args=(conninfo, stopping.is_set))
        for each in (runner, later)
    ]
    for thread in threads:
        thread.start()
    make_calendar_rounds(settings, conninfo, lambda: runner.leads).start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _watch(conn: psycopg.Connection[Any], decision: UUID, *, quiet: bool) -> None:
    """Show how the due dates follow, until the last has."""
    progress = Progress(
        TextColumn("Cases"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet or not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=None)
        while not (at := _progress(conn, decision)).finished:
            progress.update(task, completed=at.done, total=at.total or None)
            time.sleep(0.1)
        progress.update(task, completed=at.done, total=at.total)


def _progress(conn: psycopg.Connection[Any], decision: UUID) -> _Progress:
    """Finished when the list of what moved has seen it too."""
    row = conn.execute(
        "SELECT r.total, r.done, r.finished_at IS NOT NULL AND h.position <= ("
        "SELECT min(coalesce(t.notification_id, 0)) FROM karguzar.read_model_builds b "
        "LEFT JOIN karguzar.register_tracking t "
        "ON t.application_name = b.name || '_' || b.build "
        "WHERE b.stage = 'live' AND b.name IN ('moves', 'register')) "
        "FROM karguzar.recalculations r, karguzar.log_head h WHERE r.decision = %s",
        (decision,),
    ).fetchone()
    return _Progress(*row) if row else _Progress(0, 0, finished=False)


def _say_moved(conn: psycopg.Connection[Any], decision: UUID, *, as_json: bool) -> None:
    moved = conn.execute(
        "SELECT r.number, m.case_id, m.clock, m.was, m.due FROM read_models.moves m "
        "JOIN read_models.register r USING (case_id) WHERE m.decision = %s "
        "ORDER BY m.due, m.case_id, m.clock",
        (decision,),
    ).fetchall()
    if as_json:
        names = ("number", "case_id", "clock", "was", "due")
        rows = [dict(zip(names, row, strict=True)) for row in moved]
        say_json({"id": decision, "moved": len(rows), "moves": rows})
        return
    Console().print(f"Announced as {decision}; {len(moved)} due dates moved.", highlight=False)
    _print_moves(((r[0], r[2], r[3], r[4]) for r in moved[:_SHOWN]), len(moved))
