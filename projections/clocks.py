"""The clocks of one case, folded from its events: the term of each, and how it moved."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
)
from domain.appeal import (
    AppealAssigned,
    AppealReclassified,
    AppealRegistered,
    AppealReopened,
    AppealReturned,
    AppealTakenUpAgain,
)
from domain.assignment import AssignmentExtended, AssignmentGiven, AssignmentReassigned
from domain.case import Event
from domain.cause import RemovalAdopted
from domain.due import Due
from domain.envelope import Recorded
from domain.finding import FindingAnswerRejected, FindingOpened, RemedyProposed
from domain.information import InformationAsked
from domain.media_inquiry import MediaInquiryReceived, MediaInquiryReopened
from domain.recalculation import DueDatesMoved
from domain.reception import WrittenAppealTakenIn
from projections.due_dates import Row, fold
from projections.readmodel import Rows


class Move(Struct, frozen=True, kw_only=True):
    """A calendar decision moved the due date; the day that was told before stays readable."""

    was: date
    due: date
    decision: UUID
    recorded_at: datetime


class Clock(Struct, frozen=True, kw_only=True):
    """A clock as the case stands. ``due`` is None where there is an hour but no rule."""

    row: Row
    due: Due | None
    moved: tuple[Move, ...]


def clocks_of(events: Iterable[Recorded]) -> list[Clock]:
    """All clocks that ran or run in the case of these events, the earliest due first."""
    rows: Rows = {}
    dues: dict[str, Due] = {}
    moves: dict[str, list[Move]] = {}
    for recorded in events:
        fold(rows, recorded)
        event = recorded.event
        for clock, due in _dues_in(event):
            dues[clock] = due.continuing(dues[clock]) if clock in dues else due
        if isinstance(event, DueDatesMoved):
            for each in event.moved:
                moves.setdefault(each.clock, []).append(
                    Move(
                        was=each.was,
                        due=each.due.on,
                        decision=event.decision,
                        recorded_at=recorded.recorded_at,
                    )
                )
    found = (
        Clock(row=row, due=_due_of(row, dues), moved=tuple(moves.get(row.clock, ())))
        for row in rows.values()
    )
    return sorted(found, key=lambda clock: (clock.row.due_on, clock.row.clock))


def _due_of(row: Row, dues: Mapping[str, Due]) -> Due | None:
    """The recorded term, or the bare day of a clock that is kept as a day only."""
    if row.rule is None or row.rule_version is None or row.calendar_version is None:
        return None
    due = dues.get(row.clock)
    if due and due.on == row.due_on:
        return due
    return Due(
        on=row.due_on,
        rule=row.rule,
        rule_version=row.rule_version,
        calendar_version=row.calendar_version,
        since=row.since if row.plain else None,
    )


def _dues_in(event: Event) -> Iterator[tuple[str, Due]]:
    """The clocks whose term an event sets."""
    match event:
        case AppealRegistered():
            yield from _given(
                {
                    "answer": event.due,
                    "register": event.register_due,
                    "forward": event.forward_due,
                    "no-consideration": event.no_consideration_due,
                }
            )
        case AppealReturned():
            yield from _given(
                {"forward": event.forward_due, "no-consideration": event.no_consideration_due}
            )
        case AppealReclassified():
            yield from _given(
                {
                    "answer": event.due,
                    "forward": event.forward_due,
                    "no-consideration": event.no_consideration_due,
                }
            )
        case AppealAssigned():
            yield from _given({"internal": event.internal_due})
        case (
            AppealTermExtended()
            | AppealTermCorrected()
            | AppealTermSuspended()
            | AppealTermResumed()
            | AppealTakenUpAgain()
            | AppealReopened()
            | MediaInquiryReceived()
            | MediaInquiryReopened()
        ):
            yield "answer", event.due
        case AssignmentGiven() | AssignmentReassigned() | AssignmentExtended():
            yield "assignment", event.due
        case InformationAsked():
            yield f"information:{event.request_id}", event.due
        case WrittenAppealTakenIn():
            yield f"hand-over:{event.appeal_id}", event.hand_over_due
        case FindingOpened() | FindingAnswerRejected():
            yield "finding-answer", event.due
        case RemedyProposed():
            yield f"remedy:{event.remedy_id}", event.due
        case RemovalAdopted():
            yield f"removal:{event.removal_id}", event.due
        case DueDatesMoved():
            yield from ((each.clock, each.due) for each in event.moved)
        case _:
            pass


def _given(dues: Mapping[str, Due | None]) -> Iterator[tuple[str, Due]]:
    return ((clock, due) for clock, due in dues.items() if due)
