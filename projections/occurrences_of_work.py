"""What counts in appeals, media inquiries and assignments, beside their coming and going."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from domain import appeal, assignment, media_inquiry, repeat, secrecy
from domain.answer_term import AppealTermExtended
from domain.case import Event
from domain.control import ControlEstablished, ControlLifted
from domain.record import EntryCorrected
from projections.answers import final_answer
from projections.occurrence import NOT_TOLD, Occurrence
from projections.occurring import Occurring, minutes

Step = Callable[[Occurring, Any], None]


def ended_on(event: Event, day: date) -> date:
    """The business day of an event that ends a case, by its own word or else *day*."""
    if given := final_answer(event, day) or _settled(event, day):
        return given[1]
    match event:
        case appeal.AppealWithdrawn(asked_on=on) | appeal.LegacyOutcomeRecorded(ended_on=on):
            return on
        case _:
            return day


def result_of(event: Event) -> str | None:
    """With what the event closes a case, where it says so more exactly than the stage does."""
    match event:
        case appeal.AppealReplyDispatched():
            return NOT_TOLD
        case appeal.AppealClosed(result=result) | appeal.LegacyOutcomeRecorded(result=result):
            return result.value if result else NOT_TOLD
        case media_inquiry.InterviewGiven():
            return media_inquiry.Resolution.INTERVIEW_GIVEN.value
        case media_inquiry.MediaInquiryClosed(resolution=resolution):
            return resolution.value
        case _:
            return None


def _settled(event: Event, day: date) -> tuple[media_inquiry.Resolution, date] | None:
    """How and on which day the event answers a media inquiry."""
    match event:
        case media_inquiry.MediaInquiryAnswered(answered_on=on):
            return media_inquiry.Resolution.ANSWERED, on
        case media_inquiry.InterviewGiven(given_on=on):
            return media_inquiry.Resolution.INTERVIEW_GIVEN, on
        case media_inquiry.MediaInquiryDeclined(journalist_notified_on=told_on):
            return media_inquiry.Resolution.DECLINED, told_on or day
        case media_inquiry.MediaInquiryHandedOver(journalist_notified_on=on):
            return media_inquiry.Resolution.HANDED_OVER, on
        case _:
            return None


def _appeal_answered(it: Occurring, event: Event) -> None:
    if given := final_answer(event, it.day):
        answer, on = given
        due_on = it.standing.due_on
        if isinstance(event, appeal.LegacyOutcomeRecorded):
            due_on = event.due_on
        it.add(
            Occurrence.ANSWERED,
            on,
            outcome=answer.value,
            on_time=on <= due_on if due_on else None,
            amount=max(0, (on - it.memory.began_on).days),
        )


def _left(it: Occurring, event: appeal.AppealLeftUnconsidered) -> None:
    _appeal_answered(it, event)
    it.add(Occurrence.LEFT_UNCONSIDERED, ended_on(event, it.day), outcome=event.ground.value)


def _inquiry_answered(it: Occurring, event: Event) -> None:
    if given := _settled(event, it.day):
        resolution, on = given
        memory = it.memory
        # What was entered later counts at the end of its day.
        at = it.at if on >= it.day else datetime.combine(on, time.max, it.zone)
        deadline = memory.outlet_deadline
        it.add(
            Occurrence.ANSWERED,
            on,
            outcome=resolution.value,
            on_time=_by(deadline, on, it) if deadline else None,
            amount=minutes(memory.received_at or at, at),
        )


def _by(deadline: datetime, on: date, it: Occurring) -> bool:
    """Whether it was answered by the deadline; on its day, by when that was entered that day."""
    last = deadline.astimezone(it.zone).date()
    return on < last or (on == last and (on < it.day or it.at <= deadline))


def _copies(it: Occurring, event: appeal.AppealCopiesSent) -> None:
    it.add(Occurrence.COPIES_SENT, amount=len(event.copies))


def _reclassified(it: Occurring, event: appeal.AppealReclassified) -> None:
    it.restate(subkind=event.kind.value)


def _merged(it: Occurring, _event: appeal.AppealMerged) -> None:
    it.memory.merged = True
    _tell_repeat(it)


def _begun_anew(it: Occurring, _event: appeal.AppealReopened | appeal.AppealTakenUpAgain) -> None:
    it.memory.merged = False
    _tell_repeat(it)


def _repeat(it: Occurring, _event: repeat.RepeatConfirmed) -> None:
    it.memory.confirmed_repeat = True
    _tell_repeat(it)


def _repeat_withdrawn(it: Occurring, event: repeat.RepeatDecisionWithdrawn) -> None:
    it.memory.confirmed_repeat = event.still_repeat
    _tell_repeat(it)


def _tell_repeat(it: Occurring) -> None:
    it.restate(repeat=it.memory.confirmed_repeat and not it.memory.merged)


def _covered(it: Occurring, event: media_inquiry.CoverageLinked) -> None:
    it.add(Occurrence.COVERED, event.published_on, outcome=event.tone.value)


def _submitted(it: Occurring, event: assignment.AssignmentResultSubmitted) -> None:
    it.memory.submitted_on = event.submitted_on


def _fulfilled(it: Occurring, _event: assignment.AssignmentResultAccepted) -> None:
    due_on, on = it.standing.due_on, it.memory.submitted_on or it.day
    it.add(Occurrence.FULFILLED, on_time=on <= due_on if due_on else None)


def _controlled(it: Occurring, event: ControlEstablished) -> None:
    it.add(Occurrence.CONTROL_ESTABLISHED, official=event.controller)


def _control_lifted(it: Occurring, event: ControlLifted) -> None:
    it.add(Occurrence.CONTROL_LIFTED, official=event.controller)


def _adds(occurrence: Occurrence) -> Step:
    def add(it: Occurring, _event: Event) -> None:
        it.add(occurrence)

    return add


def _corrected(it: Occurring, event: EntryCorrected) -> None:
    visit, _, entry = event.entry.rpartition(".")
    part = visit if _is_id(visit) else ""
    match entry:
        case "topic" | "region" | "channel":
            it.restate(part, **{entry: event.value})
        case "media":
            it.restate(subkind=event.value)
        case secrecy.ENTRY:
            it.restate(confidential=secrecy.told(event.value))
        case _:
            pass
    it.add(Occurrence.ENTRY_CORRECTED, part=part, outcome=entry)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


STEPS: Mapping[type[Event], Step] = {
    appeal.AppealReclassified: _reclassified,
    appeal.AppealForwarded: _appeal_answered,
    appeal.AppealCopiesSent: _copies,
    AppealTermExtended: _adds(Occurrence.EXTENDED),
    appeal.AppealLeftUnconsidered: _left,
    appeal.AppealTakenUpAgain: _begun_anew,
    appeal.AppealReopened: _begun_anew,
    appeal.LegacyOutcomeRecorded: _appeal_answered,
    appeal.AppealReplyDispatched: _appeal_answered,
    appeal.AppealMerged: _merged,
    repeat.RepeatConfirmed: _repeat,
    repeat.RepeatDecisionWithdrawn: _repeat_withdrawn,
    media_inquiry.MediaInquiryAnswered: _inquiry_answered,
    media_inquiry.InterviewGiven: _inquiry_answered,
    media_inquiry.MediaInquiryDeclined: _inquiry_answered,
    media_inquiry.MediaInquiryHandedOver: _inquiry_answered,
    media_inquiry.CoverageLinked: _covered,
    assignment.AssignmentExtended: _adds(Occurrence.EXTENDED),
    assignment.AssignmentResultSubmitted: _submitted,
    assignment.AssignmentResultReturned: _adds(Occurrence.RESULT_RETURNED),
    assignment.AssignmentResultAccepted: _fulfilled,
    assignment.AssignmentCancelled: _adds(Occurrence.CANCELLED),
    ControlEstablished: _controlled,
    ControlLifted: _control_lifted,
    EntryCorrected: _corrected,
}
