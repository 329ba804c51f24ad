"""`karguzar report`: the report of a period, as a file or as JSON."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import Struct, json, to_builtins

from api.access_records import filters
from api.as_of import read_as_of
from api.cli import fail, say_json
from api.cli_instants import PositionOrInstant
from api.cli_register import register
from api.operator import put_on_record, read_by_operator
from api.report_document import MadeReport, report_document
from api.report_forms import ReportForm, written
from api.report_making import (
    ReportAsked,
    RestatedReport,
    make_report,
    make_restated,
    told,
)
from api.reports import installed
from api.restated_document import restated_document
from domain.access_record import Action
from domain.case import NotFitting
from domain.report_period import PeriodKind, PeriodNotBegun, ReportPeriod
from infra.eventstore import ROLE
from infra.reports.words import LANGUAGES
from infra.settings import Settings
from infra.whole_files import whole_file
from projections.history import names_in
from projections.positions import FiguresBehind, keeps_up, reached
from projections.report_figures import MODELS

_EVERYTHING: tuple[str, dict[str, Any]] = ("true", {})
_BEHIND = "The read models of reports have come to position {seen} so far; try again later."
_HELP = """The report of a period, the same whenever it is made as of the same position.

KIND is monthly, quarterly, half-yearly or annual; without --period it is of the last one that
has ended.

\b
karguzar report monthly --period 2026-10 --format pdf
karguzar report quarterly --period 2026-Q3 --unit pensions --output pensions.xlsx
karguzar report monthly --period 2026-10 --as-of 48211 --restated --json
"""


class _Options(Struct, frozen=True, kw_only=True):
    period: ReportPeriod
    unit: str | None
    known: str | None
    confidential: bool
    restated: bool
    installed: dict[str, Any]


@click.command("report", help=_HELP)
@click.argument("kind", type=click.Choice([each.value for each in PeriodKind]))
@click.option("--period", "written", help="2026-10, 2026-Q3, 2026-H2 or 2026.")
@click.option("--unit", help="Of this unit and those below it; else of the whole register.")
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in ReportForm]),
    default=ReportForm.XLSX.value,
    show_default=True,
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else named by it."
)
@click.option("--as-of", "known", type=PositionOrInstant(), help="As the register knew it then.")
@click.option(
    "--restated", is_flag=True, help="What has changed since --as-of, and by which events."
)
@click.option("--confidential", is_flag=True, help="Count confidential cases too.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, and write no file.")
@click.pass_obj
def report(  # noqa: PLR0913 - each is an option
    settings: Settings,
    *,
    kind: str,
    written: str | None,
    unit: str | None,
    form: str,
    output: Path | None,
    known: str | None,
    restated: bool,
    confidential: bool,
    language: str,
    as_json: bool,
) -> None:
    zone = ZoneInfo(settings.time_zone)
    if restated and known is None:
        fail("--restated needs --as-of: the position that stands on the earlier report.")
    try:
        period = _period(PeriodKind(kind), written, zone)
        asked = _Options(
            period=period,
            unit=unit,
            known=known,
            confidential=confidential,
            restated=restated,
            installed=installed(settings, period),
        )
        with register(settings, master_key=False) as conninfo:
            found = asyncio.run(_read(conninfo, zone, asked))
            _put_on_record(conninfo, found, asked)
            if not as_json:
                _write(conninfo, found, asked, zone, ReportForm(form), language, output)
    except (NotFitting, FiguresBehind) as error:
        fail(str(error), status=1)
    if as_json:
        say_json(to_builtins(_plain(found)))


def _period(kind: PeriodKind, written: str | None, zone: ZoneInfo) -> ReportPeriod:
    if written is not None:
        return ReportPeriod.of(kind, written)
    return ReportPeriod.with_day(kind, datetime.now(UTC).astimezone(zone).date()).previous


async def _read(conninfo: str, zone: ZoneInfo, asked: _Options) -> MadeReport | RestatedReport:
    conn: psycopg.AsyncConnection[Any]
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        seen = await (reached if asked.known else keeps_up)(conn, MODELS)
        position = (await read_as_of(conn, zone, asked.known)).position if asked.known else seen
        if position > seen:
            fail(_BEHIND.format(seen=seen), status=1)
        if position == 0:
            raise PeriodNotBegun
        question = ReportAsked(
            period=asked.period,
            unit=asked.unit,
            confidential=asked.confidential,
            position=position,
            zone=zone,
            **asked.installed,
        )
        if asked.restated:
            return await make_restated(conn, question, seen, _EVERYTHING)
        return await make_report(conn, question)


def _put_on_record(conninfo: str, found: MadeReport | RestatedReport, asked: _Options) -> None:
    query = filters({"period": str(asked.period).lower(), "unit": asked.unit})
    if isinstance(found, RestatedReport):
        cases = list(dict.fromkeys(each.case_id for each in found.events if each.case_id))
        read = read_by_operator(
            Action.CHANGES_READ,
            "report",
            cases=cases,
            query=query | {"since": found.since},
            position=found.position,
        )
    else:
        read = read_by_operator(
            Action.COUNTS_READ, "report", query=query, position=found.now.position
        )
    put_on_record(conninfo, read)


def _write(
    conninfo: str,
    found: MadeReport | RestatedReport,
    asked: _Options,
    zone: ZoneInfo,
    form: ReportForm,
    language: str,
    output: Path | None,
) -> None:
    path = output or Path(f"{_name(found)}.{form}")
    if path.exists():
        fail(f"{path} is there already: name another file.")
    if form is ReportForm.JSON:
        content = json.encode(_plain(found))
    elif isinstance(found, RestatedReport):
        with psycopg.connect(conninfo) as conn:
            names = names_in(conn, zone, asked.installed["codes"])
        content = written(form, restated_document(found, names, zone, language))
    else:
        content = written(form, report_document(found, language))
    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        fail(f"{path} can't be written: {error.strerror}.")
    click.echo(f"{path}: {_said(found)}")


def _plain(found: MadeReport | RestatedReport) -> Any:
    return found if isinstance(found, RestatedReport) else told(found)


def _name(found: MadeReport | RestatedReport) -> str:
    if isinstance(found, RestatedReport):
        return f"report-{found.period.period}-restated-{found.since}-{found.position}"
    parts = ("report", str(found.now.period), found.unit or "", str(found.now.position))
    return "-".join(filter(None, parts))


def _said(found: MadeReport | RestatedReport) -> str:
    if isinstance(found, RestatedReport):
        return (
            f"{len(found.figures)} figures differ by {len(found.events)} events "
            f"between the positions {found.since} and {found.position}."
        )
    where = ", ".join(f"{each.kind} {each.unit or 'in all'}" for each in found.now.mismatches)
    closes = f"does NOT close: {where}" if where else "closes"
    return f"as of position {found.now.position}; the balance {closes}."
