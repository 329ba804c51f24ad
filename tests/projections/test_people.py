"""What is kept of people for comparing them: found by tokens, opened only with the secret."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import convert, structs, to_builtins

from application.desk import Desk
from domain.appeal import AppealKind
from domain.applicant import Anonymous, Applicant, Collective, Individual, LegalEntity, Represented
from domain.case import CaseKind, Person
from domain.kinds import EVENTS
from domain.media_inquiry import MediaInquiryReceived, SpokespersonNamed
from domain.person_card import Card, block_keys, card_of
from domain.personal_fields import holders
from domain.reception import TakeInWrittenAppeal
from domain.record import CorrectEntry
from domain.spelling import fold
from infra.blinding import Blinding
from infra.keys import PersonKey
from projections import READ_MODELS, people
from projections.readmodel import ReadModel
from projections.runner import Runner
from tests.application.destructions import (
    appeal_of,
    destroyed,
    erasure_proposed,
    proposed,
    withdrawn,
    years_later,
)
from tests.desks import MASTER_KEY, recorded_by
from tests.orders import (
    HEAD,
    at_reception,
    call_visitor,
    open_reception,
    order,
    plan_reception,
    register_appeal,
    register_visit,
    start_hearing,
)
from tests.projections.logs import reader_of, rows_of, run_out, runner_for, tracking_in

PEOPLE = ReadModel.of(people)
LEYLA = Person(
    id=UUID(int=11),
    surname="Məmmədova",
    name="Leyla",
    patronymic="Vaqif qızı",
    fin="5XK2P7Q",
    phone="+994 50 765 43 21",
    email="leyla.mammadova@example.com",
    address="Bakı ş., Nizami küç. 15, m. 7",
)
TURAL = Person(id=UUID(int=12), surname="Əliyev", name="Tural", phone="(055) 222-11-00")
GIORGI = Person(id=UUID(int=13), surname="ბერიძე", name="გიორგი")


@pytest.fixture
def runner(desk: Desk, database: str) -> Runner:
    return runner_for(desk, database, tracking_in(database), [PEOPLE])


def stored(database: str) -> list[people.Row]:
    return [people.Row(*row) for row in rows_of(database, PEOPLE)]


def cards(desk: Desk, rows: list[people.Row]) -> dict[tuple[UUID, str], Card]:
    blinding = reader_of(desk).blinding
    return {
        (row.person_id, row.part): people.opened((row.case_id, row.person_id, row.card), blinding)
        for row in rows
    }


APPLICANTS: dict[str, tuple[Applicant, dict[tuple[UUID, str], Person]]] = {
    "individual": (Individual(person=LEYLA), {(LEYLA.id, "applicant"): LEYLA}),  # type: ignore[dict-item]
    "represented": (
        Represented(person=LEYLA, representative=TURAL, authority="etibarnamə"),
        {(LEYLA.id, "represented"): LEYLA, (TURAL.id, "representative"): TURAL},  # type: ignore[dict-item]
    ),
    "collective": (
        Collective(signatories=(LEYLA, TURAL, GIORGI), further_signatures=4),
        {(each.id, "signatory"): each for each in (LEYLA, TURAL, GIORGI)},  # type: ignore[misc]
    ),
    "entity": (
        LegalEntity(name="Nümunə MMC", legal_address="Bakı", representative=TURAL),
        {(TURAL.id, "representative"): TURAL},  # type: ignore[dict-item]
    ),
}


@pytest.mark.parametrize("form", APPLICANTS)
def test_everybody_who_writes_or_is_written_for_has_a_card(
    desk: Desk, database: str, runner: Runner, form: str
) -> None:
    applicant, expected = APPLICANTS[form]
    desk.execute(register_appeal(applicant=applicant))
    run_out(runner)
    rows = stored(database)
    assert cards(desk, rows) == {key: card_of(person) for key, person in expected.items()}
    blinding = reader_of(desk).blinding
    for row in rows:
        keys = block_keys(card_of(expected[row.person_id, row.part]))
        assert row.blocks == [blinding.token(key) for key in keys]


@pytest.mark.parametrize(
    ("contact", "known"),
    [
        ("leyla@example.com", Person(email="leyla@example.com")),
        ("050 765 43 21", Person(phone="0507654321")),
        ("Gəncə, Nizami küç. 15", Person(address="Gəncə, Nizami küç. 15")),
    ],
)
def test_somebody_without_a_name_is_known_by_the_contact_detail_left(
    desk: Desk, database: str, runner: Runner, contact: str, known: Person
) -> None:
    case = uuid4()
    desk.execute(register_appeal(case, applicant=Anonymous(contact=contact)))
    desk.execute(register_appeal(applicant=Anonymous()))
    run_out(runner)
    assert cards(desk, stored(database)) == {(case, "anonymous"): card_of(known)}


def test_a_visitor_and_what_they_hand_in_are_known_too(
    desk: Desk, database: str, runner: Runner
) -> None:
    session, first = uuid4(), structs.replace(LEYLA, fin=None, address=None)
    desk.execute(plan_reception(session))
    desk.execute(open_reception(session))
    desk.execute(register_visit(session, visitor=first))
    visit = recorded_by(desk)[-1].event.visit_id  # type: ignore[attr-defined]
    desk.execute(call_visitor(session, visit))
    desk.execute(start_hearing(session, visit))
    taken_in = TakeInWrittenAppeal(
        visit_id=visit,
        applicant=LEYLA,
        kind=AppealKind.COMPLAINT,
        topic="pension",
        subject="Pensiyanın hesablanması",
    )
    desk.execute(at_reception(session, taken_in))
    run_out(runner)
    assert cards(desk, stored(database)) == {
        (LEYLA.id, "visitor"): card_of(first),
        (LEYLA.id, "applicant"): card_of(LEYLA),
    }


@pytest.mark.parametrize(
    ("entry", "text", "meant"),
    [
        ("phone", "+994 70 111 22 33", {"phone": "+994 70 111 22 33"}),
        ("surname", "Quliyeva", {"surname": "Quliyeva"}),
        ("birth_date", "1980-05-07", {"birth_date": "1980-05-07"}),
        ("fin", "7ZULFU4", {"fin": "7ZULFU4"}),
    ],
)
def test_a_corrected_entry_leaves_the_row_that_the_right_one_would_have_made(
    desk: Desk, database: str, runner: Runner, entry: str, text: str, meant: dict[str, Any]
) -> None:
    right = convert(to_builtins(LEYLA) | meant, Person)
    wrong_case, right_case = uuid4(), uuid4()
    desk.execute(register_appeal(wrong_case, applicant=Individual(person=LEYLA)))
    desk.execute(register_appeal(right_case, applicant=Individual(person=right)))
    correction = CorrectEntry(
        entry=f"applicant.{entry}", value=text, approved_by="director", reason="Səhv yazılıb"
    )
    desk.execute(order(CaseKind.APPEAL, wrong_case, correction, HEAD))
    run_out(runner)
    of_case = {row.case_id: row for row in stored(database)}
    assert of_case[wrong_case].blocks == of_case[right_case].blocks
    assert list(cards(desk, [of_case[wrong_case]]).values()) == [card_of(right)]


def test_an_entry_that_was_missing_may_be_corrected_in(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = uuid4()
    desk.execute(register_appeal(case, applicant=Individual(person=Person(id=LEYLA.id))))
    run_out(runner)
    assert stored(database) == []
    correction = CorrectEntry(
        entry="applicant.phone", value="0507654321", approved_by="director", reason="Unudulub"
    )
    desk.execute(order(CaseKind.APPEAL, case, correction, HEAD))
    run_out(runner)
    assert cards(desk, stored(database)) == {
        (LEYLA.id, "applicant"): card_of(Person(phone="0507654321"))
    }


def test_a_destroyed_case_leaves_no_row(desk: Desk, database: str) -> None:
    runner = runner_for(desk, database, tracking_in(database), READ_MODELS)
    case, other = appeal_of(desk, LEYLA), appeal_of(desk, LEYLA)
    withdrawn(desk, case)
    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, case))
    assert {row.case_id for row in stored(database)} == {other}


def test_an_erased_person_leaves_no_row_in_any_case(desk: Desk, database: str) -> None:
    runner = runner_for(desk, database, tracking_in(database), READ_MODELS)
    kept, shared = appeal_of(desk, TURAL), uuid4()
    desk.execute(register_appeal(shared, applicant=Collective(signatories=(TURAL, LEYLA))))
    for case in (appeal_of(desk, LEYLA), kept, shared):
        withdrawn(desk, case)
    years_later(desk)
    run_out(runner)
    assert {row.person_id for row in stored(database)} == {LEYLA.id, TURAL.id}
    assert LEYLA.id
    destroyed(desk, database, runner, erasure_proposed(desk, LEYLA.id))
    rows = stored(database)
    assert {(row.case_id, row.person_id) for row in rows} == {(kept, TURAL.id), (shared, TURAL.id)}


def test_a_reader_of_the_table_learns_nothing_of_anybody(
    desk: Desk, database: str, runner: Runner
) -> None:
    everybody = (LEYLA, TURAL, GIORGI)
    for person in everybody:
        desk.execute(register_appeal(applicant=Individual(person=person)))
    run_out(runner)
    assert len(stored(database)) == len(everybody)
    dumped = b"".join(_dumped(database)).lower()
    for word in _words(everybody):
        assert word.encode().lower() not in dumped
        assert word.encode().hex().encode() not in dumped


def test_equal_people_are_told_alike_here_and_otherwise_in_another_register(
    desk: Desk, database: str, runner: Runner
) -> None:
    for _ in range(2):
        desk.execute(register_appeal(applicant=Individual(person=LEYLA)))
    run_out(runner)
    one, other = stored(database)
    assert one.blocks == other.blocks
    assert one.card != other.card, "a card tells by its bytes alone no more than its tokens do"
    elsewhere = Blinding(PersonKey(MASTER_KEY))
    foreign = {elsewhere.token(key) for key in block_keys(card_of(LEYLA))}
    assert foreign.isdisjoint(one.blocks)


def test_every_event_with_a_person_in_it_is_taken_or_brings_no_citizen() -> None:
    brings = {event for event in EVENTS if Person in holders((event,))}
    assert brings - people.TAKES == {MediaInquiryReceived, SpokespersonNamed}


def _dumped(database: str) -> Iterator[bytes]:
    with psycopg.connect(database) as conn:
        query = "COPY (SELECT * FROM read_models.people) TO STDOUT"
        with conn.cursor().copy(query) as copy:
            yield from (bytes(part) for part in copy)


def _words(everybody: tuple[Person, ...]) -> Iterator[str]:
    for person in everybody:
        fields = (person.surname, person.name, person.patronymic, person.fin, person.email)
        for text in filter(None, (*fields, person.phone, person.address)):
            yield text
            yield from (word for word in fold(text).split() if len(word) > 3)
        card = card_of(person)
        if card.phone:
            yield str(card.phone)
