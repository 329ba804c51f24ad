"""The desk compares pair by pair and a whole list in columns: they have to say the same."""

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from application.matter_columns import Columns as MatterColumns
from application.matter_columns import ReadCard
from application.matter_evidence import evidence, evidence_of
from application.matter_rarity import rarity_of
from application.person_columns import Columns
from application.person_evidence import Comparing
from application.person_levels import Sort
from application.person_likeness import Weighing, scores, told
from application.person_pair import levels_of
from domain.person_card import Card, card_from
from infra.repeats.models import people_model
from tests.benchmarks.repeats.matter_cards import matter_cards
from tests.made_people import make_appeals
from tests.made_people.people import make_people

SEED = 91
NAMES = st.sampled_from(
    ["", "Leyla", "Leylə", "Leyl", "L.", "Əli", "Eli", "Əliyev", "Əliyeva", "Əlizadə", "Rəna",
     "Leyla Rəna", "Rəna Leyla", "R L", "Sınaq", "Sınaqov", "Sınaq qızı", "Sınaq oğlu", "Ялчын"]
)  # fmt: skip
DATES = st.sampled_from(
    ["", "1980", "1980-01-01", "1980-03-04", "1980-04-03", "1981-03-04", "1981-01-01", "1980-03-14",
     "1955-06-17", "1980-03-05", "1999-01-01"]
)  # fmt: skip
PHONES = st.sampled_from(["", "0501234567", "0501234576", "0501234568", "0559998877"])
FINS = st.sampled_from(["", "5ABC12D", "5ABC12E", "7XYZ98K"])
EMAILS = st.sampled_from(["", "leyla@poct.example", "leyla@post.example", "lejla@poct.example"])
ADDRESSES = st.sampled_from(
    ["", "Sınaq küçəsi 12", "Sinaq kuc. 12, AZ 1005", "Sınaq küçəsi 12, AZ 1050", "Gəncə 2000",
     "Yoxlama küçəsi 12, mənzil 4", "Yoxlama 4, 12, 77, 9, 81", "Sınaqküçəsi 77"]
)  # fmt: skip
CARDS = st.builds(
    card_from, surname=NAMES, name=NAMES, patronymic=NAMES, born=DATES, phone=PHONES, fin=FINS,
    email=EMAILS, address=ADDRESSES,
)  # fmt: skip


def in_columns(pairs: list[tuple[Card, Card]]) -> dict[Sort, np.ndarray]:
    comparing = Comparing(Columns.of(card for pair in pairs for card in pair))
    first = np.arange(0, 2 * len(pairs), 2, dtype=np.int32)
    return comparing.levels(first, first + 1)


@given(st.lists(st.tuples(CARDS, CARDS), min_size=1, max_size=20))
@settings(max_examples=150, deadline=None)
def test_people_compare_alike_one_by_one_and_in_columns(pairs: list[tuple[Card, Card]]) -> None:
    levels = in_columns(pairs)
    for at, (one, other) in enumerate(pairs):
        assert levels_of(one, other) == tuple(int(levels[sort][at]) for sort in Sort)


def test_halves_of_a_hundredth_are_rounded_alike_one_by_one_and_in_columns() -> None:
    """What 85 of a hundred is the limit of is 84.5 here, which is an even number and a half."""
    chance = random.Random(SEED)  # noqa: S311 - letters, no secret
    ratio, one, other = 0.0, "", ""
    while ratio != 84.5:
        one = "".join(chance.choice("lmnr") + chance.choice("aiu") for _ in range(100))
        other = one[:169] + "".join(chance.choice("tv") + "a" for _ in range(16))[:31]
        ratio = fuzz.ratio(one, other)
    cards = card_from(address=f"{one} 12"), card_from(address=f"{other} 12")
    (level,) = in_columns([cards])[Sort.ADDRESS]
    assert levels_of(*cards)[list(Sort).index(Sort.ADDRESS)] == level


@pytest.mark.parametrize("people", [1_000, 1_000_000])
def test_people_weigh_alike_one_by_one_and_in_columns(people: int) -> None:
    made = list(make_people(60, SEED))
    cards = [
        card_from(
            surname=one.surname, name=one.name, patronymic=one.patronymic, born=one.birth_date,
            phone=one.phone, fin=one.fin, email=one.email, address=one.address,
        )
        for one in made
    ]  # fmt: skip
    levels = in_columns(list(combinations(cards, 2)))
    weighing = Weighing(people_model(), people)
    likenesses = told(levels, {}, weighing)
    of_list = scores(weighing.against(levels, {}))
    assert [each.score for each in likenesses] == pytest.approx(of_list, abs=0.0051)
    assert [each.joined for each in likenesses] == (of_list >= people_model().joined).tolist()
    for (one, other), at in zip(combinations(cards, 2), range(len(likenesses)), strict=True):
        assert weighing.told(levels_of(one, other), {}) == likenesses[at]


def test_texts_compare_alike_one_by_one_and_in_columns() -> None:
    cards = list(matter_cards(make_appeals(60, SEED)))
    rarity = rarity_of(cards)
    pairs = list(combinations(range(len(cards)), 2))
    left, right = np.array(pairs, np.int64).T
    of_list = evidence(MatterColumns(cards, rarity), left, right)
    read = [ReadCard(card, rarity) for card in cards]
    for at, (one, other) in enumerate(pairs):
        assert evidence_of(read[one], read[other]) == pytest.approx(of_list[at].tolist())
