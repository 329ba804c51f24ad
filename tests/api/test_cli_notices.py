"""`karguzar notices`: what failed is shown, and sent once more when asked for."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.api.test_master_key import karguzar
from tests.desks import MASTER_KEY


def entered(database: str, channel: str, state: str) -> str:
    notice = str(uuid4())
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO karguzar.notices (notice_id, event_id, position, case_id, kind, clock, "
            "stage, step, due_on, working_days_left, official, role, given_at, channel, state, "
            "tries, next_try_at, error) VALUES (%s, %s, 1, %s, 'appeal', 'answer', 'overdue', "
            "'overdue', '2026-04-06', -1, 'mammadov', 'executor', now(), %s, %s, 6, "
            "now() - interval '1 day', 'smtp-550')",
            (notice, uuid4(), uuid4(), channel, state),
        )
    return notice


def told(database: str, folder: Path, *arguments: str) -> dict[str, Any]:
    ended = karguzar(database, MASTER_KEY, folder, *arguments, "--json")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("channel", ["mail", "webhook"])
def test_a_failed_notice_is_shown_and_tried_again_when_asked(
    database: str, tmp_path: Path, channel: str
) -> None:
    failed = entered(database, channel, "failed")
    entered(database, channel, "sent")
    entered(database, "register", "sent")

    shown = told(database, tmp_path, "notices")
    assert [row["notice_id"] for row in shown["failed"]] == [failed]
    assert {row["state"]: row["notices"] for row in shown["counts"]} == {"failed": 1, "sent": 1}
    assert shown["tried_again"] == 0
    assert told(database, tmp_path, "doctor")["notices"]["fine"] is False

    again = told(database, tmp_path, "notices", "--retry")
    assert again["tried_again"] == 1
    assert again["failed"] == []
    assert told(database, tmp_path, "doctor")["notices"]["fine"] is True
    with psycopg.connect(database) as conn:
        row = conn.execute(
            "SELECT state, tries, next_try_at <= now() FROM karguzar.notices WHERE notice_id = %s",
            (failed,),
        ).fetchone()
    assert row == ("waiting", 0, True)
