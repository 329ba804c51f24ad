"""What was corrected in a case shows at once wherever it is read, and the history tells both."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from application.access import CaseHidden
from application.caller import Caller, Role
from application.desk import Desk
from application.orders import Order
from domain.applicant import Represented
from domain.case import CaseKind, Person
from domain.record import CorrectEntry, EntryCorrected
from infra.keys import KeyRing
from infra.sealing import SEALED
from projections.cases import EVERYTHING, list_cases
from projections.corrections import Entries, take
from projections.due_dates import DueFilter, list_due
from projections.history import tell_all
from projections.parties import cases_of_person
from projections.telling import Names
from projections.work import work_of_units
from tests.desks import MASTER_KEY, recorded_by
from tests.domain.spec import BAKU
from tests.orders import (
    EXECUTOR,
    REGISTRAR,
    add_note,
    assign_appeal,
    caller,
    order,
    register_appeal,
)
from tests.projections.test_work import Office, office

__all__ = ["office"]

CITIZEN = Person(id=UUID(int=11), surname="Həsənov", name="Rəşad", phone="012")
LAWYER = Person(id=UUID(int=12), surname="Quliyeva", name="Nigar")
BOTH = Represented(person=CITIZEN, representative=LAWYER, authority="Etibarnamə")
LETTER = '{"body":"Nazirlik","letter_number":"4/17","letter_date":"2026-04-02"}'
NAMES = Names({}, {}, BAKU)
LEADER = caller("director", "agency", Role.LEADER)
HEAD_ABOVE = caller("head-above", "social", Role.UNIT_HEAD)


def correction(case: UUID, entry: str, value: str) -> Order:
    command = CorrectEntry(entry=entry, value=value, approved_by="director", reason="səhv")
    return order(CaseKind.APPEAL, case, command, REGISTRAR)


def correct(desk: Desk, case: UUID, entry: str, value: str) -> None:
    desk.execute(correction(case, entry, value))


@pytest.fixture
def case(desk: Desk) -> UUID:
    case = uuid4()
    desk.execute(register_appeal(case, applicant=BOTH, text="Köhnə mətn"))
    return case


def entries(desk: Desk) -> Entries:
    found: Entries = {}
    for recorded in recorded_by(desk):
        take(found, recorded.event)
    return found


def told(desk: Desk, language: str = "en") -> str:
    return tell_all(recorded_by(desk), language, NAMES)[-1].sentence


@pytest.mark.parametrize(
    ("entry", "value", "place", "now"),
    [
        ("topic", "land", ("topic",), "land"),
        ("subject", "Torpaq", ("subject",), "Torpaq"),
        ("text", "Yeni mətn", ("text",), "Yeni mətn"),
        ("confidential", "true", ("confidential",), True),
        ("covering_letter", LETTER, ("covering_letter", "letter_number"), "4/17"),
        ("applicant.phone", "055", ("applicant", "person", "phone"), "055"),
        ("representative.fin", "7AB12CD", ("applicant", "representative", "fin"), "7AB12CD"),
        (
            "applicant.birth_date",
            "1980-02-29",
            ("applicant", "person", "birth_date"),
            "1980-02-29",
        ),
    ],
)
def test_the_entries_of_a_case_are_the_corrected_ones(
    desk: Desk, case: UUID, entry: str, value: str, place: tuple[str, ...], now: object
) -> None:
    correct(desk, case, entry, value)
    found: Any = entries(desk)
    for step in place:
        found = found[step]
    assert found == now


@pytest.mark.parametrize(
    ("entry", "value", "sentence"),
    [
        ("topic", "land", "topic \u2013 land. Approved by: director. Before: pension."),
        (
            "applicant.phone",
            "055",
            "telephone number (applicant) \u2013 “055”. Approved by: director. Before: “012”.",
        ),
        (
            "representative.phone",
            "055",
            "telephone number (representative) \u2013 “055”. Approved by: director.",
        ),
        ("text", "Yeni", "text \u2013 “Yeni”. Approved by: director. Before: “Köhnə mətn”."),
        ("confidential", "true", "confidentiality \u2013 yes. Approved by: director. Before: no."),
        (
            "covering_letter",
            LETTER,
            "covering letter \u2013 4/17 of 2 April 2026 (Nazirlik). Approved by: director.",
        ),
    ],
)
def test_the_history_tells_what_it_was_and_what_it_is(
    desk: Desk, case: UUID, entry: str, value: str, sentence: str
) -> None:
    correct(desk, case, entry, value)
    assert told(desk) == f"An entry was corrected: {sentence}"


def test_a_second_correction_tells_the_first_as_what_it_was(desk: Desk, case: UUID) -> None:
    correct(desk, case, "applicant.phone", "055")
    correct(desk, case, "applicant.phone", "050")
    assert "“050”" in told(desk)
    assert told(desk).endswith("Before: “055”.")
    correct(desk, case, "covering_letter", LETTER)
    correct(desk, case, "covering_letter", LETTER.replace("4/17", "4/18"))
    assert told(desk, "az").endswith("Əvvəl: 02.04.2026 tarixli 4/17 nömrəli (Nazirlik).")


def test_a_persons_value_is_sealed_under_their_own_key(
    desk: Desk, database: str, case: UUID
) -> None:
    correct(desk, case, "applicant.phone", "055 111")
    correct(desk, case, "representative.phone", "055 222")
    with psycopg.connect(database) as conn:
        stored = conn.execute("SELECT convert_from(state, 'UTF8') FROM karguzar.register_events")
        assert not any("055 111" in row[0] or "055 222" in row[0] for row in stored)
        keys = KeyRing(MASTER_KEY).read(conn.cursor(), [UUID(int=12)])
        rows = desk.log.tail(0, 10)
    corrections = [
        recorded.event
        for recorded in desk.event_mapper.read_all(rows, lambda _owners: keys)
        if isinstance(recorded.event, EntryCorrected)
    ]
    assert [event.text for event in corrections] == [None, "055 222"]
    assert [event.person_id for event in corrections] == [CITIZEN.id, LAWYER.id]


def test_without_the_key_the_history_says_that_a_value_is_sealed(desk: Desk, case: UUID) -> None:
    correct(desk, case, "applicant.phone", "055")
    events = [desk.event_mapper.read(row) for row in desk.log.tail(0, 10)]
    sentence = tell_all(events, "en", NAMES)[-1].sentence
    assert "telephone number (applicant) \u2013 “[sealed]”" in sentence
    found: Entries = {}
    for recorded in events:
        take(found, recorded.event)
    assert found["applicant"]["person"]["phone"] == SEALED


def seen_in(office: Office, by: Caller) -> set[str]:
    """The lists in which somebody finds the one case there is."""
    found = {
        "register": office.asks(list_cases, EVERYTHING, by=by).rows,
        "work": office.asks(work_of_units, ["pensions"], by=by).rows,
        "due-dates": office.asks(list_due, DueFilter(), by=by).rows,
        "parties": office.asks(cases_of_person, CITIZEN.id, by=by)[0],
    }
    return {name for name, rows in found.items() if rows}


@pytest.mark.parametrize("by", [LEADER, HEAD_ABOVE], ids=["leader", "unit-above"])
def test_an_appeal_that_becomes_confidential_is_out_of_sight_everywhere(
    office: Office, by: Caller
) -> None:
    case = office.does(register_appeal(applicant=BOTH))
    office.does(assign_appeal(case))
    everywhere = {"register", "work", "due-dates", "parties"}
    assert seen_in(office, by) == everywhere
    office.does(correction(case, "confidential", "true"))
    assert seen_in(office, by) == set()
    assert seen_in(office, EXECUTOR) == everywhere
    with pytest.raises(CaseHidden):
        office.desk.execute(add_note(case, by=HEAD_ABOVE))
    office.does(correction(case, "confidential", "false"))
    assert seen_in(office, by) == everywhere


def test_a_corrected_text_is_not_taken_for_the_subject(office: Office) -> None:
    case = office.does(register_appeal(subject="Pensiya", text="Köhnə"))
    office.does(correction(case, "text", "Yeni mətn"))
    (row,) = office.asks(list_cases, EVERYTHING).rows
    assert row.subject == "Pensiya"
