"""Who may do what to which case. Lists use the same rule as single reads, as SQL."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, Self

from msgspec import Struct

from application.caller import Caller, Role
from application.rights import RIGHTS
from domain.case import ANSWERING_FOR_FILES, EVERY_UNIT, CaseKind, Command

_NOBODY: Mapping[str, str] = MappingProxyType({})


_NOT_ALLOWED = "Your role doesn't allow this"
ROLES_NEEDED = "This needs one of these roles"


class Forbidden(Exception):
    """Your role doesn't allow this: ask somebody whose role does."""

    def __init__(self, why: str = _NOT_ALLOWED, roles: Iterable[str] = ()) -> None:
        """*why* is a sentence that `api/refusals` has in each language; *roles* would do."""
        self.why = why
        self.roles = tuple(sorted(str(role) for role in roles))
        super().__init__(f"{why}: {', '.join(self.roles)}" if self.roles else why)


class CaseHidden(Exception):
    """There is no such case, or you may not see it."""


class Organisation(Struct, frozen=True):
    """The tree of units, kept as each unit's subtree: itself and all units below it.

    ``officials`` tells each official's unit; ``clients`` are those of them that are programs.
    """

    subtrees: Mapping[str, frozenset[str]]
    officials: Mapping[str, str]
    clients: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        parents: Mapping[str, str | None],
        officials: Mapping[str, str] = _NOBODY,
        clients: Collection[str] = (),
    ) -> Self:
        """The tree from each unit's parent; the root has none."""
        subtrees: dict[str, set[str]] = {unit: {unit} for unit in parents}
        for unit in parents:
            above = parents[unit]
            while above is not None:
                subtrees[above].add(unit)
                above = parents[above]
        whole = {unit: frozenset(below) for unit, below in subtrees.items()}
        return cls(whole, officials, frozenset(clients))

    def subtree(self, unit: str) -> frozenset[str]:
        """The unit and all below it; a unit that isn't in the tree stands alone."""
        return self.subtrees.get(unit, frozenset({unit}))


class CaseAccess(Protocol):
    """What a case tells about who is concerned with it."""

    @property
    def units(self) -> Collection[str]: ...
    @property
    def workers(self) -> Collection[str]: ...
    @property
    def confidential(self) -> bool: ...


_SEES_ALL = frozenset({Role.AUDITOR, Role.SYSTEM})
_SEES_OPEN = frozenset({Role.LEADER})
_LEADS = frozenset({Role.UNIT_HEAD, Role.SIGNATORY})
_FOR_FILES = frozenset[Role]().union(*RIGHTS[CaseKind.DESTRUCTION].values())
NO_CONTENT = frozenset({Role.ADMINISTRATOR, Role.ANALYST})
"""Roles that never see a case's content, unless another of their roles does."""


def may_see(caller: Caller, case: CaseAccess, organisation: Organisation) -> bool:
    """Auditors see everything, others what they work on and what their units are concerned with.

    A case that isn't confidential is seen by leaders too, and by the units above.
    """
    if caller.roles & _SEES_ALL:
        return True
    if caller.roles <= NO_CONTENT:
        return False
    actor = caller.actor
    if not {actor.official, actor.principal}.isdisjoint(case.workers):
        return True
    if case.confidential:
        return False
    if caller.roles & _SEES_OPEN:
        return True
    return not _concerned(caller, organisation).isdisjoint(case.units)


def sight_sql(caller: Caller, organisation: Organisation) -> tuple[str, dict[str, Any]]:
    """`may_see` as a condition on a table with units, workers and confidential."""
    if caller.roles & _SEES_ALL:
        return "true", {}
    if caller.roles <= NO_CONTENT:
        return "false", {}
    actor = caller.actor
    values: dict[str, Any] = {"sight_officials": sorted({actor.official, actor.principal})}
    if caller.roles & _SEES_OPEN:
        by_unit = "true"
    else:
        by_unit = "units && %(sight_units)s::text[]"
        values["sight_units"] = sorted(_concerned(caller, organisation))
    return f"(NOT confidential AND {by_unit} OR workers && %(sight_officials)s::text[])", values


def _concerned(caller: Caller, organisation: Organisation) -> frozenset[str]:
    """The units whose cases the caller sees."""
    units = organisation.subtree(caller.actor.unit) | {EVERY_UNIT}
    return units | {ANSWERING_FOR_FILES} if caller.roles & _FOR_FILES else units


def list_sight_sql(caller: Caller, organisation: Organisation) -> tuple[str, dict[str, Any]]:
    """The same for lists, which analysts may read too, without what is personal in them.

    Raises Forbidden for those who see no list at all.
    """
    if not caller.roles <= NO_CONTENT:
        return sight_sql(caller, organisation)
    if Role.ANALYST in caller.roles:
        return "NOT confidential", {}
    raise Forbidden("Administrators don't see cases")


def sees_personal(caller: Caller) -> bool:
    """Whether personal fields may be shown to the caller at all."""
    return not caller.roles <= NO_CONTENT


def require_sight(caller: Caller, case: CaseAccess, organisation: Organisation) -> None:
    """Raise CaseHidden, which tells no more than an unknown id would."""
    if not may_see(caller, case, organisation):
        raise CaseHidden(CaseHidden.__doc__)


def leads(caller: Caller) -> bool:
    """Whether the caller heads a unit or signs for the department."""
    return bool(caller.roles & _LEADS)


def require_right(caller: Caller, kind: CaseKind, command: type[Command]) -> None:
    """Raise Forbidden when none of the caller's roles may give this command."""
    if Role.SYSTEM not in caller.roles and not caller.roles & RIGHTS[kind][command]:
        raise Forbidden(ROLES_NEEDED, RIGHTS[kind][command])
