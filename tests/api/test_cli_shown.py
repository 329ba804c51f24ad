"""What commands show on a terminal of 80 columns, and how instants are given to them."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner
from rich.console import Console

from api.cli import main
from api.cli_instants import Instant, PositionOrInstant
from api.cli_tables import columns_of
from application.desk import Desk
from domain.appeal import ReturnAppeal
from domain.case import CaseKind
from infra.retention import retention_rules
from infra.settings import settings_from
from projections import READ_MODELS
from tests.desks import MASTER_KEY
from tests.orders import EXECUTOR, assign_appeal, order, register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

KEY = b64encode(MASTER_KEY).decode()
WHY = "Bizim işimiz deyil [bax]"


class Terminal:
    """The command line over a database with an appeal that was returned."""

    def __init__(self, desk: Desk, database: str, folder: Path) -> None:
        self.folder, self.database = folder, database
        self.case = desk.execute(register_appeal()).id
        desk.execute(assign_appeal(self.case))
        desk.execute(order(CaseKind.APPEAL, self.case, ReturnAppeal(reason=WHY), EXECUTOR))
        tracking = tracking_in(database)
        run_out(runner_for(desk, database, tracking, READ_MODELS))
        tracking.datastore.close()

    def run(self, *words: str, columns: int = 80) -> str:
        environ = {
            "KARGUZAR_DATABASE_URL": self.database,
            "KARGUZAR_DATA_DIR": str(self.folder),
            "KARGUZAR_MASTER_KEY": KEY,
            "COLUMNS": str(columns),
        }
        ended = CliRunner().invoke(main, words, env=environ)
        assert ended.exit_code == 0, ended.output
        return ended.output


@pytest.fixture
def terminal(desk: Desk, database: str, tmp_path: Path) -> Terminal:
    return Terminal(desk, database, tmp_path)


@pytest.mark.parametrize(
    "words",
    [("history", "{case}"), ("as-of", "case", "{case}", "3"), ("audit", "trail", "--case={case}")],
    ids=" ".join,
)
def test_a_history_tells_who_and_why(terminal: Terminal, words: tuple[str, ...]) -> None:
    told = terminal.run(*(word.format(case=terminal.case) for word in words))
    [returned] = [line for line in told.splitlines() if WHY in line]
    assert returned.endswith(f"(mammadov: {WHY})")
    assert "(aliyev)" in told


def test_who_saw_a_case_is_shown_with_the_time(terminal: Terminal) -> None:
    terminal.run("history", str(terminal.case))
    with psycopg.connect(terminal.database) as conn:
        conn.execute("ALTER TABLE karguzar.accesses DISABLE TRIGGER append_only")
        conn.execute("UPDATE karguzar.accesses SET at = '2026-11-22T08:09:00Z'")
    shown = terminal.run("audit", "seen-by", str(terminal.case))
    assert "…" not in shown
    assert shown.count("2026-11-22") == 2
    assert shown.count("12:09") == 2


def test_the_rules_of_retention_are_named_in_full(terminal: Terminal) -> None:
    shown = terminal.run("retention", "rules")
    for rule in retention_rules("az", None).rules:
        assert rule.id in shown


def test_nothing_in_a_table_is_cut() -> None:
    table = columns_of("a", "b", least={"a": 10})
    table.add_row("2026-11-22 12:09", "x" * 100)
    console = Console(width=30)
    with console.capture() as captured:
        console.print(table)
    assert captured.get().count("x") == 100
    assert "2026-11-22" in captured.get()
    assert "12:09" in captured.get()


@pytest.fixture
def context(tmp_path: Path) -> click.Context:
    settings = settings_from({"KARGUZAR_DATA_DIR": str(tmp_path)}, begin=False)
    return click.Context(main, obj=settings)


@pytest.mark.parametrize(
    ("given", "hour"),
    [
        ("2026-03-01T09:00:00Z", 9),
        ("2026-03-01T09:00:00+04:00", 5),
        ("2026-03-01T09:00+00:00", 9),
        ("2026-03-01T09:00:00", 5),
        ("2026-03-01 09:00", 5),
    ],
)
def test_an_instant_is_taken_as_the_api_prints_it_or_in_local_time(
    context: click.Context, given: str, hour: int
) -> None:
    instant = datetime(2026, 3, 1, hour, tzinfo=UTC)
    assert Instant().convert(given, None, context) == instant
    assert PositionOrInstant().convert(given, None, context) == instant.isoformat()


def test_a_day_begins_at_its_local_midnight(context: click.Context) -> None:
    instant = datetime(2026, 2, 28, 20, tzinfo=UTC)
    assert Instant().convert("2026-03-01", None, context) == instant
    assert PositionOrInstant().convert("17", None, context) == "17"


@pytest.mark.parametrize("given", ["soon", "2026-13-01", "0000-01-01", "", "0"])
def test_what_is_no_instant_is_refused_with_examples(context: click.Context, given: str) -> None:
    for taken in (Instant(), PositionOrInstant()):
        with pytest.raises(click.BadParameter, match=r"2026-03-01T09:00:00Z.*a day, 2026-03-01"):
            taken.convert(given, None, context)


def test_every_command_takes_the_same_instants(terminal: Terminal) -> None:
    for at in ("2026-04-07T09:00:00.123456Z", "2026-04-07T09:00+04:00", "2026-04-07"):
        terminal.run("audit", "trail", f"--case={terminal.case}", "--from", at, "--to", at)
        terminal.run("audit", "seen-by", str(terminal.case), "--before", at)
        terminal.run("audit", "conformance", "--from", at, "--to", at)
        terminal.run("as-of", "case", str(terminal.case), at)


def test_the_bar_of_an_export_comes_to_its_end(terminal: Terminal) -> None:
    out = str(terminal.folder / "case.zip")
    shown = terminal.run(
        "export", "case", str(terminal.case), "--reason", "Yoxlama", "--out", out, columns=300
    )
    [(done, total)] = re.findall(r"(\d+)/(\d+)", shown)
    assert done == total
