"""Repeat links: what was decided on an appeal and an earlier one, and how long it stood.

A merge joins two appeals as well, from then until the merged one is reopened.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.appeal import AppealMerged, AppealReopened, AppealTakenUpAgain
from domain.envelope import Recorded
from domain.kinds import EVENTS
from domain.repeat import RepeatConfirmed, RepeatDecisionWithdrawn, RepeatRejected
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "earlier", "since_position")
TAKES = frozenset(
    {
        AppealMerged,
        AppealReopened,
        AppealTakenUpAgain,
        RepeatConfirmed,
        RepeatDecisionWithdrawn,
        RepeatRejected,
    }
)
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)


class Row(Struct):
    """``case_id`` is the later appeal. ``verdict`` is repeat, not-repeat or merged.

    It stood from the event at ``since_position`` up to, not with, the one at ``until_position``.
    ``merge_advised``: the later came within the earlier one's term and could be merged into it.
    """

    case_id: UUID
    earlier: UUID
    verdict: str
    since_position: int
    since_at: datetime
    until_position: int | None
    until_at: datetime | None
    decided_by: str
    merge_advised: bool


def fold(rows: Rows, recorded: Recorded) -> None:
    match recorded.event:
        case RepeatConfirmed(earlier=earlier, decided_by=who, merge_advised=advised):
            _begin(rows, recorded, earlier, "repeat", who, merge_advised=advised)
        case RepeatRejected(earlier=earlier, decided_by=who):
            _begin(rows, recorded, earlier, "not-repeat", who)
        case RepeatDecisionWithdrawn(earlier=earlier):
            _end(rows, recorded, "repeat", earlier)
            _end(rows, recorded, "not-repeat", earlier)
        case AppealMerged(into=into):
            _begin(rows, recorded, into, "merged", recorded.on_behalf_of or recorded.actor)
        case AppealReopened() | AppealTakenUpAgain():
            _end(rows, recorded, "merged")
        case _:
            pass


def _begin(
    rows: Rows,
    recorded: Recorded,
    earlier: UUID,
    verdict: str,
    who: str,
    *,
    merge_advised: bool = False,
) -> None:
    case, position = recorded.originator_id, recorded.position
    rows[case, earlier, position] = Row(
        case, earlier, verdict, position, recorded.recorded_at, None, None, who, merge_advised
    )


def _end(rows: Rows, recorded: Recorded, verdict: str, earlier: UUID | None = None) -> None:
    for row in rows.values():
        stands = row.until_position is None and row.verdict == verdict
        if stands and earlier in (None, row.earlier):
            row.until_position, row.until_at = recorded.position, recorded.recorded_at
