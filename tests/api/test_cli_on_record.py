"""What a command of the command line shows of cases is on record, as what the API shows is."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.rows import dict_row

from api.cli import main
from api.operator import SHOWS_NO_CASE
from application.desk import Desk
from domain.access_record import REFUSED, Action
from projections import READ_MODELS
from tests.api.serving import enter_organisation
from tests.desks import MASTER_KEY
from tests.orders import register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

NAMES_ONE = {
    "history": ("{case}",),
    "audit trail": ("--case", "{case}"),
    "as-of case": ("{case}", "1"),
    "as-of cases": ("1",),
    "export case": ("{case}", "--reason", "Yoxlama", "--out", "{folder}/case.zip"),
}
"""Commands that show the one case that is there, and what they are given."""
NAMES_NONE = {
    "calendar announce": ("--act", "Qərar 12", "--day", "2026-12-30=off", "--dry-run"),
    "calendar list": (),
    "export parquet": ("{folder}/parquet", "--purpose", "workload-study"),
    "export xes": ("{folder}/log.xes", "--purpose", "workload-study"),
    "export ocel": ("{folder}/log.jsonocel", "--purpose", "workload-study"),
    "audit seen-by": ("{case}",),
    "audit conformance": ("--cases",),
    "report": ("monthly", "--period", "2026-04", "--output", "{folder}/report.xlsx"),
    "as-of counts": ("1", "--kind", "appeal"),
    "as-of changes": ("1",),
    "retention due": (),
    "repeats returns": ("--by", "topic"),
}
"""Commands that would show cases here if they had any to show, or that only count them."""


def commands(group: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(group, click.Group):
        yield " ".join(path)
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield from commands(command, (*path, name))


@pytest.fixture
def recorded(desk: Desk, database: str, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Runs a command over a register with one case; the access records that it left."""
    enter_organisation(database)
    case = str(desk.execute(register_appeal()).id)
    tracking = tracking_in(database)
    run_out(runner_for(desk, database, tracking, READ_MODELS))
    tracking.datastore.close()
    environ = {
        "KARGUZAR_DATABASE_URL": database,
        "KARGUZAR_DATA_DIR": str(tmp_path),
        "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
    }

    def run(command: str, arguments: tuple[str, ...]) -> list[dict[str, Any]]:
        given = [each.format(case=case, folder=tmp_path) for each in arguments]
        ended = CliRunner().invoke(main, [*command.split(), *given], env=environ)
        assert ended.exit_code in (0, 1), ended.output
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        with psycopg.connect(database, row_factory=dict_row) as conn:
            return conn.execute("SELECT * FROM karguzar.accesses ORDER BY id").fetchall()

    run.case = case  # type: ignore[attr-defined]
    return run


def test_every_command_is_on_record_or_shows_no_case() -> None:
    assert set(commands()) == {*NAMES_ONE, *NAMES_NONE, *SHOWS_NO_CASE}
    assert not (NAMES_ONE.keys() | NAMES_NONE.keys()) & SHOWS_NO_CASE.keys()
    assert all(SHOWS_NO_CASE.values())


def test_what_a_command_shows_is_on_record(recorded: Any) -> None:
    rows: list[dict[str, Any]] = []
    for command, arguments in (NAMES_ONE | NAMES_NONE).items():
        before, rows = len(rows), recorded(command, arguments)
        (row,) = rows[before:]
        assert (row["operation"], row["client"], row["unit"]) == (command, "command-line", "server")
        assert row["action"] in set(Action) - REFUSED
        if command in NAMES_ONE:
            assert [str(case) for case in row["cases"]] == [recorded.case], command
    assert next(row["query"] for row in rows if row["operation"] == "as-of counts") == {
        "kind": "appeal",
        "overdue": False,
    }
