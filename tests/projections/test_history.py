import asyncio
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.rows import tuple_row

import projections.threads
from api.pages.words import ALPHABETS
from application.desk import Desk
from domain.answer_term import AppealTermExtended
from domain.appeal import AppealAssigned, AppealKind, AppealReclassified, AppealRegistered
from domain.case import CaseKind, Event, RegistrationNumber
from domain.due import Due
from domain.envelope import Recorded
from domain.kinds import EVENTS
from domain.recalculation import DueDatesMoved, MovedDue
from domain.reception import VisitorCalled, VisitRegistered
from domain.record import NoteAdded
from domain.reply import ReplyInitialled
from domain.rule import Unit as TermUnit
from infra.keys import Keys, PersonKey
from infra.mapper import EventMapper, stored_name
from infra.organisation import Official, Unit, put_organisation
from infra.rows import StreamRow
from infra.sealing import SEALED
from projections.builds import ensure_builds
from projections.history import Entry, case_rows, names_in, tell, tell_all, thread_rows
from projections.readmodel import ReadModel
from projections.telling import BRIEF, LANGUAGES, Names, Part, Template, language
from tests.desks import recorded_by
from tests.domain.spec import BAKU, CASE, COMMAND, NOON
from tests.orders import (
    add_note,
    call_visitor,
    open_reception,
    plan_reception,
    register_appeal,
    register_visit,
)
from tests.projections.made import PERSON_ID, instances

NAMES = Names(
    officials={"aliyev": "Əliyev Elçin", "mammadov": "Məmmədov Rauf"},
    units={"pensions": "Pensiya şöbəsi"},
    time_zone=BAKU,
)
DUE = Due(
    on=datetime(2026, 4, 27, tzinfo=UTC).date(),
    rule="az-a-gen",
    rule_version="2016",
    calendar_version="plain",
)
NAMED = {stored_name(event): event for event in EVENTS}
MAPPER = EventMapper()
SIGNED = {"tr": "âî"}
"""Letters that the alphabet counts as those without the sign."""


def recorded(event: Event, version: int = 1, case: UUID = CASE, **rest: Any) -> Recorded:
    return Recorded(
        **{
            "originator_id": case,
            "originator_version": version,
            "kind": CaseKind.APPEAL,
            "event": event,
            "event_id": uuid4(),
            "owner": PERSON_ID,
            "actor": "aliyev",
            "unit": "pensions",
            "client": "tests",
            "command_id": COMMAND,
            "correlation_id": case,
            "recorded_at": NOON,
            "position": version,
            **rest,
        }
    )


def stored(event: Recorded, keys: Keys) -> StreamRow:
    parts = MAPPER.take_apart(event)
    row = MAPPER.seal(parts, keys)
    return StreamRow(event.originator_id, event.originator_version, row.topic, row.state, 1)


def sentence(event: Event, code: str = "az") -> str:
    return tell(recorded(event), code, NAMES).sentence


def parts_of(template: Template, *, optional: bool) -> list[Part]:
    return [part for part in template.parts if part.optional is optional]


def begins_a_sentence(text: str, code: str) -> bool:
    """Georgian has no capitals; a sentence may begin with a name or with what is not shown."""
    return code == "ka" or text[0].isupper() or text.startswith(("code-1", "["))


def fields_of(template: Template) -> set[str]:
    slots = [slot for part in template.parts for slot in part.slots]
    fields = {field for slot in slots for field in (slot.field, slot.unit) if field}
    return fields | {part.condition for part in template.parts if part.condition}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_event_has_a_sentence_in_every_language_and_no_other_has(code: str) -> None:
    assert set(language(code).sentences) == set(NAMED)


@pytest.mark.parametrize("name", NAMED)
def test_the_languages_tell_the_same_fields_and_the_event_has_them(name: str) -> None:
    told = [fields_of(language(code).sentences[name]) for code in LANGUAGES]
    assert all(fields == told[0] for fields in told)
    assert told[0] <= set(NAMED[name].__struct_fields__)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", NAMED)
