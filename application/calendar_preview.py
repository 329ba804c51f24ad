"""What a decision on the calendar would move, worked out without recording anything."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby, islice
from operator import attrgetter
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from application.desk import Desk
from application.recalculation import Counts, MovingGroups, RunningTerms
from domain.calendar import CalendarMissing
from domain.calendar_decision import AnnounceCalendarDecision, calendar_after
from domain.due import Due, Terms
from domain.recalculation import MovedDue, moved_by
from domain.rule import UnknownRule
from domain.running_terms import RunningCase

SHOWN = 200
_AT_ONCE = 500


class WouldMove(Struct, frozen=True, kw_only=True):
    """A clock and its last day before and after; the instants too where hours are counted."""

    case_id: UUID
    number: str | None
    kind: str
    clock: str
    was: date
    was_at: datetime | None
    due: date
    due_at: datetime | None


class Preview(Struct, kw_only=True):
    """``moves`` are the first of them; ``position`` is what the read models have seen."""

    counts: Counts
    moves: list[WouldMove]
    calendar_version: str
    position: int


def terms_after(command: AnnounceCalendarDecision, terms: Terms, today: date) -> Terms:
    """*terms* once this is decided. Raises what announcing it would be refused with."""
    return replace(terms, calendar=calendar_after(command, terms.calendar, today))


def preview(desk: Desk, running: RunningTerms, terms: Terms, today: date) -> Preview:
    """What would move if *terms* were those of the register."""
    moving = MovingGroups(running.groups(), terms)
    counts = moving.counts(today)
    shown: list[WouldMove] = []
    cases = running.cases(moving.groups)
    while some := list(islice(cases, _AT_ONCE)):
        known = {case.case_id: moving.moves(case) for case in some}
        asked = _clocks_of(desk, [case_id for case_id, moves in known.items() if moves is None])
        for case in some:
            moves = known[case.case_id]
            if moves is None:
                moves = _moved(terms, asked.get(case.case_id, {}))
                for each in moves:
                    if each.clock not in moving.counted(case):
                        counts.add(each, today)
            shown += [_shown(case, each) for each in moves[: SHOWN - len(shown)]]
    return Preview(
        counts=counts,
        moves=shown,
        calendar_version=terms.calendar.version,
        position=running.position,
    )


def _clocks_of(desk: Desk, case_ids: Sequence[UUID]) -> dict[UUID, dict[str, Due]]:
    if not case_ids:
        return {}
    found: dict[UUID, dict[str, Due]] = {}
    for case_id, rows in groupby(desk.log.cases(case_ids), attrgetter("case_id")):
        if standing := desk.fold(None, list(rows)):
            found[case_id] = standing.state.clocks
    return found


def _moved(terms: Terms, clocks: dict[str, Due]) -> tuple[MovedDue, ...]:
    try:
        return moved_by(terms, clocks)
    except (CalendarMissing, UnknownRule):
        return ()


def _shown(of: RunningCase, moved: MovedDue) -> WouldMove:
    return WouldMove(
        case_id=of.case_id,
        number=of.number,
        kind=of.kind,
        clock=moved.clock,
        was=moved.was,
        was_at=moved.was_at,
        due=moved.due.on,
        due_at=moved.due.at,
    )
