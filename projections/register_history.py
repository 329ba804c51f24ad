"""The register as it was known: a row for each stretch of the log in which a case stood so.

What the register shows and is filtered by, without what is personal, and all cases over all time:
the rows that were there at a position are the lists and counts as they were known then.
"""

from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from domain.envelope import Recorded
from projections import register
from projections.readmodel import Rows

VERSION = 1
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
    result: str | None
    closed_at: datetime | None
    correlation_id: UUID
    legacy_number: str | None


NOT_KEPT: dict[str, Any] = {"subject": None, "version": 0, "last_position": 0}
"""The register's other columns: personal, or other after every event."""
LISTED = tuple(name for name in register.Row.__struct_fields__ if name not in NOT_KEPT)
_listed = attrgetter(*LISTED)


def fold(rows: Rows, recorded: Recorded) -> None:
    """The register's own fold: a new row where it changes a column that is kept here."""
    if type(recorded.event) not in TAKES:
        return
    standing = next((row for row in rows.values() if row.until_position is None), None)
    case = recorded.originator_id
    folded: Rows = {}
    if standing is not None:
        known = dict(zip(LISTED, _listed(standing), strict=True))
        folded[(case,)] = register.Row(**known, **NOT_KEPT)
    register.fold(folded, recorded)
    row = folded[(case,)]
    if standing is not None:
        if _listed(standing) == _listed(row):
            return
        standing.until_position = recorded.position
        standing.until_at = recorded.recorded_at
    kept = {name: value for name, value in asdict(row).items() if name not in NOT_KEPT}
    rows[case, recorded.position] = Row(
        since_position=recorded.position,
        until_position=None,
        since_at=recorded.recorded_at,
        until_at=None,
        **kept,
    )