def test_what_may_be_missing_stands_in_an_optional_part(name: str, code: str) -> None:
    hints = get_type_hints(NAMED[name])
    for part in parts_of(language(code).sentences[name], optional=False):
        for slot in part.slots:
            assert type(None) not in get_args(hints[slot.field]), slot.field
            assert hints[slot.field] is not bool, slot.field


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_value_of_the_enumerations_that_events_carry_has_its_word(code: str) -> None:
    hints = [hint for event in EVENTS for hint in get_type_hints(event).values()]
    enumerations = {
        one
        for hint in hints
        for one in (hint, *get_args(hint))
        if isinstance(one, type) and issubclass(one, Enum)
    }
    assert AppealKind in enumerations
    values = {member.value for enumeration in enumerations for member in enumeration}
    assert values <= set(language(code).words) | set(language(code).units)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_written_in_its_own_letters(code: str) -> None:
    spoken = language(code)
    templates = (*spoken.sentences.values(), *spoken.values.values())
    pieces = [piece for each in templates for part in each.parts for piece in part.pieces]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    words = [word for name, word in spoken.words.items() if name != "fin"]
    own = {letter for text in (*texts, *words, *spoken.months) for letter in text.lower()}
    assert {each for each in own if each.isalpha()} <= {*ALPHABETS[code], *SIGNED.get(code, "")}


def test_the_languages_have_the_same_words_and_the_same_values() -> None:
    assert len({frozenset(language(code).words) for code in LANGUAGES}) == 1
    assert len({frozenset(language(code).values) for code in LANGUAGES}) == 1


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("event_type", EVENTS, ids=stored_name)
def test_every_event_is_told_opened_and_sealed(event_type: type[Event], code: str) -> None:
    keys = {PERSON_ID: PersonKey(bytes(32))}
    for event in instances(event_type):
        row = stored(recorded(event), keys)
        opened = MAPPER.read_all([row], lambda _: keys)[0]
        sealed = MAPPER.read(row)
        assert tell(opened, code, NAMES).sentence == tell(recorded(event), code, NAMES).sentence
        for entry in (tell(opened, code, NAMES), tell(sealed, code, NAMES)):
            assert entry.event == stored_name(event_type)
            assert entry.sentence == entry.sentence.strip()
            assert begins_a_sentence(entry.sentence, code)
            assert entry.sentence.endswith((".", ".”", "…"))
            assert not set("{}") & set(entry.sentence)
            assert "None" not in entry.sentence
            assert "  " not in entry.sentence


def test_an_appeal_is_told_as_the_department_writes() -> None:
    (event,) = (
        event
        for event in list(instances(AppealRegistered))[1:2]
        if isinstance(event, AppealRegistered)
    )
    event = replace(
        event,
        number=RegistrationNumber(book="a", year=2026, sequence=12),
        kind=AppealKind.COMPLAINT,
        due=DUE,
        confidential=False,
        covering_letter=None,
        legacy_number=None,
        subject="Pensiyanın yenidən hesablanması",
    )
    assert sentence(event) == (
        "Müraciət 06.04.2026 tarixində A-12/2026 nömrəsi ilə qeydiyyata alındı: şikayət; "
        "müraciət edən: Mətn Mətn Mətn; qısa məzmun: “Pensiyanın yenidən hesablanması”. "
        "Daxil olma yolu: poçt. Cavab müddəti: 27.04.2026 tarixinədək."
    )
    assert sentence(event, "en") == (
        "The appeal was registered on 6 April 2026 under number A-12/2026: complaint; "
        "applicant: Mətn Mətn Mətn; subject: “Pensiyanın yenidən hesablanması”. "
        "It came by: post. To be answered by 27 April 2026."
    )


@pytest.mark.parametrize(
    ("length", "code", "told"),
    [
        (1, "en", "(1 working day)"),
        (15, "en", "(15 working days)"),
        (15, "az", "(15 iş günü)"),
        (15, "tr", "(15 iş günü)"),
        (15, "ka", "15 სამუშაო დღე;"),
        (1, "ru", "(на 1 рабочий день)"),
        (3, "ru", "(на 3 рабочих дня)"),
        (11, "ru", "(на 11 рабочих дней)"),
        (21, "ru", "(на 21 рабочий день)"),
        (30, "ru", "(на 30 рабочих дней)"),
    ],
)
def test_a_unit_stands_in_the_form_that_its_number_asks_for(
    length: int, code: str, told: str
) -> None:
    event = next(e for e in instances(AppealTermExtended) if isinstance(e, AppealTermExtended))
    assert told in sentence(replace(event, length=length, unit=TermUnit.WORKING_DAYS), code)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("tr", "Əliyev Elçin cevap taslağını parafladı."),
        ("ka", "პასუხის პროექტი დავიზდა. ვიზა: Əliyev Elçin."),
        ("ru", "Проект ответа завизирован: Əliyev Elçin."),
    ],
)
def test_names_of_officials_are_never_bent(code: str, told: str) -> None:
    event = next(e for e in instances(ReplyInitialled) if isinstance(e, ReplyInitialled))
    assert sentence(replace(event, initialled_by="aliyev"), code) == told


