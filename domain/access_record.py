"""What is kept of a look into the register: who saw what, or was refused it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.case import Actor


class Action(StrEnum):
    """What was done. The value is the stored name, chosen once."""

    CASE_OPENED = "case-opened"
    HISTORY_READ = "history-read"
    THREAD_READ = "thread-read"
    DOCUMENT_READ = "document-read"
    DEADLINES_READ = "deadlines-read"
    LIST_READ = "list-read"
    SEARCH_MADE = "search-made"
    WORK_READ = "work-read"
    PERSON_READ = "person-read"
    NOTICES_READ = "notices-read"
    CALENDAR_READ = "calendar-read"
    COUNTS_READ = "counts-read"
    ANALYTICS_READ = "analytics-read"
    CHANGES_READ = "changes-read"
    REPEATS_READ = "repeats-read"
    EXPORT_TAKEN = "export-taken"
    CONTACT_DETAILS_SEEN = "contact-details-seen"
    AUDIT_READ = "audit-read"
    COMMAND_REFUSED = "command-refused"
    READ_REFUSED = "read-refused"


REFUSED = frozenset({Action.COMMAND_REFUSED, Action.READ_REFUSED})
"""Of these no case was shown."""


class AccessRecord(Struct, frozen=True, kw_only=True):
    """``cases`` are those that the answer held; of a refusal those asked for.

    ``operation`` is what was called, as the API's documentation names it. ``query`` are the filters
    of a list. None of it is personal: of a text that was searched only that there was one.
    ``position`` is the place in the log that the answer was true for.
    """

    by: Actor
    roles: frozenset[str]
    action: Action
    operation: str
    cases: tuple[UUID, ...] = ()
    thread: UUID | None = None
    person: UUID | None = None
    problem: str | None = None
    reason: str | None = None
    query: Mapping[str, Any] | None = None
    position: int | None = None
