# ruff: noqa: RUF001 - letters of several alphabets are what it is about
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case import Person
from domain.person_card import (
    BROAD,
    LONGEST_SORT,
    block_keys,
    card_from,
    card_of,
    corrected,
    decode,
    encode,
    further_keys,
)
from domain.person_names import FEMALE, MALE, stem

ENTRIES = ("surname", "name", "patronymic", "fin", "phone", "email", "address")
PERSON: dict[str, Any] = {
    "surname": "Nümunəyeva",
    "name": "Gülşən",
    "patronymic": "Sınaq qızı",
    "fin": "5ab12x7",
    "phone": "+994 50 123-45-67",
    "email": "A.B@poct.example",
    "address": "Bakı şəh., Sınaq küç., ev 12, mənzil 4",
}


@pytest.mark.parametrize(
    ("fields", "given", "surname", "patronymic", "sex"),
    [
        (("Nümunəyev", "Vüqar", "Məmməd oğlu"), "vuqar", "numuneyev", "memmed", MALE),
        (("Nümunəyeva", "Leyla", "Məmməd qızı"), "leyla", "numuneyev", "memmed", FEMALE),
        (("Нумунаева", "Лейла", "Мамедовна"), "leyla", "numunaev", "mamed", FEMALE),
        (("Vüqar", "Nümunəyev", ""), "vuqar", "numuneyev", "", MALE),
        (("", "Nümunəyev Vüqar Məmməd oğlu", ""), "vuqar", "numuneyev", "memmed", MALE),
        (("", "Vüqar Məmməd oğlu Nümunəyev", ""), "vuqar", "numuneyev", "memmed", MALE),
        (("Nümunəyev", "Vüqar Məmmədoğlu Əli", ""), "vuqar eli", "numuneyev", "memmed", MALE),
        (("", "Nümunəyev V. M.", ""), "v", "numuneyev", "m", MALE),
        (("ნიმუშიძე", "გიორგი", "კონსტანტინეს ძე"), "giorgi", "nimushidze", "konstantine", MALE),
        (("", "გიორგი ნიმუშიძე", ""), "giorgi", "nimushidze", "", 0),
        (("", "Mehmet Ali Örnek", ""), "mehmet ali", "ornek", "", 0),
        (("Örnek", "Ayşe", ""), "ayse", "ornek", "", 0),
    ],
)
def test_the_parts_of_a_name_are_told_apart(
    fields: tuple[str, str, str], given: str, surname: str, patronymic: str, sex: int
) -> None:
    entered, name, father = fields
    card = card_from(surname=entered, name=name, patronymic=father)
    found = (card.given, card.surname, card.patronymic, card.sex)
    assert found == (given, surname, patronymic, sex)


def test_a_guessed_order_is_told_as_one() -> None:
    assert not card_from(name="Ayşe Örnek").in_order
    assert card_from(name="Ayşe", surname="Örnek").in_order


@pytest.mark.parametrize(
    "surname", ["eliyev", "eliyeva", "elili", "elizade", "elibeyli", "eliyevi"]
)
def test_endings_that_people_change_leave_one_stem(surname: str) -> None:
    assert stem(surname).removesuffix("y") == "eli"


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+994 50 123-45-67", 501234567),
        ("0501234567", 501234567),
        ("00994501234567", 501234567),
        ("+90 (532) 123 45 67", 321234567),
        ("0532 123 45 67", 321234567),
        ("+995 599 12-34-56", 599123456),
        ("0000000000", 0),
        ("yoxdur", 0),
    ],
)
def test_phones_are_compared_without_country_and_signs(written: str, phone: int) -> None:
    assert card_from(phone=written).phone == phone


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("1980-03-04", 19800304),
        ("04.03.1980", 19800304),
        ("4/3/1980", 19800304),
        ("19800304", 19800304),
        ("1980", 19800000),
        ("1980-01-01", 19800101),
        (date(1980, 3, 4), 19800304),
        ("1980-03-04T00:00:00", 19800304),
        ("bilinmir", 0),
        ("0001-01-01", 0),
    ],
)
def test_birth_dates_come_as_lists_have_them(written: str | date, born: int) -> None:
    assert card_from(born=written).born == born


def test_cyrillic_letters_that_look_latin_are_one_id() -> None:
    assert card_from(fin="5АВ12Х7").fin == card_from(fin="5ab12x7").fin == "5AB12X7"


def test_an_address_is_its_places_and_its_numbers() -> None:
    card = card_from(address="Bakı şəh., Sınaq küç., ev 012, mənzil 4a")
    assert card.address == "baki sinaq a"
    assert card.numbers == ("12", "4")


def test_a_woman_and_her_brother_share_the_key_of_the_surname_not_the_full_name() -> None:
    sister = card_from(surname="Nümunəyeva", name="Leyla", phone="0501234567")
    brother = card_from(surname="Nümunəyev", name="Vüqar", phone="0501234567")
    shared = set(block_keys(sister)) & set(block_keys(brother))
    assert shared == {"ph:501234567"}


@pytest.mark.parametrize(
    "other",
    [
        {"surname": "Gülşən", "name": "Nümunəyeva"},
        {"surname": "", "name": "Нумунаева Гульшан Сынаковна"},
        {"surname": "Başqazadə"},
        {"name": "G."},
        {"name": "Gülşn", "surname": "Nümünəyeva"},
    ],
    ids=["turned", "cyrillic, whole", "married", "initial", "misspelt"],
)
def test_one_person_written_differently_is_found_by_some_key(other: dict[str, str]) -> None:
    written = {**PERSON, **other}
    one = card_from(**PERSON, born="1980-03-04")
    two = card_from(**{**written, "fin": "", "email": ""}, born="1980-03-04")
    shared = {key.partition(":")[0] for key in set(block_keys(one)) & set(block_keys(two))}
    assert shared - BROAD


def test_an_address_whose_words_run_together_is_found_by_how_it_begins() -> None:
    one = card_from(surname="Nümunəyev", name="Vüqar", address="Sınaq küçəsi 12, Bakı 1005")
    other = card_from(surname="Nümunəyv", name="Rəşad", address="Sınaqküçəsi 12 Bakı 1050")
    assert set(further_keys(one)) & set(further_keys(other))


def test_a_placeholder_is_no_key() -> None:
    card = card_from(surname="Nümunəyev", name="Vüqar", born="1980-01-01")
    assert not [
        key for key in block_keys(card) + further_keys(card) if key.startswith(("b:", "bd:"))
    ]


@pytest.mark.parametrize("entry", [*ENTRIES, "birth_date"])
def test_a_corrected_card_is_that_of_the_corrected_person(entry: str) -> None:
    before = Person(**PERSON, birth_date=date(1980, 3, 4))
    texts = {"birth_date": "1981-05-06", "phone": "0559998877", "name": "Leyla Rəna"}
    text = texts.get(entry, "Yeni 77 ev")
    changed = date.fromisoformat(text) if entry == "birth_date" else text
    after = Person(**{**PERSON, "birth_date": date(1980, 3, 4), entry: changed})
    assert corrected(card_of(before), entry, text) == card_of(after)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries({entry: st.text(max_size=40) for entry in ENTRIES}), st.text(max_size=12)
)
def test_a_card_is_made_of_any_text_and_kept_as_it_is(entries: dict[str, str], born: str) -> None:
    card = card_from(**entries, born=born)
    assert decode(encode(card)) == card
    keys = block_keys(card) + further_keys(card)
    assert len(keys) == len(set(keys))
    assert all(key.partition(":")[0].isalnum() for key in keys)
    assert all(len(key.partition(":")[0]) <= LONGEST_SORT for key in keys)
