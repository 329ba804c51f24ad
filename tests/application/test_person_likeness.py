# ruff: noqa: RUF001 - letters of several alphabets are what it is about
"""The ten traps of record linkage, as far as they are about people."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.likeness import Likeness
from application.person_likeness import CODES, COMMON, RARE, likenesses
from domain.person_card import card_from
from infra.repeats.models import people_model

TOWN = 20_000
COUNTRY = 1_000_000
ADDRESS = "Bakı, Sınaq küçəsi 12, mənzil 4"
LEYLA = {
    "surname": "Nümunəyeva",
    "name": "Leyla",
    "patronymic": "Sınaq qızı",
    "born": "1980-03-14",
    "phone": "0501234567",
    "address": ADDRESS,
}


def like(one: dict[str, Any], other: dict[str, Any], people: int = TOWN, **how: Any) -> Likeness:
    (found,) = likenesses([(card_from(**one), card_from(**other))], people_model(), people, **how)
    return found


def codes(likeness: Likeness) -> set[str]:
    return {reason.code for reason in likeness.reasons}


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Rəna"},
        {"name": "Leylufər"},
        {"name": "Vüqar", "surname": "Nümunəyev", "patronymic": "Sınaq oğlu"},
        {"name": "Rəna", "email": "aile@poct.example"},
        {"name": "R."},
    ],
    ids=["twin sister", "sister named alike", "twin brother", "shared e-mail", "another initial"],
)
@pytest.mark.parametrize("people", [TOWN, COUNTRY])
def test_all_that_a_family_shares_doesnt_outvote_another_given_name(
    other: dict[str, str], people: int
) -> None:
    shared = {"email": "aile@poct.example"} if "email" in other else {}
    assert not like(LEYLA | shared, LEYLA | other, people).joined


def test_a_daughter_isnt_her_mother() -> None:
    mother = LEYLA | {"name": "Gülnarə", "born": "1955-06-17", "patronymic": "Əli qızı"}
    found = like(LEYLA, mother)
    assert not found.joined
    assert "born-generation-apart" in codes(found)


def test_a_son_named_after_his_grandfather_isnt_his_father() -> None:
    father = {"surname": "Nümunəyev", "name": "Sınaq", "address": ADDRESS, "phone": "0501234567"}
    son = father | {"name": "Vüqar", "patronymic": "Sınaq oğlu"}
    found = like(father, son)
    assert not found.joined
    assert "parent-given-is-patronymic" in codes(found)


@pytest.mark.parametrize(
    "other",
    [
        {"surname": "Нумунаева", "name": "Лейла", "patronymic": "Сынаковна"},
        {"surname": "Leyla", "name": "Nümunəyeva"},
        {"surname": "", "name": "Leyla Sınaq qızı Nümunəyeva"},
        {"surname": "NUMUNEYEVA", "name": "LEYLA", "patronymic": ""},
        {"surname": "Nümunəli"},
        {"surname": "Nümünəyva"},
        {"surname": "Başqazadə"},
        {"name": "L.", "patronymic": "S."},
        {"born": "1980-01-01"},
        {"phone": "", "address": "", "patronymic": ""},
        {"phone": "0559998877", "address": "Gəncə, Yoxlama küçəsi 77"},
    ],
    ids=["Cyrillic", "turned", "one field", "no signs", "other ending", "misspelt", "married",
         "initials", "placeholder", "little known", "moved"],
)  # fmt: skip
def test_one_person_written_differently_is_one_person(other: dict[str, str]) -> None:
    assert like(LEYLA, LEYLA | other).joined


def test_what_is_missing_is_no_disagreement() -> None:
    bare = {"surname": "Nümunəyeva", "name": "Leyla"}
    assert not [reason for reason in like(LEYLA, bare).reasons if reason.weight < -1]
    assert like(LEYLA, bare).score > like(LEYLA, bare | {"born": "1979-08-02"}).score


def test_digits_of_a_postcode_that_changed_places_are_the_same_address() -> None:
    one, other = {"address": "Sınaq küçəsi 12, AZ 1005"}, {"address": "Sınaq küçəsi 12, AZ 1050"}
    assert "address-same" in codes(like(LEYLA | one, LEYLA | other))


def test_a_house_number_alone_doesnt_make_other_streets_close() -> None:
    one = {"address": "Sınaq küçəsi 12, Gəncə 2000"}
    other = {"address": "Yoxlama küçəsi 12, Gəncə 5500"}
    assert "address-close" not in codes(like(LEYLA | one, LEYLA | other))


def test_the_first_of_january_is_the_year_alone() -> None:
    one, other = LEYLA | {"born": "1980-01-01"}, LEYLA | {"born": "1980-01-01"}
    assert "born-same-year" in codes(like(one, other))


def test_day_and_month_may_change_places() -> None:
    found = like(LEYLA | {"born": "1980-03-04"}, LEYLA | {"born": "1980-04-03"})
    assert "born-day-and-month-turned" in codes(found)
    assert found.joined


def test_the_same_evidence_says_less_in_a_larger_register() -> None:
    bare = {"surname": "Nümunəyeva", "name": "Leyla"}
    scores = [like(bare, bare, people).score for people in (1_000, TOWN, COUNTRY)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[2] > 1
    assert not like(bare, bare, COUNTRY).joined


def test_a_name_that_many_have_says_less_than_one_that_few_have() -> None:
    bare = {"surname": "Nümunəyeva", "name": "Leyla"}
    common = like(bare, bare, COUNTRY, namesakes=[500])
    rare = like(bare, bare, COUNTRY, namesakes=[2])
    assert rare.score > common.score
    assert COMMON in codes(common)
    assert RARE in codes(rare)


def test_the_weightiest_reason_comes_first_and_the_sign_tells_for_whom() -> None:
    found = like(LEYLA, LEYLA | {"name": "Rəna"})
    weights = [abs(reason.weight) for reason in found.reasons]
    assert weights == sorted(weights, reverse=True)
    assert found.reasons[0].code == "given-different"
    assert found.reasons[0].weight < 0


def test_many_pairs_are_told_as_each_alone() -> None:
    one = card_from(**LEYLA)
    others = [card_from(**(LEYLA | {"name": name})) for name in ("Rəna", "L.", "Лейла", "Leylə")]
    together = likenesses([(one, other) for other in others], people_model(), TOWN)
    alone = [likenesses([(one, other)], people_model(), TOWN)[0] for other in others]
    assert together == alone
    assert likenesses([], people_model(), TOWN) == []


entries = st.fixed_dictionaries(
    {
        "surname": st.text(alphabet="əAıИვs' .", max_size=9),
        "name": st.text(alphabet="əAıИვs' .", max_size=9),
        "patronymic": st.sampled_from(["", "Əli oğlu", "Ali", "А."]),
        "born": st.sampled_from(["", "1980-03-04", "1980-04-03", "1980", "1981-01-01"]),
        "phone": st.sampled_from(["", "0501234567", "0501234576", "0559998877"]),
        "fin": st.sampled_from(["", "5AB12X7", "5AB12X8", "QQ12345"]),
        "email": st.sampled_from(["", "a@b.example", "a@c.example"]),
        "address": st.text(alphabet="sınaq 124,", max_size=14),
    }
)


@settings(max_examples=40, deadline=None)
@given(entries, entries)
def test_a_pair_is_as_like_as_its_mirror_image(one: dict[str, str], other: dict[str, str]) -> None:
    assert like(one, other) == like(other, one)


def test_every_level_of_the_model_is_one_that_is_compared() -> None:
    model = people_model()
    for sort, levels in model.levels.items():
        assert {f"{sort}-{level}" for level in levels} <= set(CODES[sort])  # type: ignore[index]


@pytest.mark.parametrize("people", [2, TOWN, COUNTRY])
def test_a_twin_sister_is_no_more_joined_in_a_list_of_a_few(people: int) -> None:
    rena = LEYLA | {"name": "Rəna"}
    cyrillic = {"surname": "Нумунаева", "name": "Лейла", "born": "1980-03-14"}
    for one in (LEYLA, cyrillic | {"phone": LEYLA["phone"]}):
        for namesakes in (1, 2):
            assert not like(one, rena, people, namesakes=[namesakes]).joined
    assert like(LEYLA, rena | {"fin": "5AB12X7"}, people).joined is False
