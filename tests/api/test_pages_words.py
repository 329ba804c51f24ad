"""The words of the pages: whole in every language, and numbers, dates and order as it has them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.pages.places import PLACES
from api.pages.shell import THEMES
from api.pages.words import FOLDER, LANGUAGES, Words, catalog, words_of
from application.caller import Role
from domain.access_record import Action

_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_USED = re.compile(r"""words\(\s*"([\w.-]+)"\s*[,)]""")
_BEGUN = re.compile(r"""words\(\s*"([\w.-]+\.)"\s*~""")
TEMPLATES = FOLDER.parent / "templates"
EVENING = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)


@cache
def in_baku(language: str) -> Words:
    return words_of(language, "Asia/Baku")


def forms(language: str) -> set[str]:
    return {*in_baku(language).locale.plural_form.tags, "other"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_files_and_keys(language: str) -> None:
    files = {path.name for path in (FOLDER / "en").glob("*.toml")}
    assert {path.name for path in (FOLDER / language).glob("*.toml")} == files
    assert catalog(language).keys() == catalog("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_by_a_number_has_every_form_of_the_language_and_no_other(language: str) -> None:
    for key, entry in catalog(language).items():
        if isinstance(entry, Mapping):
            assert entry.keys() == forms(language), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_name_the_same_values_in_every_language(language: str) -> None:
    for key, entry in catalog(language).items():
        english = catalog("en")[key]
        assert isinstance(entry, str) == isinstance(english, str), key
        assert slots(entry) == slots(english), key


def slots(entry: str | Mapping[str, str]) -> set[str]:
    """A form may say the number in words, or not at all."""
    texts = [entry] if isinstance(entry, str) else [*entry.values(), "{n}"]
    return {name for text in texts for name in _SLOT.findall(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_empty_or_in_english(language: str) -> None:
    for key, entry in catalog(language).items():
        assert entry, key
        sentence = len(_WORD.findall(_SLOT.sub("", str(entry)))) > 2
        assert language == "en" or not sentence or entry != catalog("en")[key], key


def test_every_word_that_a_template_names_is_there() -> None:
    known = catalog("en")
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert set(_USED.findall(text)) <= known.keys(), template.name
        for begun in _BEGUN.findall(text):
            assert any(key.startswith(begun) for key in known), (template.name, begun)


def test_every_role_place_theme_and_look_has_its_word() -> None:
    named = {f"shell.roles.{role}" for role in Role if role is not Role.SYSTEM}
    named |= {f"shell.places.{place.name}" for place in PLACES}
    named |= {f"shell.themes.{theme}" for theme in THEMES}
    named |= {f"audit.actions.{action}" for action in [*Action, "order-refused"]}
    assert named <= catalog("en").keys()


@pytest.mark.parametrize(
    ("language", "number", "percent", "instant"),
    [
        ("az", "1.234.567,5", "83%", "22 noyabr 2026, 21:05"),
        ("tr", "1.234.567,5", "%83", "22 Kasım 2026, 21:05"),
        ("ka", "1\u00a0234\u00a0567,5", "83%", "22 ნოემბერი, 2026, 21:05"),
        ("en", "1,234,567.5", "83%", "22 November 2026, 21:05"),
        ("ru", "1\u00a0234\u00a0567,5", "83\u00a0%", "22 ноября 2026\u202f\u0433., 21:05"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_writes_them(
    language: str, number: str, percent: str, instant: str
) -> None:
    words = in_baku(language)
    assert words.number(1_234_567.5) == number
    assert words.percent(0.834) == percent
    assert words.instant(EVENING) == instant


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("az", ["1 iş", "2 iş", "5 iş", "21 iş", "1.000 iş"]),
        ("en", ["1 case", "2 cases", "5 cases", "21 cases", "1,000 cases"]),
        ("ru", ["1 дело", "2 дела", "5 дел", "21 дело", "1\u00a0000 дел"]),
    ],
)
def test_a_number_takes_its_plural_form(language: str, told: list[str]) -> None:
    words = in_baku(language)
    assert [words("list.count", n=n) for n in (1, 2, 5, 21, 1000)] == told


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("az", ["12", "Ağdam", "Cəlilabad", "Çərəkə", "Əli", "Xızı", "Iğdır", "İsmayıllı", "Şəki"]),
        ("tr", ["Ankara", "Çankırı", "Iğdır", "İzmir", "Ordu", "Ölüdeniz", "Şile", "Zonguldak"]),
        ("ka", ["ამბროლაური", "ბათუმი", "თბილისი", "ქუთაისი", "ხონი"]),
        ("ru", ["Баку", "Ельня", "Ёлкино", "Жуковка", "Яр"]),
        ("en", ["Ağdam", "Baku", "Əli"]),
    ],
)
def test_names_are_sorted_by_the_languages_alphabet(language: str, in_order: list[str]) -> None:
    assert in_baku(language).sorted(reversed(in_order)) == in_order


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=12), st.sampled_from(LANGUAGES))
def test_the_order_is_the_same_from_wherever_one_begins(names: list[str], language: str) -> None:
    words = in_baku(language)
    assert words.sorted(words.sorted(names)) == words.sorted(names)
    assert words.sorted(reversed(names)) == words.sorted(names)


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "0 mins"), (75, "1 hr 15 mins"), (1500, "1 day 1 hr"), (60, "1 hr")]
)
def test_a_duration_is_told_in_its_two_largest_units(minutes: int, told: str) -> None:
    assert in_baku("en").duration(minutes) == told


def test_an_unknown_key_is_a_fault_and_not_an_empty_place() -> None:
    with pytest.raises(KeyError):
        in_baku("az")("shell.nothing-such")


def test_months_and_days_stand_as_on_a_calendar() -> None:
    assert in_baku("ru").month(date(2026, 11, 1)) == "ноябрь 2026\u202f\u0433."
    assert in_baku("az").weekday(date(2026, 11, 22)) == "bazar"
