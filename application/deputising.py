"""Who may enter deputies for whom, and who may look at them."""

from application.access import ROLES_NEEDED, Forbidden, Organisation
from application.caller import Caller, Role
from application.naming import UnknownOfficial
from domain.deputising import Deputising

ENTERED_BY = frozenset({Role.ADMINISTRATOR, Role.UNIT_HEAD})
"""The administrator for everybody; a unit's head for the officials of the unit and those below."""
SEEN_WHOLE_BY = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def require_entering(caller: Caller, principal: str, organisation: Organisation) -> None:
    """Raise Forbidden unless the caller may say, as themselves, who deputises for this official."""
    if caller.actor.on_behalf_of is not None:
        raise Forbidden("A deputy names no deputies: act as yourself")
    if not caller.roles & ENTERED_BY:
        raise Forbidden(ROLES_NEEDED, ENTERED_BY)
    if Role.ADMINISTRATOR not in caller.roles and not _under(caller, principal, organisation):
        raise Forbidden("A unit's head names deputies for the officials of the unit")


def require_officials(deputy: str, principal: str, organisation: Organisation) -> None:
    """Raise UnknownOfficial where one of them is none; a client program is no official."""
    for name in (deputy, principal):
        known = name in organisation.officials or not organisation.officials
        if not known or name in organisation.clients:
            raise UnknownOfficial(UnknownOfficial.__doc__)


def may_look(caller: Caller, deputising: Deputising, organisation: Organisation) -> bool:
    """Those it is about, those who may enter it, and auditors."""
    actor = caller.actor
    return (
        bool(caller.roles & SEEN_WHOLE_BY)
        or actor.official in (deputising.deputy, deputising.principal, deputising.entered_by)
        or (Role.UNIT_HEAD in caller.roles and _under(caller, deputising.principal, organisation))
    )


def sight_of(caller: Caller, organisation: Organisation) -> frozenset[str] | None:
    """`may_look` for a list: whose deputisings are seen beside one's own; None for everybody's."""
    if caller.roles & SEEN_WHOLE_BY:
        return None
    if Role.UNIT_HEAD not in caller.roles:
        return frozenset()
    units = organisation.subtree(caller.actor.unit)
    return frozenset(name for name, unit in organisation.officials.items() if unit in units)


def _under(caller: Caller, official: str, organisation: Organisation) -> bool:
    unit = organisation.officials.get(official)
    return unit is not None and unit in organisation.subtree(caller.actor.unit)
