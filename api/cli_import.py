"""``karguzar import``: an older register's export, brought in by a mapping."""

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
from msgspec import json
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.cli import fail
from api.cli_register import register
from api.composition import make_desk, organisation_in, prepare, terms_in
from application.desk import Desk
from application.legacy_import import (
    SHIPPED_MAPPINGS,
    ImportSummary,
    Now,
    import_cases,
    shipped_mapping,
    units_in,
)
from application.legacy_mapping import LegacyMapping, MappingWrong, line_of, read_mapping
from application.legacy_rows import FileUnreadable, LegacyCase, RefusedRow, read_cases
from application.naming import UnknownUnit, require_unit
from infra.organisation import Unit, put_organisation
from infra.settings import Settings

_REFUSALS_SHOWN = 50
_SHIPPED = ", ".join(SHIPPED_MAPPINGS)
_HELP = f"""Import the cases of an older register from FILE (CSV, plain or gzipped).

A case comes in whole or not at all. Running it again adds nothing twice; an interrupted
import goes on where it stopped. Units that only the older register has are entered below the
mapping's own unit. Memory holds the whole file. Ends with 1 when rows were refused.

\b
Mappings that are shipped: {_SHIPPED}
karguzar import FILE --mapping {SHIPPED_MAPPINGS[0]} --dry-run
"""


@click.command("import", help=_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    required=True,
    help="A mapping file, or the name of one that is shipped.",
)
@click.option("--dry-run", is_flag=True, help="Decide everything and record nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def import_command(
    settings: Settings, file: Path, mapping: str, *, dry_run: bool, as_json: bool
) -> None:
    mapping_path = Path(mapping)
    if not mapping_path.exists():
        if mapping not in SHIPPED_MAPPINGS:
            fail(f"There is no mapping {mapping}: name a file, or one that is shipped: {_SHIPPED}.")
        mapping_path = shipped_mapping(mapping)
    try:
        rules = read_mapping(mapping_path)
        cases, unreadable = read_cases(file, rules, mapping_path)
    except (MappingWrong, FileUnreadable) as error:
        fail(str(error))
    now = Now(
        at=datetime.now(UTC),
        terms=terms_in(settings),
    )
    if dry_run:
        summary = _with_progress(cases, unreadable, rules, now, None)
    else:
        with register(settings) as conninfo:
            prepare(settings, conninfo)
            _enter_units(conninfo, cases, rules, mapping_path)
            with closing(make_desk(settings, conninfo)) as desk:
                summary = _with_progress(cases, unreadable, rules, now, desk)
    if as_json:
        click.echo(json.format(json.encode(summary)).decode())
    else:
        _show(summary)
    if summary.refusals:
        sys.exit(1)


def _enter_units(
    conninfo: str, cases: list[LegacyCase], mapping: LegacyMapping, mapping_path: Path
) -> None:
    """So that whoever reads for the mapping's own unit finds the cases of those below it.

    Where no organisation is entered, none is begun: the first unit would make all others unknown.
    """
    organisation = organisation_in(conninfo)()
    if not organisation.subtrees:
        return
    own = mapping.source.unit
    try:
        require_unit(own, organisation)
    except UnknownUnit as unknown:
        line = line_of(mapping_path.read_text(encoding="utf-8-sig"), "source.unit")
        fail(
            f"{mapping_path}:{line}: {unknown}",
            "Enter it with karguzar organisation FILE; or copy the mapping, set another unit there "
            "and give that copy as --mapping.",
        )
    new = [
        Unit(unit=code, name=name, parent=own)
        for code, name in units_in(cases, mapping).items()
        if code not in organisation.subtrees
    ]
    with psycopg.connect(conninfo) as conn:
        put_organisation(conn, new, [])
    if new:
        entered = ", ".join(sorted(unit.unit for unit in new))
        click.echo(f"{len(new)} units entered below {own}: {entered}", err=True)


def _with_progress(
    cases: list[LegacyCase],
    unreadable: list[RefusedRow],
    mapping: LegacyMapping,
    now: Now,
    desk: Desk | None,
) -> ImportSummary:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task("Cases", total=len(cases))
        return import_cases(
            cases,
            unreadable,
            mapping,
            now,
            desk=desk,
            progress=lambda done: progress.advance(task, done),
        )


def _show(summary: ImportSummary) -> None:
    console = Console()
    table = Table(box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    lines = [
        (summary.cases, "cases in the file"),
        (summary.imported, "would be imported" if summary.dry_run else "imported"),
        (summary.brought_up_to_date, "brought up to date"),
        (summary.already_there, "already there"),
        (summary.refused, "refused"),
        (summary.steps, "steps"),
        (summary.open, "cases still open"),
        (summary.late, "cases closed after their deadline"),
        (summary.events, "events"),
    ]
    for count, what in lines:
        table.add_row(f"{count:,}", what)
    table.add_row(f"{summary.seconds:.1f}", "seconds")
    console.print(table)
    for refused in summary.refusals[:_REFUSALS_SHOWN]:
        where = f"line {refused.line}" + (f", {refused.column}" if refused.column else "")
        console.print(f"{where}: {refused.reason}", markup=False, highlight=False)
    more = len(summary.refusals) - _REFUSALS_SHOWN
    if more > 0:
        console.print(f"and {more} more: --json tells all of them", highlight=False)
