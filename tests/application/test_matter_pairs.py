"""A whole list: its pairs are found, whoever wrote, and what blocking loses counts as lost."""

import pytest

from application.matter_likeness import matter_likenesses
from application.matter_pairs import matter_pairs
from application.matter_rarity import rarity_of
from domain.matter_card import MatterCard, matter_card_of
from infra.repeats.models import matters_model
from tests.benchmarks.repeats.matter_cards import matter_cards
from tests.made_people import MadeAppeal, make_appeals

MODEL = matters_model()


@pytest.fixture(scope="module")
def appeals() -> list[MadeAppeal]:
    return list(make_appeals(1_200, seed=12))


@pytest.fixture(scope="module")
def cards(appeals: list[MadeAppeal]) -> list[MatterCard]:
    return matter_cards(appeals)


def test_matters_of_a_list_are_found_at_the_shipped_threshold(
    appeals: list[MadeAppeal], cards: list[MatterCard]
) -> None:
    joined = {
        (pair.left, pair.right) for pair in matter_pairs(cards, MODEL) if pair.likeness.joined
    }
    true = {
        (left, right)
        for right, later in enumerate(appeals)
        for left, earlier in enumerate(appeals[:right])
        if earlier.matter_no == later.matter_no
    }
    right = len(joined & true)
    assert len(true) > 100
    assert right / len(joined) >= 0.9
    assert 2 * right / (len(joined) + len(true)) >= 0.8


def test_the_list_is_compared_as_the_desk_compares(cards: list[MatterCard]) -> None:
    pairs = list(matter_pairs(cards[:400], MODEL))
    rarity = rarity_of(cards[:400])
    desk = matter_likenesses(
        [(cards[pair.left], cards[pair.right]) for pair in pairs], MODEL, rarity, among=400
    )
    assert pairs
    assert desk == [pair.likeness for pair in pairs]


def test_every_text_is_told_to_the_progress(cards: list[MatterCard]) -> None:
    told: list[int] = []
    list(matter_pairs(cards[:500], MODEL, told.append))
    assert sum(told) == 500


def test_words_that_stand_in_every_text_hide_no_pair() -> None:
    common = "Hörmətli rəis, xahiş edirəm müraciətimə baxasınız, dam axır, divar çatlayıb. "
    texts = [
        f"{common} Şahid Nadir{place} Qasım{place} görüb, akt {place + 1000}."
        for place in range(900)
    ]
    texts.append(f"{common} Akt 1450, şahid Nadir450 Qasım450.")
    texts = [text.replace("Nadir450", "Zülfüqar").replace("Qasım450", "Xıdırov") for text in texts]
    cards = [matter_card_of("housing", text, region="az-ba") for text in texts]
    assert (450, 900) in {(pair.left, pair.right) for pair in matter_pairs(cards, MODEL)}


@pytest.mark.parametrize("texts", [[], ["Nizami küçəsi 45"]], ids=["none", "one"])
def test_a_list_too_short_to_have_pairs_has_none(texts: list[str]) -> None:
    assert list(matter_pairs([matter_card_of("housing", text) for text in texts], MODEL)) == []
