"""Answers: one row for each final answer of an appeal, with who gave it, on what and how.

An appeal without one has a row too, in which the next answer grows. The rows are those of an appeal
over all time: what they said at a position can be told from them, as in `register_history`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import appeal
from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
)
from domain.appeal import Result
from domain.case import Event
from domain.control import ControlEstablished
from domain.due import Due
from domain.envelope import Recorded
from domain.information import InformationAsked
from domain.kinds import EVENTS
from domain.recalculation import DueDatesMoved
from domain.record import EntryCorrected
from domain.repeat import RepeatConfirmed
from domain.reply import ReplyDrafted, ReplyRevised, ReplySigned
from projections.groups import Group
from projections.readmodel import Rows

VERSION = 1
GROUP = Group.LATER
KEY = ("case_id", "position", "since_position")


class Answer(StrEnum):
    """How an appeal was finally answered."""

    REPLY = "reply"
    UNCONSIDERED = "unconsidered"
    FORWARDED = "forwarded"
    OLDER_REGISTER = "older-register"


class Row(Struct):
    """``position`` is that of the answer, 0 while there is none; ``nth`` counts those of the case.

    ``since_position`` and ``until_position`` bound the stretch of the log in which kind, topic,
    region, receipt and unit stood so; what is made confidential is so in the past too. The answer
    was not final from ``set_aside_position`` on, when its case was begun anew. ``result`` was
    entered at ``result_position``. ``ever_repeat``: it was at some time told to be a repeat.
    ``unit`` had the case, ``author`` wrote the reply last, ``signatory`` signed or decided.
    ``on_time`` is told by the days, and by the term of the answer.
    """

    case_id: UUID
    position: int
    since_position: int
    until_position: int | None
    kind: str
    topic: str
    region: str | None
    received_at: datetime
    confidential: bool
    units: list[str]
    workers: list[str]
    ever_repeat: bool
    imported: bool
    nth: int
    unit: str
    author: str | None
    signatory: str | None
    due_on: date | None
    answer: str | None
    answered_on: date | None
    on_time: bool | None
    way: str | None
    ground: str | None
    result: str | None
    result_position: int | None
    set_aside_on: date | None
    set_aside_position: int | None


def fold(rows: Rows, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, appeal.AppealRegistered):
        _add(rows, _registered(recorded, event))
    elif (step := _STEPS.get(type(event))) and rows:
        step(rows, event, recorded)


def _registered(recorded: Recorded, event: appeal.AppealRegistered) -> Row:
    return Row(
        case_id=recorded.originator_id,
        position=0,
        since_position=recorded.position,
        until_position=None,
        kind=event.kind.value,
        topic=event.topic,
        region=event.region,
        received_at=event.received_at,
        confidential=event.confidential,
        units=[event.registering_unit],
        workers=[event.registrar],
        ever_repeat=False,
        imported=event.legacy_number is not None,
        nth=1,
        unit=event.registering_unit,
        author=None,
        signatory=None,
        due_on=event.due.on,
        answer=None,
        answered_on=None,
        on_time=None,
        way=None,
        ground=None,
        result=None,
        result_position=None,
        set_aside_on=None,
        set_aside_position=None,
    )


def _add(rows: Rows, row: Row) -> None:
    rows[row.case_id, row.position, row.since_position] = row


def _standing(rows: Rows) -> Iterator[Row]:
    return (row for row in list(rows.values()) if row.until_position is None)


def _last(rows: Rows) -> Row:
    """The answer that was given last, or the one in the making."""
    last: Row = max(_standing(rows), key=lambda row: row.nth)
    return last


def _changed(rows: Rows, recorded: Recorded, **changes: Any) -> None:
    """From this event on all that stands is told otherwise."""
    for row in _standing(rows):
        row.until_position = recorded.position
        _add(rows, replace(row, since_position=recorded.position, until_position=None, **changes))


def _joined(rows: Rows, *officials: str, unit: str | None = None) -> None:
    for row in _standing(rows):
        row.workers = list(dict.fromkeys((*row.workers, *officials)))
        if unit:
            row.units = list(dict.fromkeys((*row.units, unit)))


def final_answer(event: Event, recorded_on: date) -> tuple[Answer, date] | None:
    """How and on which day the event answers an appeal for good; None where it doesn't."""
    match event:
        case appeal.AppealReplyDispatched(interim=False, dispatched_on=on):
            return Answer.REPLY, on
        case appeal.AppealLeftUnconsidered(applicant_notified_on=told_on, left_on=left_on):
            return Answer.UNCONSIDERED, told_on or left_on or recorded_on
        case appeal.AppealForwarded(letter_date=on):
            return Answer.FORWARDED, on
        case appeal.LegacyOutcomeRecorded(result=result, ended_on=on):
            withdrawn = result in {Result.WITHDRAWN, Result.MERGED}
            return None if withdrawn else (Answer.OLDER_REGISTER, on)
        case _:
            return None


