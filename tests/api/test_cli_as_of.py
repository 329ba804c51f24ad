import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from api.cli import main
from application.desk import Desk
from projections import READ_MODELS
from tests.desks import MASTER_KEY
from tests.domain.spec import BAKU, NOON
from tests.orders import assign_appeal, register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

MODELS = tuple(model for model in READ_MODELS if model.name in {"register", "register_history"})
MORNING, EVENING = NOON, NOON + timedelta(hours=8)


class AsOfCommand:
    """`karguzar as-of` over a database with two appeals, assigned and entered in the evening."""

    def __init__(self, desk: Desk, database: str, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.first = desk.execute(register_appeal()).id
        desk.clock = lambda: EVENING
        desk.execute(assign_appeal(self.first))
        desk.execute(register_appeal())
        self.follow(desk)

    def follow(self, desk: Desk) -> None:
        tracking = tracking_in(self.database)
        run_out(runner_for(desk, self.database, tracking, MODELS))
        tracking.datastore.close()

    def run(self, *words: str, status: int = 0) -> str:
        environ = {
            "KARGUZAR_DATABASE_URL": self.database,
            "KARGUZAR_DATA_DIR": str(self.folder),
            "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
            "COLUMNS": "200",
        }
        ended = CliRunner().invoke(main, ["as-of", *words], env=environ)
        assert ended.exit_code == status, ended.output
        return ended.output

    def told(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*words, "--json"))
        return found


@pytest.fixture
def as_of(desk: Desk, database: str, tmp_path: Path) -> AsOfCommand:
    return AsOfCommand(desk, database, tmp_path)


def test_a_case_is_told_up_to_then(as_of: AsOfCommand) -> None:
    found = as_of.told("case", str(as_of.first), "1")
    assert [entry["event"] for entry in found["entries"]] == ["appeal-registered"]
    assert found["standing"]["stage"] == "registered"
    assert found["as_of"]["position"] == 1
    evening = EVENING.astimezone(BAKU).isoformat()
    assert as_of.told("case", str(as_of.first), evening)["standing"]["stage"] == "assigned"
    shown = as_of.run("case", str(as_of.first), "1", "--language", "en")
    assert "As known at 2026-04-06" in shown
    as_of.run("case", str(uuid4()), "1", status=1)


def test_cases_and_counts_are_those_known_then(as_of: AsOfCommand) -> None:
    noon = (MORNING + timedelta(minutes=1)).isoformat()
    (row,) = as_of.told("cases", noon)["rows"]
    assert (UUID(row["case_id"]), row["state"]) == (as_of.first, "registered")
    found = as_of.told("counts", "3", "--by", "kind", "--by", "state")
    assert found["total"] == 2
    assert {row["group"]["state"]: row["cases"] for row in found["rows"]} == {
        "assigned": 1,
        "registered": 1,
    }
    assert as_of.told("counts", "3", "--overdue")["total"] == 0
    assert as_of.told("counts", "3", "--overdue", "--on", "2026-12-01")["total"] == 2
    assert as_of.told("counts", "3", "--on", "2026-01-01")["total"] == 0
    assert "A-1/2026" in as_of.run("cases", "3", "--unit", "pensions")
    assert "total" in as_of.run("counts", "3")


def test_changes_lead_from_one_count_to_the_other(as_of: AsOfCommand) -> None:
    found = as_of.told("changes", "1")
    assert (found["opening"], found["registered"], found["closing"]) == (1, 1, 2)
    assert (found["unit_changed"], found["until"]["position"]) == (1, 3)
    assert as_of.told("changes", "1", "2")["closing"] == 1
    assert "open at the end" in as_of.run("changes", "1", "3", "--kind", "appeal")


def test_what_cannot_be_asked_is_said(as_of: AsOfCommand, desk: Desk) -> None:
    assert "position from 1" in as_of.run("counts", "soon", status=2)
    assert "has not come so far" in as_of.run("cases", "99", status=2)
    assert "cursor" in as_of.run("cases", "1", "--cursor", "x", status=2).lower()
    assert "exchange" in as_of.run("changes", "3", "1", status=2)
    desk.execute(register_appeal())
    assert "try again later" in as_of.run("counts", "4", status=1)
