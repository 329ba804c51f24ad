"""The page of all rights: who sees which case, and who gives which command.

Made from the code by ``python -m api.rights_page > docs/rights.md``.
"""

import sys
from collections.abc import Iterable

from msgspec import Struct

from api.commands import command_name
from application.access import NO_CONTENT, Organisation, may_see, sees_personal
from application.analytics import READ_BY
from application.caller import Caller, Role
from application.deputising import ENTERED_BY, SEEN_WHOLE_BY
from application.rights import RIGHTS
from application.sight_of_fields import NEEDS, WITH_REASON, Needs
from domain.case import ANSWERING_FOR_FILES, EVERY_UNIT, Actor
from domain.kinds import KINDS, Kind

_BEFORE = """\
# Rights

Made by `python -m api.rights_page > docs/rights.md`; a test fails when it is stale.

Whoever asks needs both: a role with the right to the command, and sight of the case. A case that
is hidden answers as one that does not exist. Several roles add up. The role `system` belongs to
policies and to the import of older registers; no token carries it. Which roles and unit somebody
has, their token says; a client program that acts as itself has the unit it is entered with.
Confidential are the appeals, receptions and assignments that say so.
"""
_SIGHT = """\
## Who sees which case

Lists, search, work lists, threads, notices
and deadlines give what single reads give; analysts get lists of cases that aren't confidential,
without what is personal in them. A case concerns the units named in it; a decision on the calendar
concerns every unit.
"""
_FIELDS = """\
## Which personal fields of it

Always, and after the plus in cases that the official works on as well: contact details; identity
(names and what goes with them); text; documents. Contact details are looked at by others who say
why (`Access-Reason`): {with_reason}.
"""
_ANALYTICS = """\
## Who reads the analysts' views

{read_by}: the same rows, none of them of a confidential case ([analytics.md](analytics.md)). Logins
to the database for them are made on the command line, with `karguzar analyst`.
"""
_COMMANDS = """\
## Who gives which command

On a case in sight by the table above. A dot is a right; a command without one is given by policies
alone. Deputies give what their own roles allow, on cases that they or whom they act for see.
"""
_DEPUTIES = """\
## Who enters deputies

{entered}: `administrator` for everybody, `unit-head` for the officials of the own unit and those
below; nobody for themselves as the deputy, and nobody as a deputy. All of it is seen by {seen};
others see what they are part of.

## Four eyes

- A reply is written, initialled and signed by different people. Only the author may also initial,
  where the chain names them; never for somebody else.
- The result of an assignment, and a longer term for it, are decided by somebody else than asked.
- A correction is approved by somebody other than the one who makes it.
- The destruction of cases is approved by others than its proposer.
- A deputy counts as themselves and as the official they act for.
"""
_ROLES = [role for role in Role if role is not Role.SYSTEM]
_ORGANISATION = Organisation.of({"above": None, "own": "above", "below": "own", "other": "above"})


class _Case(Struct, frozen=True):
    units: tuple[str, ...]
    workers: tuple[str, ...] = ()
    confidential: bool = False


_SITUATIONS: dict[str, _Case] = {
    "works on it": _Case(("other",), ("me",)),
    "own unit": _Case(("own",)),
    "unit below": _Case(("below",)),
    "unit above": _Case(("above",)),
    "other unit": _Case(("other",)),
    "every unit": _Case((EVERY_UNIT,)),
    "a destruction of another unit": _Case(("other", ANSWERING_FOR_FILES)),
    "confidential, works on it": _Case(("other",), ("me",), confidential=True),
    "confidential, own unit": _Case(("own",), confidential=True),
    "confidential, other unit": _Case(("other",), confidential=True),
}


def rights_page() -> str:
    """The page, in Markdown."""
    deputies = _DEPUTIES.format(entered=_names(ENTERED_BY), seen=_names(SEEN_WHOLE_BY))
    commands = [_section(kind) for kind in KINDS.values()]
    fields = _FIELDS.format(with_reason=_names(WITH_REASON))
    analytics = _ANALYTICS.format(read_by=_names(READ_BY))
    sight = [_SIGHT, _sight(), fields, _fields(), analytics]
    parts = [_BEFORE, *sight, _COMMANDS, *commands, deputies]
    return "\n".join(parts)


def _sight() -> str:
    head = [_row("role", *_SITUATIONS, "personal fields"), _row(*["---"] * (len(_SITUATIONS) + 2))]
    return "\n".join([*head, *map(_sight_of, _ROLES), ""])


def _sight_of(role: Role) -> str:
    actor = Actor(official="me", unit="own", client="any")
    caller = Caller(actor, frozenset({role}))
    seen = (may_see(caller, case, _ORGANISATION) for case in _SITUATIONS.values())
    return _row(f"`{role}`", *(_dot(each) for each in seen), _dot(sees_personal(caller)))


def _fields() -> str:
    head = [_row("role", *(kind.resource for kind in KINDS.values()))]
    rows = [
        _row(f"`{role}`", *(_needed(NEEDS[kind.kind].get(role)) for kind in KINDS.values()))
        for role in _ROLES
        if role not in NO_CONTENT
    ]
    return "\n".join([*head, _row(*["---"] * (len(KINDS) + 1)), *rows, ""])


def _needed(needs: Needs | None) -> str:
    if needs is None:
        return ""
    always, more = sorted(needs.always), sorted(needs.at_work - needs.always)
    return ", ".join(always) + (f" + {', '.join(more)}" if more else "")


def _section(kind: Kind) -> str:
    return "\n".join(
        [
            f"### {kind.resource.replace('-', ' ').capitalize()}",
            "",
            _row("command", *_ROLES),
            _row(*["---"] * (len(_ROLES) + 1)),
            *(
                _row(
                    f"`{command_name(command)}`",
                    *(_dot(role in RIGHTS[kind.kind][command]) for role in _ROLES),
                )
                for command in kind.commands
            ),
            "",
        ]
    )


def _names(roles: Iterable[Role]) -> str:
    *others, last = (f"`{role}`" for role in sorted(roles))
    return f"{', '.join(others)} and {last}"


def _dot(holds: bool) -> str:  # noqa: FBT001
    return "●" if holds else ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(rights_page())
