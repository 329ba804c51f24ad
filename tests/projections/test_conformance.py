"""The read model of conformance: the same as the rules over the whole case, event by event."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import AsyncConnection

from application.desk import Desk
from domain import appeal
from domain.case import CaseKind
from domain.conformance import Breach, Rule, breaches
from domain.envelope import Recorded
from projections import conformance, register
from projections.conformance import Asked, Row, broken_rules, totals
from projections.readmodel import ReadModel
from tests.domain.test_conformance import IN_ORDER, recorded, without
from tests.projections.histories import history, seeded
from tests.projections.logs import append, run_out, runner_for, tracking_in

MODEL = ReadModel.of(conformance)


def folded(log: Sequence[Recorded]) -> dict[str, Row]:
    rows: dict[Any, Row] = {}
    for event in log:
        conformance.fold(rows, event)
    return {row.rule: row for row in rows.values() if row.rule != "standing"}


def by_rule(found: Sequence[Breach]) -> dict[str, list[int]]:
    rules: dict[str, list[int]] = {}
    for breach in found:
        versions = rules.setdefault(breach.rule.value, [])
        versions += [p.version for p in breach.places if p.version not in versions]
    return rules


def shuffled(seed: int, kind: CaseKind) -> list[Recorded]:
    """A case whose events after the first came in another order, as no command would let them."""
    rng = seeded(seed)
    first, *others = history(rng, kind, events=60).recorded
    rng.shuffle(others)
    return [
        replace(event, originator_version=version, position=version)
        for version, event in enumerate([first, *others], 1)
    ]


@pytest.mark.parametrize(
    "kind", [CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT, CaseKind.RECEPTION]
)
def test_the_rows_are_what_the_rules_say_of_the_whole_case(kind: CaseKind) -> None:
    broken = 0
    for seed in range(20):
        log = shuffled(seed, kind)
        rows = folded(log)
        assert {rule: row.versions for rule, row in rows.items()} == by_rule(breaches(log))
        assert all(row.versions == row.positions for row in rows.values())
        broken += len(rows)
    assert broken


def test_a_step_that_comes_late_is_not_skipped_any_more() -> None:
    late = [IN_ORDER[0], IN_ORDER[2]]
    assert set(folded(recorded(late))) == {"step-skipped"}
    assert set(folded(recorded([*late, IN_ORDER[1]]))) == {"step-too-early"}


def test_an_imported_case_is_marked() -> None:
    first = IN_ORDER[0]
    assert isinstance(first, appeal.AppealRegistered)
    imported = replace(first, legacy_number="köhnə-7")
    assert folded(recorded([imported, IN_ORDER[2]]))["step-skipped"].imported


async def report(database: str, asked: Asked) -> tuple[Any, Any]:
    conn: AsyncConnection[Any]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as conn:
        await conn.execute("SET ROLE karguzar_app")
        return await broken_rules(conn, asked, limit=10), await totals(conn, asked)


def test_the_report_counts_cases_by_rule_and_unit(desk: Desk, database: str) -> None:
    log: list[Recorded] = []
    for number, events in enumerate((without(IN_ORDER[1]), without(IN_ORDER[4]), IN_ORDER), 1):
        for event in recorded(events):
            case = UUID(int=number)
            event_id = UUID(int=number * 100 + event.originator_version)
            log.append(replace(event, originator_id=case, event_id=event_id, owner=case))
    log = [replace(event, position=position) for position, event in enumerate(log, 1)]
    append(desk, log)
    models = (MODEL, ReadModel.of(register))
    run_out(runner_for(desk, database, tracking_in(database), models))
    page, counted = asyncio.run(report(database, Asked()))
    assert {(row.case_id.int, row.rule) for row in page.rows} == {
        (1, "step-skipped"),
        (2, "signed-uninitialled"),
    }
    assert [(t.rule, t.cases, t.imported) for t in counted] == [
        ("signed-uninitialled", 1, 0),
        ("step-skipped", 1, 0),
    ]
    one, _ = asyncio.run(report(database, Asked(rule=Rule.STEP_SKIPPED.value, imported=False)))
    assert [row.case_id.int for row in one.rows] == [1]
    none, nothing = asyncio.run(report(database, Asked(before=datetime(2020, 1, 1, tzinfo=UTC))))
    assert (none.rows, nothing) == ([], [])