def test_a_term_that_moves_by_hours_is_told_with_its_hours() -> None:
    due = replace(DUE, on=date(2026, 4, 27), at=datetime(2026, 4, 27, 12, tzinfo=UTC))
    hours = MovedDue(
        clock="answer", was=due.on, was_at=datetime(2026, 4, 27, 6, tzinfo=UTC), due=due
    )
    days = MovedDue(clock="forward", was=date(2026, 4, 9), due=replace(DUE, on=date(2026, 4, 10)))
    event = DueDatesMoved(decision=CASE, moved=(hours, days))
    assert sentence(event, "en").endswith(
        ": answer: 27 April 2026, 16:00, before 27 April 2026, 10:00, "
        "forwarding: 10 April 2026, before 9 April 2026."
    )


def test_optional_parts_are_told_only_when_they_are_there() -> None:
    bare = AppealAssigned(
        unit="pensions",
        main_executor="mammadov",
        co_executors=(),
        assigned_by="aliyev",
        resolution=None,
        internal_due=None,
    )
    assert sentence(bare) == (
        "Müraciət icraya göndərildi: Pensiya şöbəsi; icraçı: Məmmədov Rauf. "
        "Dərkənarın müəllifi: Əliyev Elçin."
    )
    full = replace(bare, co_executors=("aliyev", "nobody"), resolution="Baxın", internal_due=DUE)
    assert sentence(full) == (
        "Müraciət icraya göndərildi: Pensiya şöbəsi; icraçı: Məmmədov Rauf; "
        "həmicraçılar: Əliyev Elçin, nobody. Dərkənarın müəllifi: Əliyev Elçin. "
        "Dərkənar: “Baxın”. Daxili icra müddəti: 27.04.2026 tarixinədək."
    )


def test_times_are_those_of_the_clock_on_the_departments_wall() -> None:
    event = VisitorCalled(visit_id=uuid4(), called_at=NOON)
    assert "06.04.2026, 12:00" in sentence(event)
    elsewhere = replace(NAMES, time_zone=ZoneInfo("Europe/Istanbul"))
    assert "6 April 2026, 11:00" in tell(recorded(event), "en", elsewhere).sentence


def test_what_is_sealed_is_said_to_be_sealed() -> None:
    keys = {PERSON_ID: PersonKey(bytes(32))}
    note = recorded(NoteAdded(text="Ad və ünvan"), reason="zəng")
    sealed = MAPPER.read(stored(note, keys))
    entry = tell(sealed, "az", NAMES)
    assert entry.sentence == "Qeyd əlavə edildi: “[şifrələnib]”."
    assert entry.details == {"text": SEALED, "person_id": None}
    assert entry.reason is None


def test_a_long_text_is_shortened_at_a_word_in_the_sentence_only() -> None:
    text = "söz " * 100
    entry = tell(recorded(NoteAdded(text=text)), "az", NAMES)
    assert entry.sentence.endswith("söz…”.")
    assert len(entry.sentence) < BRIEF + 40
    assert entry.details["text"] == text


def test_an_entry_says_who_acted_for_whom_through_what_and_why() -> None:
    cause = uuid4()
    event = recorded(
        AppealReclassified(
            kind=AppealKind.PROPOSAL, due=DUE, forward_due=DUE, no_consideration_due=DUE
        ),
        on_behalf_of="mammadov",
        reason="səhv növ",
        cause_id=cause,
        version=3,
    )
    entry = tell(event, "az", NAMES)
    assert (entry.who.id, entry.who.name) == ("aliyev", "Əliyev Elçin")
    assert entry.on_behalf_of is not None
    assert entry.on_behalf_of.name == "Məmmədov Rauf"
    assert (entry.unit.name, entry.client) == ("Pensiya şöbəsi", "tests")
    assert (entry.reason, entry.cause_id, entry.command_id) == ("səhv növ", cause, COMMAND)
    assert (entry.case_id, entry.version, entry.position) == (CASE, 3, 3)
    assert entry.at == NOON
    assert entry.details["due"]["on"] == "2026-04-27"


