"""Random histories of cases, as the domain itself lets them happen."""

from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from functools import partial
from random import Random
from typing import Any, get_args
from uuid import UUID, uuid5

from msgspec import NODEFAULT, Struct, structs

from domain import appeal
from domain.answer_term import SuspendTerm
from domain.appeal import AppealKind, Channel, DispatchReply, RegisterAppeal
from domain.applicant import Anonymous, Collective, Individual, LegalEntity, Represented
from domain.assignment import FROM_A_CASE, CoExecutor, GiveAssignment
from domain.calendar import CalendarMissing, DayKind
from domain.calendar_decision import DecidedDay
from domain.case import Actor, CaseKind, Command, Context, Other, Person, Refusal
from domain.claimed_figures import Figure
from domain.control import PutUnderControl
from domain.destruction import (
    CarryOutDestruction,
    CompleteDestruction,
    Ground,
    ProposeDestruction,
)
from domain.envelope import Recorded
from domain.finding import Finding, OpenFinding
from domain.identity import Identity
from domain.keeping import DestroyContent
from domain.kinds import KINDS
from domain.media_inquiry import AnswerMediaInquiry
from domain.notice import GiveDeadlineNotice, Recipient
from domain.notice import Stage as NoticeStage
from domain.recalculation import RecomputeDueDates
from domain.reception import PlanReception
from domain.record import Document
from domain.reply import DraftReply
from tests.domain.spec import BAKU, NOON, TERMS_WITH_A_HOLIDAY, context

UNITS = ("records", "social", "pensions", "press")
OFFICIALS = tuple(f"official-{n}" for n in range(6))
PEOPLE = tuple(UUID(int=n) for n in range(1, 6))
_OFFICIAL_FIELDS = frozenset({"official", "main_executor", "responsible", "deputy", "signatory"})
_ENDINGS = (
    "AcceptResult",
    "AddNote",
    "Cancel",
    "Close",
    "Decline",
    "DestroyContent",
    "ForwardAppeal",
    "HandOverMedia",
    "LeaveUnconsidered",
    "Merge",
    "RecordLegacyOutcome",
    "RecordNoShow",
    "Withdraw",
)
"""Seldom chosen, or hardly a case would come far."""
_SENDS = frozenset({DispatchReply, AnswerMediaInquiry})
_RULES = (None, "az-a-gen", "az-a-study", "az-a-mil", "az-a-urg", "az-i-gen", "az-i-life")
_DAYS = frozenset({"due_on", "internal_due_on", "check_on", "until"})


class History(Struct):
    """A case and its state after each of its events."""

    recorded: list[Recorded]
    states: list[Any]


def seeded(seed: int) -> Random:
    """The same random choices in every run."""
    return Random(seed)  # noqa: S311 - repeatable, not secret


def history(rng: Random, kind: CaseKind, *, events: int, first_position: int = 1) -> History:
    """A case that went on until it has so many events, or nothing more would happen."""
    case_id = UUID(int=rng.getrandbits(128), version=4)
    made = History([], [])
    state: Any = None
    at = NOON
    for _ in range(events * 100):
        if len(made.recorded) >= events:
            break
        kinds = KINDS[kind]
        actor = _actor(rng, state)
        command_id = UUID(int=rng.getrandbits(128), version=4)
        ctx = structs.replace(context(actor, at, case_id), derive_id=partial(uuid5, command_id))
        chosen = kinds.begins if state is None else rng.choice(kinds.commands)
        if chosen in _SENDS and not getattr(getattr(state, "reply", None), "signed_by", None):
            continue
        if getattr(getattr(state, "reply", None), "signed_by", None) and rng.random() < 0.2:
            chosen = next(command for command in kinds.commands if command in _SENDS)
        if chosen.__name__.startswith(_ENDINGS) and rng.random() < 0.95:
            continue
        if chosen is RecomputeDueDates and rng.random() < 0.5:
            ctx = structs.replace(ctx, terms=TERMS_WITH_A_HOLIDAY)
        command = _command(rng, chosen, state, ctx)
        ctx = structs.replace(ctx, others=_OTHERS)
        try:
            happened = kinds.decide(command, state, ctx)
        except (Refusal, CalendarMissing):
            continue
        for event in happened:
            state = kinds.evolve(state, event)
            made.states.append(state)
            made.recorded.append(
                Recorded(
                    originator_id=case_id,
                    originator_version=len(made.recorded) + 1,
                    kind=kind,
                    event=event,
                    event_id=UUID(int=rng.getrandbits(128), version=4),
                    owner=case_id,
                    actor=actor.official,
                    unit=actor.unit,
                    client="tests",
                    command_id=command_id,
                    correlation_id=getattr(event, "visit_id", case_id),
                    recorded_at=at,
                    position=first_position + len(made.recorded),
                )
            )
        at += timedelta(minutes=rng.choice((1, 5, 30)))
    return made


