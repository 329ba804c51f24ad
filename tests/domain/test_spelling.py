# ruff: noqa: RUF001 - letters of several alphabets are what it is about
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.spelling import fold, sound, sounds


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ƏLİYEV", "eliyev"),
        ("IŞIQ İşıq", "isiq isiq"),
        ("Gülnarə  Çingizqızı", "gulnare cingizqizi"),
        ("O'Neil-Əhmədov", "oneil ehmedov"),
        ("Щербаков Йод", "sherbakov yod"),
        ("Ҝүлнарә Ҹәфәр", "gulnare jefer"),
        ("ჯავახიშვილი", "javakhishvili"),
        ("и\u0306од", "yod"),
        ("5-ci mərtəbə №12", "5 ci mertebe no12"),
    ],
)
def test_every_script_folds_to_plain_latin(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    "spellings",
    [
        "Əliyev Алиев Aliyev Aliev Eliyev ALİYEV ƏLİYEV",
        "Məmmədov Mamedov Mammadov Мамедов Маммадов Мәммәдов",
        "Şahin Shahin Шахин SAHIN",
        "Cəfər Jafar Джафар Cafer Ҹәфәр Dzhafar ჯაფარ",
        "Hüseyn Гусейн Huseyn Hussein Hüseyin",
        "Qasımov Gasimov Гасымов Qasimov Kasimov Касымов",
        "Vüqar Вугар Vugar Вюгар",
        "Ahmet Ahmed Əhməd Ахмед",
        "Recep Receb Реджеп",
        "Çingiz Chingiz Чингиз Cingiz",
        "გიორგი Giorgi Гиорги GİORGİ",
        "წერეთელი Tsereteli Церетели",
        "ხვიჩა Khvicha Хвича",
        "Işıl IŞIL Isil Ишыл",
        "Gülnarə Гюльнара Gulnara GULNARA",
    ],
)
def test_spellings_of_one_name_sound_alike(spellings: str) -> None:
    assert len({sound(fold(spelling)) for spelling in spellings.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Elnur", "Elnarə"), ("Vüqar", "Vüsal"), ("Nigar", "Nərgiz"), ("Emin", "Elman"),
     ("Ana", "Eka"), ("Mehmet", "Murat")],
)  # fmt: skip
def test_names_of_brothers_and_sisters_stay_apart(one: str, other: str) -> None:
    assert sound(fold(one)) != sound(fold(other))


def test_no_single_character_folds_otherwise_the_second_time() -> None:
    for code in range(0x3000):
        once = fold(f"a{chr(code)}b")
        assert fold(once) == once


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="əıİIşçğöüЁёЖжЩщьъђგიორგჯ aбBz'-.0̆"))
def test_our_letters_fold_to_ascii(text: str) -> None:
    folded = fold(text.replace("ђ", ""))
    assert folded.isascii()
    assert folded == folded.lower()
    assert sounds(folded).isascii()