def test_a_visit_is_named_by_its_number_where_the_history_tells_it() -> None:
    registered = next(e for e in instances(VisitRegistered) if isinstance(e, VisitRegistered))
    called = VisitorCalled(visit_id=registered.visit_id, called_at=NOON)
    history = [recorded(registered), recorded(called, version=2)]
    assert str(registered.number) in tell_all(history, "az", NAMES)[1].sentence
    assert str(called.visit_id)[:8] in sentence(called)


def test_a_form_that_does_not_exist_is_refused_when_the_language_is_read() -> None:
    with pytest.raises(ValueError, match="there is no form shout"):
        Template.of("{due:shout}")


def test_an_outline_shows_optional_parts_in_brackets() -> None:
    assert Template.of("Due {due}[[, {unit:unit}]].").outline == "Due {due}[, {unit}]."


def keys_from(desk: Desk, conn: psycopg.Connection[Any]) -> Any:
    async def keys_of(owners: set[UUID]) -> Keys:
        return desk.keys.read(conn.cursor(row_factory=tuple_row), owners)

    return keys_of


async def told(database: str, desk: Desk, rows: list[StreamRow]) -> list[Entry]:
    with psycopg.connect(database) as conn:
        events = await MAPPER.read_all_async(rows, keys_from(desk, conn))
    return tell_all(events, "az", NAMES)


def test_the_history_of_a_case_is_read_from_the_log_to_a_position(
    desk: Desk, database: str
) -> None:
    case = uuid4()
    desk.execute(register_appeal(case))
    middle = desk.execute(add_note(case, text="birinci")).position
    desk.execute(register_appeal(uuid4()))
    desk.execute(add_note(case, text="ikinci"))

    async def read() -> tuple[list[Entry], list[Entry]]:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            whole = await told(database, desk, await case_rows(conn, case))
            half = await told(database, desk, await case_rows(conn, case, upto=middle))
        return whole, half

    whole, half = asyncio.run(read())
    assert [entry.version for entry in whole] == [1, 2, 3]
    assert whole[2].sentence == "Qeyd əlavə edildi: “ikinci”."
    assert half == whole[:2]


def test_a_thread_is_told_across_its_cases_in_the_order_of_the_log(
    desk: Desk, database: str
) -> None:
    session, follow_up = uuid4(), uuid4()
    desk.execute(plan_reception(session))
    desk.execute(open_reception(session))
    desk.execute(register_visit(session))
    visit = next(
        recorded.event
        for recorded in recorded_by(desk)
        if isinstance(recorded.event, VisitRegistered)
    ).visit_id
    desk.execute(replace(register_appeal(follow_up), correlation_id=visit))
    desk.execute(call_visitor(session, visit))
    threads = ReadModel.of(projections.threads)
    with psycopg.connect(database) as conn:
        ensure_builds(conn, [threads])
        threads.apply(conn.cursor(), threads.table_of(1), recorded_by(desk))

    async def read() -> list[Entry]:
        async with await psycopg.AsyncConnection.connect(database) as conn:
            rows = await thread_rows(conn, visit, upto=len(recorded_by(desk)))
            return await told(database, desk, rows)

    told_whole = asyncio.run(read())
    assert told_whole[0].event == "reception-planned"
    entries = [entry for entry in told_whole if entry.correlation_id == visit]
    assert [entry.event for entry in entries] == [
        "visit-registered",
        "appeal-registered",
        "visitor-called",
    ]
    assert entries[2].sentence.endswith("(№ R-1/2026).")


def test_names_are_read_from_the_database(database: str) -> None:
    with psycopg.connect(database) as conn:
        put_organisation(
            conn,
            [Unit(unit="pensions", name="Pensiya şöbəsi")],
            [Official(official="mammadov", unit="pensions", name="Məmmədov Rauf")],
        )
        names = names_in(conn, BAKU)
    assert names.unit("pensions") == "Pensiya şöbəsi"
    assert names.official("mammadov") == "Məmmədov Rauf"
    assert names.official("stranger") == "stranger"


def test_a_hundred_events_of_all_types_are_opened_and_told() -> None:
    keys = {PERSON_ID: PersonKey(bytes(32))}
    events = [event for event_type in EVENTS for event in instances(event_type)][:100]
    rows = [stored(recorded(event, version), keys) for version, event in enumerate(events, 1)]

    async def keys_of(_: set[UUID]) -> Keys:
        return keys

    told = tell_all(asyncio.run(MAPPER.read_all_async(rows, keys_of)), "az", NAMES)
    assert [entry.version for entry in told] == list(range(1, 101))
    assert all(entry.sentence for entry in told)
