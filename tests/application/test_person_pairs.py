# ruff: noqa: RUF001 - letters of several alphabets are what it is about
from collections import Counter

import numpy as np
import pytest

from application.person_learning import learn
from application.person_pairs import Row, compare, find_pairs, prepare
from infra.repeats.models import people_model
from tests.made_people.people import make_people

COUNT = 3_000


def made(seed: int) -> tuple[list[Row], list[int], list[int]]:
    people = list(make_people(COUNT, seed))
    rows: list[Row] = [
        (one.surname, one.name, one.patronymic, one.birth_date, one.phone, one.fin, one.email,
         one.address)
        for one in people
    ]  # fmt: skip
    return rows, [one.person_no for one in people], [one.household_no for one in people]


@pytest.fixture(scope="module")
def town() -> tuple[list[Row], list[int], list[int]]:
    return made(11)


def test_most_true_pairs_are_found_and_hardly_any_relatives(
    town: tuple[list[Row], list[int], list[int]],
) -> None:
    rows, persons, households = town
    model = people_model()
    pairs = find_pairs(lambda: rows, model)
    joined = pairs.score >= model.joined
    found = list(zip(pairs.left[joined].tolist(), pairs.right[joined].tolist(), strict=True))
    right = [pair for pair in found if persons[pair[0]] == persons[pair[1]]]
    true = sum(count * (count - 1) // 2 for count in Counter(persons).values())
    kin = [(a, b) for a, b in found if persons[a] != persons[b] and households[a] == households[b]]
    assert len(right) / len(found) > 0.95
    assert len(right) / true > 0.9
    assert len(kin) / true < 0.01
    assert all(a < b for a, b in found)
    assert len(found) == len(set(found))


def test_two_processes_find_what_one_finds(town: tuple[list[Row], list[int], list[int]]) -> None:
    rows = town[0][:800]
    one = find_pairs(lambda: rows, people_model(), processes=1)
    two = find_pairs(lambda: rows, people_model(), processes=2)
    assert set(zip(one.left.tolist(), one.right.tolist(), strict=True)) == set(
        zip(two.left.tolist(), two.right.tolist(), strict=True)
    )
    assert sorted(one.score) == pytest.approx(sorted(two.score))


def test_the_whole_list_is_weighed_as_the_desk_weighs(
    town: tuple[list[Row], list[int], list[int]],
) -> None:
    pairs = find_pairs(lambda: town[0], people_model(), processes=1)
    told = pairs.told(people_model(), np.arange(200))
    assert [round(score, 2) for score in pairs.score[:200].tolist()] == [
        likeness.score for likeness in told
    ]
    for likeness in told:
        assert likeness.joined
        assert likeness.reasons


def test_namesakes_by_the_hundred_dont_hide_one_who_is_there_twice() -> None:
    common: list[Row] = [
        ("Nümunəyev", "Vüqar", "", f"19{50 + at % 50}-{at % 12 + 1:02}-{at % 28 + 1:02}",
         f"050{at:07}", "", "", "")
        for at in range(1, 400)
    ]  # fmt: skip
    again: Row = ("Нумунаев", "Вугар", "", "", "050 000-00-07", "", "", "")
    pairs = find_pairs(lambda: [*common, again], people_model(), processes=1)
    best = max(range(len(pairs.score)), key=lambda at: pairs.score[at])
    assert {int(pairs.left[best]), int(pairs.right[best])} == {6, len(common)}
    assert pairs.passed_over > 0


def test_progress_is_told_to_its_end(town: tuple[list[Row], list[int], list[int]]) -> None:
    told: list[tuple[str, int, int]] = []
    find_pairs(lambda: town[0][:300], people_model(), progress=lambda *step: told.append(step))
    for name in ("read", "compare"):
        assert [(done, total) for step, done, total in told if step == name][-1][0] == (
            [total for step, _, total in told if step == name][-1]
        )


@pytest.mark.parametrize("rows", [[], [("Nümunəyev", "Vüqar", "", "", "", "", "", "")]])
def test_a_list_of_nobody_or_one_has_no_pairs(rows: list[Row]) -> None:
    assert len(find_pairs(lambda: rows, people_model()).score) == 0


def test_weights_are_learnt_from_a_list_without_being_told_who_is_who(
    town: tuple[list[Row], list[int], list[int]],
) -> None:
    prepared = prepare(lambda: town[0], processes=1)
    model = learn(prepared)
    assert model.levels["phone"]["same"].stranger > 0 > model.levels["given"]["different"].stranger
    pairs = compare(prepared, model, processes=1)
    best = list(zip(pairs.left[:500].tolist(), pairs.right[:500].tolist(), strict=True))
    assert sum(town[1][a] == town[1][b] for a, b in best) > 450
