"""What was entered wrongly in an appeal is put right, entry by entry."""

from datetime import date
from uuid import UUID

import pytest
from msgspec import json
from msgspec.structs import replace

from domain.appeal import (
    Appeal,
    CorrectionNotFitting,
    CoveringLetter,
    EntryUnchanged,
    decide,
    evolve,
)
from domain.applicant import Anonymous, Applicant, Collective, Individual, LegalEntity, Represented
from domain.case import Event, Person
from domain.information import DatedInTheFuture
from domain.record import CorrectEntry, EntryCorrected, NotCorrectable, OwnApproval
from tests.domain.spec import Spec
from tests.domain.test_appeal import REGISTERED

CITIZEN = Person(id=UUID(int=11), surname="Həsənov", name="Rəşad")
LAWYER = Person(id=UUID(int=12), surname="Quliyeva", name="Nigar")
OF_CITIZEN = replace(REGISTERED, applicant=Individual(person=CITIZEN))
OF_BOTH = replace(
    REGISTERED,
    applicant=Represented(person=CITIZEN, representative=LAWYER, authority="Etibarnamə"),
)
OF_COMPANY = replace(
    REGISTERED,
    applicant=LegalEntity(name="Xəzər MMC", legal_address="Bakı", representative=LAWYER),
)
LETTER = CoveringLetter(
    body="Nazirlik", letter_number="4/17", letter_date=date(2026, 4, 2), under_their_control=True
)


def correct(entry: str, value: str, **rest: object) -> CorrectEntry:
    command = CorrectEntry(entry=entry, value=value, approved_by="chief", reason="mistyped")
    return replace(command, **rest)


def appeal(*events: Event) -> Spec:
    return Spec(decide, evolve, *events)


def state(*events: Event) -> Appeal:
    standing = appeal(*events).state
    assert isinstance(standing, Appeal)
    return standing


def test_an_appeal_becomes_confidential_and_open_again() -> None:
    closed = EntryCorrected(entry="confidential", value="true", approved_by="chief")
    opened = replace(closed, value="false")
    appeal(REGISTERED).when(correct("confidential", "true")).then(closed)
    assert state(REGISTERED, closed).confidential
    appeal(REGISTERED, closed).when(correct("confidential", "true")).refused(EntryUnchanged)
    appeal(REGISTERED, closed).when(correct("confidential", "false")).then(opened)
    assert not state(REGISTERED, closed, opened).confidential


def test_a_covering_letter_is_corrected_as_one() -> None:
    value = json.encode(LETTER).decode()
    corrected = EntryCorrected(entry="covering_letter", value=value, approved_by="chief")
    spaced = json.format(value)
    appeal(REGISTERED).when(correct("covering_letter", spaced)).then(corrected)
    assert state(REGISTERED, corrected).covering_letter == LETTER
    appeal(REGISTERED, corrected).when(correct("covering_letter", spaced)).refused(EntryUnchanged)
    entered = replace(REGISTERED, covering_letter=LETTER)
    appeal(entered).when(correct("covering_letter", value)).refused(EntryUnchanged)


def test_the_text_is_the_applicants_and_may_be_long() -> None:
    long = "Damım yenə axır. " * 200
    appeal(OF_CITIZEN).when(correct("text", long)).then(
        EntryCorrected(entry="text", text=long, approved_by="chief")
    )


@pytest.mark.parametrize(
    ("registered", "entry", "person"),
    [
        (OF_CITIZEN, "applicant", CITIZEN),
        (OF_BOTH, "applicant", CITIZEN),
        (OF_BOTH, "representative", LAWYER),
        (OF_COMPANY, "representative", LAWYER),
    ],
    ids=["individual", "represented", "representative", "of-a-company"],
)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("surname", "Həsənli"),
        ("name", "Rəşid"),
        ("patronymic", "Əli oğlu"),
        ("fin", "7AB12CD"),
        ("birth_date", "1980-02-29"),
        ("phone", "+994501112233"),
        ("email", "r@example.az"),
        ("address", "Gəncə, Nizami 5"),
    ],
)
def test_a_persons_entry_is_theirs(
    registered: Event, entry: str, person: Person, field: str, value: str
) -> None:
    corrected = EntryCorrected(
        entry=f"{entry}.{field}", text=value, approved_by="chief", person_id=person.id
    )
    appeal(registered).when(correct(f"{entry}.{field}", value)).then(corrected)
    named = correct(f"{entry}.{field}", value, person_id=person.id)
    appeal(registered).when(named).then(corrected)


@pytest.mark.parametrize(
    ("applicant", "entry"),
    [
        (Individual(person=CITIZEN), "representative.phone"),
        (Individual(person=CITIZEN), "applicant.id"),
        (Individual(person=CITIZEN), "applicant"),
        (Individual(person=CITIZEN), "applicant.shoe_size"),
        (Collective(signatories=(CITIZEN, LAWYER)), "applicant.phone"),
        (LegalEntity(name="MMC", legal_address="Bakı"), "representative.phone"),
        (Anonymous(contact="012"), "applicant.phone"),
    ],
)
def test_there_is_nothing_to_correct_about_a_person_who_is_not_there(
    applicant: Applicant, entry: str
) -> None:
    registered = replace(REGISTERED, applicant=applicant)
    appeal(registered).when(correct(entry, "x")).refused(NotCorrectable)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("confidential", "yes"),
        ("confidential", "1"),
        ("confidential", "null"),
        ("covering_letter", "4/17"),
        ("covering_letter", "null"),
        ("covering_letter", '{"body": "Nazirlik", "letter_number": "4/17"}'),
        (
            "covering_letter",
            '{"body": "B", "letter_number": "4", "letter_date": "2026-04-02", "more": 1}',
        ),
        (
            "covering_letter",
            '{"body": "B", "letter_number": "4", "letter_date": "0001-01-01"}',
        ),
        ("text", "x\x00"),
        ("applicant.phone", "x" * 501),
        ("applicant.birth_date", "1980-02-30"),
        ("applicant.birth_date", "0001-01-01"),
    ],
)
def test_a_value_has_to_fit_its_entry(entry: str, value: str) -> None:
    appeal(OF_CITIZEN).when(correct(entry, value)).refused(CorrectionNotFitting)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (
            "covering_letter",
            '{"body": "B", "letter_number": "4", "letter_date": "2026-04-07"}',
        ),
        ("applicant.birth_date", "2026-04-07"),
        ("applicant.birth_date", "9999-12-31"),
    ],
)
def test_neither_a_letter_nor_a_birth_lies_in_the_future(entry: str, value: str) -> None:
    appeal(OF_CITIZEN).when(correct(entry, value)).refused(DatedInTheFuture)


def test_the_entry_of_one_person_is_not_sealed_as_anothers() -> None:
    command = correct("representative.phone", "012", person_id=CITIZEN.id)
    appeal(OF_BOTH).when(command).refused(CorrectionNotFitting)


def test_nobody_approves_their_own_correction_of_a_person() -> None:
    command = correct("applicant.phone", "012", approved_by="clerk")
    appeal(OF_CITIZEN).when(command).refused(OwnApproval)
