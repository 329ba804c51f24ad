"""Made-up appeals: one matter has one set of facts, and each appeal words of its own."""

import csv
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.made_people.__main__ import main
from tests.made_people.appeals import MadeAppeal, make_appeals
from tests.made_people.rates import shipped_rates
from tests.made_people.test_people import about

COUNT = 2_000
RATES = shipped_rates().appeals


@pytest.fixture(scope="module")
def appeals() -> list[MadeAppeal]:
    return list(make_appeals(COUNT, 7))


@pytest.fixture(scope="module")
def matters(appeals: list[MadeAppeal]) -> list[list[MadeAppeal]]:
    found = defaultdict(list)
    for appeal in sorted(appeals, key=lambda appeal: appeal.date):
        found[appeal.matter_no].append(appeal)
    return list(found.values())


def test_a_matter_has_as_many_appeals_as_stated(matters: list[list[MadeAppeal]]) -> None:
    sizes = [len(matter) for matter in matters]
    for size, rate in enumerate(RATES.per_matter, 1):
        about(sizes.count(size), len(sizes), rate)


def test_the_appeals_of_a_matter_are_days_or_months_apart(matters: list[list[MadeAppeal]]) -> None:
    least, most = RATES.days_between
    days = [
        (later.date - earlier.date).days
        for matter in matters
        for earlier, later in pairwise(matter)
    ]
    assert min(days) >= least
    assert max(days) <= most


def test_a_matter_is_one_household_s_and_now_and_then_another_of_it_writes(
    matters: list[list[MadeAppeal]],
) -> None:
    assert all(len({appeal.household_no for appeal in matter}) == 1 for matter in matters)
    repeats = [matter for matter in matters if len(matter) > 1]
    by_others = sum(len({appeal.person_no for appeal in matter}) > 1 for matter in repeats)
    assert 0.03 < by_others / len(repeats) < 0.15


def test_one_person_has_several_matters_and_one_topic_many(
    matters: list[list[MadeAppeal]],
) -> None:
    begun = defaultdict(list)
    for matter in matters:
        begun[matter[0].person_no].append(matter[0].topic)
    several = [topics for topics in begun.values() if len(topics) > 1]
    about(len(several), len(begun), RATES.several_matters)
    topics = {topic for of in begun.values() for topic in of}
    assert len(topics) == 8
    assert len(matters) > 50 * len(topics)


def test_the_facts_of_a_matter_come_back_in_other_words(matters: list[list[MadeAppeal]]) -> None:
    repeats = [matter for matter in matters if len(matter) > 1]
    same_text = sum(one.text == other.text for one, other, *_ in repeats)
    assert same_text == 0

    def numbers(appeal: MadeAppeal) -> set[str]:
        return set(re.findall(r"\d+", appeal.text))

    shared = [numbers(one) & numbers(other) for one, other, *_ in repeats]
    strangers = [numbers(one[0]) & numbers(other[0]) for one, other in pairwise(repeats)]
    assert sum(map(len, shared)) > 4 * sum(map(len, strangers))


def test_topic_region_and_body_are_left_out_or_wrong_as_often_as_stated(
    appeals: list[MadeAppeal], matters: list[list[MadeAppeal]]
) -> None:
    about(sum(not appeal.region for appeal in appeals), COUNT, RATES.region_missing)
    about(sum(not appeal.complained_of for appeal in appeals), COUNT, RATES.complained_of_missing)
    pairs = [pair for matter in matters for pair in pairwise(matter)]
    differ = sum(one.topic != other.topic for one, other in pairs)
    assert 0 < differ / len(pairs) < 2 * RATES.topic_miscoded


@pytest.mark.parametrize(
    ("country", "letters"), [("az", "[əığşçöü]"), ("tr", "[ığşçöü]"), ("ka", "[ა-ჰ]")]
)
def test_appeals_are_written_in_their_language(
    appeals: list[MadeAppeal], country: str, letters: str
) -> None:
    own = [appeal for appeal in appeals if appeal.country == country]
    native = sum(bool(re.search(letters, appeal.text.lower())) for appeal in own)
    about(native, len(own), 1 if country == "ka" else 1 - RATES.ascii)
    assert not any(re.search("[Ა-Ჿ{}]", appeal.text) for appeal in own)


def test_an_appeal_has_its_writer_s_record(appeals: list[MadeAppeal]) -> None:
    assert all(appeal.applicant.person_no == appeal.person_no for appeal in appeals)
    assert [appeal.applicant.record_id for appeal in appeals] == list(range(1, COUNT + 1))


def test_the_same_seed_makes_the_same_appeals_and_another_others() -> None:
    assert list(make_appeals(100, 3)) == list(make_appeals(100, 3))
    assert list(make_appeals(100, 3)) != list(make_appeals(100, 4))


def test_appeals_and_their_applicants_are_written_to_two_files(tmp_path: Path) -> None:
    out, others = tmp_path / "appeals.csv", tmp_path / "applicants.csv"
    words = ["appeals", "--count", "30", "--out", str(out), "--applicants", str(others)]
    assert CliRunner().invoke(main, words).exit_code == 0
    rows, people = (
        list(csv.DictReader(file.read_text().splitlines(keepends=True))) for file in (out, others)
    )
    made = list(make_appeals(30, 1))
    assert [row["text"] for row in rows] == [appeal.text for appeal in made]
    assert [row["person_no"] for row in rows] == [row["person_no"] for row in people]
