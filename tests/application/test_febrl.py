"""Finding people again in FEBRL 1 to 4 stays as good as it was.

FEBRL's errors replace whole given names, which the weights that ship rightly take for somebody
else: so the weights are learnt here from each list itself, without its labels.
"""

from functools import cache

import numpy as np
import pytest

from application.person_learning import learn
from application.person_pairs import compare, prepare
from tests.benchmarks.linkage.scores import Found, Score
from tests.febrl import febrl, is_there, row_of

pytestmark = pytest.mark.skipif(
    not is_there(), reason="FEBRL could not be fetched (make test says why)"
)

FLOORS = {1: (0.995, 0.999), 2: (0.997, 0.999), 3: (0.996, 0.999), 4: (0.998, 0.999)}
"""F1 without and with the identity number."""
LISTS = [pytest.param(number, id=f"febrl-{number}") for number in FLOORS]


@cache
def score(number: int, *, fin: bool) -> Score:
    people = febrl(number)
    rows = [row_of(record, fin=fin) for record in people.records]
    prepared = prepare(lambda: rows, processes=1)
    model = learn(prepared)
    pairs = compare(prepared, model, processes=1)
    truth = np.array(people.truth)
    found = Found(truth, pairs.left, pairs.right, pairs.score, across=people.across)
    return found.at(model.joined)


@pytest.mark.parametrize("number", LISTS)
def test_records_of_one_person_are_found_without_an_identity_number(number: int) -> None:
    assert score(number, fin=False).f1 >= FLOORS[number][0]


@pytest.mark.parametrize("number", LISTS)
def test_with_an_identity_number_hardly_any_is_missed(number: int) -> None:
    assert score(number, fin=True).f1 >= FLOORS[number][1]


def test_the_lists_are_whole() -> None:
    sizes = {
        number: (len(febrl(number).records), score(number, fin=True).true) for number in FLOORS
    }
    assert sizes == {1: (1_000, 500), 2: (5_000, 1_934), 3: (5_000, 6_538), 4: (10_000, 5_000)}
