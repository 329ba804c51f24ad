"""Who reads the analysts' views. They show no personal data, and the same to everybody."""

from application.access import ROLES_NEEDED, Forbidden
from application.caller import Caller, Role

READ_BY = frozenset({Role.ANALYST, Role.AUDITOR, Role.LEADER})


def require_analytics(caller: Caller) -> None:
    """Raise Forbidden for those who don't read the views."""
    if not caller.roles & READ_BY:
        raise Forbidden(ROLES_NEEDED, READ_BY)
