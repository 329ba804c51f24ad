"""`karguzar repeats returns` over the appeals worked by hand in tests/projections."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from application.desk import Desk
from tests.desks import MASTER_KEY
from tests.projections.logs import append, run_out, runner_for, tracking_in
from tests.projections.test_returns import MODELS, twelve_appeals

Run = Callable[..., str]
PERIOD = ("--from", "2026-01-01", "--to", "2026-06-30", "--within", "30")


@pytest.fixture
def run(desk: Desk, database: str, tmp_path: Path) -> Run:
    append(desk, twelve_appeals().events)
    tracking = tracking_in(database)
    run_out(runner_for(desk, database, tracking, MODELS))
    tracking.datastore.close()

    def running(*words: str, status: int = 0) -> str:
        environ = {
            "KARGUZAR_DATABASE_URL": database,
            "KARGUZAR_DATA_DIR": str(tmp_path),
            "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
            "COLUMNS": "200",
        }
        ended = CliRunner().invoke(main, ["repeats", "returns", *words], env=environ)
        assert ended.exit_code == status, ended.output
        return ended.output

    return running


def test_returns_are_told_by_unit_as_a_table_and_as_data(run: Run) -> None:
    told = json.loads(run("--by", "unit", *PERIOD, "--as-of", "2026-07-01T05:00Z", "--json"))
    rows = {row["group"]["unit"]: row for row in told["rows"]}
    assert (rows["housing"]["returned"]["count"], rows["housing"]["had_time"]) == (1, 3)
    assert told["total"]["answers"] == 11
    known = json.loads(run("--by", "unit", *PERIOD, "--as-of", "8", "--json"))
    assert (known["as_of"]["position"], known["total"]["answers"]) == (8, 1)
    table = run("--by", "unit", "--by", "answer", *PERIOD)
    for cell in ("unconsidered", "housing", "labour", " 11 "):
        assert cell in table


def test_a_period_upside_down_ends_with_a_sentence(run: Run) -> None:
    said = run("--from", "2026-02-01", "--to", "2026-01-01", status=1)
    assert "The period ends before it begins" in said
