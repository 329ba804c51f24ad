"""Whose figures a reader is told."""

from application.access import NO_CONTENT, ROLES_NEEDED, Forbidden, Organisation, sees_personal
from application.caller import Caller, Role
from projections.figures import Scope

_WHOLE = frozenset({Role.LEADER})
_WHOLE_AND_CONFIDENTIAL = frozenset({Role.AUDITOR, Role.SYSTEM})
SEE_FIGURES = frozenset(Role) - NO_CONTENT - {Role.SYSTEM}
"""Roles that are told the figures of some unit at least; analysts have a page of their own."""


def scope_of(
    caller: Caller, organisation: Organisation, unit: str | None = None, *, alone: bool = False
) -> Scope:
    """What is counted for the caller: of *unit* and those below it, where one is asked for.

    With *alone* of the unit without those below. Leaders and analysts are told of the whole
    register, auditors of confidential cases too, all others of their own unit and those below.
    Raises Forbidden.
    """
    confidential = bool(caller.roles & _WHOLE_AND_CONFIDENTIAL)
    if not sees_personal(caller):
        if Role.ANALYST not in caller.roles:
            raise Forbidden("Administrators don't see cases")
        if unit is not None:
            raise Forbidden(ROLES_NEEDED, SEE_FIGURES)
        return Scope(None, confidential=False)
    whole = confidential or bool(caller.roles & _WHOLE)
    own = None if whole else organisation.subtree(caller.actor.unit)
    if unit is None:
        return Scope(None if own is None else tuple(sorted(own)), confidential=confidential)
    if own is not None and unit not in own:
        raise Forbidden(ROLES_NEEDED, (Role.AUDITOR, Role.LEADER))
    asked = frozenset({unit}) if alone else organisation.subtree(unit)
    return Scope(tuple(sorted(asked)), confidential=confidential)
