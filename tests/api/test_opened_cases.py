"""What a single case or thread answers is of one moment, whatever the read models or others do."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from api import cases
from application.access import Organisation
from application.desk import Desk
from projections.history import case_now
from tests.api.bodies import appeal, begun, done, read, refused
from tests.api.conftest import As
from tests.api.serving import Server
from tests.orders import AUDITOR, assign_appeal, register_appeal

ASSIGNED = {"unit": "pensions", "main_executor": "mammadov"}
NOTE = "Kənar şəxslərə deyilməsin."
CONFIDENTIAL = {
    "entry": "confidential",
    "value": "true",
    "reason": "Həssas məlumat",
    "approved_by": "huseynova",
}


class RegisterOf:
    """What `opened_case` needs of a running server, over a desk."""

    def __init__(self, desk: Desk, pool: AsyncConnectionPool[Any]) -> None:
        self.desk, self.pool = desk, pool

    def organisation(self) -> Organisation:
        return self.desk.organisation()

    async def keys_over(self, conn: AsyncConnection[Any], owners: set[UUID]) -> Any:
        found = await conn.execute(
            "SELECT owner, wrapped FROM karguzar.person_keys WHERE owner = ANY(%b)",
            (list(owners),),
            binary=True,
        )
        return self.desk.keys.unwrap(await found.fetchall())


def test_a_thread_is_hidden_with_its_cases_though_the_lists_lag(as_: As, server: Server) -> None:
    registrar, leader, head, auditor = map(as_, ("registrar", "leader", "head", "auditor"))
    case = begun(registrar, "appeals", appeal())
    done(registrar, f"appeals/{case}/assign-appeal", ASSIGNED)
    thread = read(auditor, f"cases/{case}")["thread"]
    read(leader, f"threads/{thread}", wait_for=server.log_position())
    done(registrar, f"appeals/{case}/correct-entry", CONFIDENTIAL)
    done(registrar, f"appeals/{case}/add-note", {"text": NOTE})
    read(auditor, "cases", limit=1, wait_for=server.log_position())
    with psycopg.connect(server.conninfo) as conn:
        changed = conn.execute(
            "UPDATE read_models.register SET confidential = false, units = '{agency}' "
            "WHERE case_id = %s",
            (case,),
        )
        assert changed.rowcount == 1, "the list is as it was before it was made confidential"

    for client in (leader, head):
        refused(client.get(f"/api/v1/cases/{case}"), 404, "no-such-case")
        refused(client.get(f"/api/v1/cases/{case}/thread"), 404, "no-such-case")
        refused(client.get(f"/api/v1/threads/{thread}"), 404, "no-such-case")
    assert NOTE in auditor.get(f"/api/v1/threads/{thread}").text


def test_what_is_recorded_meanwhile_is_no_part_of_an_opened_case(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.execute(register_appeal()).id

    async def case_and_then_an_event(conn: Any, case_id: UUID) -> Any:
        found = await case_now(conn, case_id)
        desk.execute(assign_appeal(case))
        return found

    monkeypatch.setattr(cases, "case_now", case_and_then_an_event)

    async def opened() -> Any:
        async with AsyncConnectionPool(database, open=False) as pool:
            register: Any = RegisterOf(desk, pool)
            return await cases.opened_case(register, AUDITOR, case)

    position, events, state = asyncio.run(opened())
    assert [event.position for event in events] == [position]
    assert state.stage == "registered"
