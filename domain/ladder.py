"""The ladder of notices: who is told of a running clock, and how near its due date."""

from typing import Literal

from msgspec import Struct

from domain.case import Code
from domain.notice import Stage

WatchedClock = Literal[
    "answer",
    "internal",
    "register",
    "forward",
    "no-consideration",
    "outlet-deadline",
    "information",
    "assignment",
    "co-executor",
    "hand-over",
    "finding-answer",
    "remedy",
    "removal",
]
"""A clock's name up to its colon: what stands behind that says of whom or of what it is."""
Role = Literal["executor", "unit-head", "controller", "leader", "asked-unit"]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``working_days`` to the due date at which the step is reached; negative: after it."""

    name: Code
    stage: Stage
    working_days: int
    clocks: tuple[WatchedClock, ...]
    to: tuple[Role, ...]


Ladder = tuple[Step, ...]


def clock_name(clock: str) -> str:
    """The name that a ladder calls a case's clock by."""
    return clock.partition(":")[0]
