"""An occurrence: one thing that a case counts for in a report."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.case import CaseKind


class Occurrence(StrEnum):
    """What happened. Of `STOCK` the received, reopened and came less the left and closed stand."""

    RECEIVED = "received"
    REOPENED = "reopened"
    CAME_TO_UNIT = "came-to-unit"
    LEFT_UNIT = "left-unit"
    CLOSED = "closed"
    STANDING = "standing"
    ANSWERED = "answered"
    LEFT_UNCONSIDERED = "left-unconsidered"
    COPIES_SENT = "copies-sent"
    EXTENDED = "extended"
    CONTROL_ESTABLISHED = "control-established"
    CONTROL_LIFTED = "control-lifted"
    CONTROL_CAME_TO_UNIT = "control-came-to-unit"
    CONTROL_LEFT_UNIT = "control-left-unit"
    HELD_BALL = "held-ball"
    ENTRY_CORRECTED = "entry-corrected"
    COVERED = "covered"
    SESSION_PLANNED = "session-planned"
    SESSION_HELD = "session-held"
    SESSION_CANCELLED = "session-cancelled"
    VISIT_REGISTERED = "visit-registered"
    PERSON_RECEIVED = "person-received"
    WAITED = "waited"
    HEARD = "heard"
    ANSWERED_ORALLY = "answered-orally"
    VISIT_REFERRED = "visit-referred"
    VISIT_DECLINED = "visit-declined"
    NO_SHOW = "no-show"
    WRITTEN_TAKEN_IN = "written-taken-in"
    ASSIGNMENT_GIVEN_AT_HEARING = "assignment-given-at-hearing"
    VISIT_RATED = "visit-rated"
    FULFILLED = "fulfilled"
    RESULT_RETURNED = "result-returned"
    CANCELLED = "cancelled"


IN_STOCK = (
    CaseKind.APPEAL,
    CaseKind.RECEPTION,
    CaseKind.MEDIA_INQUIRY,
    CaseKind.ASSIGNMENT,
)
"""The kinds of case that count; the others have no occurrences."""

STOCK = (
    Occurrence.RECEIVED,
    Occurrence.REOPENED,
    Occurrence.CAME_TO_UNIT,
    Occurrence.LEFT_UNIT,
    Occurrence.CLOSED,
)
"""What adds to and takes from the open cases of a unit; ``standing`` are those that are open."""

NOT_TOLD = "not-told"
"""The outcome of what was closed while its result isn't entered yet."""

MEMORY = "memory"
"""The row named so is no occurrence: its ``memory`` is what the next ones follow from."""


class Row(Struct):
    """``part`` is a visit's id, or empty; ``nth`` counts the like of one case and part.

    ``on_day`` is the business day on which it counts. Of what stands it is the due date, None
    while there is none. The other columns, but ``on_day``, ``unit``, ``official``, ``outcome``,
    ``on_time`` and ``amount``, are the case's as they are known: a correction restates them.

    ``unit`` had the case. ``official`` is its main executor; of a reception who receives.
    ``amount`` is, by ``occurrence``: of ``received`` how many signed, of ``answered`` the
    calendar days from registration (of a media inquiry the minutes from receipt), of ``held-ball``,
    ``waited`` and ``heard`` minutes, of ``visit-rated`` the mark, of ``copies-sent`` the copies,
    of all others 1. ``outcome``: of ``closed`` the result (`NOT_TOLD` until it is entered), of
    ``answered`` how, of ``left-unconsidered`` the ground, of ``standing`` and ``held-ball`` the
    `Holder`, of ``covered`` the tone, of ``entry-corrected`` the entry, of ``extended`` nothing.
    """

    case_id: UUID
    occurrence: str
    part: str
    nth: int
    on_day: date | None
    kind: str
    subkind: str
    unit: str
    official: str | None
    channel: str | None
    region: str | None
    topic: str | None
    applicant: str | None
    repeat: bool
    confidential: bool
    outcome: str | None
    on_time: bool | None
    amount: int
    correlation_id: UUID
    memory: str | None
