"""Due dates: every clock that runs or ran in a case, with the rule and calendar that set it."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from domain import appeal, assignment, cause, finding, media_inquiry, reception
from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
)
from domain.assignment import CoExecutor
from domain.case import Event
from domain.due import CHOSEN, Due
from domain.envelope import Recorded
from domain.information import InformationAsked, InformationReceived
from domain.recalculation import DueDatesMoved
from projections.pages import Mark, Page, checked, columns, day_of, decode, encode, page
from projections.readmodel import Rows

VERSION = 3
KEY = ("case_id", "clock")


class Row(Struct):
    """A clock that somebody has to meet.

    It is called answer, internal, outlet-deadline, ``information:<request>``, assignment,
    ``co-executor:<official>``, ``hand-over:<appeal>``, register, forward, no-consideration,
    finding-answer, ``remedy:<remedy>`` or ``removal:<removal>``.
    It is ``running`` until it was met, on ``met_on``, or what it was for has ended otherwise; a
    term that stands still isn't running.
    ``due_at`` is for terms that end at an hour, the outlet's own deadline among them, which has
    no rule. ``home`` is the unit that registered the case.
    """

    case_id: UUID
    clock: str
    kind: str
    due_on: date
    due_at: datetime | None
    rule: str | None
    rule_version: str | None
    calendar_version: str | None
    since: date | None
    plain: bool
    unit: str | None
    official: str | None
    running: bool
    met_on: date | None
    home: str


class DueFilter(Struct, frozen=True, kw_only=True):
    """Every field given narrows the list; from and to are both included."""

    due_from: date | None = None
    due_to: date | None = None
    running: bool = True
    units: Collection[str] | None = None
    officials: Collection[str] | None = None
    kind: str | None = None


class DueCase(Struct, frozen=True):
    """A clock with what a list shows of its case."""

    due: Row
    number: str
    state: str
    topic: str | None
    subject: str | None


async def list_due(
    conn: AsyncConnection[Any],
    wanted: DueFilter,
    sight: str,
    sight_values: dict[str, Any],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DueCase]:
    """The clocks of the cases in *sight*, the earliest due first. Raises CursorInvalid."""
    conditions, values = conditions_of(wanted, cursor)
    values |= sight_values | {"limit": checked(limit) + 1}
    query = SQL(
        "SELECT {columns}, register.number, register.state, register.topic, register.subject "
        "FROM read_models.due_dates JOIN read_models.register USING (case_id) WHERE {where} "
        "ORDER BY due_dates.due_on, due_dates.case_id, clock LIMIT %(limit)s"
    ).format(
        columns=columns(Row, "due_dates"),
        where=SQL(" AND ").join(map(SQL, [*conditions, sight])),
    )
    found, position = await page(
        conn, query, SQL("due_on, case_id, clock"), values, "due_dates", "register"
    )
    rows = [DueCase(Row(*row[:-4]), *row[-4:]) for row in found[:limit]]
    return Page(rows, cursor_behind(rows[-1]) if len(found) > limit else None, position)


def conditions_of(wanted: DueFilter, cursor: str | None = None) -> tuple[list[str], dict[str, Any]]:
    """What is asked of a clock, behind the page of *cursor*, as SQL, and the values in it.

    Raises CursorInvalid.
    """
    values: dict[str, Any] = {}
    conditions = ["due_dates.running"] if wanted.running else []
    for name, sql in _CONDITIONS.items():
        if (value := getattr(wanted, name)) is not None:
            values[name] = list(value) if name in {"units", "officials"} else value
            conditions.append(sql)
    if cursor is not None:
        mark = decode(cursor, "due_on")
        values |= {"after": day_of(mark), "after_case": mark.case_id, "after_clock": mark.part}
        conditions.append(
            "(due_dates.due_on, due_dates.case_id, clock) "
            "> (%(after)s::date, %(after_case)s, %(after_clock)s)"
        )
    return conditions, values


def cursor_behind(case: DueCase) -> str:
    """Leads to the page after the one that ends with *case*."""
    last = case.due
    return encode(Mark("due_on", last.due_on.isoformat(), last.case_id, last.clock))


async def due_dates_of_case(conn: AsyncConnection[Any], case_id: UUID) -> tuple[list[Row], int]:
    """All clocks of one case, whoever asks, and the position they are true for."""
    query = SQL("SELECT {} FROM read_models.due_dates WHERE case_id = %(case_id)s").format(
        columns(Row, "due_dates")
    )
    found, position = await page(
        conn, query, SQL("due_on, clock"), {"case_id": case_id}, "due_dates"
    )
    return [Row(*row) for row in found], position


_CONDITIONS = {
    "due_from": "due_dates.due_on >= %(due_from)s",
    "due_to": "due_dates.due_on <= %(due_to)s",
    "units": "due_dates.unit = ANY(%(units)s::text[])",
    "officials": "due_dates.official = ANY(%(officials)s::text[])",
    "kind": "due_dates.kind = %(kind)s",
}


def has_past(_row: Row) -> bool:
    return True


def fold(rows: Rows, recorded: Recorded) -> None:
    if step := _STEPS.get(type(recorded.event)):
        step(rows, recorded, recorded.event)


def _start(
    rows: Rows,
    recorded: Recorded,
    clock: str,
    due: Due,
    *,
    unit: str | None,
    official: str | None,
    home: str,
) -> None:
    rows[recorded.originator_id, clock] = Row(
        recorded.originator_id,
        clock,
        recorded.kind.value,
        due.on,
        due.at,
        due.rule,
        due.rule_version,
        due.calendar_version,
        due.since,
        _plain(due),
        unit,
        official,
        running=True,
        met_on=None,
        home=home,
    )


def _clock(rows: Rows, recorded: Recorded, clock: str) -> Row:
    row: Row = rows[recorded.originator_id, clock]
    return row


def _set(row: Row, due: Due) -> None:
    row.due_on = due.on
    row.due_at = due.at
    row.rule = due.rule
    row.rule_version = due.rule_version
    row.calendar_version = due.calendar_version
    if due.since or due.rule == CHOSEN:  # else its first version left the start to the term before
        row.since = due.since
    row.plain = _plain(due)


def _plain(due: Due) -> bool:
    return not (due.granted or due.pauses or due.restarts or due.at or due.since_at)


def _run_again(row: Row, due: Due | None = None) -> None:
    if due:
        _set(row, due)
    row.running = True
    row.met_on = None


def _stop(row: Row, met_on: date | None) -> None:
    if row.running:
        row.running = False
        row.met_on = met_on


def _stop_all(rows: Rows, met_on: date | None = None) -> None:
    """The case has ended: what was still asked of others is no longer waited for."""
    for row in rows.values():
        _stop(row, met_on if row.clock in _OURS else None)


_OURS = frozenset({"answer", "internal", "outlet-deadline"})
_DESK = ("forward", "no-consideration")
"""What is to be done by then, if at all, runs until somebody examines the appeal."""


def _appeal(rows: Rows, recorded: Recorded, event: appeal.AppealRegistered) -> None:
    unit = event.registering_unit
    started = {
        "answer": event.due,
        "register": event.register_due,
        "forward": event.forward_due,
        "no-consideration": event.no_consideration_due,
    }
    for clock, due in started.items():
        if due:
            _start(rows, recorded, clock, due, unit=unit, official=None, home=unit)
    if event.register_due:
        _stop(_clock(rows, recorded, "register"), event.registered_on)


def _new_due(
    rows: Rows,
    recorded: Recorded,
    event: appeal.AppealReclassified | AppealTermExtended | AppealTermCorrected,
) -> None:
    _set(_clock(rows, recorded, "answer"), event.due)


def _reclassified(rows: Rows, recorded: Recorded, event: appeal.AppealReclassified) -> None:
    _new_due(rows, recorded, event)
    home = _clock(rows, recorded, "answer").home
    waits = _clock(rows, recorded, "answer").official is None
    for clock, due in zip(_DESK, (event.forward_due, event.no_consideration_due), strict=True):
        rows.pop((recorded.originator_id, clock), None)
        if due:
            _start(rows, recorded, clock, due, unit=home, official=None, home=home)
            _clock(rows, recorded, clock).running = waits


def _suspended(rows: Rows, recorded: Recorded, event: AppealTermSuspended) -> None:
    answer = _clock(rows, recorded, "answer")
    _set(answer, event.due)
    _stop(answer, None)


def _resumed(rows: Rows, recorded: Recorded, event: AppealTermResumed) -> None:
    _run_again(_clock(rows, recorded, "answer"), event.due)


def _moved(rows: Rows, recorded: Recorded, event: DueDatesMoved) -> None:
    for each in event.moved:
        _set(_clock(rows, recorded, each.clock), each.due)


def _assigned(rows: Rows, recorded: Recorded, event: appeal.AppealAssigned) -> None:
    answer = _clock(rows, recorded, "answer")
    answer.unit, answer.official = event.unit, event.main_executor
    for clock in _DESK:
        if row := rows.get((recorded.originator_id, clock)):
            _stop(row, None)
    rows.pop((recorded.originator_id, "internal"), None)
    if event.internal_due:
        _start(
            rows,
            recorded,
            "internal",
            event.internal_due,
            unit=event.unit,
            official=event.main_executor,
            home=answer.home,
        )


def _returned_to_desk(rows: Rows, recorded: Recorded, event: appeal.AppealReturned) -> None:
    _unassigned(rows, recorded, event)
    for clock, due in zip(_DESK, (event.forward_due, event.no_consideration_due), strict=True):
        if due:
            _run_again(_clock(rows, recorded, clock), due)


def _unassigned(rows: Rows, recorded: Recorded, _event: Event) -> None:
    answer = _clock(rows, recorded, "answer")
    answer.unit, answer.official = answer.home, None
    rows.pop((recorded.originator_id, "internal"), None)


def _started_anew(
    rows: Rows, recorded: Recorded, event: appeal.AppealTakenUpAgain | appeal.AppealReopened
) -> None:
    _unassigned(rows, recorded, event)
    _run_again(_clock(rows, recorded, "answer"), event.due)
    for clock in _DESK:
        rows.pop((recorded.originator_id, clock), None)


def _dispatched(rows: Rows, recorded: Recorded, event: appeal.AppealReplyDispatched) -> None:
    if not event.interim:
        _run_again(_clock(rows, recorded, "answer"))  # an answer meets a suspended term too
        _stop_all(rows, event.dispatched_on)


def _forwarded(rows: Rows, recorded: Recorded, event: appeal.AppealForwarded) -> None:
    if row := rows.get((recorded.originator_id, "forward")):
        _stop(row, event.letter_date)
    _stop_all(rows, event.letter_date)


def _left_unconsidered(
    rows: Rows, recorded: Recorded, event: appeal.AppealLeftUnconsidered
) -> None:
    if row := rows.get((recorded.originator_id, "no-consideration")):
        _stop(row, event.applicant_notified_on)
    _stop_all(rows)


def _ended(rows: Rows, _: Recorded, _event: Event) -> None:
    _stop_all(rows)


def _legacy_outcome(rows: Rows, recorded: Recorded, event: appeal.LegacyOutcomeRecorded) -> None:
    _stop_all(rows, event.ended_on)
    if event.due_on:
        answer = _clock(rows, recorded, "answer")
        answer.due_on = event.due_on
        answer.due_at = None
        answer.rule = answer.rule_version = answer.calendar_version = None


def _inquiry(rows: Rows, recorded: Recorded, event: media_inquiry.MediaInquiryReceived) -> None:
    unit = event.registering_unit
    _start(rows, recorded, "answer", event.due, unit=unit, official=None, home=unit)
    if wish := event.outlet_deadline:
        rows[recorded.originator_id, "outlet-deadline"] = Row(
            recorded.originator_id,
            "outlet-deadline",
            recorded.kind.value,
            wish.date(),
            wish,
            None,
            None,
            None,
            None,
            plain=False,
            unit=unit,
            official=None,
            running=True,
            met_on=None,
            home=unit,
        )


def _routed(rows: Rows, recorded: Recorded, event: media_inquiry.MediaInquiryRouted) -> None:
    for clock in ("answer", "outlet-deadline"):
        if row := rows.get((recorded.originator_id, clock)):
            row.unit, row.official = event.unit, event.responsible


def _answered(rows: Rows, _: Recorded, event: media_inquiry.MediaInquiryAnswered) -> None:
    _stop_all(rows, event.answered_on)


def _interviewed(rows: Rows, _: Recorded, event: media_inquiry.InterviewGiven) -> None:
    _stop_all(rows, event.given_on)


def _declined(rows: Rows, _: Recorded, event: media_inquiry.MediaInquiryDeclined) -> None:
    _stop_all(rows, event.journalist_notified_on)


def _handed_on(rows: Rows, _: Recorded, event: media_inquiry.MediaInquiryHandedOver) -> None:
    _stop_all(rows, event.journalist_notified_on)


def _inquiry_reopened(
    rows: Rows, recorded: Recorded, event: media_inquiry.MediaInquiryReopened
) -> None:
    answer = _clock(rows, recorded, "answer")
    _set(answer, event.due)
    _run_again(answer)


def _given(rows: Rows, recorded: Recorded, event: assignment.AssignmentGiven) -> None:
    home = event.registering_unit
    _start(
        rows,
        recorded,
        "assignment",
        event.due,
        unit=event.unit,
        official=event.main_executor,
        home=home,
    )
    _start_parts(rows, recorded, event.co_executors, event.due, home)


def _start_parts(
    rows: Rows,
    recorded: Recorded,
    co_executors: tuple[CoExecutor, ...],
    due: Due,
    home: str,
) -> None:
    for each in co_executors:
        own = Due(
            on=each.due_on,
            rule=due.rule,
            rule_version=due.rule_version,
            calendar_version=due.calendar_version,
        )
        _start(
            rows,
            recorded,
            f"co-executor:{each.official}",
            own,
            unit=each.unit,
            official=each.official,
            home=home,
        )


def _reassigned(rows: Rows, recorded: Recorded, event: assignment.AssignmentReassigned) -> None:
    for key in [key for key in rows if key[1].startswith("co-executor:")]:
        del rows[key]
    main = _clock(rows, recorded, "assignment")
    main.unit, main.official = event.unit, event.main_executor
    _set(main, event.due)
    _run_again(main)
    _start_parts(rows, recorded, event.co_executors, event.due, main.home)


def _delegated(rows: Rows, recorded: Recorded, event: assignment.AssignmentDelegated) -> None:
    main = _clock(rows, recorded, "assignment")
    main.unit, main.official = event.unit, event.main_executor


def _contributed(
    rows: Rows, recorded: Recorded, event: assignment.AssignmentPartContributed
) -> None:
    part = _clock(rows, recorded, f"co-executor:{event.contributed_by}")
    part.running = False
    part.met_on = event.contributed_on


def _extended(rows: Rows, recorded: Recorded, event: assignment.AssignmentExtended) -> None:
    _set(_clock(rows, recorded, "assignment"), event.due)


def _submitted(rows: Rows, _: Recorded, event: assignment.AssignmentResultSubmitted) -> None:
    for row in rows.values():
        _stop(row, event.submitted_on if row.clock == "assignment" else None)


def _returned(rows: Rows, recorded: Recorded, _event: assignment.AssignmentResultReturned) -> None:
    _run_again(_clock(rows, recorded, "assignment"))
    for row in rows.values():
        row.running = row.met_on is None  # what a co-executor has contributed stays met


def _asked(rows: Rows, recorded: Recorded, event: InformationAsked) -> None:
    home = _clock(rows, recorded, "answer").home
    _start(
        rows,
        recorded,
        f"information:{event.request_id}",
        event.due,
        unit=event.unit,
        official=None,
        home=home,
    )


def _received(rows: Rows, recorded: Recorded, event: InformationReceived) -> None:
    row = _clock(rows, recorded, f"information:{event.request_id}")
    row.running = False
    row.met_on = event.received_on


def _taken_in(rows: Rows, recorded: Recorded, event: reception.WrittenAppealTakenIn) -> None:
    _start(
        rows,
        recorded,
        f"hand-over:{event.appeal_id}",
        event.hand_over_due,
        unit=recorded.unit,
        official=recorded.on_behalf_of or recorded.actor,
        home=recorded.unit,
    )


def _handed_over(rows: Rows, recorded: Recorded, event: reception.WrittenAppealHandedOver) -> None:
    _stop(_clock(rows, recorded, f"hand-over:{event.appeal_id}"), event.handed_over_on)


def _finding(rows: Rows, recorded: Recorded, event: finding.FindingOpened) -> None:
    home = event.opening_unit
    _start(
        rows,
        recorded,
        "finding-answer",
        event.due,
        unit=event.unit,
        official=event.answerer,
        home=home,
    )


def _answerer_named(rows: Rows, _: Recorded, event: finding.AnswererNamed) -> None:
    for row in rows.values():
        row.official = event.answerer


def _finding_answered(rows: Rows, recorded: Recorded, event: finding.FindingAnswered) -> None:
    day = event.answered_on or recorded.recorded_at.date()
    _stop(_clock(rows, recorded, "finding-answer"), day)


def _answer_rejected(rows: Rows, recorded: Recorded, event: finding.FindingAnswerRejected) -> None:
    _run_again(_clock(rows, recorded, "finding-answer"), event.due)


def _remedy_proposed(rows: Rows, recorded: Recorded, event: finding.RemedyProposed) -> None:
    answer = _clock(rows, recorded, "finding-answer")
    _start(
        rows,
        recorded,
        f"remedy:{event.remedy_id}",
        event.due,
        unit=answer.unit,
        official=answer.official,
        home=answer.home,
    )


def _remedied(rows: Rows, recorded: Recorded, event: finding.RemedyCarriedOut) -> None:
    _stop(_clock(rows, recorded, f"remedy:{event.remedy_id}"), event.carried_out_on)


def _removal_adopted(rows: Rows, recorded: Recorded, event: cause.RemovalAdopted) -> None:
    clock, unit = f"removal:{event.removal_id}", event.unit
    _start(rows, recorded, clock, event.due, unit=unit, official=None, home=unit)


def _removed(rows: Rows, recorded: Recorded, event: cause.RemovalCarriedOut) -> None:
    _stop(_clock(rows, recorded, f"removal:{event.removal_id}"), event.carried_out_on)


_STEPS: Mapping[type[Event], Callable[[Rows, Recorded, Any], None]] = {
    appeal.AppealRegistered: _appeal,
    appeal.AppealReclassified: _reclassified,
    AppealTermExtended: _new_due,
    AppealTermCorrected: _new_due,
    AppealTermSuspended: _suspended,
    AppealTermResumed: _resumed,
    DueDatesMoved: _moved,
    appeal.AppealAssigned: _assigned,
    appeal.AppealReturned: _returned_to_desk,
    appeal.AppealTakenUpAgain: _started_anew,
    appeal.AppealReopened: _started_anew,
    appeal.AppealReplyDispatched: _dispatched,
    appeal.AppealForwarded: _forwarded,
    appeal.AppealLeftUnconsidered: _left_unconsidered,
    appeal.AppealWithdrawn: _ended,
    appeal.AppealMerged: _ended,
    appeal.LegacyOutcomeRecorded: _legacy_outcome,
    media_inquiry.MediaInquiryReceived: _inquiry,
    media_inquiry.MediaInquiryRouted: _routed,
    media_inquiry.MediaInquiryAnswered: _answered,
    media_inquiry.InterviewGiven: _interviewed,
    media_inquiry.MediaInquiryDeclined: _declined,
    media_inquiry.MediaInquiryHandedOver: _handed_on,
    media_inquiry.MediaInquiryClosed: _ended,
    media_inquiry.MediaInquiryReopened: _inquiry_reopened,
    assignment.AssignmentGiven: _given,
    assignment.AssignmentReassigned: _reassigned,
    assignment.AssignmentDelegated: _delegated,
    assignment.AssignmentPartContributed: _contributed,
    assignment.AssignmentExtended: _extended,
    assignment.AssignmentResultSubmitted: _submitted,
    assignment.AssignmentResultReturned: _returned,
    assignment.AssignmentResultAccepted: _ended,
    assignment.AssignmentCancelled: _ended,
    InformationAsked: _asked,
    InformationReceived: _received,
    reception.WrittenAppealTakenIn: _taken_in,
    reception.WrittenAppealHandedOver: _handed_over,
    finding.FindingOpened: _finding,
    finding.AnswererNamed: _answerer_named,
    finding.FindingAnswered: _finding_answered,
    finding.FindingAnswerRejected: _answer_rejected,
    finding.RemedyProposed: _remedy_proposed,
    finding.RemedyCarriedOut: _remedied,
    finding.FindingWithdrawn: _ended,
    finding.FindingClosed: _ended,
    cause.RemovalAdopted: _removal_adopted,
    cause.RemovalCarriedOut: _removed,
}

TAKES = frozenset(_STEPS)
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
        "appeal-accepted",
        "appeal-closed",
        "appeal-copies-sent",
        "assignment-accepted",
        "assignment-extension-asked",
        "assignment-extension-refused",
        "assignment-given-at-hearing",
        "assignment-progress-reported",
        "assignment-rejected",
        "calendar-decision-announced",
        "calendar-decision-withdrawn",
        "competence-established",
        "control-established",
        "control-lifted",
        "coverage-linked",
        "deadline-notice-given",
        "deputy-named",
        "document-attached",
        "entry-corrected",
        "finding-answer-accepted",
        "hearing-started",
        "cause-closed",
        "cause-evidence-added",
        "cause-evidence-withdrawn",
        "cause-named",
        "cause-withdrawn",
        "removal-proposed",
        "removal-refused",
        "identity-considered",
        "identity-decision-withdrawn",
        "persons-joined",
        "persons-told-apart",
        "media-inquiry-acknowledged",
        "merged-appeal-noted",
        "no-show-recorded",
        "note-added",
        "repeat-confirmed",
        "repeat-decision-withdrawn",
        "repeat-rejected",
        "oral-answer-given",
        "reception-cancelled",
        "reception-closed",
        "reception-opened",
        "reception-planned",
        "reception-postponed",
        "reply-drafted",
        "reply-initialled",
        "reply-returned",
        "reply-revised",
        "reply-signed",
        "spokesperson-named",
        "visit-completed",
        "visit-declined",
        "visit-rated",
        "visit-registered",
        "visitor-arrived",
        "visitor-called",
        "visitor-referred",
        "unit-report-accepted",
        "unit-report-corrected",
        "unit-report-disputed",
        "unit-report-submitted",
        "unit-report-verification-asked",
        "unit-report-verified",
    }
)
"""These start, move and stop no clock."""
