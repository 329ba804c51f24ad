import pytest

from application.person_likeness import CODES, COMMON, RARE, RELATIVES, STRANGERS
from infra.repeats.models import people_model
from infra.repeats.words import LANGUAGES, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_in_every_language(language: str) -> None:
    codes = {code for of_sort in CODES.values() for code in of_sort[1:]} | {RARE, COMMON}
    codes |= {f"against-{rival}" for rival in (RELATIVES, STRANGERS)}
    said = words(language)
    assert codes <= set(said)
    assert all(said[code].strip() for code in codes)


def test_another_given_name_outweighs_all_that_a_family_shares() -> None:
    model = people_model()
    against = model.levels["given"]["different"].relative
    shared = sum(
        max(model.levels[sort]["same"].relative, 0)
        for sort in ("surname", "patronymic", "phone", "email", "address")
    )
    born = max(weight.relative for weight in model.levels["born"].values())
    assert model.start.relative + against + born + shared < model.joined
