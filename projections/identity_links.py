"""Identity links: what was decided on two persons, and how long it stood."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.envelope import Recorded
from domain.identity import IdentityDecisionWithdrawn, PersonsJoined, PersonsToldApart
from domain.kinds import EVENTS
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "since_position")
TAKES = frozenset({PersonsJoined, PersonsToldApart, IdentityDecisionWithdrawn})
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)


class Row(Struct):
    """``case_id`` is the pair's identity; of the persons the lower id stands first.

    ``verdict`` is same or different. It stood from the event at ``since_position`` up to, not with,
    the one at ``until_position``.
    """

    case_id: UUID
    person_id: UUID
    other_id: UUID
    verdict: str
    since_position: int
    since_at: datetime
    until_position: int | None
    until_at: datetime | None
    decided_by: str


def fold(rows: Rows, recorded: Recorded) -> None:
    case, position, at = recorded.originator_id, recorded.position, recorded.recorded_at
    match recorded.event:
        case PersonsJoined(persons=persons, decided_by=who):
            rows[case, position] = _row(recorded, persons, "same", who)
        case PersonsToldApart(persons=persons, decided_by=who):
            rows[case, position] = _row(recorded, persons, "different", who)
        case IdentityDecisionWithdrawn():
            for row in rows.values():
                if row.until_position is None:
                    row.until_position, row.until_at = position, at
        case _:
            pass


def _row(recorded: Recorded, persons: Sequence[UUID], verdict: str, who: str) -> Row:
    one, other = persons
    case, position, at = recorded.originator_id, recorded.position, recorded.recorded_at
    return Row(case, one, other, verdict, position, at, None, None, who)
