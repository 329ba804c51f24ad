"""`karguzar export parquet`, `xes` and `ocel`: what analysts take away, naming nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from msgspec import convert, to_builtins
from psycopg import AsyncConnection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from api.composition import key_ring
from api.operator import put_on_record, read_by_operator
from domain.access_record import Action
from domain.case import CaseKind
from infra.eventstore import ROLE
from infra.pseudonyms import Pseudonyms, PurposeNotFitting, pseudonyms_for
from infra.settings import Settings
from infra.whole_files import whole_file
from projections.event_log import MODELS, EventLog
from projections.ocel import ocel
from projections.positions import reached
from projections.xes import xes

_PARQUET_HELP = """Bring FOLDER up to the register: Parquet by table and month, for analysts.

The first time it writes everything, then only months that something has changed in since. A
process that was ended is gone on from. Cases, threads and officials stand under pseudonyms that
are the same for one purpose and others for each; confidential cases are left out. What each column
holds stands in the files and in export.json.

\b
karguzar export parquet /srv/analysts --purpose workload-study
duckdb -c "SELECT kind, count(*) FROM '/srv/analysts/cases/*/*.parquet' GROUP BY 1"
"""
_XES_HELP = """Write the event log into FILE in XES: a trace for each case.

\b
karguzar export xes appeals.xes --purpose workload-study --kind appeal
"""
_OCEL_HELP = """Write the event log into FILE in OCEL 2.0 (JSON): objects are cases and threads.

\b
karguzar export ocel register.jsonocel --purpose workload-study
"""
_FILE = click.Path(dir_okay=False, path_type=Path)
_PURPOSE = click.option(
    "--purpose",
    required=True,
    help="What it is for, such as workload-study. Each has pseudonyms of its own.",
)
_KIND = click.option(
    "--kind",
    "kinds",
    type=click.Choice([kind.value for kind in CaseKind]),
    multiple=True,
    help="Only cases of this kind; may be given again.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")

Pieces = Callable[[EventLog], AsyncIterator[str | bytes]]


@click.command(help=_PARQUET_HELP)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_PURPOSE
@_JSON
@click.pass_obj
def parquet(settings: Settings, folder: Path, purpose: str, *, as_json: bool) -> None:
    # pyarrow loads slowly.
    from infra.parquet_folder import FolderUnfit  # noqa: PLC0415
    from projections.parquet_export import (  # noqa: PLC0415
        Exported,
        ParquetExport,
        RebuiltMeanwhile,
    )

    async def take(conninfo: str, pseudonyms: Pseudonyms, bar: Progress) -> Exported:
        task = bar.add_task("Months")
        async with await _connection(conninfo) as conn:
            export = ParquetExport(conn, purpose, pseudonyms, settings.time_zone)
            return await export.bring_up(
                folder, lambda done, total: bar.update(task, completed=done, total=total)
            )

    with _register(settings, purpose) as (conninfo, pseudonyms):
        _put_on_record(conninfo, "export parquet", purpose)
        try:
            with _bar(quiet=as_json) as bar:
                exported = asyncio.run(take(conninfo, pseudonyms, bar))
        except (FolderUnfit, RebuiltMeanwhile) as refusal:
            fail(str(refusal), status=1)
        except OSError as error:
            fail(f"{folder} can't be written: {error.strerror}.")
    if as_json:
        say_json(to_builtins(exported))
        return
    console = Console()
    for table, rows in exported.rows.items():
        console.print(f"{table}: {rows} rows; {exported.written[table]} months written.")
    console.print(f"{folder} is as known at position {exported.position}.", highlight=False)


@click.command("xes", help=_XES_HELP)
@click.argument("file", type=_FILE)
@_PURPOSE
@_KIND
@_JSON
@click.pass_obj
def export_xes(
    settings: Settings, file: Path, purpose: str, kinds: tuple[str, ...], *, as_json: bool
) -> None:
    _export_log(settings, file, purpose, kinds, xes, "export xes", as_json=as_json)


@click.command("ocel", help=_OCEL_HELP)
@click.argument("file", type=_FILE)
@_PURPOSE
@_KIND
@_JSON
@click.pass_obj
def export_ocel(
    settings: Settings, file: Path, purpose: str, kinds: tuple[str, ...], *, as_json: bool
) -> None:
    _export_log(settings, file, purpose, kinds, ocel, "export ocel", as_json=as_json)


def _export_log(
    settings: Settings,
    file: Path,
    purpose: str,
    kinds: tuple[str, ...],
    pieces: Pieces,
    operation: str,
    *,
    as_json: bool,
) -> None:
    if file.exists():
        fail(f"{file} is there already: name another file.")

    async def take(conninfo: str, pseudonyms: Pseudonyms, bar: Progress) -> dict[str, Any]:
        async with await _connection(conninfo) as conn, conn.transaction():
            await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            position = await reached(conn, MODELS)
            _put_on_record(conninfo, operation, purpose, position, kinds)
            log = EventLog(conn, position, pseudonyms, convert(list(kinds), list[CaseKind]))
            cases, events = await log.counts()
            task = bar.add_task("Events", total=events)
            log.told = lambda told: bar.advance(task, told)
            with whole_file(file) as out:
                async for piece in pieces(log):
                    out.write(piece.encode() if isinstance(piece, str) else piece)
        return {"file": str(file), "purpose": purpose, "cases": cases, "events": events} | {
            "position": position
        }

    with _register(settings, purpose) as (conninfo, pseudonyms):
        try:
            with _bar(quiet=as_json) as bar:
                exported = asyncio.run(take(conninfo, pseudonyms, bar))
        except OSError as error:
            fail(f"{file} can't be written: {error.strerror}.")
    if as_json:
        say_json(exported)
        return
    Console().print(
        f"{file}: {exported['cases']} cases, {exported['events']} events, as known at position "
        f"{exported['position']}.",
        highlight=False,
    )


@contextmanager
def _register(settings: Settings, purpose: str) -> Iterator[tuple[str, Pseudonyms]]:
    """The register's database, and the pseudonyms of the purpose."""
    with register(settings) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            try:
                pseudonyms = pseudonyms_for(conn.cursor(), key_ring(settings), purpose)
            except PurposeNotFitting as refusal:
                fail(str(refusal))
        yield conninfo, pseudonyms


async def _connection(conninfo: str) -> AsyncConnection[Any]:
    conn = await AsyncConnection.connect(conninfo, autocommit=True)
    await conn.execute(f"SET ROLE {ROLE}")
    return conn


def _put_on_record(
    conninfo: str,
    operation: str,
    purpose: str,
    position: int | None = None,
    kinds: tuple[str, ...] = (),
) -> None:
    query: dict[str, Any] = {"purpose": purpose}
    if kinds:
        query["kind"] = list(kinds)
    record = read_by_operator(Action.EXPORT_TAKEN, operation, query=query, position=position)
    put_on_record(conninfo, record)


def _bar(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
