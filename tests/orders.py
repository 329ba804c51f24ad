"""Valid orders to start from; each has an id of its own unless one is given."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from application.caller import Caller, Role
from application.orders import Order
from domain.appeal import AcceptAppeal, AppealKind, AssignAppeal, Channel, RegisterAppeal
from domain.applicant import Individual
from domain.assignment import GiveAssignment, Source
from domain.case import Actor, CaseKind, Command, Person
from domain.media_inquiry import Media, ReceiveMediaInquiry
from domain.reception import (
    CallVisitor,
    OpenReception,
    PlanReception,
    ReceptionForm,
    RegisterVisit,
    StartHearing,
)
from domain.record import AddNote
from tests.domain.spec import BAKU, NOON

RECEIVED_AT = (NOON - timedelta(hours=1)).astimezone(BAKU)
DUE_ON = date(2026, 4, 20)


def caller(official: str, unit: str, *roles: Role, on_behalf_of: str | None = None) -> Caller:
    actor = Actor(official=official, unit=unit, client="tests", on_behalf_of=on_behalf_of)
    return Caller(actor, frozenset(roles))


REGISTRAR = caller("aliyev", "records", Role.REGISTRAR)
HEAD = caller("huseynova", "records", Role.UNIT_HEAD, Role.REGISTRAR)
EXECUTOR = caller("mammadov", "pensions", Role.EXECUTOR)
SIGNATORY = caller("director", "agency", Role.SIGNATORY, Role.LEADER)
CONTROLLER = caller("controller", "agency", Role.CONTROLLER)
PRESS_OFFICER = caller("ismayilova", "press", Role.PRESS_OFFICER)
DESK_CLERK = caller("quliyev", "reception", Role.RECEPTION_CLERK)
AUDITOR = caller("auditor", "agency", Role.AUDITOR)
SYSTEM = caller("policy", "agency", Role.SYSTEM)

RASHAD = Person(surname="Həsənov", name="Rəşad", phone="+994501234567", address="Nizami 5")


def order(kind: CaseKind, case_id: UUID, command: Command, by: Caller, **rest: Any) -> Order:
    return Order(
        kind=kind, case_id=case_id, command=command, by=by, **{"command_id": uuid4(), **rest}
    )


def register_appeal(
    case_id: UUID | None = None,
    *,
    by: Caller = REGISTRAR,
    command_id: UUID | None = None,
    **changes: Any,
) -> Order:
    """An application by post from Rəşad Həsənov; *changes* are fields of RegisterAppeal."""
    fields: dict[str, Any] = {
        "kind": AppealKind.APPLICATION,
        "channel": Channel.POST,
        "applicant": Individual(person=RASHAD),
        "topic": "pension",
        "subject": "Pensiyanın yenidən hesablanması",
        "received_at": RECEIVED_AT,
    }
    return order(
        CaseKind.APPEAL,
        case_id or uuid4(),
        RegisterAppeal(**{**fields, **changes}),
        by,
        command_id=command_id or uuid4(),
    )


def assign_appeal(case_id: UUID, *, by: Caller = HEAD, **changes: Any) -> Order:
    fields: dict[str, Any] = {"unit": "pensions", "main_executor": "mammadov"}
    return order(CaseKind.APPEAL, case_id, AssignAppeal(**{**fields, **changes}), by)


def accept_appeal(case_id: UUID, *, by: Caller = EXECUTOR) -> Order:
    return order(CaseKind.APPEAL, case_id, AcceptAppeal(), by)


def add_note(
    case_id: UUID,
    text: str = "Zəng edildi",
    *,
    kind: CaseKind = CaseKind.APPEAL,
    by: Caller = REGISTRAR,
    **rest: Any,
) -> Order:
    return order(kind, case_id, AddNote(text=text), by, **rest)


def plan_reception(
    case_id: UUID | None = None, *, by: Caller = DESK_CLERK, **changes: Any
) -> Order:
    """The director's reception, an hour on either side of noon on the tests' day."""
    fields: dict[str, Any] = {
        "official": "director",
        "unit": "reception",
        "starts_at": (NOON - timedelta(hours=1)).astimezone(BAKU),
        "ends_at": (NOON + timedelta(hours=1)).astimezone(BAKU),
        "place": "Otaq 1",
        "form": ReceptionForm.IN_PERSON,
        "quota": 20,
    }
    command = PlanReception(**{**fields, **changes})
    return order(CaseKind.RECEPTION, case_id or uuid4(), command, by)


def at_reception(case_id: UUID, command: Command, *, by: Caller = DESK_CLERK) -> Order:
    return order(CaseKind.RECEPTION, case_id, command, by)


def open_reception(case_id: UUID, *, by: Caller = DESK_CLERK) -> Order:
    return at_reception(case_id, OpenReception(), by=by)


def register_visit(case_id: UUID, *, by: Caller = DESK_CLERK, **changes: Any) -> Order:
    fields: dict[str, Any] = {"visitor": RASHAD, "matter": "Torpaq sahəsi", "topic": "land"}
    return at_reception(case_id, RegisterVisit(**{**fields, **changes}), by=by)


def call_visitor(case_id: UUID, visit_id: UUID, *, by: Caller = DESK_CLERK) -> Order:
    return at_reception(case_id, CallVisitor(visit_id=visit_id), by=by)


def start_hearing(case_id: UUID, visit_id: UUID, *, by: Caller = DESK_CLERK) -> Order:
    return at_reception(case_id, StartHearing(visit_id=visit_id), by=by)


def receive_media_inquiry(
    case_id: UUID | None = None, *, by: Caller = PRESS_OFFICER, **changes: Any
) -> Order:
    fields: dict[str, Any] = {
        "received_at": RECEIVED_AT,
        "outlet": "Xəbər TV",
        "media": Media.TV,
        "journalist": Person(surname="Səfərli", name="Aysel", email="aysel@xeber.example"),
        "subject": "Yeni xidmət mərkəzi",
        "question": "Mərkəz nə vaxt açılır?",
        "topic": "services",
    }
    command = ReceiveMediaInquiry(**{**fields, **changes})
    return order(CaseKind.MEDIA_INQUIRY, case_id or uuid4(), command, by)


def give_assignment(
    case_id: UUID | None = None, *, by: Caller = CONTROLLER, **changes: Any
) -> Order:
    fields: dict[str, Any] = {
        "source": Source.MEETING,
        "text": "Arayış hazırlayın",
        "unit": "pensions",
        "main_executor": "mammadov",
        "due_on": DUE_ON,
    }
    command = GiveAssignment(**{**fields, **changes})
    return order(CaseKind.ASSIGNMENT, case_id or uuid4(), command, by)