def _answered(rows: Rows, recorded: Recorded, given: tuple[Answer, date], **values: Any) -> None:
    answer, on = given
    row = _last(rows)
    del rows[row.case_id, row.position, row.since_position]
    on_time = on <= row.due_on if row.due_on else None
    values |= {"answer": answer.value, "answered_on": on, "on_time": on_time}
    _add(rows, replace(row, position=recorded.position, **values))


def _dispatched(rows: Rows, event: appeal.AppealReplyDispatched, recorded: Recorded) -> None:
    if given := final_answer(event, recorded.recorded_at.date()):
        _answered(rows, recorded, given, way=event.way.value)
    else:
        row = _last(rows)
        row.author = row.signatory = None


def _left(rows: Rows, event: appeal.AppealLeftUnconsidered, recorded: Recorded) -> None:
    _decided(rows, event, recorded, ground=event.ground.value)


def _decided(rows: Rows, event: Event, recorded: Recorded, **values: Any) -> None:
    """An answer without a reply: whoever decided it answers for it."""
    if given := final_answer(event, recorded.recorded_at.date()):
        by = recorded.on_behalf_of or recorded.actor
        values |= {"result": given[0].value, "result_position": recorded.position}
        _answered(rows, recorded, given, author=None, signatory=by, **values)


def _ended_before(rows: Rows, event: appeal.LegacyOutcomeRecorded, recorded: Recorded) -> None:
    given = final_answer(event, recorded.recorded_at.date())
    if given is None:
        return
    _last(rows).due_on = event.due_on
    values: dict[str, Any] = {"author": None, "signatory": None}
    if event.result:
        values |= {"result": event.result.value, "result_position": recorded.position}
    _answered(rows, recorded, given, **values)


def _closed(rows: Rows, event: appeal.AppealClosed, recorded: Recorded) -> None:
    row = _last(rows)
    if row.position:
        row.result, row.result_position = event.result.value, recorded.position


def _begun_anew(
    rows: Rows, event: appeal.AppealReopened | appeal.AppealTakenUpAgain, recorded: Recorded
) -> None:
    row = _last(rows)
    if not row.position:
        _had_by(rows, recorded, row.units[0])
        row = _last(rows)
    fresh: dict[str, Any] = {"unit": row.units[0], "due_on": event.due.on}
    fresh |= dict.fromkeys(("author", "signatory", "answer", "answered_on", "on_time"))
    fresh |= dict.fromkeys(("way", "ground", "result", "result_position"))
    if not row.position:
        # What was withdrawn or merged: nothing was answered.
        for name, value in fresh.items():
            setattr(row, name, value)
        return
    row.set_aside_on = event.due.since or recorded.recorded_at.date()
    row.set_aside_position = recorded.position
    fresh |= dict.fromkeys(("set_aside_on", "set_aside_position"))
    fresh |= {"position": 0, "since_position": recorded.position, "nth": row.nth + 1}
    _add(rows, replace(row, **fresh))


