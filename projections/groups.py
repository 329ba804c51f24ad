"""Groups of read models, each followed by a process of its own: what is waited for, and the rest.

A read model's module names its group with GROUP; without, somebody waits for it.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from infra import locks


class Group(StrEnum):
    """``near``: read right after a command. ``later``: looked at afterwards, a moment's delay."""

    NEAR = "near"
    LATER = "later"


class Pace(Struct, frozen=True, kw_only=True):
    """How a group is followed.

    Whoever holds *lock* leads. While commands come one after the other, a step takes those of
    *step_seconds*: a step of few events costs nearly as much as one of many. *niceness* lets others
    go first where processors are short, and *behind_limit* is how many events behind is too far.
    """

    lock: int
    step_seconds: float
    niceness: int
    behind_limit: int


PACES: Mapping[Group, Pace] = {
    Group.NEAR: Pace(lock=locks.RUNNER, step_seconds=0.03, niceness=5, behind_limit=10_000),
    Group.LATER: Pace(lock=locks.LATER_RUNNER, step_seconds=0.4, niceness=10, behind_limit=100_000),
}
