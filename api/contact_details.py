"""Contact details of a case's people, for whoever says why they look; the look is on record."""

import re
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from litestar import get
from litestar.params import HeaderParameter
from msgspec import Struct

from api.access_records import Action, record
from api.cases import opened_case
from api.problem_responses import answers
from api.problems import AccessReasonMissing
from api.register_state import AppRequest, caller_of, register_of
from application.sight_of_fields import require_look
from domain.case import CaseKind
from domain.kinds import EVENTS
from domain.personal_fields import Field, holds_contact, withheld
from projections.corrections import Entries, take

_CONTACT_ONLY = frozenset({Field.CONTACT, Field.IDENTITY})
_SHORTEST, _LONGEST = 5, 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
AccessReason = Annotated[
    str | None,
    HeaderParameter(
        name="Access-Reason",
        max_length=3 * _LONGEST,
        description="Why, in UTF-8 or percent-encoded; it names no citizen, and stays on record",
    ),
]


class ContactDetails(Struct, kw_only=True):
    """``people`` are entries of the case as corrected, those of a visit under the visit's id."""

    id: UUID
    kind: CaseKind
    position: int
    people: dict[str, Any]


@get(
    "/cases/{case_id:uuid}/contact-details",
    operation_id="cases.contact-details",
    tags=["cases"],
    summary="How the people of the case are reached, for a reason that stays on record",
    responses=answers(ContactDetails, 400, 401, 403, 404, 422, 503),
)
async def contact_details(
    request: AppRequest, case_id: UUID, access_reason: AccessReason = None
) -> ContactDetails:
    register, caller = register_of(request), caller_of(request)
    position, events, state = await opened_case(register, caller, case_id, whole=True)
    kind = events[0].kind
    require_look(caller, kind, state.workers)
    reason = _reason(access_reason)
    entries: Entries = {}
    for recorded in events:
        take(entries, withheld(recorded, _CONTACT_ONLY).event)
    await record(
        request, Action.CONTACT_DETAILS_SEEN, cases=[case_id], reason=reason, position=position
    )
    return ContactDetails(id=case_id, kind=kind, position=position, people=_people(entries))


def _reason(given: str | None) -> str:
    """The header's text. Raises AccessReasonMissing for none, or for one that says nothing."""
    try:
        text = unquote_to_bytes((given or "").encode("latin-1")).decode("utf-8").strip()
    except UnicodeError:
        raise AccessReasonMissing(AccessReasonMissing.__doc__) from None
    if not _SHORTEST <= len(text) <= _LONGEST or _CONTROL.search(text):
        raise AccessReasonMissing(AccessReasonMissing.__doc__)
    return text


_HOLDERS = frozenset(name for event in EVENTS for name in holds_contact(event))
"""The fields of events in which people stand, or bodies that write to us."""


def _people(entries: Entries) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if name in _HOLDERS:
            found[name] = value
        elif isinstance(value, dict) and (inside := _people(value)):
            found[name] = inside
    return found


ROUTES: list[Any] = [contact_details]
