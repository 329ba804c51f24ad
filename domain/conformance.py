"""Conformance: what the log of one case shows to have been done otherwise than it has to be.

Each rule is a pure function over the course of the case and its next event. They read the log as
it is and rely on no refusal: an import, an older version of the register and a hand in the
database leave events that no command would have been granted.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain import answer_term, appeal, assignment, media_inquiry, reception, reply
from domain.case import CaseKind, Event
from domain.case_course import TAKES as COURSE_TAKES
from domain.case_course import Course, Place, begun, go_on, name_of
from domain.envelope import Recorded
from domain.finding import FindingKind


class Rule(StrEnum):
    """What a case can be found to break; the value is the stored name."""

    STEP_SKIPPED = "step-skipped"
    STEP_TOO_EARLY = "step-too-early"
    DISPATCHED_UNSIGNED = "dispatched-unsigned"
    DATED_BEFORE_SIGNATURE = "dated-before-signature"
    SIGNED_UNINITIALLED = "signed-uninitialled"
    CLOSED_UNANSWERED = "closed-unanswered"
    EXTENDED_UNTOLD = "extended-untold"
    FORWARDED_UNTOLD = "forwarded-untold"
    LEFT_UNTOLD = "left-untold"
    ANSWERED_BY_COMPLAINED_OF = "answered-by-complained-of"
    COMPLAINED_OF_UNNAMED = "complained-of-unnamed"
    REGISTERED_LATE = "registered-late"
    ANSWERED_LATE = "answered-late"
    EXTENDED_LATE = "extended-late"
    HANDED_OVER_LATE = "handed-over-late"


FINDING_OF: Mapping[Rule, FindingKind] = {
    Rule.STEP_SKIPPED: FindingKind.SKIPPED_STEP,
    Rule.STEP_TOO_EARLY: FindingKind.OUT_OF_ORDER,
    Rule.DISPATCHED_UNSIGNED: FindingKind.SKIPPED_STEP,
    Rule.DATED_BEFORE_SIGNATURE: FindingKind.OUT_OF_ORDER,
    Rule.SIGNED_UNINITIALLED: FindingKind.SKIPPED_STEP,
    Rule.CLOSED_UNANSWERED: FindingKind.SKIPPED_STEP,
    Rule.EXTENDED_UNTOLD: FindingKind.SKIPPED_STEP,
    Rule.FORWARDED_UNTOLD: FindingKind.SKIPPED_STEP,
    Rule.LEFT_UNTOLD: FindingKind.SKIPPED_STEP,
    Rule.ANSWERED_BY_COMPLAINED_OF: FindingKind.CONFLICT_OF_INTEREST,
    Rule.COMPLAINED_OF_UNNAMED: FindingKind.OTHER,
    Rule.REGISTERED_LATE: FindingKind.LATE,
    Rule.ANSWERED_LATE: FindingKind.LATE,
    Rule.EXTENDED_LATE: FindingKind.UNFOUNDED_EXTENSION,
    Rule.HANDED_OVER_LATE: FindingKind.LATE,
}
"""As what an auditor would open it."""


class Breach(Struct, frozen=True):
    """``places`` are the events that show it, in their order.

    ``makes_good``: the step that is too early here was told as skipped before.
    """

    rule: Rule
    unit: str
    places: tuple[Place, ...]
    makes_good: bool = False


Check = Callable[[Course, Any, Recorded], tuple[Place, ...]]
"""The events before this one that show a breach with it; the event itself is always shown."""

_NONE: tuple[Place, ...] = ()


class _Rule(Struct, frozen=True):
    rule: Rule
    events: tuple[type[Event], ...]
    broken: Callable[[Course, Any, Recorded], bool]
    also: Callable[[Course], tuple[Place, ...]] = lambda _course: _NONE


def breaches(events: Iterable[Recorded]) -> list[Breach]:
    """All that the events of one case show, in their order."""
    course: Course | None = None
    found: list[Breach] = []
    for recorded in events:
        course, more = take(course, recorded)
        early = {each.places[0] for each in more if each.makes_good}
        found = [each for each in found if not made_good(each, early)] + more
    return found


def made_good(breach: Breach, early: Container[Place]) -> bool:
    """Whether the step that was skipped has come late: then it is told as taken too early."""
    return breach.rule is Rule.STEP_SKIPPED and breach.places[-1] in early


def take(course: Course | None, recorded: Recorded) -> tuple[Course | None, list[Breach]]:
    """The course of the case after its next event, and what that event breaks.

    None, and nothing, of a kind of case that has no rules.
    """
    course = course or begun(recorded)
    if course is None:
        return None, []
    event = recorded.event
    found = [
        Breach(rule.rule, _unit(course, recorded), (*rule.also(course), Place.of(recorded)))
        for rule in _RULES_OF.get(type(event), ())
        if rule.broken(course, event, recorded)
    ]
    found += _too_early(course, recorded)
    go_on(course, recorded)
    return course, found


def _unit(course: Course, recorded: Recorded) -> str:
    """Whose doing it is: an extension of an assignment is its author's, not the executors'."""
    match recorded.event:
        case appeal.AppealAssigned(unit=unit):
            return unit
        case assignment.AssignmentExtended():
            return recorded.unit
        case _:
            return course.unit


def step_skipped(course: Course, event: Event, _: Recorded) -> bool:
    """A step was taken that another has to come before, and that one hasn't been taken."""
    needed = _NEEDS[course.kind].get(type(event), ())
    return bool(needed) and not any(name_of(each) in course.steps for each in needed)


