"""The register as it was known: a row for each stretch of the log in which a case stood so.

What the register shows and is filtered by, without what is personal, and all cases over all time:
the rows that were there at a position are the lists and counts as they were known then.
"""

from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.envelope import Recorded
from projections import register
from projections.groups import Group
from projections.readmodel import Rows

VERSION = 2
GROUP = Group.LATER
KEY = ("case_id", "since_position")
TAKES = register.TAKES
IGNORED = register.IGNORED


class Row(Struct):
    """A case from the event at ``since_position`` up to, not with, the one at ``until_position``.

    ``since_at`` and ``until_at`` are when these were recorded; without an end it stands so still.
    The other columns are the register's.
    """

    case_id: UUID
    since_position: int
    until_position: int | None
    since_at: datetime
    until_at: datetime | None
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


NOT_KEPT = frozenset({"subject", "version", "last_position"})
"""The register's other columns: personal, or other after every event."""
LISTED = tuple(name for name in register.Row.__struct_fields__ if name not in NOT_KEPT)
_listed = attrgetter(*LISTED)
_SUBJECT = register.Row.__struct_fields__.index("subject")


def fold(rows: Rows, recorded: Recorded) -> None:
    """The register's own fold: a new row where it changes a column that is kept here."""
    if type(recorded.event) not in TAKES:
        return
    case, position, at = recorded.originator_id, recorded.position, recorded.recorded_at
    standing = next((row for row in reversed(rows.values()) if row.until_position is None), None)
    folded: Rows = {}
    before: tuple[Any, ...] = ()
    if standing is not None:
        before = _listed(standing)
        known: list[Any] = [*before[:_SUBJECT], None, *before[_SUBJECT:], 0, 0]
        folded[(case,)] = register.Row(*known)
    register.fold(folded, recorded)
    after = _listed(folded[(case,)])
    if before == after:
        return
    if standing is not None:
        standing.until_position, standing.until_at = position, at
    rows[case, position] = Row(case, position, None, at, None, *after[1:])
