"""What the first release stored means today what it meant then."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from api.deadline_working import explained
from domain import appeal, media_inquiry, reception
from domain.answer_term import AppealTermExtended, ExtendTerm
from domain.appeal import AppealKind, AppealReclassified, ReclassifyAppeal
from domain.deadline import ExtensionUsedUp, Granted
from domain.due import Due
from domain.envelope import Recorded
from domain.kinds import KINDS
from domain.recalculation import DueDatesMoved, RecomputeDueDates
from infra.blinding import Blinding
from infra.keys import PersonKey
from infra.mapper import EVENT_TYPES, EventMapper
from infra.rows import StreamRow
from infra.upcasts import UPCASTS
from projections import READ_MODELS, due_dates
from projections.clocks import clocks_of
from tests.desks import MASTER_KEY
from tests.domain.spec import CASE, PLAIN_CALENDAR, PLAIN_TERMS, TERMS_WITH_A_HOLIDAY, context
from tests.stored_events.examples import FOLDER, OneKey, read

REGISTERED = date(2026, 4, 1)
EXTENDED = datetime(2026, 4, 6, 21, 30, tzinfo=UTC)
"""Half past one in the morning of 7 April in Baku."""
REOPENED = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
TEN_MORE = Granted(length=10, decided_on=date(2026, 4, 7))
DAY = timedelta(days=1)
DECISION = RecomputeDueDates(decision=CASE)


def due(on: str, rule: str, version: str = "2016") -> dict[str, str]:
    return {"on": on, "rule": rule, "rule_version": version, "calendar_version": "plain"}


def first(name: str, at: datetime = REOPENED, **said: Any) -> tuple[str, dict[str, Any]]:
    """The event as version 1 wrote it, *said* being what matters here."""
    [line, *_] = (FOLDER / f"{name}.1.json").read_bytes().splitlines()
    state = json.decode(line)
    state["data"] |= said
    return name, {**state, "at": at.isoformat()}


def stored(*events: tuple[str, dict[str, Any]]) -> list[Recorded]:
    """The events of one case, stored and read."""
    rows = [
        StreamRow(CASE, number, name, json.encode(state), number)
        for number, (name, state) in enumerate(events, 1)
    ]
    return EventMapper().read_all(rows, lambda _owners: OneKey())


def state_of(events: list[Recorded]) -> Any:
    state = None
    for recorded in events:
        state = KINDS[recorded.kind].evolve(state, recorded.event)
    return state


REGISTER = first(
    "appeal-registered",
    received_at="2026-04-01T06:00:00Z",
    registered_on="2026-04-01",
    due=due("2026-04-22", "az-a-gen"),
)
EXTEND = first(
    "appeal-term-extended",
    EXTENDED,
    due=due("2026-05-06", "az-a-ext"),
    working_days=10,
    applicant_notified_on="2026-04-07",
)
RECLASSIFY = first(
    "appeal-reclassified",
    kind="information-request",
    due=due("2026-04-21", "az-i-ext", "2005"),
)
REOPEN = first("appeal-reopened", term_starts_on="2026-04-06", due=due("2026-04-27", "az-a-gen"))
RECEIVE = first(
    "media-inquiry-received",
    registered_on="2026-04-01",
    due=due("2026-04-10", "az-m-inq", "2005"),
    outlet_deadline="2026-04-06T23:00:00+01:00",
)
REOPEN_INQUIRY = first("media-inquiry-reopened", due=due("2026-04-15", "az-m-inq", "2005"))

A_TERM = Due(
    on=date(2026, 4, 22),
    rule="az-a-gen",
    rule_version="2016",
    calendar_version="plain",
    since=REGISTERED,
)


@pytest.mark.parametrize(("name", "version"), sorted(UPCASTS))
def test_every_old_example_is_read_as_todays_event(name: str, version: int) -> None:
    for recorded in read(FOLDER / f"{name}.{version}.json"):
        assert type(recorded.event) is EVENT_TYPES[name].cls
        if name.startswith("appeal-"):
            begun = None if name == "appeal-registered" else state_of(stored(REGISTER))
            assert KINDS[recorded.kind].evolve(begun, recorded.event).due.since


def test_a_term_runs_from_the_registration() -> None:
    assert state_of(stored(REGISTER)).due == A_TERM


def test_an_extension_lengthens_the_term_that_it_extended() -> None:
    state = state_of(stored(REGISTER, EXTEND))
    assert state.due == replace(A_TERM, on=date(2026, 5, 6), granted=(TEN_MORE,))
    assert PLAIN_TERMS.recompute(state.due) == state.due


def test_an_extended_term_is_not_extended_again() -> None:
    command = ExtendTerm(reason="Təhqiqat", applicant_notified_on=date(2026, 4, 6))
    [extended] = appeal.decide(command, state_of(stored(REGISTER)), context())
    assert isinstance(extended, AppealTermExtended)
    assert (extended.due.since, extended.length) == (REGISTERED, 30)
    with pytest.raises(ExtensionUsedUp):
        appeal.decide(command, state_of(stored(REGISTER, EXTEND)), context(at=EXTENDED + DAY))


def test_a_reclassified_term_keeps_its_start_and_as_much_of_its_extension_as_was_allowed() -> None:
    state = state_of(stored(REGISTER, EXTEND, RECLASSIFY))
    assert (state.due.rule, state.due.since) == ("az-i-gen", REGISTERED)
    assert state.due.granted == (replace(TEN_MORE, length=7),)
    assert PLAIN_TERMS.recompute(state.due) == state.due


def test_a_reopened_appeal_runs_from_then_on() -> None:
    state = state_of(stored(REGISTER, EXTEND, REOPEN))
    assert (state.due.since, state.due.since_at) == (date(2026, 4, 6), REOPENED)
    assert not state.due.granted
    assert PLAIN_TERMS.recompute(state.due) == state.due
    command = ReclassifyAppeal(kind=AppealKind.INFORMATION_REQUEST, reason="Sorğu")
    [reclassified] = appeal.decide(command, state, context())
    assert isinstance(reclassified, AppealReclassified)
    assert reclassified.due.since == date(2026, 4, 6)


def test_an_inquiry_runs_from_its_registration_and_anew_from_when_it_was_reopened() -> None:
    [received, _] = events = stored(RECEIVE, REOPEN_INQUIRY)
    assert isinstance(received.event, media_inquiry.MediaInquiryReceived)
    assert received.event.due.since == REGISTERED
    assert received.event.outlet_deadline
    assert received.event.outlet_deadline.date() == date(2026, 4, 7), "the day in Baku"
    anew = state_of(events).due
    assert (anew.since, anew.since_at) == (date(2026, 4, 6), REOPENED)
    assert PLAIN_TERMS.recompute(anew) == anew


def test_an_outlets_deadline_without_a_day_in_baku_stays_as_it_was_sent() -> None:
    last = "9999-12-31T23:00:00+00:00"
    [recorded] = stored(first("media-inquiry-received", outlet_deadline=last))
    assert isinstance(recorded.event, media_inquiry.MediaInquiryReceived)
    assert recorded.event.outlet_deadline == datetime.fromisoformat(last)


def test_a_written_appeal_has_to_be_handed_over_by_a_rule_of_the_register() -> None:
    taken_in = first("written-appeal-taken-in", hand_over_due=due("2026-04-08", "ge-handover", "1"))
    [recorded] = stored(taken_in)
    assert isinstance(recorded.event, reception.WrittenAppealTakenIn)
    handed = recorded.event.hand_over_due
    assert PLAIN_TERMS.recompute(handed) == handed
    assert TERMS_WITH_A_HOLIDAY.recompute(handed).on == date(2026, 4, 9)


@pytest.mark.parametrize(
    ("events", "then"),
    [
        ((REGISTER,), date(2026, 4, 23)),
        ((REGISTER, EXTEND), date(2026, 5, 7)),
        ((REGISTER, EXTEND, RECLASSIFY), date(2026, 4, 22)),
        ((REGISTER, REOPEN), date(2026, 4, 28)),
        ((RECEIVE,), date(2026, 4, 13)),
        ((RECEIVE, REOPEN_INQUIRY), date(2026, 4, 16)),
    ],
)
class TestACaseOfOldEvents:
    def test_follows_a_decision_on_the_calendar(self, events: Any, then: date) -> None:
        recorded = stored(*events)
        ctx = replace(context(), terms=TERMS_WITH_A_HOLIDAY)
        decide = KINDS[recorded[0].kind].decide
        [moved] = decide(DECISION, state_of(recorded), ctx)
        assert isinstance(moved, DueDatesMoved)
        assert [(each.clock, each.due.on) for each in moved.moved] == [("answer", then)]

    def test_explains_its_due_date(self, events: Any, then: date) -> None:
        recorded = stored(*events)
        [clock] = [each for each in clocks_of(recorded) if each.row.clock == "answer"]
        assert clock.due == state_of(recorded).due
        working = explained(clock, PLAIN_TERMS, {"plain": PLAIN_CALENDAR}.get, "az")
        assert working.steps
        assert working.due_now is None
        assert working.due < then

    def test_is_rebuilt_into_the_read_models(self, events: Any, then: date) -> None:
        recorded = stored(*events)
        blinding = Blinding(PersonKey(MASTER_KEY))
        models = [model.bound(blinding) for model in READ_MODELS]
        folded: dict[str, Any] = {model.name: {} for model in models}
        for each in recorded:
            for model in models:
                model.fold(folded[model.name], each)
        term = state_of(recorded).due
        row = folded[due_dates.__name__.rpartition(".")[2]][CASE, "answer"]
        shown = (row.due_on, row.rule, row.rule_version, row.since)
        assert shown == (term.on, term.rule, term.rule_version, term.since)
        assert row.plain == (not (term.granted or term.since_at))
        assert row.due_on < then