def _actor(rng: Random, state: Any) -> Actor:
    wanted = [
        getattr(state, "main_executor", None),
        getattr(state, "author", None),
        getattr(state, "answerer", None),
        getattr(getattr(state, "control", None), "controller", None),
        getattr(getattr(state, "reply", None), "next_to_initial", None),
        getattr(getattr(state, "reply", None), "signatory", None),
        *(co.official for co in getattr(state, "co_executors", ())),
    ]
    official = rng.choice([name for name in wanted if name] or OFFICIALS)
    if rng.random() < 0.2:
        official = rng.choice(OFFICIALS)
    unit = getattr(state, "unit", None) or rng.choice(UNITS)
    return Actor(official=official, unit=unit, client="tests")


def _command(rng: Random, command: type[Command], state: Any, ctx: Context) -> Command:
    values: dict[str, Any] = {}
    if command is GiveDeadlineNotice:
        return _notice(rng, state)
    for field in structs.fields(command):
        optional = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        if optional and rng.random() < 0.4:
            continue
        value = _value(rng, field.name, field.type, state, ctx)
        values[field.name] = value if value is not None or optional else "Nazirlik"
    if command is ProposeDestruction:
        return command(ground=Ground.REQUEST, person=PEOPLE[0], reason="12/34")
    if command is CarryOutDestruction:
        return command(cases=(), owners=PEOPLE[:1])
    if command is DestroyContent:
        return command(destruction=PEOPLE[0])
    if command is CompleteDestruction:
        return command(keys=1, kept=0, documents=0)
    if command is DraftReply:
        names = rng.sample(OFFICIALS, 3)
        values |= {"initials_by": tuple(names[:2]), "signatory": names[2]}
    if command is PlanReception:
        values["ends_at"] = (ctx.at + timedelta(hours=3)).astimezone(BAKU)
        values["quota"] = 50
    if command is OpenFinding:
        values["source_case"] = None
    if command is GiveAssignment:
        values["source_case"] = PEOPLE[0] if values["source"] in FROM_A_CASE else None
        values.pop("registered_on", None)
    if command is SuspendTerm:
        values["ground"] = "request-corrected"
    if command is PutUnderControl and rng.random() < 0.7:
        return command(reason="səbəb")
    return command(**values)


def _notice(rng: Random, state: Any) -> GiveDeadlineNotice:
    clocks = state.running_clocks or {"answer": NOON.date()}
    clock = rng.choice(sorted(clocks))
    official = rng.choice(sorted(state.workers))
    return GiveDeadlineNotice(
        clock=clock,
        stage=NoticeStage.OVERDUE,
        step=f"step-{rng.randint(1, 9)}",
        due_on=clocks[clock],
        working_days_left=-1,
        recipients=(Recipient(official=official, role="executor"),),
    )


def _value(rng: Random, name: str, type_: Any, state: Any, ctx: Context) -> Any:
    if name in _NAMED:
        return _NAMED[name](rng, state, ctx)
    if name in _OFFICIAL_FIELDS:
        return rng.choice(OFFICIALS)
    if name in _DAYS:
        return ctx.today + timedelta(days=rng.randint(0, 30))
    types = {getattr(t, "__origin__", t) for t in (get_args(type_) or (type_,))}
    for one in types:
        if isinstance(one, type) and issubclass(one, Enum):
            return rng.choice(list(one))
    if bool in types:
        return rng.random() < 0.3
    if name.endswith(("_on", "_date")):
        return ctx.today
    return "mətn"


def _applicant(rng: Random, _state: Any, _ctx: Context) -> Any:
    person, other = (Person(id=i, name="Ad") for i in rng.sample(PEOPLE, 2))
    return rng.choice(
        [
            Individual(person=person),
            Collective(signatories=(person, other)),
            LegalEntity(name="MMC", legal_address="Bakı", representative=person),
            Represented(person=person, representative=other, authority="etibarnamə"),
            Anonymous(contact="012"),
        ]
    )


