"""Contact details of a case's people, for whoever says why they look; the look is on record."""

from typing import Any
from uuid import UUID

from litestar import get
from msgspec import Struct

from api.access_records import AccessReason, Action, reason_in, record
from api.cases import opened_case
from api.problem_responses import answers
from api.register_state import AppRequest, caller_of, register_of
from application.sight_of_fields import require_look
from domain.case import CaseKind
from domain.kinds import EVENTS
from domain.personal_fields import Field, holds_contact, withheld
from projections.corrections import Entries, take

_CONTACT_ONLY = frozenset({Field.CONTACT, Field.IDENTITY})


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
    reason = reason_in(access_reason)
    entries: Entries = {}
    for recorded in events:
        take(entries, withheld(recorded, _CONTACT_ONLY).event)
    await record(
        request, Action.CONTACT_DETAILS_SEEN, cases=[case_id], reason=reason, position=position
    )
    return ContactDetails(id=case_id, kind=kind, position=position, people=_people(entries))


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
