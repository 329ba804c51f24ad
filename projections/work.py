"""The work list: one row for each thing somebody has to do now."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from msgspec import Struct, json
from msgspec.structs import replace
from psycopg import AsyncConnection
from psycopg.sql import SQL

from domain import appeal, assignment, cause, finding, media_inquiry, reception, unit_report
from domain.answer_term import AppealTermSuspended, TermEvent
from domain.assignment import CoExecutors
from domain.case import Event
from domain.control import ControlEstablished, ControlLifted
from domain.envelope import Recorded
from domain.information import InformationAsked, InformationReceived
from domain.recalculation import DueDatesMoved
from domain.reply import (
    ReplyDrafted,
    ReplyInitialled,
    ReplyReturned,
    ReplyRevised,
    ReplySigned,
)
from projections.duties import INFORMATION, Part, Standing, duties
from projections.pages import NO_DAY, Mark, Page, checked, columns, day_of, decode, encode, page
from projections.readmodel import Rows

VERSION = 3
KEY = ("case_id", "duty")
_STANDING = "standing"
OF_OFFICIALS = "work.official = ANY(%(own)s::text[])"
OF_UNITS = "work.unit = ANY(%(own)s::text[])"
_DUE = "coalesce(work.due_on, 'infinity'::date)"
IN_ORDER = SQL("coalesce(due_on, 'infinity'::date), case_id, duty")


class Row(Struct):
    """A duty of the ``unit`` where ``official`` is None, otherwise of that official.

    The row named standing is no duty: its ``memory`` is what the duties follow from.
    """

    case_id: UUID
    duty: str
    kind: str
    unit: str | None
    official: str | None
    due_on: date | None
    since: datetime
    memory: str | None


class Work(Struct, frozen=True):
    """A duty, with what a list shows of its case."""

    duty: str
    case_id: UUID
    kind: str
    unit: str | None
    official: str | None
    due_on: date | None
    since: datetime
    number: str
    state: str
    topic: str | None
    subject: str | None
    confidential: bool
    under_control: bool


async def my_work(
    conn: AsyncConnection[Any],
    officials: Collection[str],
    sight: str,
    sight_values: dict[str, Any],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Work]:
    """What officials have to do: oneself, and whom one stands in for.

    The first due comes first, what has no due date last. Raises CursorInvalid.
    """
    return await _list(conn, OF_OFFICIALS, officials, sight, sight_values, cursor, limit)


async def work_of_units(
    conn: AsyncConnection[Any],
    units: Collection[str],
    sight: str,
    sight_values: dict[str, Any],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Work]:
    """What units have to do, whether or not an official is named for it; ordered as `my_work`."""
    return await _list(conn, OF_UNITS, units, sight, sight_values, cursor, limit)


async def _list(
    conn: AsyncConnection[Any],
    own: str,
    owners: Collection[str],
    sight: str,
    sight_values: dict[str, Any],
    cursor: str | None,
    limit: int,
) -> Page[Work]:
    conditions, values = conditions_of(own, owners, cursor)
    values |= sight_values | {"limit": checked(limit) + 1}
    query = SQL(
        "SELECT {work}, {case} FROM read_models.work "
        "JOIN read_models.register USING (case_id) WHERE {where} "
        "ORDER BY {due}, work.case_id, duty LIMIT %(limit)s"
    ).format(
        work=columns(Work, "work", first=7),
        case=columns(Work, "register", after=7),
        where=SQL(" AND ").join(map(SQL, [*conditions, sight])),
        due=SQL(_DUE),
    )
    found, position = await page(conn, query, IN_ORDER, values, "work", "register")
    rows = [Work(*row) for row in found[:limit]]
    return Page(rows, cursor_behind(rows[-1]) if len(found) > limit else None, position)


def conditions_of(
    own: str, owners: Collection[str], cursor: str | None
) -> tuple[list[str], dict[str, Any]]:
    """What is asked of a duty of the *owners*, by `OF_OFFICIALS` or `OF_UNITS`, and its values.

    Raises CursorInvalid.
    """
    conditions = [own, "work.duty <> 'standing'"]
    values: dict[str, Any] = {"own": list(owners)}
    if cursor is not None:
        mark = decode(cursor, "due_on")
        after = day_of(mark, endless=True)
        values |= {"after": after, "after_case": mark.case_id, "after_duty": mark.part}
        conditions.append(
            f"({_DUE}, work.case_id, duty) > (%(after)s::date, %(after_case)s, %(after_duty)s)"
        )
    return conditions, values


def cursor_behind(last: Work) -> str:
    """Leads to the page after the one that ends with *last*."""
    day = last.due_on.isoformat() if last.due_on else NO_DAY
    return encode(Mark("due_on", day, last.case_id, last.duty))


def has_past(row: Row) -> bool:
    return row.duty != _STANDING


_remember = json.Encoder().encode
_recall = json.Decoder(Standing).decode


def fold(rows: Rows, recorded: Recorded) -> None:
    if type(recorded.event) not in TAKES:
        return
    case = recorded.originator_id
    row = rows.get((case, _STANDING))
    standing = stands_after(_recall(row.memory) if row else None, recorded)
    if standing is None:
        return
    if row is None:
        row = rows[case, _STANDING] = Row(
            case,
            _STANDING,
            recorded.kind.value,
            None,
            None,
            None,
            recorded.recorded_at,
            None,
        )
    row.memory = _remember(standing).decode()
    _bring_up_to_date(rows, standing, recorded)


def stands_after(standing: Standing | None, recorded: Recorded) -> Standing | None:
    """How a case that was *standing* so stands after the event; None where no duty follows."""
    event = recorded.event
    if begin := _BEGINS.get(type(event)):
        return begin(event)
    if standing and (step := _STEPS.get(type(event))):
        step(standing, event, recorded)
        return standing
    return None


def _bring_up_to_date(rows: Rows, standing: Standing, recorded: Recorded) -> None:
    case = recorded.originator_id
    present = {(case, _STANDING)}
    for name, unit, official, due_on in duties(standing):
        key = (case, name)
        present.add(key)
        row = rows.get(key)
        if row is None or (row.unit, row.official) != (unit, official):
            rows[key] = Row(
                case, name, recorded.kind.value, unit, official, due_on, recorded.recorded_at, None
            )
        else:
            row.due_on = due_on
    if len(present) < len(rows):
        for key in [key for key in rows if key not in present]:
            del rows[key]


def _appeal(event: appeal.AppealRegistered) -> Standing:
    return Standing(appeal.KIND, "registered", event.registering_unit, event.due.on)


def _inquiry(event: media_inquiry.MediaInquiryReceived) -> Standing:
    return Standing(media_inquiry.KIND, "received", event.registering_unit, event.due.on)


def _assignment(event: assignment.AssignmentGiven) -> Standing:
    return Standing(
        assignment.KIND,
        "given",
        event.registering_unit,
        event.due.on,
        unit=event.unit,
        official=event.main_executor,
        author=event.author,
        parts=_contributions(event.co_executors),
    )


def _reception(event: reception.ReceptionPlanned) -> Standing:
    return Standing(
        reception.KIND, "planned", event.unit, event.starts_at.date(), official=event.official
    )


def _finding(event: finding.FindingOpened) -> Standing:
    return Standing(
        finding.KIND,
        "awaiting-answer",
        event.opening_unit,
        event.due.on,
        unit=event.unit,
        official=event.answerer,
        author=event.opened_by,
    )


def _answerer(it: Standing, event: finding.AnswererNamed, _: Recorded) -> None:
    it.official = event.answerer
    it.parts = tuple(replace(part, official=event.answerer) for part in it.parts)


def _answer_rejected(it: Standing, event: finding.FindingAnswerRejected, _: Recorded) -> None:
    it.stage = "awaiting-answer"
    it.due_on = event.due.on


def _remedy_proposed(it: Standing, event: finding.RemedyProposed, _: Recorded) -> None:
    part = Part(f"remedy:{event.remedy_id}", it.unit, it.official, event.due.on)
    it.parts = (*it.parts, part)


def _remedied(it: Standing, event: finding.RemedyCarriedOut, _: Recorded) -> None:
    _drop(it, f"remedy:{event.remedy_id}")


def _cause(event: cause.CauseNamed) -> Standing:
    return Standing(cause.KIND, "cause-named", event.naming_unit, None, author=event.named_by)


def _removal_proposed(it: Standing, event: cause.RemovalProposed, _: Recorded) -> None:
    it.parts = (*it.parts, Part(f"decide-removal:{event.removal_id}", event.unit, None, None))


def _removal_adopted(it: Standing, event: cause.RemovalAdopted, _: Recorded) -> None:
    _drop(it, f"decide-removal:{event.removal_id}")
    it.stage = "being-removed"
    it.parts = (*it.parts, Part(f"removal:{event.removal_id}", event.unit, None, event.due.on))


def _removal_refused(it: Standing, event: cause.RemovalRefused, _: Recorded) -> None:
    _drop(it, f"decide-removal:{event.removal_id}")


def _removed(it: Standing, event: cause.RemovalCarriedOut, _: Recorded) -> None:
    _drop(it, f"removal:{event.removal_id}")
    if not event.outstanding:
        it.stage = "removed"


def _unit_report(event: unit_report.UnitReportSubmitted) -> Standing:
    return Standing(unit_report.KIND, "awaiting-verification", event.unit, None, unit=event.unit)


def _verified(it: Standing, event: unit_report.UnitReportVerified, _: Recorded) -> None:
    it.stage = "differs" if event.differing else "agrees"


def _assigned(it: Standing, event: appeal.AppealAssigned, _: Recorded) -> None:
    it.stage = "assigned"
    it.unit = event.unit
    it.official = event.main_executor
    it.others = event.co_executors
    it.internal_due_on = event.internal_due.on if event.internal_due else None


def _unassigned(it: Standing, _event: Event, _: Recorded) -> None:
    it.stage = "registered"
    it.unit = it.official = it.internal_due_on = None
    it.others = ()


def _started_anew(
    it: Standing, event: appeal.AppealTakenUpAgain | appeal.AppealReopened, recorded: Recorded
) -> None:
    _unassigned(it, event, recorded)
    _no_reply(it)
    it.due_on = event.due.on


def _new_due(
    it: Standing,
    event: appeal.AppealReclassified | TermEvent,
    _: Recorded,
) -> None:
    it.due_on = event.due.on


def _suspended(it: Standing, _event: AppealTermSuspended, _: Recorded) -> None:
    it.due_on = None


def _moved(it: Standing, event: DueDatesMoved, _: Recorded) -> None:
    for each in event.moved:
        if each.clock == "answer":
            it.due_on = each.due.on
    dues = {each.clock: each.due.on for each in event.moved}
    it.parts = tuple(replace(p, due_on=dues[p.name]) if p.name in dues else p for p in it.parts)


def _dispatched(it: Standing, event: appeal.AppealReplyDispatched, _: Recorded) -> None:
    if event.interim:
        _no_reply(it)
    else:
        it.stage = "answered"


def _no_reply(it: Standing) -> None:
    it.chain = ()
    it.given = 0
    it.returned = False


def _stage(stage: str) -> Callable[[Standing, Event, Recorded], None]:
    def reached(it: Standing, _event: Event, _: Recorded) -> None:
        it.stage = stage

    return reached


def _acknowledged(it: Standing, _event: Event, _: Recorded) -> None:
    it.acknowledged = True


def _routed(it: Standing, event: media_inquiry.MediaInquiryRouted, _: Recorded) -> None:
    it.stage = "routed"
    it.unit = event.unit
    it.official = event.responsible


def _inquiry_reopened(it: Standing, event: media_inquiry.MediaInquiryReopened, _: Recorded) -> None:
    it.stage = "routed" if it.official else "received"
    it.due_on = event.due.on
    _no_reply(it)


def _contributions(co_executors: CoExecutors) -> tuple[Part, ...]:
    return tuple(
        Part(f"contribute:{each.official}", each.unit, each.official, each.due_on)
        for each in co_executors
    )


def _reassigned(it: Standing, event: assignment.AssignmentReassigned, _: Recorded) -> None:
    it.stage = "given"
    it.unit = event.unit
    it.official = event.main_executor
    it.due_on = event.due.on
    it.extension_asked = False
    it.parts = _contributions(event.co_executors)


def _delegated(it: Standing, event: assignment.AssignmentDelegated, _: Recorded) -> None:
    it.stage = "given"
    it.unit = event.unit
    it.official = event.main_executor


def _contributed(it: Standing, event: assignment.AssignmentPartContributed, _: Recorded) -> None:
    _drop(it, f"contribute:{event.contributed_by}")


def _extension_asked(it: Standing, _event: Event, _: Recorded) -> None:
    it.extension_asked = True


def _extended(it: Standing, event: assignment.AssignmentExtended, _: Recorded) -> None:
    it.extension_asked = False
    it.due_on = event.due.on


def _extension_refused(it: Standing, _event: Event, _: Recorded) -> None:
    it.extension_asked = False


def _decided(stage: str) -> Callable[[Standing, Event, Recorded], None]:
    def decided(it: Standing, _event: Event, _: Recorded) -> None:
        it.stage = stage
        it.extension_asked = False

    return decided


def _postponed(it: Standing, event: reception.ReceptionPostponed, _: Recorded) -> None:
    it.due_on = event.starts_at.date()


def _deputy(it: Standing, event: reception.DeputyNamed, _: Recorded) -> None:
    it.official = event.deputy


def _taken_in(it: Standing, event: reception.WrittenAppealTakenIn, _: Recorded) -> None:
    part = Part(f"hand-over:{event.appeal_id}", it.home, None, event.hand_over_due.on)
    it.parts = (*it.parts, part)


def _handed_over(it: Standing, event: reception.WrittenAppealHandedOver, _: Recorded) -> None:
    _drop(it, f"hand-over:{event.appeal_id}")


def _drafted(it: Standing, event: ReplyDrafted, _: Recorded) -> None:
    it.author = event.author
    it.chain = (*event.initials_by, event.signatory)
    it.given = 0
    it.returned = False


def _revised(it: Standing, event: ReplyRevised, _: Recorded) -> None:
    it.author = event.author
    it.given = 0
    it.returned = False


def _reply_returned(it: Standing, _event: ReplyReturned, _: Recorded) -> None:
    it.given = 0
    it.returned = True


def _initialled(it: Standing, _event: ReplyInitialled | ReplySigned, _: Recorded) -> None:
    it.given += 1


def _asked(it: Standing, event: InformationAsked, recorded: Recorded) -> None:
    asking = recorded.on_behalf_of or recorded.actor
    part = Part(
        f"{INFORMATION}{event.request_id}",
        event.unit or recorded.unit,
        None if event.unit else asking,
        event.due.on,
    )
    it.parts = (*it.parts, part)


def _received(it: Standing, event: InformationReceived, _: Recorded) -> None:
    _drop(it, f"{INFORMATION}{event.request_id}")


def _under_control(it: Standing, event: ControlEstablished, _: Recorded) -> None:
    it.controller = event.controller
    it.check_on = event.check_on


def _control_lifted(it: Standing, _event: ControlLifted, _: Recorded) -> None:
    it.controller = it.check_on = None


def _drop(it: Standing, name: str) -> None:
    it.parts = tuple(part for part in it.parts if part.name != name)


_BEGINS: Mapping[type[Event], Callable[[Any], Standing]] = {
    appeal.AppealRegistered: _appeal,
    media_inquiry.MediaInquiryReceived: _inquiry,
    assignment.AssignmentGiven: _assignment,
    reception.ReceptionPlanned: _reception,
    finding.FindingOpened: _finding,
    cause.CauseNamed: _cause,
    unit_report.UnitReportSubmitted: _unit_report,
}

_STEPS: Mapping[type[Event], Callable[[Standing, Any, Recorded], None]] = {
    appeal.AppealReclassified: _new_due,
    appeal.AppealForwarded: _stage("forwarded"),
    appeal.AppealAssigned: _assigned,
    appeal.AppealAccepted: _stage("in-work"),
    appeal.AppealReturned: _unassigned,
    **dict.fromkeys(get_args(TermEvent), _new_due),
    AppealTermSuspended: _suspended,
    DueDatesMoved: _moved,
    appeal.AppealLeftUnconsidered: _stage("unconsidered"),
    appeal.AppealTakenUpAgain: _started_anew,
    appeal.AppealReopened: _started_anew,
    appeal.AppealReplyDispatched: _dispatched,
    appeal.AppealWithdrawn: _stage("withdrawn"),
    appeal.AppealMerged: _stage("merged"),
    appeal.AppealClosed: _stage("closed"),
    appeal.LegacyOutcomeRecorded: _stage("closed"),
    media_inquiry.MediaInquiryAcknowledged: _acknowledged,
    media_inquiry.MediaInquiryRouted: _routed,
    media_inquiry.MediaInquiryAnswered: _stage("answered"),
    media_inquiry.InterviewGiven: _stage("answered"),
    media_inquiry.MediaInquiryDeclined: _stage("declined"),
    media_inquiry.MediaInquiryHandedOver: _stage("handed-over"),
    media_inquiry.MediaInquiryClosed: _stage("closed"),
    media_inquiry.MediaInquiryReopened: _inquiry_reopened,
    assignment.AssignmentAccepted: _stage("accepted"),
    assignment.AssignmentRejected: _stage("rejected"),
    assignment.AssignmentReassigned: _reassigned,
    assignment.AssignmentDelegated: _delegated,
    assignment.AssignmentPartContributed: _contributed,
    assignment.AssignmentExtensionAsked: _extension_asked,
    assignment.AssignmentExtended: _extended,
    assignment.AssignmentExtensionRefused: _extension_refused,
    assignment.AssignmentResultSubmitted: _decided("submitted"),
    assignment.AssignmentResultReturned: _stage("accepted"),
    assignment.AssignmentResultAccepted: _decided("fulfilled"),
    assignment.AssignmentCancelled: _decided("cancelled"),
    reception.ReceptionPostponed: _postponed,
    reception.ReceptionCancelled: _stage("cancelled"),
    reception.ReceptionOpened: _stage("open"),
    reception.ReceptionClosed: _stage("closed"),
    reception.DeputyNamed: _deputy,
    reception.WrittenAppealTakenIn: _taken_in,
    reception.WrittenAppealHandedOver: _handed_over,
    finding.AnswererNamed: _answerer,
    finding.FindingAnswered: _stage("awaiting-judgement"),
    finding.FindingAnswerAccepted: _stage("answer-accepted"),
    finding.FindingAnswerRejected: _answer_rejected,
    finding.RemedyProposed: _remedy_proposed,
    finding.RemedyCarriedOut: _remedied,
    finding.FindingWithdrawn: _stage("withdrawn"),
    finding.FindingClosed: _stage("closed"),
    cause.RemovalProposed: _removal_proposed,
    cause.RemovalAdopted: _removal_adopted,
    cause.RemovalRefused: _removal_refused,
    cause.RemovalCarriedOut: _removed,
    cause.CauseClosed: _stage("closed"),
    cause.CauseWithdrawn: _stage("withdrawn"),
    unit_report.UnitReportCorrected: _stage("awaiting-verification"),
    unit_report.UnitReportVerificationAsked: _stage("awaiting-verification"),
    unit_report.UnitReportVerified: _verified,
    unit_report.UnitReportAccepted: _stage("report-accepted"),
    unit_report.UnitReportDisputed: _stage("disputed"),
    ReplyDrafted: _drafted,
    ReplyRevised: _revised,
    ReplyReturned: _reply_returned,
    ReplyInitialled: _initialled,
    ReplySigned: _initialled,
    InformationAsked: _asked,
    InformationReceived: _received,
    ControlEstablished: _under_control,
    ControlLifted: _control_lifted,
}

TAKES = frozenset(_BEGINS) | frozenset(_STEPS)
IGNORED = frozenset(
    {
        "content-destroyed",
        "destruction-approved",
        "destruction-carried-out",
        "destruction-completed",
        "destruction-proposed",
        "destruction-refused",
        "destruction-withdrawn",
        "held-from-destruction",
        "hold-released",
        "appeal-copies-sent",
        "assignment-given-at-hearing",
        "assignment-progress-reported",
        "calendar-decision-announced",
        "calendar-decision-withdrawn",
        "cause-evidence-added",
        "cause-evidence-withdrawn",
        "competence-established",
        "coverage-linked",
        "deadline-notice-given",
        "document-attached",
        "entry-corrected",
        "hearing-started",
        "identity-considered",
        "identity-decision-withdrawn",
        "persons-joined",
        "persons-told-apart",
        "merged-appeal-noted",
        "no-show-recorded",
        "note-added",
        "repeat-confirmed",
        "repeat-decision-withdrawn",
        "repeat-rejected",
        "oral-answer-given",
        "spokesperson-named",
        "visit-completed",
        "visit-declined",
        "visit-rated",
        "visit-registered",
        "visitor-arrived",
        "visitor-called",
        "visitor-referred",
    }
)
"""These change nothing in what is to be done."""
