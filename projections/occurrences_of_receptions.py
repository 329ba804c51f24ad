"""What counts in a reception: the session, its visits and hearings."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain import reception
from domain.case import Event
from projections.occurrence import Occurrence
from projections.occurring import Occurring, Visit, minutes


def _postponed(it: Occurring, event: reception.ReceptionPostponed) -> None:
    it.row(Occurrence.SESSION_PLANNED).on_day = event.starts_at.date()


def _cancelled(it: Occurring, _event: reception.ReceptionCancelled) -> None:
    """It counts on the day it was planned for, as what is planned does."""
    it.add(Occurrence.SESSION_CANCELLED, it.row(Occurrence.SESSION_PLANNED).on_day)


def _opened(it: Occurring, event: reception.ReceptionOpened) -> None:
    it.add(Occurrence.SESSION_HELD, event.opened_at.date())


def _registered(it: Occurring, event: reception.VisitRegistered) -> None:
    arrived = event.arrived_at
    it.add(
        Occurrence.VISIT_REGISTERED,
        arrived.date() if arrived else None,
        str(event.visit_id),
        topic=event.topic,
        region=event.region,
    )
    it.memory.visits[str(event.visit_id)] = Visit(arrived)


def _arrived(it: Occurring, event: reception.VisitorArrived) -> None:
    it.memory.visits[str(event.visit_id)].arrived_at = event.arrived_at


def _hearing(it: Occurring, event: reception.HearingStarted) -> None:
    visit = it.memory.visits[str(event.visit_id)]
    visit.started_at, visit.received_by = event.started_at, event.received_by
    on = event.started_at.date()
    _of_visit(it, Occurrence.PERSON_RECEIVED, event.visit_id, on)
    if visit.arrived_at:
        waited = minutes(visit.arrived_at, event.started_at)
        _of_visit(it, Occurrence.WAITED, event.visit_id, on, amount=waited)


def _assigned(it: Occurring, event: reception.AssignmentGivenAtHearing) -> None:
    given = Occurrence.ASSIGNMENT_GIVEN_AT_HEARING
    _of_visit(it, given, event.visit_id, event.given_on, official=event.author)


def _taken_in(it: Occurring, event: reception.WrittenAppealTakenIn) -> None:
    if event.confidential:
        it.restate(confidential=True)
    on = event.taken_in_at.date()
    _of_visit(it, Occurrence.WRITTEN_TAKEN_IN, event.visit_id, on)


def _answered(it: Occurring, event: reception.OralAnswerGiven) -> None:
    _of_visit(it, Occurrence.ANSWERED_ORALLY, event.visit_id, event.answered_at.date())
    _ended(it, event.visit_id, event.answered_at)


def _referred(it: Occurring, event: reception.VisitorReferred) -> None:
    _of_visit(it, Occurrence.VISIT_REFERRED, event.visit_id, event.referred_at.date())
    _ended(it, event.visit_id, event.referred_at)


def _completed(it: Occurring, event: reception.VisitCompleted) -> None:
    _ended(it, event.visit_id, event.ended_at)


def _declined(it: Occurring, event: reception.VisitDeclined) -> None:
    _of_visit(it, Occurrence.VISIT_DECLINED, event.visit_id, event.declined_at.date())
    _ended(it, event.visit_id, event.declined_at)


def _no_show(it: Occurring, event: reception.NoShowRecorded) -> None:
    _of_visit(it, Occurrence.NO_SHOW, event.visit_id, it.day)
    it.memory.visits.pop(str(event.visit_id), None)


def _rated(it: Occurring, event: reception.VisitRated) -> None:
    part = str(event.visit_id)
    heard = it.count(Occurrence.PERSON_RECEIVED, part)
    who = Occurrence.PERSON_RECEIVED if heard else Occurrence.VISIT_REGISTERED
    it.add(
        Occurrence.VISIT_RATED,
        part=part,
        official=it.row(who, part).official,
        amount=event.rating,
    )


def _of_visit(it: Occurring, occurrence: Occurrence, visit_id: UUID, on: date, **own: Any) -> None:
    """With the official who receives the visitor, or will."""
    part = str(visit_id)
    visit = it.memory.visits.get(part)
    receives = visit.received_by if visit and visit.received_by else it.standing.official
    it.add(occurrence, on, part, **({"official": receives} | own))


def _ended(it: Occurring, visit_id: UUID, at: datetime) -> None:
    visit = it.memory.visits.get(str(visit_id))
    if visit and visit.started_at:
        heard = minutes(visit.started_at, at)
        _of_visit(it, Occurrence.HEARD, visit_id, at.date(), amount=heard)
    it.memory.visits.pop(str(visit_id), None)


STEPS: Mapping[type[Event], Callable[[Occurring, Any], None]] = {
    reception.ReceptionPostponed: _postponed,
    reception.ReceptionCancelled: _cancelled,
    reception.ReceptionOpened: _opened,
    reception.VisitRegistered: _registered,
    reception.VisitorArrived: _arrived,
    reception.HearingStarted: _hearing,
    reception.AssignmentGivenAtHearing: _assigned,
    reception.WrittenAppealTakenIn: _taken_in,
    reception.OralAnswerGiven: _answered,
    reception.VisitorReferred: _referred,
    reception.VisitCompleted: _completed,
    reception.VisitDeclined: _declined,
    reception.NoShowRecorded: _no_show,
    reception.VisitRated: _rated,
}
