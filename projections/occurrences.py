"""Occurrences: the one read model that everything is counted from.

Its rows are those that stand, in the view ``occurrences``; the view ``occurrences_known`` has, with
``since_position`` and ``until_position``, what they were before: of what was known at position P
``since_position <= P AND (until_position IS NULL OR until_position > P)``. A correction restates
an occurrence at its own business day; what is a movement in time is one of its own.

For every unit and kind, by business day and position: received + reopened + came to the unit
- left it - closed = standing. So a case moves in order: on no earlier day than the move before.

Whose eyes may rest on a case is asked of the register, by ``case_id``. `occurrence_sums` keeps
what is counted of the rows that stand.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, tzinfo
from typing import Any

from domain import appeal, assignment, media_inquiry, reception
from domain.applicant import Applicant, Collective
from domain.case import CaseKind, Event
from domain.envelope import Recorded
from domain.kinds import EVENTS, KINDS
from projections import (
    occurrence_sums,
    occurrences_of_receptions,
    occurrences_of_work,
    work,
)
from projections.cases import OPEN_STATES
from projections.duties import Standing, holder
from projections.groups import Group
from projections.occurrence import IN_STOCK, MEMORY, NOT_TOLD, STOCK, Occurrence, Row
from projections.occurrences_of_work import ended_on, result_of
from projections.occurring import Memory, Occurring, minutes, unit_of
from projections.readmodel import Rows
from projections.work import stands_after

__all__ = ["MEMORY", "NOT_TOLD", "STOCK", "Occurrence", "Row"]

VERSION = 2
GROUP = Group.LATER
KEY = ("case_id", "occurrence", "part", "nth")
SUMS = occurrence_sums
ZONED = True


def has_past(row: Row) -> bool:
    return row.occurrence != MEMORY


def fold(rows: Rows, recorded: Recorded, *, zone: tzinfo = UTC) -> None:
    """*zone* is that of the days on which events count that have no day of their own."""
    event = recorded.event
    if recorded.kind not in IN_STOCK or type(event) not in TAKES:
        return
    it = Occurring(rows, recorded, zone)
    if begin := _BEGINS.get(type(event)):
        standing = stands_after(None, recorded)
        assert standing  # noqa: S101 - with these a case begins to stand
        begin(it, event, recorded, standing)
        _stand(it)
    else:
        before = _Place(it)
        stands_after(it.standing, recorded)
        if step := _STEPS.get(type(event)):
            step(it, event)
        _move(it, before, event)
    it.keep()


class _Place:
    """Where a case stands, and with whom."""

    def __init__(self, it: Occurring) -> None:
        standing = it.standing
        self.open = standing.stage in OPEN_STATES
        self.unit = unit_of(standing)
        self.official = standing.official
        self.holder = _holder(standing)


def _holder(standing: Standing) -> str | None:
    """Nobody holds the ball in a reception."""
    return None if standing.kind is CaseKind.RECEPTION else holder(standing).value


def _stand(it: Occurring) -> None:
    it.stand(it.standing.due_on, _holder(it.standing))


def _move(it: Occurring, before: _Place, event: Event) -> None:
    """What follows from where the case stood before and stands now."""
    now, memory = _Place(it), it.memory
    had: dict[str, Any] = {"unit": before.unit, "official": before.official}
    given_on = (before.unit, before.holder) != (now.unit, now.holder)
    if before.open and before.holder and (given_on or not now.open):
        amount = minutes(memory.held_since, it.at)
        it.add(Occurrence.HELD_BALL, outcome=before.holder, amount=amount, **had)
        memory.held_since = it.at
    if before.unit != now.unit and _under_control(it):
        it.add(Occurrence.CONTROL_LEFT_UNIT, **had)
        it.add(Occurrence.CONTROL_CAME_TO_UNIT)
    if before.open and now.open:
        if before.unit != now.unit:
            on = _moved(it, it.day)
            it.add(Occurrence.LEFT_UNIT, on, **had)
            it.add(Occurrence.CAME_TO_UNIT, on)
    elif before.open:
        on = _moved(it, ended_on(event, it.day))
        it.add(Occurrence.CLOSED, on, outcome=result_of(event) or it.standing.stage)
    elif now.open:
        it.add(Occurrence.REOPENED, _moved(it, it.day))
        memory.began_on = memory.moved_on
        memory.held_since = it.at
    elif result := result_of(event):
        it.row(Occurrence.CLOSED, nth=it.count(Occurrence.CLOSED)).outcome = result
    if now.open:
        _stand(it)
    else:
        it.stand_no_more()


def _under_control(it: Occurring) -> bool:
    return it.count(Occurrence.CONTROL_ESTABLISHED) > it.count(Occurrence.CONTROL_LIFTED)


def _moved(it: Occurring, on: date) -> date:
    it.memory.moved_on = max(on, it.memory.moved_on)
    return it.memory.moved_on


def _begun(
    it: Occurring, recorded: Recorded, standing: Standing, on: date, **values: Any
) -> Memory:
    present: dict[str, Any] = {
        "channel": None,
        "region": None,
        "topic": None,
        "applicant": None,
        "confidential": False,
        "amount": 1,
    }
    row = Row(
        case_id=it.case,
        occurrence=Occurrence.RECEIVED.value,
        part="",
        nth=1,
        on_day=on,
        kind=recorded.kind.value,
        unit=unit_of(standing),
        official=standing.official,
        repeat=False,
        outcome=None,
        on_time=None,
        correlation_id=recorded.correlation_id,
        memory=None,
        **(present | values),
    )
    memory = Memory(standing, began_on=on, moved_on=on, held_since=it.at)
    it.begin(row, memory)
    return memory


def _appeal(
    it: Occurring, event: appeal.AppealRegistered, recorded: Recorded, standing: Standing
) -> None:
    _begun(
        it,
        recorded,
        standing,
        event.registered_on,
        subkind=event.kind.value,
        channel=event.channel.value,
        region=event.region,
        topic=event.topic,
        applicant=str(type(event.applicant).__struct_config__.tag),
        confidential=event.confidential,
        amount=_signatures(event.applicant),
    )


def _signatures(applicant: Applicant) -> int:
    match applicant:
        case Collective(signatories=signatories, further_signatures=further):
            return len(signatories) + further
        case _:
            return 1


def _inquiry(
    it: Occurring, event: media_inquiry.MediaInquiryReceived, recorded: Recorded, standing: Standing
) -> None:
    memory = _begun(
        it,
        recorded,
        standing,
        event.registered_on,
        subkind=event.media.value,
        region=event.region,
        topic=event.topic,
        confidential=event.confidential,
    )
    memory.received_at, memory.outlet_deadline = event.received_at, event.outlet_deadline


def _assignment(
    it: Occurring, event: assignment.AssignmentGiven, recorded: Recorded, standing: Standing
) -> None:
    _begun(
        it,
        recorded,
        standing,
        event.registered_on,
        subkind=event.source.value,
        confidential=event.confidential,
    )


def _reception(
    it: Occurring, event: reception.ReceptionPlanned, recorded: Recorded, standing: Standing
) -> None:
    _begun(it, recorded, standing, it.day, subkind=event.form.value)
    it.add(Occurrence.SESSION_PLANNED, event.starts_at.date())


_BEGINS: Mapping[type[Event], Callable[[Occurring, Any, Recorded, Standing], None]] = {
    appeal.AppealRegistered: _appeal,
    media_inquiry.MediaInquiryReceived: _inquiry,
    assignment.AssignmentGiven: _assignment,
    reception.ReceptionPlanned: _reception,
}
_STEPS = {**occurrences_of_work.STEPS, **occurrences_of_receptions.STEPS}
TAKES = frozenset(
    event
    for kind in IN_STOCK
    for event in KINDS[kind].events
    if event in _STEPS or event in work.TAKES
)
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
