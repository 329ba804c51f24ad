"""Which personal fields of a case each role needs: one table.

Whether somebody sees the case at all is another rule (`application.access`). Contact details are
what a letter, a call or a summons is sent to, and what tells one person from another of the same
name; whoever neither writes to people nor registers them does without.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from application.access import Forbidden, sees_personal
from application.caller import Caller, Role
from domain.case import CaseKind
from domain.envelope import Recorded
from domain.personal_fields import EVERY_FIELD, WITHHELD, Field, Fields, withheld

_TEXT: Fields = frozenset({Field.TEXT})
_NAMED: Fields = frozenset({Field.IDENTITY, Field.TEXT})
_CONTENT: Fields = frozenset({Field.IDENTITY, Field.TEXT, Field.DOCUMENT})
_ALL = EVERY_FIELD


class Needs(Struct, frozen=True):
    """What a role sees in every case in its sight, and in those that the official works on."""

    always: Fields
    at_work: Fields


def _needs(always: Fields, at_work: Fields | None = None) -> Needs:
    return Needs(always, at_work or always)


_WITHOUT_CONTACT = {role: _needs(_CONTENT) for role in Role}
_LOOKS_ON = {Role.AUDITOR: _needs(_CONTENT), Role.LEADER: _needs(_NAMED)}

NEEDS: Mapping[CaseKind, Mapping[Role, Needs]] = {
    CaseKind.APPEAL: {
        Role.REGISTRAR: _needs(_ALL),
        Role.EXECUTOR: _needs(_CONTENT, _ALL),
        Role.UNIT_HEAD: _needs(_CONTENT, _ALL),
        Role.CONTROLLER: _needs(_CONTENT),
        Role.SIGNATORY: _needs(_CONTENT),
        Role.PRESS_OFFICER: _needs(_TEXT, _CONTENT),
        Role.RECEPTION_CLERK: _needs(_CONTENT, _ALL),
        **_LOOKS_ON,
    },
    CaseKind.RECEPTION: {
        Role.REGISTRAR: _needs(_CONTENT, _ALL),
        Role.EXECUTOR: _needs(_CONTENT),
        Role.UNIT_HEAD: _needs(_CONTENT),
        Role.CONTROLLER: _needs(_CONTENT),
        Role.SIGNATORY: _needs(_CONTENT),
        Role.PRESS_OFFICER: _needs(_TEXT),
        Role.RECEPTION_CLERK: _needs(_ALL),
        **_LOOKS_ON,
    },
    CaseKind.MEDIA_INQUIRY: {
        Role.REGISTRAR: _needs(_CONTENT),
        Role.EXECUTOR: _needs(_CONTENT),
        Role.UNIT_HEAD: _needs(_CONTENT),
        Role.CONTROLLER: _needs(_CONTENT),
        Role.SIGNATORY: _needs(_CONTENT),
        Role.PRESS_OFFICER: _needs(_ALL),
        Role.RECEPTION_CLERK: _needs(_TEXT),
        **_LOOKS_ON,
    },
    CaseKind.ASSIGNMENT: _WITHOUT_CONTACT,
    CaseKind.CALENDAR_DECISION: _WITHOUT_CONTACT,
    CaseKind.FINDING: _WITHOUT_CONTACT,
    CaseKind.IDENTITY: _WITHOUT_CONTACT,
    CaseKind.CAUSE: _WITHOUT_CONTACT,
    CaseKind.UNIT_REPORT: _WITHOUT_CONTACT,
    CaseKind.DESTRUCTION: _WITHOUT_CONTACT,
}
"""Kind of case -> role -> fields. A role that isn't named sees none."""

WITH_REASON = frozenset({Role.AUDITOR, Role.CONTROLLER, Role.UNIT_HEAD, Role.SIGNATORY})
"""Who may look at contact details that they don't see otherwise, when they say why."""


NOT_SEEN: Mapping[Field, str] = MappingProxyType(
    {
        Field.IDENTITY: "Your role doesn't see names in such a case",
        Field.CONTACT: "Your role doesn't see contact details in such a case",
        Field.TEXT: "Your role doesn't see texts in such a case",
        Field.DOCUMENT: "Your role doesn't see documents in such a case",
    }
)


def fields_shown(caller: Caller, kind: CaseKind, workers: Collection[str]) -> Fields:
    """The personal fields that the caller sees in a case of *kind* with these *workers*."""
    if Role.SYSTEM in caller.roles:
        return EVERY_FIELD
    actor, of_kind = caller.actor, NEEDS[kind]
    at_work = not {actor.official, actor.principal}.isdisjoint(workers)
    shown: Fields = frozenset()
    for role in caller.roles & of_kind.keys():
        shown |= of_kind[role].at_work if at_work else of_kind[role].always
    return shown


def as_shown(
    caller: Caller, events: Sequence[Recorded], workers: Mapping[UUID, Collection[str]]
) -> list[Recorded]:
    """The events of one case or several, *workers* by case, as the caller may read them."""
    shown: dict[UUID, Fields] = {}
    for recorded in events:
        case = recorded.originator_id
        if case not in shown:
            shown[case] = fields_shown(caller, recorded.kind, workers.get(case, ()))
    return [withheld(recorded, shown[recorded.originator_id]) for recorded in events]


def require_field(caller: Caller, kind: CaseKind, workers: Collection[str], field: Field) -> None:
    """Raise Forbidden where the caller's roles have no need of such fields in this case."""
    if field not in fields_shown(caller, kind, workers):
        raise Forbidden(NOT_SEEN[field])


def require_look(caller: Caller, kind: CaseKind, workers: Collection[str]) -> None:
    """Raise Forbidden unless the caller sees contact details, or may when they say why."""
    if not caller.roles & WITH_REASON:
        require_field(caller, kind, workers, Field.CONTACT)


def text_shown(
    caller: Caller, kind: CaseKind, workers: Collection[str], text: str | None
) -> str | None:
    """A subject as a list shows it: those who see no personal field at all get none."""
    if not sees_personal(caller):
        return None
    if text is None or Field.TEXT in fields_shown(caller, kind, workers):
        return text
    return WITHHELD
