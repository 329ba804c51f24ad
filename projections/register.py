"""The register: one row for each case of every kind, as it stands; lists are read from it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain import (
    appeal,
    assignment,
    calendar_decision,
    cause,
    destruction,
    finding,
    identity,
    media_inquiry,
    reception,
    repeat,
    unit_report,
)
from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
)
from domain.appeal import Result
from domain.case import ANSWERING_FOR_FILES, EVERY_UNIT, Event
from domain.control import ControlEstablished, ControlLifted
from domain.due import Due
from domain.envelope import Recorded
from domain.information import InformationAsked
from domain.keeping import ContentDestroyed
from domain.recalculation import DueDatesMoved
from domain.record import EntryCorrected
from domain.reply import ReplyDrafted, ReplyRevised
from projections.readmodel import Rows

VERSION = 3
KEY = ("case_id",)
_SUBJECT = 500


class Row(Struct):
    """``state`` is the stage; ``open``: neither answered nor otherwise ended.

    ``subkind`` is the kind of an appeal, the medium of an inquiry, the source of an assignment,
    the form of a reception or what a calendar decision makes of its first day. ``unit`` has the
    case now; ``units`` begins with the unit that registered it, or last decided on an identity. A
    reception is registered under its official and day, for the day it is held. ``repeat``: it was
    confirmed to repeat an earlier appeal, and isn't merged.
    """

    case_id: UUID
    kind: str
    number: str
    state: str
    open: bool
    subkind: str
    channel: str | None
    unit: str
    executors: list[str]
    units: list[str]
    workers: list[str]
    confidential: bool
    region: str | None
    topic: str | None
    social_category: str | None
    subject: str | None
    received_at: datetime
    registered_on: date
    due_on: date | None
    rule: str | None
    under_control: bool
    controller: str | None
    extended: bool
    repeat: bool
    confirmed_repeat: bool
    result: str | None
    closed_at: datetime | None
    correlation_id: UUID
    legacy_number: str | None
    version: int
    last_position: int


def fold(rows: Rows, recorded: Recorded) -> None:
    event = recorded.event
    key = (recorded.originator_id,)
    if begin := _BEGINS.get(type(event)):
        row = rows[key] = begin(recorded, event)
    else:
        row = rows[key]
        if step := _STEPS.get(type(event)):
            step(row, event, recorded)
    row.version = recorded.originator_version
    row.last_position = recorded.position


def _begun(recorded: Recorded, **values: Any) -> Row:
    present: dict[str, Any] = {
        "case_id": recorded.originator_id,
        "kind": recorded.kind.value,
        "open": True,
        "channel": None,
        "confidential": False,
        "region": None,
        "topic": None,
        "social_category": None,
        "subject": None,
        "due_on": None,
        "rule": None,
        "under_control": False,
        "controller": None,
        "extended": False,
        "repeat": False,
        "confirmed_repeat": False,
        "result": None,
        "closed_at": None,
        "correlation_id": recorded.correlation_id,
        "legacy_number": None,
        "version": 0,
        "last_position": 0,
    }
    present.update(values)
    return Row(**present)


def _appeal(recorded: Recorded, event: appeal.AppealRegistered) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="registered",
        subkind=event.kind.value,
        channel=event.channel.value,
        unit=event.registering_unit,
        executors=[],
        units=[event.registering_unit],
        workers=[event.registrar],
        confidential=event.confidential,
        region=event.region,
        topic=event.topic,
        social_category=event.social_category,
        subject=event.subject,
        received_at=event.received_at,
        registered_on=event.registered_on,
        due_on=event.due.on,
        rule=event.due.rule,
        legacy_number=event.legacy_number,
    )


def _media_inquiry(recorded: Recorded, event: media_inquiry.MediaInquiryReceived) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="received",
        subkind=event.media.value,
        unit=event.registering_unit,
        executors=[],
        units=[event.registering_unit],
        workers=[event.registered_by],
        confidential=event.confidential,
        region=event.region,
        topic=event.topic,
        subject=event.subject,
        received_at=event.received_at,
        registered_on=event.registered_on,
        due_on=event.due.on,
        rule=event.due.rule,
        legacy_number=event.legacy_number,
    )


def _assignment(recorded: Recorded, event: assignment.AssignmentGiven) -> Row:
    others = event.co_executors
    return _begun(
        recorded,
        number=str(event.number),
        state="given",
        subkind=event.source.value,
        unit=event.unit,
        executors=[event.main_executor, *(other.official for other in others)],
        units=_with([event.registering_unit], event.unit, *(other.unit for other in others)),
        workers=_with([event.author], event.main_executor, *(other.official for other in others)),
        confidential=event.confidential,
        subject=event.text[:_SUBJECT],
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
        due_on=event.due.on,
        rule=event.due.rule,
        legacy_number=event.legacy_number,
    )


def _reception(recorded: Recorded, event: reception.ReceptionPlanned) -> Row:
    return _begun(
        recorded,
        number=f"{event.official} {event.starts_at.date()}",
        state="planned",
        subkind=event.form.value,
        unit=event.unit,
        executors=[event.official],
        units=_with([event.unit], event.planning_unit),
        workers=_with([event.official], event.planned_by),
        received_at=event.starts_at.astimezone(UTC),
        registered_on=event.starts_at.date(),
    )


def _decision(recorded: Recorded, event: calendar_decision.CalendarDecisionAnnounced) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="announced",
        open=False,
        subkind=event.days[0].kind.value,
        unit=event.registering_unit,
        executors=[],
        units=[event.registering_unit, EVERY_UNIT],
        workers=[event.registered_by],
        subject=event.act,
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
    )


def _decision_withdrawn(
    row: Row, event: calendar_decision.CalendarDecisionWithdrawn, recorded: Recorded
) -> None:
    row.state = "withdrawn"
    row.workers = _with(row.workers, event.withdrawn_by)
    row.closed_at = recorded.recorded_at


def _finding(recorded: Recorded, event: finding.FindingOpened) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="awaiting-answer",
        subkind=event.kind.value,
        unit=event.unit,
        executors=[event.answerer] if event.answerer else [],
        units=_with([event.opening_unit], event.unit),
        workers=_with([event.opened_by], *filter(None, (event.answerer,))),
        confidential=event.confidential,
        subject=event.text[:_SUBJECT],
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
        due_on=event.due.on,
        rule=event.due.rule,
    )


def _answerer(row: Row, event: finding.AnswererNamed, _: Recorded) -> None:
    row.executors = [event.answerer]
    row.workers = _with(row.workers, event.answerer, event.named_by)


def _step_by(state: str | None, by: str) -> Callable[[Row, Any, Recorded], None]:
    def step(row: Row, event: Any, _: Recorded) -> None:
        row.state = state or row.state
        row.workers = _with(row.workers, getattr(event, by))
        if isinstance(event, finding.FindingAnswerRejected):
            _due(row, event.due)

    return step


def _over_by(state: str, by: str) -> Callable[[Row, Any, Recorded], None]:
    def over(row: Row, event: Any, recorded: Recorded) -> None:
        _step_by(state, by)(row, event, recorded)
        _over(state)(row, event, recorded)

    return over


def _cause(recorded: Recorded, event: cause.CauseNamed) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="cause-named",
        subkind=event.kind.value,
        unit=event.naming_unit,
        executors=[],
        units=_with([event.naming_unit], *event.units),
        workers=[event.named_by],
        topic=event.topics[0],
        subject=event.title[:_SUBJECT],
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
    )


def _unit_report(recorded: Recorded, event: unit_report.UnitReportSubmitted) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="awaiting-verification",
        subkind=unit_report.period_of(event.period).kind.value,
        unit=event.unit,
        executors=[],
        units=[event.unit],
        workers=[event.submitted_by],
        subject=event.period,
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
    )


def _report_corrected(row: Row, event: unit_report.UnitReportCorrected, _: Recorded) -> None:
    row.workers = _with(row.workers, event.corrected_by)
    _report_open(row, "awaiting-verification")


def _report_verified(row: Row, event: unit_report.UnitReportVerified, _: Recorded) -> None:
    _report_open(row, "differs" if event.differing else "agrees")


def _verification_asked(
    row: Row, _event: unit_report.UnitReportVerificationAsked, _: Recorded
) -> None:
    _report_open(row, "awaiting-verification")


def _report_open(row: Row, state: str) -> None:
    row.state, row.open, row.closed_at = state, True, None


def _removal_proposed(row: Row, event: cause.RemovalProposed, _: Recorded) -> None:
    row.units = _with(row.units, event.unit)
    row.workers = _with(row.workers, event.proposed_by)


def _removed(row: Row, event: cause.RemovalCarriedOut, _: Recorded) -> None:
    row.workers = _with(row.workers, event.reported_by)
    if not event.outstanding:
        row.state = "removed"


def _destruction(recorded: Recorded, event: destruction.DestructionProposed) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="proposed",
        subkind=event.ground.value,
        unit=event.registering_unit,
        executors=[],
        units=[event.registering_unit, ANSWERING_FOR_FILES],
        workers=[event.proposed_by],
        received_at=recorded.recorded_at,
        registered_on=event.proposed_on,
    )


def _destruction_approved(row: Row, event: destruction.DestructionApproved, _: Recorded) -> None:
    row.workers = _with(row.workers, event.approved_by)
    if event.approvals >= destruction.APPROVERS:
        row.state = "approved"


def _identity(recorded: Recorded, event: identity.IdentityConsidered) -> Row:
    return _begun(
        recorded,
        number=str(event.number),
        state="considered",
        open=False,
        subkind=identity.Subject.PERSONS.value,
        unit=event.registering_unit,
        executors=[],
        units=[event.registering_unit],
        workers=[event.considered_by],
        confidential=event.confidential,
        received_at=recorded.recorded_at,
        registered_on=event.registered_on,
    )


def _identity_decided(state: str) -> Callable[[Row, Any, Recorded], None]:
    def decided(row: Row, event: Any, recorded: Recorded) -> None:
        _step_by(state, "decided_by")(row, event, recorded)
        row.confidential = row.confidential or event.confidential
        row.unit = event.deciding_unit
        row.units = _with([event.deciding_unit], *event.units)

    return decided


def _repeat(row: Row, _event: repeat.RepeatConfirmed, _: Recorded) -> None:
    _confirmed_repeat(row, confirmed=True)


def _repeat_withdrawn(row: Row, event: repeat.RepeatDecisionWithdrawn, _: Recorded) -> None:
    _confirmed_repeat(row, confirmed=event.still_repeat)


def _confirmed_repeat(row: Row, *, confirmed: bool) -> None:
    row.confirmed_repeat = confirmed
    row.repeat = confirmed and "merged" not in (row.state, row.result)


def _merged(row: Row, event: appeal.AppealMerged, recorded: Recorded) -> None:
    _ended("merged")(row, event, recorded)
    row.repeat = False


def _content_destroyed(row: Row, _event: ContentDestroyed, _: Recorded) -> None:
    row.subject = None


def _assigned(row: Row, event: appeal.AppealAssigned, _: Recorded) -> None:
    row.state = "assigned"
    row.unit = event.unit
    row.executors = [event.main_executor, *event.co_executors]
    row.units = _with(row.units, event.unit)
    row.workers = _with(row.workers, event.assigned_by, *row.executors)


def _accepted(row: Row, event: appeal.AppealAccepted, _: Recorded) -> None:
    row.state = "in-work"
    row.workers = _with(row.workers, event.accepted_by)


def _unassigned(row: Row, _event: Event, _: Recorded) -> None:
    row.state = "registered"
    row.unit = row.units[0]
    row.executors = []


def _started_anew(
    row: Row, event: appeal.AppealTakenUpAgain | appeal.AppealReopened, recorded: Recorded
) -> None:
    _unassigned(row, event, recorded)
    _due(row, event.due)
    row.open = True
    row.extended = False
    row.result = row.closed_at = None
    row.repeat = row.confirmed_repeat


def _reclassified(row: Row, event: appeal.AppealReclassified, _: Recorded) -> None:
    row.subkind = event.kind.value
    _due(row, event.due)
    row.extended = bool(event.due.granted)


def _extended(
    row: Row, event: AppealTermExtended | assignment.AssignmentExtended, _: Recorded
) -> None:
    _due(row, event.due)
    row.extended = True


def _suspended(row: Row, _event: Event, _: Recorded) -> None:
    row.due_on = None


def _resumed(row: Row, event: AppealTermResumed | AppealTermCorrected, _: Recorded) -> None:
    _due(row, event.due)
    row.extended = bool(event.due.granted)


def _moved(row: Row, event: DueDatesMoved, _: Recorded) -> None:
    for each in event.moved:
        if each.clock == "answer":
            _due(row, each.due)


def _dispatched(row: Row, event: appeal.AppealReplyDispatched, _: Recorded) -> None:
    if not event.interim:
        row.state = "answered"
        row.open = False


def _ended(state: str) -> Callable[[Row, Event, Recorded], None]:
    def ended(row: Row, _event: Event, _: Recorded) -> None:
        row.state = state
        row.open = False

    return ended


def _settled(state: str, result: str) -> Callable[[Row, Event, Recorded], None]:
    def settled(row: Row, _event: Event, _: Recorded) -> None:
        row.state = state
        row.open = False
        row.result = result

    return settled


def _over(state: str) -> Callable[[Row, Event, Recorded], None]:
    def over(row: Row, _event: Event, recorded: Recorded) -> None:
        row.state = state
        row.open = False
        row.closed_at = recorded.recorded_at

    return over


def _appeal_closed(row: Row, event: appeal.AppealClosed, recorded: Recorded) -> None:
    _close(row, event.result, recorded)


def _legacy_outcome(row: Row, event: appeal.LegacyOutcomeRecorded, recorded: Recorded) -> None:
    _close(row, event.result, recorded)
    if event.due_on:
        row.due_on = event.due_on
        row.rule = None


def _inquiry_closed(row: Row, event: media_inquiry.MediaInquiryClosed, recorded: Recorded) -> None:
    _close(row, event.resolution, recorded)


def _close(row: Row, result: Result | media_inquiry.Resolution | None, recorded: Recorded) -> None:
    row.state = "closed"
    row.open = False
    row.result = result.value if result else None
    row.closed_at = recorded.recorded_at


def _acknowledged(row: Row, _event: Event, _: Recorded) -> None:
    if row.state == "received":
        row.state = "acknowledged"


def _routed(row: Row, event: media_inquiry.MediaInquiryRouted, _: Recorded) -> None:
    row.state = "routed"
    row.unit = event.unit
    row.executors = [event.responsible]
    row.units = _with(row.units, event.unit)
    row.workers = _with(row.workers, event.responsible)


def _spokesperson(row: Row, event: media_inquiry.SpokespersonNamed, _: Recorded) -> None:
    if event.official:
        row.workers = _with(row.workers, event.official)


def _inquiry_reopened(row: Row, event: media_inquiry.MediaInquiryReopened, _: Recorded) -> None:
    row.state = "routed" if row.executors else "received"
    row.open = True
    row.result = row.closed_at = None
    _due(row, event.due)


def _reassigned(row: Row, event: assignment.AssignmentReassigned, _: Recorded) -> None:
    others = event.co_executors
    row.state = "given"
    row.unit = event.unit
    row.executors = [event.main_executor, *(other.official for other in others)]
    row.units = _with(row.units, event.unit, *(other.unit for other in others))
    row.workers = _with(row.workers, *row.executors)
    if event.due.on != row.due_on:
        row.extended = False
    _due(row, event.due)


def _delegated(row: Row, event: assignment.AssignmentDelegated, _: Recorded) -> None:
    row.state = "given"
    row.unit = event.unit
    row.executors = [event.main_executor, *row.executors[1:]]
    row.units = _with(row.units, event.unit)
    row.workers = _with(row.workers, event.main_executor)


def _stage(state: str) -> Callable[[Row, Event, Recorded], None]:
    def reached(row: Row, _event: Event, _: Recorded) -> None:
        row.state = state

    return reached


def _postponed(row: Row, event: reception.ReceptionPostponed, _: Recorded) -> None:
    day = event.starts_at.date()
    row.number = f"{row.number.rsplit(' ', 1)[0]} {day}"
    row.received_at = event.starts_at.astimezone(UTC)
    row.registered_on = day


def _deputy(row: Row, event: reception.DeputyNamed, _: Recorded) -> None:
    row.executors = [event.deputy]
    row.workers = _with(row.workers, event.deputy)


def _visit(row: Row, event: reception.VisitRegistered, _: Recorded) -> None:
    row.workers = _with(row.workers, event.registered_by)


def _taken_in(row: Row, event: reception.WrittenAppealTakenIn, _: Recorded) -> None:
    row.confidential = row.confidential or event.confidential


def _drafted(row: Row, event: ReplyDrafted, _: Recorded) -> None:
    row.workers = _with(row.workers, event.author, *event.initials_by, event.signatory)


def _revised(row: Row, event: ReplyRevised, _: Recorded) -> None:
    row.workers = _with(row.workers, event.author)


def _asked(row: Row, event: InformationAsked, _: Recorded) -> None:
    if event.unit:
        row.units = _with(row.units, event.unit)


def _under_control(row: Row, event: ControlEstablished, _: Recorded) -> None:
    row.under_control = True
    row.controller = event.controller
    row.workers = _with(row.workers, event.controller)


def _control_lifted(row: Row, _event: ControlLifted, _: Recorded) -> None:
    row.under_control = False
    row.controller = None


def _corrected(row: Row, event: EntryCorrected, recorded: Recorded) -> None:
    match event.entry:
        case "confidential":
            row.confidential = event.value == "true"
        case "topic" | "region" | "social_category" | "channel":
            setattr(row, event.entry, event.value)
        case "media":
            row.subkind = str(event.value)
        case "received_at":
            row.received_at = datetime.fromisoformat(str(event.value))
        case "subject":
            row.subject = event.text[:_SUBJECT] if event.text else None
        case "text" if recorded.kind is assignment.KIND:
            row.subject = event.text[:_SUBJECT] if event.text else None
        case _:
            pass


def _due(row: Row, due: Due) -> None:
    row.due_on = due.on
    row.rule = due.rule


def _with(known: list[str], *more: str) -> list[str]:
    """The names in the order they joined, each once."""
    return list(dict.fromkeys((*known, *more)))


_BEGINS: Mapping[type[Event], Callable[[Recorded, Any], Row]] = {
    appeal.AppealRegistered: _appeal,
    media_inquiry.MediaInquiryReceived: _media_inquiry,
    assignment.AssignmentGiven: _assignment,
    reception.ReceptionPlanned: _reception,
    calendar_decision.CalendarDecisionAnnounced: _decision,
    finding.FindingOpened: _finding,
    cause.CauseNamed: _cause,
    identity.IdentityConsidered: _identity,
    destruction.DestructionProposed: _destruction,
    unit_report.UnitReportSubmitted: _unit_report,
}

_STEPS: Mapping[type[Event], Callable[[Row, Any, Recorded], None]] = {
    appeal.AppealReclassified: _reclassified,
    appeal.AppealForwarded: _ended("forwarded"),
    appeal.AppealAssigned: _assigned,
    appeal.AppealAccepted: _accepted,
    appeal.AppealReturned: _unassigned,
    AppealTermExtended: _extended,
    AppealTermSuspended: _suspended,
    AppealTermResumed: _resumed,
    AppealTermCorrected: _resumed,
    DueDatesMoved: _moved,
    appeal.AppealLeftUnconsidered: _ended("unconsidered"),
    appeal.AppealTakenUpAgain: _started_anew,
    appeal.AppealReopened: _started_anew,
    appeal.LegacyOutcomeRecorded: _legacy_outcome,
    appeal.AppealReplyDispatched: _dispatched,
    appeal.AppealWithdrawn: _ended("withdrawn"),
    appeal.AppealMerged: _merged,
    appeal.AppealClosed: _appeal_closed,
    repeat.RepeatConfirmed: _repeat,
    repeat.RepeatDecisionWithdrawn: _repeat_withdrawn,
    media_inquiry.MediaInquiryAcknowledged: _acknowledged,
    media_inquiry.MediaInquiryRouted: _routed,
    media_inquiry.SpokespersonNamed: _spokesperson,
    media_inquiry.MediaInquiryAnswered: _settled("answered", "answered"),
    media_inquiry.InterviewGiven: _settled("answered", "interview-given"),
    media_inquiry.MediaInquiryDeclined: _settled("declined", "declined"),
    media_inquiry.MediaInquiryHandedOver: _settled("handed-over", "handed-over"),
    media_inquiry.MediaInquiryClosed: _inquiry_closed,
    media_inquiry.MediaInquiryReopened: _inquiry_reopened,
    assignment.AssignmentAccepted: _stage("accepted"),
    assignment.AssignmentRejected: _stage("rejected"),
    assignment.AssignmentReassigned: _reassigned,
    assignment.AssignmentDelegated: _delegated,
    assignment.AssignmentExtended: _extended,
    assignment.AssignmentResultSubmitted: _stage("submitted"),
    assignment.AssignmentResultReturned: _stage("accepted"),
    assignment.AssignmentResultAccepted: _over("fulfilled"),
    assignment.AssignmentCancelled: _over("cancelled"),
    reception.ReceptionPostponed: _postponed,
    reception.ReceptionCancelled: _over("cancelled"),
    reception.DeputyNamed: _deputy,
    reception.ReceptionOpened: _stage("open"),
    reception.ReceptionClosed: _over("closed"),
    calendar_decision.CalendarDecisionWithdrawn: _decision_withdrawn,
    finding.AnswererNamed: _answerer,
    finding.FindingAnswered: _step_by("awaiting-judgement", "answered_by"),
    finding.FindingAnswerAccepted: _step_by("answer-accepted", "accepted_by"),
    finding.FindingAnswerRejected: _step_by("awaiting-answer", "rejected_by"),
    finding.RemedyProposed: _step_by(None, "proposed_by"),
    finding.RemedyCarriedOut: _step_by(None, "reported_by"),
    finding.FindingWithdrawn: _over_by("withdrawn", "withdrawn_by"),
    finding.FindingClosed: _over_by("closed", "closed_by"),
    cause.CauseEvidenceAdded: _step_by(None, "added_by"),
    cause.CauseEvidenceWithdrawn: _step_by(None, "withdrawn_by"),
    cause.RemovalProposed: _removal_proposed,
    cause.RemovalAdopted: _step_by("being-removed", "adopted_by"),
    cause.RemovalRefused: _step_by(None, "refused_by"),
    cause.RemovalCarriedOut: _removed,
    cause.CauseClosed: _over_by("closed", "closed_by"),
    cause.CauseWithdrawn: _over_by("withdrawn", "withdrawn_by"),
    identity.PersonsJoined: _identity_decided("joined"),
    identity.PersonsToldApart: _identity_decided("told-apart"),
    identity.IdentityDecisionWithdrawn: _step_by("withdrawn", "withdrawn_by"),
    reception.VisitRegistered: _visit,
    reception.WrittenAppealTakenIn: _taken_in,
    ReplyDrafted: _drafted,
    ReplyRevised: _revised,
    InformationAsked: _asked,
    ControlEstablished: _under_control,
    ControlLifted: _control_lifted,
    EntryCorrected: _corrected,
    unit_report.UnitReportCorrected: _report_corrected,
    unit_report.UnitReportVerified: _report_verified,
    unit_report.UnitReportVerificationAsked: _verification_asked,
    unit_report.UnitReportAccepted: _over("report-accepted"),
    unit_report.UnitReportDisputed: _over("disputed"),
    destruction.DestructionApproved: _destruction_approved,
    destruction.DestructionRefused: _over_by("refused", "refused_by"),
    destruction.DestructionWithdrawn: _over_by("withdrawn", "withdrawn_by"),
    destruction.DestructionCarriedOut: _stage("carried-out"),
    destruction.DestructionCompleted: _over("completed"),
    ContentDestroyed: _content_destroyed,
}

TAKES = frozenset(_BEGINS) | frozenset(_STEPS)
EVERY_EVENT = True
"""What it doesn't take moves a case's version and last position all the same."""
IGNORED = frozenset(
    {
        "appeal-copies-sent",
        "assignment-given-at-hearing",
        "competence-established",
        "assignment-extension-asked",
        "assignment-extension-refused",
        "assignment-part-contributed",
        "assignment-progress-reported",
        "coverage-linked",
        "deadline-notice-given",
        "document-attached",
        "held-from-destruction",
        "hold-released",
        "hearing-started",
        "information-received",
        "merged-appeal-noted",
        "no-show-recorded",
        "note-added",
        "repeat-rejected",
        "oral-answer-given",
        "reply-initialled",
        "reply-returned",
        "reply-signed",
        "visit-completed",
        "visit-declined",
        "visit-rated",
        "visitor-arrived",
        "visitor-called",
        "visitor-referred",
        "written-appeal-handed-over",
    }
)
"""These change no more than the row's version and position."""
