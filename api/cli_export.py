"""`karguzar export`."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.access_records import LONGEST_REASON, SHORTEST_REASON, said
from api.case_file import CaseFile, gather, wait_for_checkpoint
from api.case_file_parts import Sources, Taken
from api.cli import fail, say_json
from api.cli_export_analysts import export_ocel, export_xes, parquet
from api.cli_register import register
from api.composition import calendars_used, make_desk, make_reader, outside_of, signer_of
from api.documents import Documents
from api.operator import operator
from application.desk import Desk
from domain.access_record import AccessRecord, Action
from infra.access_records import write_access
from infra.eventstore import ROLE
from infra.rows import StreamRow
from infra.settings import Settings
from projections.case_document import LANGUAGES
from projections.history import names_in
from projections.seen_cases import all_numbers_of


@click.group("export", no_args_is_help=True)
def export() -> None:
    """Take things out of the register."""


export.add_command(parquet)
export.add_command(export_xes)
export.add_command(export_ocel)


@export.command("case")
@click.argument("case_id", type=click.UUID)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The ZIP; else by the id."
)
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--reason", required=True, help="Why; kept in the register and in the file.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def export_case(
    settings: Settings,
    case_id: UUID,
    out: Path | None,
    language: str,
    reason: str,
    *,
    as_json: bool,
) -> None:
    """Write all of CASE_ID into a ZIP: history, PDF, documents, and what proves them.

    For whoever runs the server: it is put on record under their user name on this machine.
    """
    why = said(reason)
    if why is None:
        fail(f"The reason takes {SHORTEST_REASON} to {LONGEST_REASON} characters, on one line.")
    actor = operator()
    taken = Taken(
        at=datetime.now(UTC),
        by=actor.official,
        unit=actor.unit,
        client=actor.client,
        on_behalf_of=None,
        reason=why,
    )
    with _opened(settings) as (desk, conn):
        position = desk.log.max_notification_id() or 0
        rows = desk.log.cases_between(case_id, case_id, position)
        if not rows:
            fail(f"There is no case {case_id}.", status=1)
        found = _gathered(settings, desk, conn, rows, position, taken, language)
        path = out or Path(found.name)
        if path.exists():
            fail(f"{path} is there already: name another file.")
        write_access(
            conn,
            AccessRecord(
                by=actor,
                roles=frozenset(),
                action=Action.EXPORT_TAKEN,
                operation="export case",
                cases=(case_id,),
                reason=why,
                position=position,
            ),
        )
        digest = _written(path, found, quiet=as_json)
    answer = {
        "file": str(path),
        "case_id": case_id,
        "position": position,
        "events": len(rows),
        "proved": found.proved,
        "sha256": digest,
    }
    if as_json:
        say_json(answer)
        return
    console = Console()
    console.print(f"{path}: {len(rows)} events, {found.proved} of them proved.", highlight=False)
    console.print(f"SHA-256 {digest}", highlight=False)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Desk, psycopg.Connection[tuple[object, ...]]]]:
    with register(settings) as conninfo, psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        desk = make_desk(settings, conninfo)
        try:
            desk.follow_calendar()
            yield desk, conn
        finally:
            desk.close()


def _gathered(
    settings: Settings,
    desk: Desk,
    conn: psycopg.Connection[tuple[object, ...]],
    rows: Sequence[StreamRow],
    position: int,
    taken: Taken,
    language: str,
) -> CaseFile:
    events = desk.event_mapper.read_all(rows, make_reader(desk).keys_of)
    sources = Sources(
        documents=Documents(desk),
        names=names_in(conn, ZoneInfo(settings.time_zone)),
        terms=desk.terms,
        calendar=calendars_used(desk),
        origin=settings.proof.log_origin,
        signer=signer_of(settings, make=False),
        numbers=all_numbers_of(conn, events),
    )
    wait_for_checkpoint(conn, outside_of(settings), rows, settings.wait_seconds)
    return gather(conn, sources, rows, events, position, taken, language)


def _written(path: Path, found: CaseFile, *, quiet: bool) -> str:
    """Write the ZIP, whole or not at all; its SHA-256."""
    progress = Progress(
        TextColumn("Writing the case file"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
    digest = sha256()
    unfinished = path.absolute().with_name(f".{path.name}.{os.getpid()}")
    try:
        with progress, unfinished.open("xb") as fresh:
            task = progress.add_task("", total=found.files)
            for piece in found.pieces():
                fresh.write(piece)
                digest.update(piece)
                progress.advance(task)
            # Some pieces hold more than one file.
            progress.update(task, completed=found.files)
            fresh.flush()
            os.fsync(fresh.fileno())
        unfinished.replace(path)
    except OSError as error:
        fail(f"{path} can't be written: {error.strerror}.")
    finally:
        unfinished.unlink(missing_ok=True)
    return digest.hexdigest()
