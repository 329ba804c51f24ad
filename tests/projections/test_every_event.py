from typing import Any

import pytest

from domain.case import CaseKind
from domain.kinds import EVENTS
from infra.mapper import stored_name
from projections import due_dates, parties, register, threads, work
from projections.cases import OF_KIND, OPEN_STATES
from tests.projections.histories import history, seeded

MODULES = (register, work, parties, threads, due_dates)
SEEDS = range(12)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_event_is_taken_or_ignored_on_purpose(module: Any) -> None:
    taken = {stored_name(event) for event in module.TAKES}
    assert taken.isdisjoint(module.IGNORED)
    assert taken | module.IGNORED == {stored_name(event) for event in EVENTS}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize("kind", CaseKind)
def test_what_is_ignored_changes_nothing(module: Any, kind: CaseKind) -> None:
    for seed in SEEDS:
        rows: dict[Any, Any] = {}
        for recorded in history(seeded(seed), kind, events=40).recorded:
            before = {key: _content(row) for key, row in rows.items()}
            module.fold(rows, recorded)
            if stored_name(recorded.event) in module.IGNORED:
                assert {key: _content(row) for key, row in rows.items()} == before


def _content(row: Any) -> dict[str, Any]:
    follows_every_event = ("version", "last_position")
    return {f: getattr(row, f) for f in row.__struct_fields__ if f not in follows_every_event}


@pytest.mark.parametrize("kind", CaseKind)
def test_the_register_agrees_with_the_case_after_every_event(kind: CaseKind) -> None:
    for seed in SEEDS:
        made = history(seeded(seed), kind, events=60)
        rows: dict[Any, register.Row] = {}
        for recorded, state in zip(made.recorded, made.states, strict=True):
            register.fold(rows, recorded)
            (row,) = rows.values()
            assert set(row.units) == state.units
            assert set(row.workers) == state.workers
            assert row.confidential == state.confidential
            assert row.state == state.stage.value
            assert row.version == recorded.originator_version
            assert row.last_position == recorded.position
            control = getattr(state, "control", None)
            assert row.controller == (control and control.controller)


@pytest.mark.parametrize("kind", CaseKind)
def test_a_case_is_open_in_the_states_that_lists_take_for_open(kind: CaseKind) -> None:
    states, subkinds = OF_KIND[kind]
    for seed in SEEDS:
        rows: dict[Any, register.Row] = {}
        for recorded in history(seeded(seed), kind, events=60).recorded:
            register.fold(rows, recorded)
            (row,) = rows.values()
            assert row.open == (row.state in OPEN_STATES)
            assert row.state in set(states)
            assert row.subkind in set(subkinds)


@pytest.mark.parametrize("kind", [k for k in CaseKind if k is not CaseKind.RECEPTION])
def test_the_main_clock_shows_the_due_date_of_the_case(kind: CaseKind) -> None:
    clock = "assignment" if kind is CaseKind.ASSIGNMENT else "answer"
    for seed in SEEDS:
        made = history(seeded(seed), kind, events=60)
        rows: dict[Any, due_dates.Row] = {}
        for recorded, state in zip(made.recorded, made.states, strict=True):
            due_dates.fold(rows, recorded)
            row = rows[recorded.originator_id, clock]
            if row.rule is not None:
                assert row.due_on == state.due.on
            if kind is not CaseKind.ASSIGNMENT:
                assert row.running == (state.stage in OPEN_STATES)