def _too_early(course: Course, recorded: Recorded) -> list[Breach]:
    """The step itself, when one that has to come after it stands in the log already."""
    step = type(recorded.event)
    after = _AFTER[course.kind].get(step)
    if after is None or name_of(step) in course.steps:
        return []
    return [
        Breach(
            Rule.STEP_TOO_EARLY,
            course.unit,
            (course.steps[name_of(later)], Place.of(recorded)),
            makes_good=step in _NEEDS[course.kind].get(later, ()),
        )
        for later in after
        if name_of(later) in course.steps
    ]


def dispatched_unsigned(course: Course, event: Any, _: Recorded) -> bool:
    """The text that left the department is not one that was signed."""
    return bool(course.signed != event.digest)


def dated_before_signature(
    course: Course,
    event: appeal.AppealReplyDispatched | media_inquiry.MediaInquiryAnswered,
    _: Recorded,
) -> bool:
    """The letter is dated on a day before its signature was put on record."""
    return course.signed_on is not None and _sent_on(event) < course.signed_on


def signed_uninitialled(course: Course, event: reply.ReplySigned, _: Recorded) -> bool:
    """Not everyone whose initials were asked for had put them on the text that was signed."""
    return (
        event.digest != course.digest
        or not set(course.asked) <= set(course.initials)
        or (not course.initials)
    )


def closed_unanswered(course: Course, event: Any, _: Recorded) -> bool:
    """The case was closed as answered, and no answer was sent since it was last begun."""
    if isinstance(event, appeal.AppealClosed):
        answered = appeal.CLOSED_FROM[event.result] is appeal.Stage.ANSWERED
        return answered and name_of(appeal.AppealReplyDispatched) not in course.steps
    answers: dict[media_inquiry.Resolution, type[Event]] = {
        media_inquiry.Resolution.ANSWERED: media_inquiry.MediaInquiryAnswered,
        media_inquiry.Resolution.INTERVIEW_GIVEN: media_inquiry.InterviewGiven,
    }
    needed = answers.get(event.resolution)
    return needed is not None and name_of(needed) not in course.steps


def untold(course: Course, event: Any, _: Recorded) -> bool:
    """The applicant, who could have been told, was not."""
    return course.reachable and event.applicant_notified_on is None


def answered_by_complained_of(course: Course, event: Any, recorded: Recorded) -> bool:
    """The unit or official complained of had a hand in it, as a deputy too."""
    if isinstance(event, appeal.AppealAssigned):
        hands = {event.main_executor, *event.co_executors}
        return event.unit in course.complained_of_units or not hands.isdisjoint(
            course.complained_of
        )
    hands = {recorded.actor, recorded.on_behalf_of or recorded.actor}
    return recorded.unit in course.complained_of_units or not hands.isdisjoint(course.complained_of)


def complained_of_unnamed(course: Course, event: Any, _: Recorded) -> bool:
    """A complaint names nobody complained of: whether they answered it can't be told."""
    complaint = event.kind is appeal.AppealKind.COMPLAINT
    return complaint and not (course.complained_of or course.complained_of_units)


def registered_late(_course: Course, event: appeal.AppealRegistered, _: Recorded) -> bool:
    """Registered after the last day that the law leaves for it; an older rule may not say."""
    return event.register_due is not None and event.registered_on > event.register_due.on


def answered_late(course: Course, event: Any, _: Recorded) -> bool:
    """The final answer or the result came after its last day. A term that stands still has none.

    A result that was returned on its last day or later could not be handed in again in time.
    """
    if getattr(event, "interim", False) or course.due_on is None:
        return False
    if course.returned_on is not None and course.returned_on >= course.due_on:
        return False
    return bool(_sent_on(event) > course.due_on)


def extended_late(course: Course, event: Any, recorded: Recorded) -> bool:
    """The term was extended on a day after it had ended."""
    granted = event.due.granted
    decided_on = granted[-1].decided_on if granted else recorded.recorded_at.date()
    return course.due_on is not None and decided_on > course.due_on


def handed_over_late(course: Course, event: reception.WrittenAppealHandedOver, _: Recorded) -> bool:
    """The paper went to Records after the day of its arrival, or the next working day."""
    last = course.hand_over.get(str(event.appeal_id))
    return last is not None and event.handed_over_on > last


