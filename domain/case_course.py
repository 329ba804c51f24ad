"""The course of a case so far, as the rules of conformance look back on it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from domain import answer_term, appeal, assignment, media_inquiry, reception, reply
from domain.case import CaseKind, Event
from domain.envelope import Recorded
from domain.recalculation import DueDatesMoved


class Place(Struct, frozen=True):
    """An event: the version that it made of its case, and its place in the log."""

    version: int
    position: int

    @classmethod
    def of(cls, recorded: Recorded) -> "Place":
        return cls(recorded.originator_version, recorded.position)


class Course(Struct, array_like=True, omit_defaults=True):
    """``steps`` are the first events of each name since the case was begun or begun anew.

    ``text`` is where the present text of the reply stands, with its ``digest``; the initials are
    those put on that text. ``due_on`` is the last day for the answer or the result; ``returned_on``
    when the result was last returned, by the clock in UTC. ``imported``: the case comes from an
    older register, whose steps this log doesn't hold.
    """

    kind: CaseKind
    unit: str
    due_on: date | None = None
    imported: bool = False
    reachable: bool = True
    complained_of: tuple[str, ...] = ()
    complained_of_units: tuple[str, ...] = ()
    steps: dict[str, Place] = {}
    text: Place | None = None
    digest: str | None = None
    asked: tuple[str, ...] = ()
    initials: tuple[str, ...] = ()
    signed: str | None = None
    signed_on: date | None = None
    """By the clock in UTC: where the department sits it was that day or the next."""
    hand_over: dict[str, date] = {}
    returned_on: date | None = None


def begun(recorded: Recorded) -> Course | None:
    """The course of a case that the event begins, where its kind has rules."""
    match recorded.event:
        case appeal.AppealRegistered() as event:
            return Course(
                recorded.kind,
                event.registering_unit,
                event.due.on,
                event.legacy_number is not None,
                event.reachable,
                event.complained_of,
                event.complained_of_units,
            )
        case media_inquiry.MediaInquiryReceived() as event:
            imported = event.legacy_number is not None
            return Course(recorded.kind, event.registering_unit, event.due.on, imported)
        case assignment.AssignmentGiven() as event:
            imported = event.legacy_number is not None
            return Course(recorded.kind, event.unit, event.due.on, imported)
        case reception.ReceptionPlanned(unit=unit):
            return Course(recorded.kind, unit)
        case _:
            return None


def go_on(course: Course, recorded: Recorded) -> None:
    """Bring the course up to date with the next event of its case."""
    event = recorded.event
    if forgotten := _BEGINS_ANEW.get(type(event)):
        _forget(course, forgotten)
    name = name_of(type(event))
    if type(event) in STEPS and name not in course.steps:
        course.steps = {**course.steps, name: Place.of(recorded)}
    if follow := _FOLLOWS.get(type(event)):
        follow(course, event, recorded)


def _forget(course: Course, forgotten: frozenset[str]) -> None:
    course.steps = {name: at for name, at in course.steps.items() if name not in forgotten}


def name_of(event: type[Event]) -> str:
    """The stored name of an event."""
    return str(event.__struct_config__.tag)


def _names(*events: type[Event]) -> frozenset[str]:
    return frozenset(name_of(event) for event in events)


def _new_due(course: Course, event: Any, _: Recorded) -> None:
    course.due_on = event.due.on


def _started_anew(course: Course, event: Any, recorded: Recorded) -> None:
    _new_due(course, event, recorded)
    _no_reply(course)


def _suspended(course: Course, _event: Any, _: Recorded) -> None:
    course.due_on = None


def _moved(course: Course, event: DueDatesMoved, _: Recorded) -> None:
    for each in event.moved:
        if each.clock in ("answer", "assignment"):
            course.due_on = each.due.on


def _assigned(course: Course, event: Any, _: Recorded) -> None:
    course.unit = event.unit


def _reassigned(course: Course, event: Any, _: Recorded) -> None:
    course.unit = event.unit
    course.due_on = event.due.on


def _result_returned(
    course: Course, _event: assignment.AssignmentResultReturned, recorded: Recorded
) -> None:
    course.returned_on = recorded.recorded_at.date()


def _drafted(course: Course, event: reply.ReplyDrafted, recorded: Recorded) -> None:
    _no_reply(course)
    course.text = Place.of(recorded)
    course.digest = event.digest
    course.asked = event.initials_by


def _revised(course: Course, event: reply.ReplyRevised, recorded: Recorded) -> None:
    course.text = Place.of(recorded)
    course.digest = event.digest
    course.initials = ()
    course.signed = None


def _returned(course: Course, _event: reply.ReplyReturned, _: Recorded) -> None:
    course.initials = ()
    course.signed = None


def _initialled(course: Course, event: reply.ReplyInitialled, _: Recorded) -> None:
    if event.digest == course.digest:
        course.initials = (*course.initials, event.initialled_by)


def _signed(course: Course, event: reply.ReplySigned, recorded: Recorded) -> None:
    course.signed = event.digest
    course.signed_on = recorded.recorded_at.date()


def _dispatched(course: Course, event: appeal.AppealReplyDispatched, _: Recorded) -> None:
    if event.interim:
        _no_reply(course)
        _forget(course, _ANSWER)


def _no_reply(course: Course) -> None:
    course.text = course.digest = course.signed = course.signed_on = None
    course.asked = course.initials = ()


def _taken_in(course: Course, event: reception.WrittenAppealTakenIn, _: Recorded) -> None:
    course.hand_over = {**course.hand_over, str(event.appeal_id): event.hand_over_due.on}


_FOLLOWS: Mapping[type[Event], Callable[[Course, Any, Recorded], None]] = {
    appeal.AppealReclassified: _new_due,
    appeal.AppealAssigned: _assigned,
    appeal.AppealTakenUpAgain: _started_anew,
    appeal.AppealReopened: _started_anew,
    appeal.AppealReplyDispatched: _dispatched,
    answer_term.AppealTermExtended: _new_due,
    answer_term.AppealTermSuspended: _suspended,
    answer_term.AppealTermResumed: _new_due,
    answer_term.AppealTermCorrected: _new_due,
    media_inquiry.MediaInquiryRouted: _assigned,
    media_inquiry.MediaInquiryReopened: _started_anew,
    assignment.AssignmentReassigned: _reassigned,
    assignment.AssignmentDelegated: _assigned,
    assignment.AssignmentExtended: _new_due,
    assignment.AssignmentResultReturned: _result_returned,
    reply.ReplyDrafted: _drafted,
    reply.ReplyRevised: _revised,
    reply.ReplyReturned: _returned,
    reply.ReplyInitialled: _initialled,
    reply.ReplySigned: _signed,
    reception.WrittenAppealTakenIn: _taken_in,
    DueDatesMoved: _moved,
}

STEPS: frozenset[type[Event]] = frozenset(
    {
        appeal.AppealAssigned,
        appeal.AppealAccepted,
        appeal.AppealReplyDispatched,
        media_inquiry.MediaInquiryAnswered,
        media_inquiry.InterviewGiven,
        assignment.AssignmentAccepted,
        assignment.AssignmentResultSubmitted,
        reply.ReplyDrafted,
        reply.ReplyInitialled,
        reply.ReplySigned,
        reception.ReceptionOpened,
    }
)
"""What other steps have to come after."""

_ALL = _names(*STEPS)
_CHECKED = _names(reply.ReplyInitialled, reply.ReplySigned)
_EXECUTION = _names(assignment.AssignmentAccepted, assignment.AssignmentResultSubmitted)
_ANSWER = _CHECKED | _names(reply.ReplyDrafted, appeal.AppealReplyDispatched)
_BEGINS_ANEW: Mapping[type[Event], frozenset[str]] = {
    appeal.AppealReopened: _ALL,
    appeal.AppealTakenUpAgain: _ALL,
    appeal.AppealReturned: _ALL,
    media_inquiry.MediaInquiryReopened: _ALL,
    reply.ReplyRevised: _CHECKED,
    reply.ReplyReturned: _CHECKED,
    assignment.AssignmentReassigned: _EXECUTION,
    assignment.AssignmentDelegated: _EXECUTION,
}
"""Which steps have to be taken once more after each of these."""

TAKES = frozenset(_FOLLOWS) | STEPS | frozenset(_BEGINS_ANEW)
