"""The other cases that a command names."""

from functools import cache
from uuid import UUID

from domain.case import Command
from domain.repeat import WithdrawRepeatDecision

_OF_ITS_KIND = ("into", "earlier", "answered_repeats")
_OF_ANY_KIND = ("source_case", "because", "cases")
_NONE: frozenset[UUID] = frozenset()


def main_named_case(command: Command) -> UUID | None:
    """The case that it hangs on, or is merged into."""
    found: UUID | None = getattr(command, "source_case", None) or getattr(command, "into", None)
    return found


def named_cases(command: Command) -> frozenset[UUID]:
    """All of them: what it decides on, the cases of its evidence, what is to be destroyed."""
    if not _fields_that_name(type(command)):
        return _NONE
    evidence = getattr(command, "evidence", ())
    found = {each.case_id for each in evidence if hasattr(each, "case_id")}
    for name in (*_OF_ITS_KIND, *_OF_ANY_KIND):
        found |= _in(command, name)
    return frozenset(found)


def named_of_its_kind(command: Command) -> frozenset[UUID]:
    """Those that have to be of the same kind as the command's own case."""
    if not _fields_that_name(type(command)):
        return _NONE
    return frozenset[UUID]().union(*(_in(command, name) for name in _OF_ITS_KIND))


@cache
def _fields_that_name(type_: type[Command]) -> tuple[str, ...]:
    """None for most commands, which then cost no look at each field.

    What a withdrawal names, its own case has: it may be withdrawn by who doesn't see the other.
    """
    if type_ is WithdrawRepeatDecision:
        return ()
    naming = {"evidence", *_OF_ITS_KIND, *_OF_ANY_KIND}
    return tuple(name for name in type_.__struct_fields__ if name in naming)


def _in(command: Command, name: str) -> set[UUID]:
    value = getattr(command, name, None)
    if isinstance(value, UUID):
        return {value}
    return set(value or ())