def _visit(rng: Random, state: Any, _ctx: Context) -> UUID:
    visits: list[UUID] = list(getattr(state, "visits", ()))
    return rng.choice(visits or PEOPLE)


def _correctable(rng: Random, state: Any, _ctx: Context) -> str:
    visits = getattr(state, "visits", None)
    if visits:
        return f"{rng.choice(list(visits))}.topic"
    if isinstance(state, (Finding, Identity)):
        return "confidential"
    return rng.choice(
        ["topic", "region", "social_category", "channel", "media", "subject", "text", "received_at"]
    )


def _written_appeal(rng: Random, state: Any, _ctx: Context) -> UUID:
    appeals: list[UUID] = [
        appeal.appeal_id
        for visit in getattr(state, "visits", {}).values()
        for appeal in visit.written_appeals
    ]
    return rng.choice(appeals or PEOPLE)


def _request(rng: Random, state: Any, _ctx: Context) -> UUID:
    requests: list[UUID] = [request.request_id for request in getattr(state, "requests", ())]
    return rng.choice(requests or PEOPLE)


def _digest(_rng: Random, state: Any, _ctx: Context) -> str:
    return str(getattr(getattr(state, "reply", None), "digest", "0" * 64))


def _co_executors(rng: Random, state: Any, ctx: Context) -> tuple[Any, ...]:
    names = rng.sample(OFFICIALS, 2)
    if state is not None and hasattr(state, "number"):
        return tuple(names[:1])
    return tuple(
        CoExecutor(official=name, unit=rng.choice(UNITS), due_on=ctx.today) for name in names
    )


def _day(back: int) -> Callable[[Random, Any, Context], date]:
    return lambda rng, _state, ctx: ctx.today - timedelta(days=rng.randint(0, back))


_BEFORE = NOON - timedelta(days=90)
_EARLIER = appeal.decide(
    RegisterAppeal(
        kind=AppealKind.APPLICATION,
        channel=Channel.POST,
        applicant=Individual(person=Person(id=PEOPLE[0], name="Ad")),
        topic="pension",
        subject="mövzu",
        received_at=_BEFORE,
    ),
    None,
    context(Actor(official="official-0", unit="records", client="tests"), _BEFORE),
)
assert isinstance(_EARLIER[0], appeal.AppealRegistered)
_OTHERS = {
    one: Other(structs.replace(appeal.evolve(None, _EARLIER[0]), persons=frozenset(PEOPLE)), 1)
    for one in PEOPLE
}
"""What a command may name: earlier appeals in which everybody appears."""

