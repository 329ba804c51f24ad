from functools import cache
from typing import Any

import pytest

from domain.case import CaseKind
from domain.envelope import Recorded
from domain.kinds import EVENTS
from infra.blinding import Blinding
from infra.keys import PersonKey
from infra.mapper import stored_name
from projections import (
    answers,
    conformance,
    due_dates,
    identity_links,
    matters,
    moves,
    occurrences,
    parties,
    people,
    register,
    register_history,
    repeat_links,
    threads,
    trail,
    work,
)
from projections.cases import OF_KIND, OPEN_STATES
from projections.readmodel import ReadModel
from tests.projections.histories import history, seeded

MODULES = (
    answers,
    conformance,
    register,
    work,
    parties,
    threads,
    due_dates,
    moves,
    trail,
    register_history,
    repeat_links,
    identity_links,
    people,
    matters,
    occurrences,
)
SEEDS = range(6)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_event_is_taken_or_ignored_on_purpose(module: Any) -> None:
    taken = {stored_name(event) for event in module.TAKES}
    assert taken.isdisjoint(module.IGNORED)
    assert taken | module.IGNORED == {stored_name(event) for event in EVENTS}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize("kind", CaseKind)
def test_what_is_ignored_changes_nothing(module: Any, kind: CaseKind) -> None:
    model = ReadModel.of(module).bound(Blinding(PersonKey(bytes(32))))
    for seed in SEEDS:
        rows: dict[Any, Any] = {}
        for recorded in _recorded(kind, seed):
            if stored_name(recorded.event) not in module.IGNORED:
                model.fold(rows, recorded)
                continue
            before = {key: _content(row) for key, row in rows.items()}
            model.fold(rows, recorded)
            assert {key: _content(row) for key, row in rows.items()} == before


@cache
def _recorded(kind: CaseKind, seed: int) -> list[Recorded]:
    return history(seeded(seed), kind, events=40).recorded


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


@pytest.mark.parametrize("kind", [CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT])
def test_the_main_clock_shows_the_due_date_of_the_case(kind: CaseKind) -> None:
    clock = "assignment" if kind is CaseKind.ASSIGNMENT else "answer"
    for seed in SEEDS:
        made = history(seeded(seed), kind, events=60)
        rows: dict[Any, due_dates.Row] = {}
        for recorded, state in zip(made.recorded, made.states, strict=True):
            due_dates.fold(rows, recorded)
            row = rows[recorded.originator_id, clock]
            if row.rule is not None:
                assert (row.due_on, row.due_at) == (state.due.on, state.due.at)
            if kind is not CaseKind.ASSIGNMENT:
                assert row.running == (state.stage in OPEN_STATES and not state.due.paused)


@pytest.mark.parametrize("kind", [CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.RECEPTION])
def test_the_running_clocks_with_a_rule_are_those_that_the_case_would_have_recomputed(
    kind: CaseKind,
) -> None:
    for seed in SEEDS:
        made = history(seeded(seed), kind, events=60)
        rows: dict[Any, due_dates.Row] = {}
        for recorded, state in zip(made.recorded, made.states, strict=True):
            due_dates.fold(rows, recorded)
            shown = {
                row.clock: (row.due_on, row.rule, row.rule_version, row.since)
                for row in rows.values()
                if row.running and row.since
            }
            assert shown == {
                clock: (due.on, due.rule, due.rule_version, due.since)
                for clock, due in state.clocks.items()
                if due.since and not due.paused
            }
            assert all(
                not rows[recorded.originator_id, clock].plain
                for clock, due in state.clocks.items()
                if due.since and (due.at or due.since_at or due.granted or due.pauses)
            )


@pytest.mark.parametrize("kind", [CaseKind.ASSIGNMENT, CaseKind.RECEPTION])
def test_the_clocks_that_run_are_those_that_notices_are_given_of(kind: CaseKind) -> None:
    for seed in SEEDS:
        made = history(seeded(seed), kind, events=60)
        rows: dict[Any, due_dates.Row] = {}
        for recorded, state in zip(made.recorded, made.states, strict=True):
            due_dates.fold(rows, recorded)
            shown = {row.clock: row.due_on for row in rows.values() if row.running}
            assert shown == state.running_clocks
