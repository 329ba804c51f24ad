"""The term of the answer: by which rule, how long, extended, suspended, begun anew."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.answer_term import (
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
    ExtendTerm,
    ExtensionToldTooLate,
    ResumedBeforeSuspended,
    ResumeTerm,
    SuspendedAfterItPassed,
    SuspendedBeforeItBegan,
    SuspendTerm,
)
from domain.appeal import (
    AcceptAppeal,
    Appeal,
    AppealKind,
    AssignAppeal,
    Channel,
    CloseAppeal,
    Ground,
    LeaveUnconsidered,
    ReclassifyAppeal,
    RegisterAppeal,
    ReopenAppeal,
    Result,
    TakeUpAgain,
    decide,
    evolve,
)
from domain.appeal_refusals import (
    InternalDueTooLate,
)
from domain.applicant import Individual
from domain.calendar import CalendarMissing, DayKind, DayMark
from domain.case import Command, Context, Event, Person, Refusal
from domain.deadline import (
    ExtensionBarred,
    ExtensionLengthNotAllowed,
    ExtensionTooLate,
    ExtensionUsedUp,
    GroundUnknown,
)
from domain.due import Due, RuleNotForThisCase, TermIsRunning, Terms, TermStandsStill
from domain.information import DatedInTheFuture
from domain.record import CorrectEntry
from domain.rule import ClockName, RuleNotInForce, UnknownRule
from infra.jurisdiction import terms_of
from tests.domain.spec import BAKU, context, official

AZ = terms_of("az")
HEAD = official("head", "housing")
INFORMATION = AppealKind.INFORMATION_REQUEST


class Told:
    """An appeal registered in Azerbaijan on a day, and what happens to it on later days."""

    def __init__(self, registered_on: date, *, terms: Terms = AZ, **changes: Any) -> None:
        self.terms = terms
        self.appeal: Appeal | None = None
        fields: dict[str, Any] = {
            "kind": AppealKind.APPLICATION,
            "channel": Channel.POST,
            "applicant": Individual(person=Person(name="Lalə")),
            "topic": "housing",
            "subject": "The roof leaks",
            "received_at": at(registered_on, 9),
        }
        self.does(RegisterAppeal(**{**fields, **changes}), registered_on)

    def does(self, command: Command, on: date, hour: int = 12) -> list[Event]:
        ctx = self._context(on, hour)
        events = decide(command, self.appeal, ctx)  # type: ignore[arg-type]
        for event in events:
            self.appeal = evolve(self.appeal, event)  # type: ignore[arg-type]
        return events

    def refused(self, command: Command, on: date) -> type[Refusal]:
        with pytest.raises(Refusal) as raised:
            decide(command, self.appeal, self._context(on, 12))  # type: ignore[arg-type]
        return raised.type

    @property
    def state(self) -> Appeal:
        assert self.appeal
        return self.appeal

    @property
    def due(self) -> Due:
        return self.state.due

    def _context(self, on: date, hour: int) -> Context:
        return replace(context(HEAD, at(on, hour)), today=on, terms=self.terms)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BAKU).astimezone(UTC)


def extend(on: date, length: int | None = None) -> ExtendTerm:
    return ExtendTerm(reason="an inquiry was sent", applicant_notified_on=on, length=length)


def suspend(on: date, ground: str = "request-corrected", since: date | None = None) -> SuspendTerm:
    return SuspendTerm(ground=ground, reason="unclear", applicant_notified_on=on, since=since)


def reclassify(kind: AppealKind, rule: str | None = None) -> ReclassifyAppeal:
    return ReclassifyAppeal(kind=kind, reason="looked at closely", answer_rule=rule)


MONDAY = date(2025, 6, 2)
"""The day of the worked case: three rest days within the week after it, a Saturday that works."""
LAST_DAY = date(2025, 6, 25)


@pytest.mark.parametrize(
    ("kind", "rule", "due"),
    [
        (AppealKind.APPLICATION, None, LAST_DAY),
        (AppealKind.COMPLAINT, "az-a-study", date(2025, 7, 18)),
        (AppealKind.PROPOSAL, "az-a-mil", LAST_DAY),
        (INFORMATION, None, date(2025, 6, 13)),
    ],
)
def test_the_rule_of_the_kind_or_another_of_it_sets_the_term(
    kind: AppealKind, rule: str | None, due: date
) -> None:
    assert Told(MONDAY, kind=kind, answer_rule=rule).due.on == due


def test_registration_tells_by_when_it_has_to_be_forwarded_or_refused() -> None:
    told = Told(MONDAY)
    assert told.state.forward_due
    assert told.state.no_consideration_due
    assert told.state.forward_due.on == date(2025, 6, 5)
    assert told.state.no_consideration_due.on == date(2025, 6, 11)
    assert set(told.state.clocks) == {"answer", "forward", "no-consideration"}


def test_an_assigned_appeal_is_no_longer_to_be_forwarded() -> None:
    told = Told(MONDAY)
    told.does(AssignAppeal(unit="housing", main_executor="worker"), MONDAY)
    assert set(told.state.clocks) == {"answer"}


def test_servicemen_are_answered_from_the_day_of_receipt() -> None:
    saturday = at(date(2025, 3, 8), 23, 50)
    monday = date(2025, 3, 10)
    assert Told(monday, received_at=saturday).due.on == date(2025, 4, 10)
    told = Told(monday, received_at=saturday, answer_rule="az-a-mil")
    assert (told.due.since, told.due.on) == (date(2025, 3, 8), date(2025, 4, 9))


def test_an_urgent_appeal_is_answered_within_a_day_be_it_a_rest_day() -> None:
    friday = date(2025, 1, 17)
    told = Told(friday, answer_rule="az-a-urg", received_at=at(friday, 11, 30))
    assert told.due.at == at(date(2025, 1, 18), 11, 30)
    assert told.due.on == date(2025, 1, 18)


def test_a_threat_to_life_stands_still_over_the_weekend_and_the_day_of_mourning() -> None:
    friday = date(2025, 1, 17)
    life = Told(friday, kind=INFORMATION, answer_rule="az-i-life", received_at=at(friday, 11))
    assert life.due.at == at(date(2025, 1, 22), 11)
    operative = Told(friday, kind=INFORMATION, answer_rule="az-i-oper", received_at=at(friday, 11))
    assert operative.due.at == at(date(2025, 1, 18), 11)


def test_a_rule_of_another_kind_of_case_sets_no_term() -> None:
    with pytest.raises(RuleNotForThisCase):
        Told(MONDAY, answer_rule="az-i-gen")
    with pytest.raises(RuleNotForThisCase):
        Told(MONDAY, answer_rule="az-a-fwd")


def test_an_appeal_of_an_older_time_has_the_term_of_its_time() -> None:
    told = Told(date(2015, 3, 2), legacy_number="M-1/15")
    assert (told.due.rule, told.due.on) == ("az-a-old-gen", date(2015, 3, 17))
    assert told.state.forward_due
    assert told.state.forward_due.rule == "az-a-old-fwd"
    assert told.state.no_consideration_due is None


def test_what_no_rule_or_calendar_is_known_for_is_refused_in_words() -> None:
    with pytest.raises(RuleNotInForce, match=r"No rule for the answer .* 1990-01-08"):
        Told(date(1990, 1, 8))
    with pytest.raises(RuleNotInForce):
        Told(date(2015, 3, 2), answer_rule="az-a-gen")
    with pytest.raises(UnknownRule, match="az-a-gen"):
        AZ.begin("az-a-gem", MONDAY, at(MONDAY, 9))
    with pytest.raises(CalendarMissing):
        AZ.begin("az-a-gen", date(2199, 1, 7), at(date(2199, 1, 7), 9))


def test_the_extension_is_added_to_the_due_date_not_to_the_day_it_was_decided() -> None:
    told = Told(MONDAY)
    [event] = told.does(extend(date(2025, 6, 18)), date(2025, 6, 18))
    assert isinstance(event, AppealTermExtended)
    assert (event.length, event.unit) == (30, "working-days")
    assert told.due.on == date(2025, 8, 8)


def test_a_term_is_extended_on_its_last_day_but_not_on_the_next() -> None:
    assert Told(MONDAY).refused(extend(date(2025, 6, 26)), date(2025, 6, 26)) is ExtensionTooLate
    told = Told(MONDAY)
    told.does(extend(LAST_DAY), LAST_DAY)
    assert told.due.on == date(2025, 8, 8)


def test_a_term_is_extended_once() -> None:
    told = Told(MONDAY)
    told.does(extend(MONDAY, 5), MONDAY)
    assert told.refused(extend(MONDAY), MONDAY) is ExtensionUsedUp


@pytest.mark.parametrize("length", [31, 1000])
def test_an_extension_may_be_shorter_than_the_law_allows_but_not_longer(length: int) -> None:
    told = Told(MONDAY)
    assert told.refused(extend(MONDAY, length), MONDAY) is ExtensionLengthNotAllowed
    told.does(extend(MONDAY, 1), MONDAY)
    assert told.due.on == date(2025, 6, 30)


@pytest.mark.parametrize("rule", ["az-a-mil", "az-a-urg"])
def test_the_terms_of_servicemen_and_of_urgent_matters_are_not_extended(rule: str) -> None:
    told = Told(MONDAY, answer_rule=rule)
    assert told.refused(extend(MONDAY), MONDAY) is ExtensionBarred
    later = date(2025, 9, 1)
    assert told.refused(extend(later), later) is ExtensionBarred


def test_an_information_request_is_extended_by_seven_days() -> None:
    told = Told(MONDAY, kind=INFORMATION)
    told.does(extend(MONDAY), MONDAY)
    assert (told.due.on, told.due.granted[0].length) == (date(2025, 6, 24), 7)


@pytest.mark.parametrize("suspended", [False, True])
def test_the_applicant_is_told_of_an_extension_within_five_working_days(suspended: bool) -> None:
    told, day = Told(MONDAY, kind=INFORMATION), timedelta(1)
    fifth = date(2025, 6, 11)
    if suspended:
        told.does(suspend(date(2025, 6, 4)), date(2025, 6, 4))
        told.does(ResumeTerm(reason="corrected"), date(2025, 7, 7))
        fifth = date(2025, 7, 14)
    assert told.refused(extend(fifth + day), fifth + day) is ExtensionToldTooLate
    told.does(extend(fifth), fifth + day)
    assert told.due.granted


def test_where_the_law_says_nothing_the_applicant_is_told_as_late_as_the_last_day() -> None:
    told = Told(MONDAY)
    told.does(extend(LAST_DAY), LAST_DAY)
    assert told.due.granted


def test_a_corrected_information_request_has_its_whole_term_again() -> None:
    told = Told(MONDAY, kind=INFORMATION)
    told.does(extend(MONDAY), MONDAY)
    [suspended] = told.does(suspend(date(2025, 6, 4)), date(2025, 6, 4))
    assert isinstance(suspended, AppealTermSuspended)
    assert "answer" not in told.state.running_clocks
    [resumed] = told.does(ResumeTerm(reason="corrected"), date(2025, 7, 7))
    assert isinstance(resumed, AppealTermResumed)
    assert told.due.on == date(2025, 7, 16)
    assert told.state.running_clocks["answer"] == date(2025, 7, 16)
    told.does(extend(date(2025, 7, 8)), date(2025, 7, 8))
    assert told.due.on == date(2025, 7, 25)


GEORGIA = terms_of("ge")
FILED = date(2025, 9, 1)


def georgian() -> Told:
    """An application that is answered within a month."""
    return Told(FILED, terms=GEORGIA)


def test_days_on_which_a_term_stands_still_are_not_counted() -> None:
    told = georgian()
    assert told.due.on == date(2025, 10, 1)
    told.does(suspend(date(2025, 9, 8), "documents-asked"), date(2025, 9, 8))
    told.does(ResumeTerm(reason="they came"), date(2025, 9, 18))
    assert told.due.on == date(2025, 10, 13)  # 11 October is a Saturday
    told.does(suspend(date(2025, 10, 6), "documents-asked"), date(2025, 10, 6))
    told.does(ResumeTerm(reason="they came"), date(2025, 10, 9))
    assert told.due.on == date(2025, 10, 15)  # the 14th is Svetitskhovloba
    assert [(p.from_date.day, p.to_date and p.to_date.day) for p in told.due.pauses] == [
        (8, 18),
        (6, 9),
    ]


def test_an_extension_stands_when_its_last_day_was_made_an_earlier_one() -> None:
    friday, thursday = date(2025, 9, 5), date(2025, 9, 11)
    told = Told(friday, terms=GEORGIA)
    wednesday = date(2025, 9, 10)
    told.does(extend(wednesday), wednesday)
    told.does(suspend(thursday, "documents-asked"), thursday)
    saturday = DayMark(on=date(2025, 9, 6), kind=DayKind.WORKING, reason="decided")
    told.terms = replace(GEORGIA, calendar=GEORGIA.calendar.with_marks([saturday]))
    told.does(ResumeTerm(reason="they came"), date(2025, 9, 21))
    assert told.due.on == date(2025, 12, 15)


def test_an_extension_stands_when_the_receipt_is_corrected_to_an_earlier_day() -> None:
    turkey, tuesday = terms_of("tr"), date(2025, 9, 2)
    told = Told(tuesday, terms=turkey, kind=INFORMATION, answer_rule="tr-4982")
    last = told.due.on
    told.does(extend(last), last)
    monday = CorrectEntry(
        entry="received_at",
        value=at(date(2025, 9, 1), 9).isoformat(),
        approved_by="director",
        reason="the stamp",
    )
    told.does(monday, last)
    assert told.due.since == date(2025, 9, 1)
    assert told.due.granted


def test_an_extension_too_many_is_refused_whatever_was_recorded_before() -> None:
    told = Told(date(2025, 9, 5), terms=GEORGIA)
    told.does(extend(date(2025, 9, 8)), date(2025, 9, 8))
    assert told.refused(extend(date(2025, 9, 9)), date(2025, 9, 9)) is ExtensionUsedUp


def test_a_term_may_run_on_after_the_day_it_would_have_ended() -> None:
    told = georgian()
    told.does(suspend(date(2025, 9, 30), "documents-asked"), date(2025, 9, 30))
    told.does(ResumeTerm(reason="they came"), date(2025, 12, 1))
    assert told.due.on == date(2025, 12, 2)


def test_what_stands_still_is_not_suspended_again_extended_or_reclassified() -> None:
    told = georgian()
    told.does(suspend(FILED, "documents-asked"), FILED)
    assert told.refused(suspend(FILED, "documents-asked"), FILED) is TermStandsStill
    assert told.refused(extend(FILED), FILED) is TermStandsStill
    assert told.refused(reclassify(INFORMATION), FILED) is TermStandsStill


def test_a_running_term_is_not_resumed() -> None:
    assert georgian().refused(ResumeTerm(reason="r"), FILED) is TermIsRunning


def test_a_term_is_suspended_on_a_ground_of_its_rule_only() -> None:
    assert georgian().refused(suspend(FILED, "illness"), FILED) is GroundUnknown
    assert Told(MONDAY).refused(suspend(MONDAY), MONDAY) is GroundUnknown


def test_a_term_stands_still_from_a_day_within_it() -> None:
    told, today = georgian(), date(2025, 9, 10)
    tomorrow, before = date(2025, 9, 11), date(2025, 8, 29)
    ground = "documents-asked"
    assert told.refused(suspend(today, ground, tomorrow), today) is DatedInTheFuture
    assert told.refused(suspend(today, ground, before), today) is SuspendedBeforeItBegan
    late = date(2025, 10, 2)
    assert told.refused(suspend(late, ground), late) is SuspendedAfterItPassed
    told.does(suspend(late, ground, today), late)
    assert told.due.paused
    early = ResumeTerm(reason="r", on=date(2025, 9, 9))
    assert told.refused(early, late) is ResumedBeforeSuspended
    assert told.refused(ResumeTerm(reason="r", on=late + timedelta(1)), late) is DatedInTheFuture


def test_reclassified_it_keeps_its_receipt_so_that_the_new_term_may_be_over() -> None:
    told = Told(MONDAY)
    told.does(reclassify(INFORMATION), date(2025, 6, 20))
    assert told.due.on == date(2025, 6, 13)
    told.does(reclassify(INFORMATION, "az-i-oper"), date(2025, 6, 20))
    assert told.due.at == at(date(2025, 6, 3), 9)


def test_for_a_further_study_the_term_is_thirty_days_from_registration() -> None:
    told = Told(MONDAY)
    told.does(reclassify(AppealKind.APPLICATION, "az-a-study"), date(2025, 6, 24))
    assert told.due.on == date(2025, 7, 18)


def test_reclassified_it_keeps_its_extension_as_far_as_the_other_rule_allows_it() -> None:
    told = Told(MONDAY)
    told.does(extend(date(2025, 6, 10)), date(2025, 6, 10))
    told.does(reclassify(AppealKind.APPLICATION, "az-a-study"), date(2025, 6, 10))
    assert told.due.granted[0].length == 30
    told.does(reclassify(INFORMATION), date(2025, 6, 10))
    assert told.due.granted[0].length == 7
    told.does(reclassify(AppealKind.APPLICATION, "az-a-mil"), date(2025, 6, 10))
    assert (told.due.granted, told.due.on) == ((), LAST_DAY)


def test_an_extension_decided_after_the_other_term_had_passed_is_not_kept() -> None:
    told = Told(MONDAY)
    told.does(extend(date(2025, 6, 24)), date(2025, 6, 24))
    told.does(reclassify(INFORMATION), date(2025, 6, 24))
    assert (told.due.granted, told.due.on) == ((), date(2025, 6, 13))


def left_unconsidered(rule: str | None = None) -> Told:
    told = Told(MONDAY, answer_rule=rule)
    leave = LeaveUnconsidered(ground=Ground.FORM_REQUIREMENTS, reason="unsigned")
    told.does(leave, MONDAY)
    return told


AGAIN = date(2025, 9, 1)
TAKE_UP = TakeUpAgain(reason="signed now")


def test_taken_up_again_it_has_the_term_of_a_removed_ground_from_that_day() -> None:
    told = left_unconsidered()
    told.does(TAKE_UP, AGAIN)
    assert (told.due.rule, told.due.since) == ("az-a-reopen", AGAIN)
    assert told.due.on == date(2025, 9, 22)
    assert set(told.state.clocks) == {"answer"}


@pytest.mark.parametrize("rule", ["az-a-mil", "az-a-study"])
def test_taken_up_again_it_keeps_a_rule_that_was_chosen_for_it(rule: str) -> None:
    told = left_unconsidered(rule)
    told.does(TAKE_UP, AGAIN)
    assert (told.due.rule, told.due.since) == (rule, AGAIN)


def test_an_urgent_appeal_taken_up_again_has_its_hours_from_that_moment() -> None:
    told = left_unconsidered("az-a-urg")
    told.does(TAKE_UP, AGAIN, 15)
    assert told.due.at == at(date(2025, 9, 2), 15)


def test_reopened_it_has_the_term_of_before_from_that_day() -> None:
    told = left_unconsidered()
    told.does(CloseAppeal(result=Result.UNCONSIDERED), MONDAY)
    told.does(ReopenAppeal(reason="the court asked for it"), AGAIN)
    assert (told.due.rule, told.due.since, told.due.on) == ("az-a-gen", AGAIN, date(2025, 9, 22))


def test_an_old_appeal_is_reopened_by_the_rule_of_today() -> None:
    told = Told(date(2015, 3, 2))
    leave = LeaveUnconsidered(ground=Ground.FORM_REQUIREMENTS, reason="unsigned")
    told.does(leave, date(2015, 3, 3))
    told.does(CloseAppeal(result=Result.UNCONSIDERED), date(2015, 3, 3))
    told.does(ReopenAppeal(reason="the court asked for it"), AGAIN)
    assert (told.due.rule, told.due.on) == ("az-a-gen", date(2025, 9, 22))


def test_reclassified_after_it_was_taken_up_again_it_counts_from_that_day() -> None:
    told = left_unconsidered()
    told.does(TAKE_UP, AGAIN, 15)
    told.does(reclassify(INFORMATION, "az-i-oper"), AGAIN, 16)
    assert told.due.at == at(date(2025, 9, 2), 15)
    told.does(reclassify(INFORMATION), AGAIN, 16)
    assert (told.due.since, told.due.on) == (AGAIN, date(2025, 9, 10))
    told.does(reclassify(AppealKind.APPLICATION, "az-a-mil"), AGAIN, 16)
    assert (told.due.since, told.due.on) == (AGAIN, date(2025, 9, 22))


def test_an_internal_target_lies_within_the_term() -> None:
    told = Told(MONDAY)
    assign = AssignAppeal(unit="housing", main_executor="worker", internal_due_on=LAST_DAY)
    late = replace(assign, internal_due_on=LAST_DAY + timedelta(1))
    assert told.refused(late, MONDAY) is InternalDueTooLate
    told.does(assign, MONDAY)
    told.does(AcceptAppeal(), MONDAY)
    told.does(extend(MONDAY), MONDAY)
    assert told.state.running_clocks == {"answer": date(2025, 8, 8), "internal": LAST_DAY}
    told.does(late, MONDAY)
    assert told.state.running_clocks["internal"] == LAST_DAY + timedelta(1)


def test_the_law_of_another_country_sets_other_clocks() -> None:
    assert terms_of("tr").usual_rule("reception", "", ClockName.HAND_OVER, MONDAY) is None
    assert terms_of("tr").usual_rule("media-inquiry", "tv", ClockName.ANSWER, MONDAY) == "tr-4982"
    assert AZ.usual_rule("media-inquiry", "tv", ClockName.ANSWER, MONDAY) == "az-m-inq"
