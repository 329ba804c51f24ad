"""`karguzar audit`: all that happened around a case, a person or an official, and who saw."""

import asyncio
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import Struct, to_builtins
from psycopg import AsyncConnection
from rich.console import Console
from rich.text import Text

from api.audit import TrailEntry, told_reader, told_trail
from api.cli import fail, say_json
from api.cli_conformance import conformance
from api.cli_instants import Instant
from api.cli_register import register
from api.cli_tables import DAY_WIDTH, acted, columns_of
from api.composition import make_desk, make_reader
from api.operator import read_by_operator
from domain.access_record import Action
from domain.envelope import Recorded
from infra.access_records import write_access
from infra.eventstore import ROLE
from infra.settings import Settings
from projections.audit import Happening, Reader, Subject, What, rows_of_cases, seen_by, trail
from projections.history import names_in
from projections.seen_cases import all_numbers_of
from projections.telling import LANGUAGES

_PAGE = 200
_INSTANT = Instant()


class _Asked(Struct, frozen=True, kw_only=True):
    subject: Subject
    of: UUID | str
    since: datetime | None
    until: datetime | None
    what: What
    most: int


@click.group(no_args_is_help=True)
def audit() -> None:
    """What happened around a case, a person or an official, and who saw it."""


audit.add_command(conformance)


@audit.command("trail")
@click.option("--case", type=click.UUID)
@click.option("--thread", type=click.UUID)
@click.option("--person", type=click.UUID)
@click.option("--official")
@click.option("--unit")
@click.option("--from", "since", type=_INSTANT, help="Included; on the department's clock.")
@click.option("--to", "until", type=_INSTANT, help="Not included.")
@click.option("--what", type=click.Choice(list(What)), default=What.ALL, show_default=True)
@click.option("--most", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES), default="az", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def audit_trail(  # noqa: PLR0913
    settings: Settings,
    *,
    case: UUID | None,
    thread: UUID | None,
    person: UUID | None,
    official: str | None,
    unit: str | None,
    since: datetime | None,
    until: datetime | None,
    what: str,
    most: int,
    language: str,
    as_json: bool,
) -> None:
    """Every event, read and refusal of one of these, oldest first.

    For whoever runs the server: it is put on record under their user name on this machine.
    """
    given: dict[Subject, UUID | str | None] = {
        Subject.CASE: case,
        Subject.THREAD: thread,
        Subject.PERSON: person,
        Subject.OFFICIAL: official,
        Subject.UNIT: unit,
    }
    subjects = [(subject, value) for subject, value in given.items() if value is not None]
    if len(subjects) != 1:
        fail("Give one of --case, --thread, --person, --official and --unit.")
    ((subject, of),) = subjects
    zone = ZoneInfo(settings.time_zone)
    asked = _Asked(
        subject=subject,
        of=of,
        since=since,
        until=until,
        what=What(what),
        most=most,
    )
    with register(settings) as conninfo:
        happenings, position = asyncio.run(_happenings(conninfo, asked))
        told = {each.cases[0] for each in happenings if each.what == "event"}
        events = asyncio.run(_events(settings, conninfo, told))
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            names, numbers = names_in(conn, zone), all_numbers_of(conn, events)
            record = read_by_operator(
                Action.AUDIT_READ,
                "audit trail",
                cases=told | ({case} if case else set()),
                person=person,
                thread=thread,
                query={str(subject): str(of)},
                position=position,
            )
            write_access(conn, record)
    entries = told_trail(happenings, events, language, names, numbers)
    if as_json:
        say_json({"position": position, "entries": to_builtins(entries)})
    else:
        _show(entries, zone)


@audit.command("seen-by")
@click.argument("case_id", type=click.UUID)
@click.option("--before", type=_INSTANT, help="On the department's clock; else now.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def audit_seen_by(
    settings: Settings, case_id: UUID, before: datetime | None, *, as_json: bool
) -> None:
    """Everyone who saw CASE_ID, first and last, how often and how.

    For whoever runs the server: it is put on record under their user name on this machine.
    """
    zone = ZoneInfo(settings.time_zone)
    with register(settings) as conninfo:
        readers = asyncio.run(_readers(conninfo, case_id, before))
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            names = names_in(conn, zone)
            record = read_by_operator(Action.AUDIT_READ, "audit seen-by", cases=[case_id])
            write_access(conn, record)
    found = [told_reader(each, names) for each in readers]
    if as_json:
        say_json(to_builtins(found))
        return
    table = columns_of(
        "Who",
        "First",
        "Last",
        "Times",
        "Events",
        "How",
        "Through",
        least=dict.fromkeys(("First", "Last"), DAY_WIDTH),
    )
    for each in found:
        table.add_row(
            each.who.name,
            f"{each.first_at.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{each.last_at.astimezone(zone):%Y-%m-%d %H:%M}",
            str(each.times),
            str(each.events_recorded),
            ", ".join(each.actions),
            ", ".join(each.clients),
        )
    Console().print(table)


async def _happenings(conninfo: str, asked: _Asked) -> tuple[list[Happening], int]:
    found: list[Happening] = []
    cursor, position = None, 0
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        while len(found) < asked.most:
            page = await trail(
                conn,
                asked.subject,
                asked.of,
                since=asked.since,
                until=asked.until,
                what=asked.what,
                cursor=cursor,
                limit=min(_PAGE, asked.most - len(found)),
            )
            found += page.happenings
            cursor, position = page.cursor, page.position
            if cursor is None:
                break
    return found, position


async def _events(settings: Settings, conninfo: str, cases: set[UUID]) -> list[Recorded]:
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        rows = await rows_of_cases(conn, list(cases))
    desk = make_desk(settings, conninfo)
    try:
        return desk.event_mapper.read_all(rows, make_reader(desk).keys_of)
    finally:
        desk.close()


async def _readers(conninfo: str, case_id: UUID, before: datetime | None) -> list[Reader]:
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        return await seen_by(conn, case_id, before)


def _show(entries: list[TrailEntry], zone: ZoneInfo) -> None:
    console = Console()
    for entry in entries:
        at = f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        if entry.sentence is not None:
            said = Text.assemble(entry.sentence, acted(entry))
        else:
            shown = f", {len(entry.cases)} cases" if len(entry.cases) > 1 else ""
            why = "".join(f": {each}" for each in (entry.problem, entry.reason) if each)
            said = Text(
                f"{entry.who.name}: {entry.name} ({entry.operation or entry.who.id}{shown}){why}"
            )
        console.print(
            Text.assemble((f"{at} {entry.client}", "dim"), "  ", said),
            soft_wrap=not console.is_terminal,
        )