def _sent_on(event: Any) -> Any:
    match event:
        case appeal.AppealReplyDispatched():
            return event.dispatched_on
        case media_inquiry.MediaInquiryAnswered():
            return event.answered_on
        case _:
            return event.submitted_on


def _text(course: Course) -> tuple[Place, ...]:
    return (course.text,) if course.text else ()


_NEEDS: Mapping[CaseKind, Mapping[type[Event], tuple[type[Event], ...]]] = {
    CaseKind.APPEAL: {
        appeal.AppealAccepted: (appeal.AppealAssigned,),
        reply.ReplyDrafted: (appeal.AppealAccepted,),
        reply.ReplySigned: (reply.ReplyDrafted,),
    },
    CaseKind.MEDIA_INQUIRY: {reply.ReplySigned: (reply.ReplyDrafted,)},
    CaseKind.ASSIGNMENT: {
        assignment.AssignmentResultSubmitted: (assignment.AssignmentAccepted,),
        assignment.AssignmentResultAccepted: (assignment.AssignmentResultSubmitted,),
    },
    CaseKind.RECEPTION: {
        reception.HearingStarted: (reception.ReceptionOpened,),
        reception.ReceptionClosed: (reception.ReceptionOpened,),
    },
}
"""For each kind of case which steps need one of which others before them."""

_ORDER: tuple[tuple[type[Event], tuple[type[Event], ...]], ...] = (
    (reply.ReplySigned, (reply.ReplyInitialled,)),
    (appeal.AppealReplyDispatched, (reply.ReplySigned,)),
    (media_inquiry.MediaInquiryAnswered, (reply.ReplySigned,)),
)
"""Order that is looked at besides: that these steps are there has rules of its own."""


def _after(kind: CaseKind) -> dict[type[Event], list[type[Event]]]:
    found: dict[type[Event], list[type[Event]]] = {}
    for later, needed in (*_NEEDS[kind].items(), *_ORDER):
        for step in needed:
            found.setdefault(step, []).append(later)
    return found


_AFTER: Mapping[CaseKind, Mapping[type[Event], list[type[Event]]]] = {
    kind: _after(kind) for kind in _NEEDS
}
"""For each kind of case which steps have to come after which."""

_NEEDING = tuple(dict.fromkeys(step for needs in _NEEDS.values() for step in needs))
_SENT = (appeal.AppealReplyDispatched, media_inquiry.MediaInquiryAnswered)
_HANDS = (
    appeal.AppealAssigned,
    appeal.AppealAccepted,
    reply.ReplyDrafted,
    reply.ReplyRevised,
    reply.ReplyInitialled,
    reply.ReplySigned,
)

RULES = (
    _Rule(Rule.STEP_SKIPPED, _NEEDING, step_skipped),
    _Rule(Rule.DISPATCHED_UNSIGNED, _SENT, dispatched_unsigned, _text),
    _Rule(Rule.DATED_BEFORE_SIGNATURE, _SENT, dated_before_signature, _text),
    _Rule(Rule.SIGNED_UNINITIALLED, (reply.ReplySigned,), signed_uninitialled, _text),
    _Rule(
        Rule.CLOSED_UNANSWERED,
        (appeal.AppealClosed, media_inquiry.MediaInquiryClosed),
        closed_unanswered,
    ),
    _Rule(Rule.EXTENDED_UNTOLD, (answer_term.AppealTermExtended,), untold),
    _Rule(Rule.FORWARDED_UNTOLD, (appeal.AppealForwarded, appeal.AppealCopiesSent), untold),
    _Rule(Rule.LEFT_UNTOLD, (appeal.AppealLeftUnconsidered,), untold),
    _Rule(Rule.ANSWERED_BY_COMPLAINED_OF, _HANDS, answered_by_complained_of),
    _Rule(
        Rule.COMPLAINED_OF_UNNAMED,
        (appeal.AppealRegistered, appeal.AppealReclassified),
        complained_of_unnamed,
    ),
    _Rule(Rule.REGISTERED_LATE, (appeal.AppealRegistered,), registered_late),
    _Rule(Rule.ANSWERED_LATE, (*_SENT, assignment.AssignmentResultSubmitted), answered_late),
    _Rule(
        Rule.EXTENDED_LATE,
        (answer_term.AppealTermExtended, assignment.AssignmentExtended),
        extended_late,
    ),
    _Rule(Rule.HANDED_OVER_LATE, (reception.WrittenAppealHandedOver,), handed_over_late),
)

_RULES_OF: Mapping[type[Event], tuple[_Rule, ...]] = {
    event: tuple(rule for rule in RULES if event in rule.events)
    for event in dict.fromkeys(event for rule in RULES for event in rule.events)
}

BEGINS: frozenset[type[Event]] = frozenset(
    {
        appeal.AppealRegistered,
        media_inquiry.MediaInquiryReceived,
        assignment.AssignmentGiven,
        reception.ReceptionPlanned,
    }
)
TAKES = BEGINS | COURSE_TAKES | frozenset(_RULES_OF)
"""The events that begin a course, change it or may break a rule."""
