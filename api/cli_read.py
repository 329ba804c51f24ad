"""`karguzar history`, `rebuild` and `doctor`."""

import os
import time
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import to_builtins
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from api.cli_tables import columns_of, show_history
from api.composition import (
    make_desk,
    make_reader,
    make_tracking,
    open_reader,
    organisation_in,
    prepare,
)
from api.operator import read_by_operator
from domain.access_record import Action
from infra.access_records import write_access
from infra.eventstore import ROLE
from infra.keys import WrongMasterKey
from infra.master_key import verify_master_key
from infra.settings import Settings
from projections import READ_MODELS
from projections.filling import Hands
from projections.history import names_in, tell_all
from projections.rebuild import CountsDiffer, RebuildUnderWay, rebuild
from projections.seen_cases import all_numbers_of
from projections.telling import LANGUAGES

_ALL = (1 << 63) - 1
_MOST_PROCESSES = 4


@click.command()
@click.argument("case_id", type=click.UUID)
@click.option("--language", type=click.Choice(LANGUAGES), default="az", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def history(settings: Settings, case_id: UUID, language: str, *, as_json: bool) -> None:
    """Tell everything that happened to CASE_ID, for whoever runs the server."""
    with register(settings) as conninfo:
        desk = make_desk(settings, conninfo)
        zone = ZoneInfo(settings.time_zone)
        rows = desk.log.cases_between(case_id, case_id, _ALL)
        events = desk.event_mapper.read_all(rows, make_reader(desk).keys_of)
        with psycopg.connect(conninfo) as conn:
            names, numbers = names_in(conn, zone), all_numbers_of(conn, events)
        entries = tell_all(events, language, names, numbers)
        desk.close()
        if entries:
            with psycopg.connect(conninfo, autocommit=True) as conn:
                conn.execute(f"SET ROLE {ROLE}")
                write_access(
                    conn,
                    read_by_operator(
                        Action.HISTORY_READ,
                        "history",
                        cases=[case_id],
                        position=entries[-1].position,
                    ),
                )
    if not entries:
        fail(f"There is no case {case_id}.", status=1)
    if as_json:
        say_json(to_builtins(entries))
        return
    show_history(Console(), entries, zone)


@click.command("rebuild")
@click.argument("names", nargs=-1)
@click.option("--even-if-counts-differ", is_flag=True, help="Switch although rows differ.")
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    default=min(os.cpu_count() or 1, _MOST_PROCESSES),
    show_default=True,
    help="How many processes read the log at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rebuild_command(
    settings: Settings,
    names: tuple[str, ...],
    *,
    even_if_counts_differ: bool,
    processes: int,
    as_json: bool,
) -> None:
    """Build read models anew from the log, beside the live ones, and switch; all without NAMES."""
    known = {model.name: model for model in READ_MODELS}
    if unknown := [name for name in names if name not in known]:
        fail(f"There is no read model {', '.join(unknown)}; there are {', '.join(known)}.")
    models = [known[name] for name in names] or list(READ_MODELS)
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        desk = make_desk(settings, conninfo)
        progress = Progress(
            TextColumn("Reading the log"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=as_json,
        )
        with progress, psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute(f"SET ROLE {ROLE}")
            task = progress.add_task("")
            started = time.monotonic()
            reader = make_reader(desk)
            keys = (settings.master_key, settings.previous_master_key)
            another = partial(open_reader, conninfo, *keys, reader.zone)
            try:
                rebuilt = rebuild(
                    conn,
                    reader,
                    make_tracking(conninfo),
                    models,
                    progress=lambda done, total: progress.update(task, completed=done, total=total),
                    even_if_counts_differ=even_if_counts_differ,
                    hands=Hands(processes - 1, another),
                )
            except (CountsDiffer, RebuildUnderWay) as refusal:
                fail(str(refusal), status=1)
            seconds = time.monotonic() - started
        desk.close()
    if as_json:
        say_json({"seconds": seconds, "read_models": to_builtins(rebuilt)})
        return
    table = columns_of("read model", "build", "rows before", "rows", "events")
    for one in rebuilt:
        table.add_row(
            one.read_model, str(one.build), str(one.rows_before), str(one.rows), str(one.events)
        )
    Console().print(table)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Look whether everything stands as it should, and say what to do about what doesn't."""
    found: list[tuple[str, bool, str]] = []
    with (
        register(settings, migrated=False) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as conn,
    ):
        version = conn.info.server_version // 10_000
        found.append(("PostgreSQL", version >= 15, f"version {version}; 15 or later is needed"))  # noqa: PLR2004
        durable = _shows(conn, "fsync") == "on" and _shows(conn, "full_page_writes") == "on"
        found.append(("durability", durable, "fsync and full_page_writes have to be on"))
        row = conn.execute("SELECT to_regclass('karguzar.register_events')").fetchone()
        migrated = bool(row and row[0])
        found.append(("schema", migrated, "run karguzar migrate"))
        if migrated:
            found.append(_master_key(conn, settings))
            found += _in_the_log(conn)
            found.append(_notices(conn))
            units = len(organisation_in(conninfo)().subtrees)
            found.append(("organisation", units > 0, f"{units} units; karguzar organisation FILE"))
    if as_json:
        say_json({name: {"fine": fine, "detail": detail} for name, fine, detail in found})
    else:
        console = Console()
        for name, fine, detail in found:
            console.print(f"{'[green]✓[/]' if fine else '[red]✗[/]'} {name}: {detail}")
    if not all(fine for _, fine, _ in found):
        raise SystemExit(1)


def _master_key(
    conn: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> tuple[str, bool, str]:
    row = conn.execute("SELECT to_regclass('karguzar.master_key_check')").fetchone()
    if not (row and row[0]):
        return "master key", False, "run karguzar migrate"
    try:
        verify_master_key(conn, settings.master_key, settings.previous_master_key)
    except WrongMasterKey as wrong:
        return "master key", False, str(wrong)
    return "master key", True, "it opens the keys in this database"


def _notices(conn: psycopg.Connection[tuple[object, ...]]) -> tuple[str, bool, str]:
    row = conn.execute("SELECT to_regclass('karguzar.notices')").fetchone()
    if not (row and row[0]):
        return "notices", False, "run karguzar migrate"
    row = conn.execute("SELECT count(*) FROM karguzar.notices WHERE state = 'failed'").fetchone()
    failed = int(str(row[0])) if row else 0
    return "notices", failed == 0, f"{failed} failed; see karguzar notices"


def _in_the_log(conn: psycopg.Connection[tuple[object, ...]]) -> list[tuple[str, bool, str]]:
    def one(query: str) -> int:
        row = conn.execute(query).fetchone()
        return int(str(row[0])) if row else 0

    head = one("SELECT position FROM karguzar.log_head")
    events = one("SELECT count(*) FROM karguzar.register_events")
    stopped = one("SELECT count(*) FROM karguzar.stopped_consumers")
    refused = one("SELECT count(*) FROM karguzar.refused_orders")
    furthest = one(
        "SELECT coalesce(max(h.position - coalesce(t.notification_id, 0)), 0) "
        "FROM karguzar.log_head h, karguzar.read_model_builds b "
        "LEFT JOIN karguzar.register_tracking t "
        "ON t.application_name = b.name || '_' || b.build WHERE b.stage = 'live'"
    )
    return [
        ("log", head == events, f"{events} events, last position {head}"),
        ("read models", stopped == 0, f"{stopped} stopped; see karguzar.stopped_consumers"),
        ("lag", furthest < 10_000, f"the furthest is {furthest} events behind"),  # noqa: PLR2004
        ("policies", refused == 0, f"{refused} orders refused; see karguzar.refused_orders"),
    ]


def _shows(conn: psycopg.Connection[tuple[object, ...]], name: str) -> str:
    row = conn.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""
