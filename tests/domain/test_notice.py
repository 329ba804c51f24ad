"""Notices: given once for a clock that runs, to those who may know of the case."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from domain import notice
from domain.case import Event, Refusal
from domain.kinds import KINDS
from domain.notice import (
    NONE_GIVEN,
    ClockNotRunning,
    DeadlineNoticeGiven,
    DueDateMoved,
    GiveDeadlineNotice,
    Given,
    NobodyToTell,
    NoticeAlreadyGiven,
    Recipient,
    RecipientNamedTwice,
    Stage,
)
from projections import due_dates
from tests.domain.notices import notice_on
from tests.projections.histories import history, seeded

WATCHED = [kind for kind, its in KINDS.items() if GiveDeadlineNotice in its.commands]
DUE = date(2026, 4, 20)
RUNNING = {"answer": DUE, "internal": date(2026, 4, 15)}
ORDER, GIVEN = notice_on("answer", DUE, "engineer", "head")


def decided(
    command: GiveDeadlineNotice,
    given: Given = NONE_GIVEN,
    *,
    running: dict[str, date] | None = None,
    **about: Any,
) -> list[Event]:
    fields = {"workers": {"engineer"}, "confidential": False, **about}
    return notice.decide(command, running=running or RUNNING, given=given, **fields)


def refused(
    command: GiveDeadlineNotice, refusal: type[Refusal], given: Event | None = None
) -> None:
    before = NONE_GIVEN
    if isinstance(given, DeadlineNoticeGiven):
        before = notice.evolve(before, given)
    with pytest.raises(refusal):
        decided(command, before)


def test_a_notice_on_a_running_clock_is_given() -> None:
    assert decided(ORDER) == [GIVEN]


def test_the_same_notice_is_not_given_again_though_another_head_would_be_told() -> None:
    again, _ = notice_on("answer", DUE, "engineer", working_days_left=1)
    head = Recipient(official="another head", role="unit-head")
    refused(replace(again, recipients=(*again.recipients, head)), NoticeAlreadyGiven, GIVEN)


def test_an_executor_who_has_taken_over_is_told_too_and_nobody_twice() -> None:
    head = Recipient(official="head", role="unit-head")
    again, event = notice_on("answer", DUE, "lawyer", working_days_left=1)
    again = replace(again, recipients=(*again.recipients, head))
    given = notice.evolve(NONE_GIVEN, GIVEN)
    assert decided(again, given) == [event]
    refused(again, NoticeAlreadyGiven, replace(GIVEN, recipients=again.recipients))


@pytest.mark.parametrize(
    ("clock", "due_on", "changes"),
    [
        ("answer", DUE, {"step": "one-day-left"}),
        ("internal", date(2026, 4, 15), {}),
    ],
)
def test_another_step_or_clock_is_another_notice(
    clock: str, due_on: date, changes: dict[str, str]
) -> None:
    command, event = notice_on(clock, due_on, **changes)
    given = notice.evolve(NONE_GIVEN, GIVEN)
    assert decided(command, given) == [event]


def test_a_due_date_that_moved_asks_for_new_notices() -> None:
    moved, event = notice_on("answer", date(2026, 5, 4))
    refused(moved, DueDateMoved, GIVEN)
    given = notice.evolve(NONE_GIVEN, GIVEN)
    assert decided(moved, given, running={"answer": moved.due_on}) == [event]


def test_nobody_is_told_of_a_clock_that_does_not_run() -> None:
    refused(notice_on(f"information:{UUID(int=1)}", DUE)[0], ClockNotRunning)


def test_those_the_case_is_about_are_not_told() -> None:
    (told,) = decided(ORDER, may_not_know={"head"})
    assert isinstance(told, DeadlineNoticeGiven)
    assert told.recipients == (Recipient(official="engineer", role="executor"),)


def test_of_a_confidential_case_only_those_who_work_on_it_are_told() -> None:
    (told,) = decided(ORDER, workers={"head", "clerk"}, confidential=True)
    assert isinstance(told, DeadlineNoticeGiven)
    assert told.recipients == (Recipient(official="head", role="executor"),)


@pytest.mark.parametrize(
    "about",
    [
        {"workers": {"registrar", "clerk"}, "confidential": True},
        {"workers": {"registrar", "clerk", "head"}, "may_not_know": {"engineer", "head"}},
    ],
)
def test_where_none_of_the_recipients_may_know_those_who_work_on_the_case_are_told(
    about: dict[str, Any],
) -> None:
    (told,) = decided(ORDER, **about)
    assert isinstance(told, DeadlineNoticeGiven)
    assert told.recipients == (
        Recipient(official="clerk", role="executor"),
        Recipient(official="registrar", role="executor"),
    )


def test_a_notice_for_nobody_is_no_notice() -> None:
    with pytest.raises(NobodyToTell):
        decided(ORDER, workers={"head"}, confidential=True, may_not_know={"head"})


def test_each_recipient_is_named_once() -> None:
    refused(notice_on("answer", DUE, "head", "head")[0], RecipientNamedTwice)


def test_a_notice_tells_what_it_was_told() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(GIVEN), type=DeadlineNoticeGiven)
    assert (stored, stored.stage) == (GIVEN, Stage.APPROACHING)


@pytest.mark.parametrize("seed", range(40))
def test_what_the_lists_show_as_running_runs_in_the_case_too(seed: int) -> None:
    rng = seeded(seed)
    for kind in WATCHED:
        rows: dict[tuple[object, ...], due_dates.Row] = {}
        made = history(rng, kind, events=40)
        for recorded, state in zip(made.recorded, made.states, strict=True):
            due_dates.fold(rows, recorded)
            listed = {row.clock: row.due_on for row in rows.values() if row.running}
            if state.stage.value == "submitted":  # nobody contributes to what waits for a decision
                listed = {}
            for clock, due_on in listed.items():
                assert state.running_clocks.get(clock) == due_on, (kind, recorded.event)
