"""The clocks that run in open cases, as far as a change of the calendar may move them."""

from datetime import date
from uuid import UUID

from msgspec import Struct


class TermGroup(Struct, frozen=True):
    """Clocks of one name, alike in all that their last day depends on, and how many there are.

    Their terms are plain: only rule, start and calendar set the last day.
    """

    clock: str
    rule: str
    rule_version: str
    since: date
    due_on: date
    clocks: int


class RunningCase(Struct, frozen=True):
    """A case with the groups that its clocks are in, by their places in the list asked for.

    ``plain``: none of its clocks depends on more than rule, start and calendar. ``number``,
    ``version`` and ``thread`` are None where the register lacks the case.
    """

    case_id: UUID
    kind: str
    groups: list[int] | None
    plain: bool
    number: str | None
    version: int | None
    thread: UUID | None