def _had_by(rows: Rows, recorded: Recorded, unit: str) -> None:
    """From this event on *unit* has the case: the earlier answers stay those of their units."""
    row = _last(rows)
    if unit != row.unit:
        row.until_position = recorded.position
        _add(rows, replace(row, since_position=recorded.position, until_position=None, unit=unit))


def _assigned(rows: Rows, event: appeal.AppealAssigned, recorded: Recorded) -> None:
    _had_by(rows, recorded, event.unit)
    officials = (event.assigned_by, event.main_executor, *event.co_executors)
    _joined(rows, *officials, unit=event.unit)


def _accepted(rows: Rows, event: appeal.AppealAccepted, _: Recorded) -> None:
    _joined(rows, event.accepted_by)


def _returned(rows: Rows, _event: appeal.AppealReturned, recorded: Recorded) -> None:
    _had_by(rows, recorded, _last(rows).units[0])


def _drafted(rows: Rows, event: ReplyDrafted, _: Recorded) -> None:
    _last(rows).author = event.author
    _joined(rows, event.author, *event.initials_by, event.signatory)


def _revised(rows: Rows, event: ReplyRevised, _: Recorded) -> None:
    row = _last(rows)
    row.author, row.signatory = event.author, None
    _joined(rows, event.author)


def _signed(rows: Rows, event: ReplySigned, _: Recorded) -> None:
    _last(rows).signatory = event.signed_by


def _asked(rows: Rows, event: InformationAsked, _: Recorded) -> None:
    _joined(rows, unit=event.unit)


def _controlled(rows: Rows, event: ControlEstablished, _: Recorded) -> None:
    _joined(rows, event.controller)


def _told_repeat(rows: Rows, _event: RepeatConfirmed, _: Recorded) -> None:
    for row in rows.values():
        row.ever_repeat = True


def _term(rows: Rows, event: Any, _: Recorded) -> None:
    due: Due = event.due
    _last(rows).due_on = None if due.paused else due.on


def _reclassified(rows: Rows, event: appeal.AppealReclassified, recorded: Recorded) -> None:
    _changed(rows, recorded, kind=event.kind.value)
    _term(rows, event, recorded)


def _moved(rows: Rows, event: DueDatesMoved, _: Recorded) -> None:
    for each in event.moved:
        if each.clock == "answer":
            _last(rows).due_on = each.due.on


def _corrected(rows: Rows, event: EntryCorrected, recorded: Recorded) -> None:
    match event.entry:
        case "topic" | "region":
            _changed(rows, recorded, **{event.entry: event.value})
        case "confidential" if event.value == "true":
            for row in rows.values():
                row.confidential = True
        case "confidential":
            _changed(rows, recorded, confidential=False)
        case "received_at":
            _changed(rows, recorded, received_at=datetime.fromisoformat(str(event.value)))
        case _:
            pass


_STEPS: Mapping[type[Event], Callable[[Rows, Any, Recorded], None]] = {
    appeal.AppealReclassified: _reclassified,
    appeal.AppealForwarded: _decided,
    appeal.AppealAssigned: _assigned,
    appeal.AppealAccepted: _accepted,
    appeal.AppealReturned: _returned,
    AppealTermExtended: _term,
    AppealTermSuspended: _term,
    AppealTermResumed: _term,
    AppealTermCorrected: _term,
    DueDatesMoved: _moved,
    appeal.AppealLeftUnconsidered: _left,
    appeal.AppealTakenUpAgain: _begun_anew,
    appeal.AppealReopened: _begun_anew,
    appeal.LegacyOutcomeRecorded: _ended_before,
    appeal.AppealReplyDispatched: _dispatched,
    appeal.AppealClosed: _closed,
    ReplyDrafted: _drafted,
    ReplyRevised: _revised,
    ReplySigned: _signed,
    InformationAsked: _asked,
    ControlEstablished: _controlled,
    EntryCorrected: _corrected,
    RepeatConfirmed: _told_repeat,
}
TAKES = frozenset({appeal.AppealRegistered, *_STEPS})
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
