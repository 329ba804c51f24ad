"""The places among the pages: which roles may go there, and which begin there."""

from msgspec import Struct

from application.access import ROLES_NEEDED, Forbidden
from application.caller import Caller, Role

Roles = frozenset[Role]
_AT_WORK = frozenset(
    {
        Role.REGISTRAR,
        Role.EXECUTOR,
        Role.UNIT_HEAD,
        Role.CONTROLLER,
        Role.SIGNATORY,
        Role.PRESS_OFFICER,
        Role.RECEPTION_CLERK,
    }
)
_OVER_ALL = frozenset({Role.LEADER, Role.AUDITOR})


class Place(Struct, frozen=True):
    """``name`` has its words under ``shell.places``. Whoever *begins* here may *open* it too."""

    name: str
    path: str
    open: Roles
    begins: Roles = frozenset()


PLACES = (
    Place("leadership", "/pages/leadership", _OVER_ALL, frozenset({Role.LEADER})),
    Place("control", "/pages/control", frozenset({Role.CONTROLLER}), frozenset({Role.CONTROLLER})),
    Place("unit", "/pages/unit", _AT_WORK, frozenset({Role.UNIT_HEAD, Role.SIGNATORY})),
    Place(
        "reception",
        "/pages/reception",
        _OVER_ALL | {Role.RECEPTION_CLERK, Role.UNIT_HEAD, Role.SIGNATORY, Role.CONTROLLER},
        frozenset({Role.RECEPTION_CLERK}),
    ),
    Place(
        "media",
        "/pages/media",
        _OVER_ALL | {Role.PRESS_OFFICER, Role.SIGNATORY, Role.CONTROLLER},
        frozenset({Role.PRESS_OFFICER}),
    ),
    Place("audit", "/pages/audit", frozenset({Role.AUDITOR}), frozenset({Role.AUDITOR})),
    Place("analyst", "/pages/analyst", frozenset({Role.ANALYST}), frozenset({Role.ANALYST})),
    Place(
        "reports",
        "/pages/reports",
        _OVER_ALL | {Role.CONTROLLER, Role.UNIT_HEAD, Role.SIGNATORY, Role.ANALYST},
    ),
    Place("claims", "/pages/claims", frozenset({Role.AUDITOR, Role.CONTROLLER, Role.UNIT_HEAD})),
)
"""In the order of the navigation, and in which a reader of several roles begins.

Those whose role begins nowhere get the page of all places that they may open.
"""

PLACE = "place"
"""The option of a handler that names its place: ``opt={PLACE: "unit"}`` refuses others."""

_BY_NAME = {place.name: place for place in PLACES}


def may_open(caller: Caller, place: Place) -> bool:
    return bool(caller.roles & (place.open | place.begins))


def require_place(caller: Caller, name: str) -> None:
    """Raise Forbidden where none of the caller's roles may open the place."""
    place = _BY_NAME[name]
    if not may_open(caller, place):
        raise Forbidden(ROLES_NEEDED, place.open | place.begins)