_NAMED: dict[str, Callable[[Random, Any, Context], Any]] = {
    "answerer": lambda rng, state, _ctx: rng.choice([*OFFICIALS, *([] if state else [None])]),
    "answer_rule": lambda rng, _state, _ctx: rng.choice(_RULES),
    "applicant": lambda rng, state, ctx: (
        Person(id=rng.choice(PEOPLE), name="Ad")
        if hasattr(state, "visits")
        else _applicant(rng, state, ctx)
    ),
    "approved_by": lambda _rng, _state, _ctx: "approver",
    "answered_repeats": lambda _rng, _state, _ctx: (),
    "appeal_id": _written_appeal,
    "arrived_at": lambda _rng, _state, _ctx: None,
    "body": lambda rng, _state, _ctx: rng.choice(["Nazirlik", None]),
    "co_executors": _co_executors,
    "complained_of": lambda _rng, _state, _ctx: (),
    "complained_of_units": lambda _rng, _state, _ctx: (),
    "cases": lambda rng, _state, _ctx: tuple(rng.sample(PEOPLE, 2)),
    "consent": lambda _rng, _state, _ctx: True,
    "copies": lambda _rng, _state, _ctx: (),
    "covering_letter": lambda _rng, _state, _ctx: None,
    "days": lambda rng, _state, ctx: (
        DecidedDay(
            on=ctx.today + timedelta(days=rng.randint(1, 30)), kind=DayKind.OFF, reason="qərar"
        ),
    ),
    "decision": lambda rng, _state, _ctx: rng.choice(PEOPLE),
    "because": lambda _rng, _state, _ctx: PEOPLE[:2],
    "digest": _digest,
    "counted": lambda rng, state, _ctx: tuple(
        structs.replace(each, value=each.value + rng.choice((0, 0, 3)))
        for each in getattr(state, "figures", ())
    ),
    "definition": lambda _rng, _state, _ctx: 1,
    "figures": lambda rng, _state, _ctx: (
        Figure(figure="appeal.received", value=rng.randint(0, 9)),
        Figure(figure="appeal.received", breakdown="channel=post", value=rng.randint(0, 9)),
    ),
    "dispatched_on": lambda _rng, _state, ctx: ctx.today,
    "document": lambda rng, _state, _ctx: Document(
        name="fayl", media_type="text/plain", size=1, sha256=f"{rng.getrandbits(256):064x}"
    ),
    "earlier": lambda rng, _state, _ctx: rng.choice(PEOPLE),
    "enclosures": lambda _rng, _state, _ctx: (),
    "entry": _correctable,
    "evidence": lambda _rng, _state, _ctx: (),
    "into": lambda rng, _state, _ctx: rng.choice(PEOPLE),
    "journalist": lambda rng, _state, _ctx: Person(id=rng.choice(PEOPLE), name="Ad"),
    "length": lambda rng, _state, _ctx: rng.randint(1, 30),
    "legacy_number": lambda rng, _state, _ctx: f"köhnə-{rng.randint(1, 99)}",
    "on": lambda _rng, _state, ctx: ctx.today,
    "opened_at": lambda _rng, _state, _ctx: None,
    "outlet_deadline": lambda _rng, _state, ctx: ctx.at + timedelta(days=1),
    "persons": lambda _rng, _state, _ctx: PEOPLE[:2],
    "period": lambda rng, _state, _ctx: rng.choice(["2026-03", "2026-Q1", "2025"]),
    "position": lambda rng, _state, _ctx: rng.randint(1, 999),
    "percent": lambda _rng, _state, _ctx: 50,
    "person": lambda rng, _state, _ctx: Person(id=rng.choice(PEOPLE), name="Ad"),
    "person_id": lambda rng, _state, _ctx: rng.choice(PEOPLE),
    "quota": lambda _rng, _state, _ctx: 50,
    "rating": lambda _rng, _state, _ctx: 5,
    "received_at": lambda rng, _state, ctx: ctx.at - timedelta(hours=rng.randint(0, 6)),
    "records_close_at": lambda _rng, _state, _ctx: NOON.time().replace(hour=18),
    "region": lambda rng, _state, _ctx: rng.choice(["ganja", "lankaran"]),
    "registered_on": lambda _rng, _state, ctx: ctx.today,
    "remedy_id": lambda rng, state, _ctx: rng.choice(
        [*(each.remedy_id for each in getattr(state, "remedies", ())), PEOPLE[0]]
    ),
    "removal_id": lambda rng, state, _ctx: rng.choice([*getattr(state, "removals", ()), PEOPLE[0]]),
    "request_id": _request,
    "sheets": lambda _rng, _state, _ctx: 1,
    "model": lambda rng, _state, _ctx: rng.choice(["people-1 matters-1", None]),
    "social_category": lambda rng, _state, _ctx: rng.choice(["pensioner", "veteran"]),
    "source_reference": lambda _rng, _state, _ctx: "iclas 3",
    "since": lambda _rng, _state, ctx: ctx.today,
    "starts_at": lambda rng, _state, _ctx: (
        NOON + timedelta(minutes=rng.choice((-30, 0, 30)))
    ).astimezone(BAKU),
    "ends_at": lambda _rng, _state, _ctx: (NOON + timedelta(hours=3)).astimezone(BAKU),
    "taken_in_at": lambda _rng, _state, _ctx: None,
    "topic": lambda rng, _state, _ctx: rng.choice(["pension", "land", "services"]),
    "topics": lambda _rng, _state, _ctx: ("pension", "land"),
    "unit": lambda rng, _state, _ctx: rng.choice(UNITS),
    "units": lambda rng, _state, _ctx: tuple(rng.sample(UNITS, 2)),
    "url": lambda rng, _state, _ctx: f"https://xeber.example/{rng.randint(1, 999)}",
    "value": lambda rng, state, ctx: rng.choice(
        ["true", "false"]
        if isinstance(state, (Finding, Identity))
        else ["post", "tv", "land", "health", str(ctx.at - timedelta(hours=rng.randint(0, 6)))]
    ),
    "visit_id": _visit,
    "visitor": lambda rng, _state, _ctx: Person(id=rng.choice(PEOPLE), name="Ad"),
}
