"""The read model of conformance: the same as the rules over the whole case, event by event."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import json
from msgspec.structs import replace
from psycopg import AsyncConnection

from application.desk import Desk
from domain import appeal
from domain.case import CaseKind
from domain.case_course import Course
from domain.conformance import Breach, Rule, breaches, take
from domain.envelope import Recorded
from projections import conformance, register
from projections.conformance import Asked, Row, broken_rules, totals
from projections.readmodel import ReadModel
from tests.domain.test_conformance import IN_ORDER, recorded, without
from tests.projections.histories import history, seeded
from tests.projections.logs import append, run_out, runner_for, tracking_in

MODEL = ReadModel.of(conformance)


def all_folded(log: Sequence[Recorded]) -> dict[Any, Row]:
    rows: dict[Any, Row] = {}
    for event in log:
        conformance.fold(rows, event)
        assert all(MODEL.key_of(row) == key for key, row in rows.items())
    return rows


def folded(log: Sequence[Recorded]) -> dict[tuple[str, str], Row]:
    return {(r.rule, r.unit): r for r in all_folded(log).values() if r.rule != "standing"}


def rules_of(log: Sequence[Recorded]) -> set[str]:
    return {rule for rule, _ in folded(log)}


def by_rule(found: Sequence[Breach]) -> dict[tuple[str, str], list[int]]:
    rules: dict[tuple[str, str], list[int]] = {}
    for breach in found:
        versions = rules.setdefault((breach.rule.value, breach.unit), [])
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
    assert rules_of(recorded(late)) == {"step-skipped"}
    assert rules_of(recorded([*late, IN_ORDER[1]])) == {"step-too-early"}
    undrafted = [IN_ORDER[0], IN_ORDER[1], IN_ORDER[2], IN_ORDER[5], IN_ORDER[4]]
    assert rules_of(recorded(undrafted)) >= {"step-skipped", "step-too-early"}


def test_what_two_units_did_in_one_case_stands_with_each() -> None:
    assigned, drafted, signed = IN_ORDER[1], IN_ORDER[3], IN_ORDER[5]
    assert isinstance(assigned, appeal.AppealAssigned)
    due = IN_ORDER[0].due  # type: ignore[attr-defined]
    unsigned = (*IN_ORDER[:3], drafted, signed, appeal.AppealReopened(due=due))
    again = (replace(assigned, unit="social"), IN_ORDER[2], drafted, signed)
    rows = folded(recorded([*unsigned, *again]))
    assert {key: row.versions for key, row in rows.items()} == {
        ("signed-uninitialled", "pensions"): [4, 5],
        ("signed-uninitialled", "social"): [9, 10],
    }


@pytest.mark.parametrize(
    "kind", [CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT, CaseKind.RECEPTION]
)
def test_the_course_is_remembered_as_it_is_whether_or_not_an_event_changes_it(
    kind: CaseKind,
) -> None:
    for seed in range(10):
        rows: dict[Any, Row] = {}
        course: Course | None = None
        for event in shuffled(seed, kind):
            conformance.fold(rows, event)
            course, _ = take(course, event)
            (standing,) = (row for row in rows.values() if row.rule == "standing")
            assert standing.memory == json.encode(course).decode()


def test_an_imported_case_is_marked() -> None:
    first = IN_ORDER[0]
    assert isinstance(first, appeal.AppealRegistered)
    imported = replace(first, legacy_number="köhnə-7")
    assert folded(recorded([imported, IN_ORDER[2]]))["step-skipped", "records"].imported


async def report(database: str, asked: Asked) -> tuple[Any, Any]:
    conn: AsyncConnection[Any]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as conn:
        await conn.execute("SET ROLE karguzar_app")
        counted, _ = await totals(conn, asked, confidential=True)
        return await broken_rules(conn, asked, limit=10), counted


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
