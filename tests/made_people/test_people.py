"""Made-up people: their rates are those stated, their labels right, their order without meaning."""

import ast
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise
from math import sqrt
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import asdict

from tests.made_people.__main__ import main
from tests.made_people.people import MadePerson, make_people, read_people
from tests.made_people.population import Population, Soul
from tests.made_people.rates import shipped_rates

COUNT = 6_000
RATES = shipped_rates()
ERRORS, MISSING, CHANGED = RATES.errors, RATES.missing, RATES.changed


@pytest.fixture(scope="module")
def records() -> list[MadePerson]:
    return list(make_people(COUNT, 7))


@pytest.fixture(scope="module")
def households() -> list[list[Soul]]:
    return list(islice(Population(RATES, 7), 4_000))


def about(found: int, of: int, rate: float) -> None:
    """As many as the rate says, give or take four standard deviations."""
    assert abs(found / of - rate) < 4 * sqrt(rate * (1 - rate) / of) + 1e-9, (found, of, rate)


def blanks(records: Iterable[MadePerson], field: str) -> list[bool]:
    return [not getattr(record, field) for record in records]


def done(records: Iterable[MadePerson], error: str) -> list[bool]:
    return [error in record.errors for record in records]


@pytest.mark.parametrize("field", ["birth_date", "phone", "email", "fin", "address"])
def test_a_field_is_missing_as_often_as_stated(records: list[MadePerson], field: str) -> None:
    missing = blanks(records, field)
    about(sum(missing), len(missing), getattr(MISSING, field))


def test_a_surname_is_missing_or_stands_in_the_field_of_the_name(records: list[MadePerson]) -> None:
    own = [record for record in records if "one_field" not in record.errors]
    missing = blanks(own, "surname")
    about(sum(missing), len(missing), MISSING.surname)


def test_half_of_the_azerbaijani_records_have_a_patronymic_and_no_others(
    records: list[MadePerson],
) -> None:
    own = [record for record in records if not {"one_field"} & {*record.errors}]
    azerbaijani = [record for record in own if record.country == "az"]
    missing = blanks(azerbaijani, "patronymic")
    in_name = sum(done(azerbaijani, "patronymic_in_name"))
    about(sum(missing) - in_name, len(missing), MISSING.patronymic["az"])
    assert not any(record.patronymic for record in own if record.country != "az")


@pytest.mark.parametrize(
    ("error", "rate", "only"),
    [
        ("initials", ERRORS.initials, ""),
        ("one_field", ERRORS.one_field * (1 - MISSING.surname), ""),
        ("typo_surname", ERRORS.name_typo, "surname"),
        ("typo_fin", ERRORS.number_typo, "fin"),
        ("typo_phone", ERRORS.number_typo, "phone"),
        ("phone_changed", CHANGED.phone, "phone"),
        ("email_changed", CHANGED.email, "email"),
        ("moved", CHANGED.address, "address"),
        ("typo_address", ERRORS.address_typo, "address"),
        ("birth_date_placeholder", ERRORS.birth_date_placeholder, "birth_date"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_as_frequent_as_stated(
    records: list[MadePerson], error: str, rate: float, only: str
) -> None:
    whole = "surname" if only == "surname" else ""
    of = [
        record
        for record in records
        if not only or getattr(record, only) or (whole and "one_field" in record.errors)
    ]
    about(sum(done(of, error)), len(of), rate)


@pytest.mark.parametrize("country", ["az", "tr", "ka"])
def test_countries_and_letters_are_as_stated(records: list[MadePerson], country: str) -> None:
    own = [record for record in records if record.country == country]
    share = RATES.population.countries[country]  # type: ignore[index]
    people = {record.person_no for record in records}
    about(len({record.person_no for record in own}), len(people), share)
    for script, rate in RATES.scripts[country].items():  # type: ignore[index]
        if script != "native":
            about(sum(done(own, script)), len(own), rate)
    cyrillic = [record for record in own if re.search("[\u0430-\u044f]", record.whole_name.lower())]
    told = [record for record in own if {"russian", "cyrillic"} & {*record.errors}]
    assert cyrillic == told


def test_records_have_the_numbers_from_one_on(records: list[MadePerson]) -> None:
    assert [record.record_id for record in records] == list(range(1, COUNT + 1))


def test_a_person_has_as_many_records_as_stated(records: list[MadePerson]) -> None:
    counts = Counter(Counter(record.person_no for record in records).values())
    people = sum(counts.values())
    for records_of_one, rate in enumerate(RATES.population.records, 1):
        about(counts[records_of_one], people, rate)


def test_one_person_has_one_identity_number_and_two_people_never_the_same(
    records: list[MadePerson],
) -> None:
    people = defaultdict(set)
    for record in records:
        if record.fin and "typo_fin" not in record.errors:
            people[record.person_no].add(record.fin)
    assert all(len(numbers) == 1 for numbers in people.values())
    assert len({number for numbers in people.values() for number in numbers}) == len(people)


def test_what_one_person_is_called_differs_from_record_to_record(
    records: list[MadePerson],
) -> None:
    names = defaultdict(list)
    for record in records:
        names[record.person_no].append(record.whole_name)
    pairs = [(one, other) for of in names.values() for one, other in pairwise(of)]
    alike = sum(one == other for one, other in pairs) / len(pairs)
    assert 0.05 < alike < 0.5


def test_kinds_of_households_are_as_stated(households: list[list[Soul]]) -> None:
    rates = RATES.population
    siblings = [
        household
        for household in households
        if len(household) > 1 and household[0].father == household[1].father
    ]
    twins = [household for household in siblings if household[0].born == household[1].born]
    about(len(siblings), len(households), rates.siblings)
    about(len(twins), len(siblings), rates.twins)
    parents = [
        household
        for household in households
        if len(household) == 2 and household[1].father == household[0].given[0]
    ]
    about(len(parents), len(households), rates.parent_child)


def test_kin_have_a_surname_in_common_and_no_number_of_their_own(
    households: list[list[Soul]],
) -> None:
    kin = [(one, other) for of in households for one, other in pairwise(of)]
    assert all(one.surname == other.surname for one, other in kin)
    assert not any(one.fin == other.fin or one.number == other.number for one, other in kin)
    shared = sum(one.phones[0] == other.phones[0] for one, other in kin)
    about(shared, len(kin), RATES.population.shared_phone**2)


def test_brothers_and_sisters_have_names_of_their_own(households: list[list[Soul]]) -> None:
    for household in households:
        siblings = [soul for soul in household if soul.father == household[-1].father]
        assert len({soul.given[0] for soul in siblings}) == len(siblings)


def test_a_namesake_is_nobody_s_kin(households: list[list[Soul]]) -> None:
    seen: dict[tuple[object, ...], int] = {}
    namesakes = 0
    for [soul] in (household for household in households if len(household) == 1):
        key = (soul.country, soul.surname, soul.given, soul.woman)
        namesakes += seen.setdefault(key, soul.household) != soul.household
    assert namesakes / len(households) >= 0.7 * RATES.population.namesake


def test_the_same_seed_makes_the_same_people_and_another_others() -> None:
    assert list(make_people(300, 3)) == list(make_people(300, 3))
    assert list(make_people(300, 3)) != list(make_people(300, 4))


def test_records_of_one_person_do_not_stand_together(records: list[MadePerson]) -> None:
    together = sum(one.person_no == other.person_no for one, other in pairwise(records))
    assert together < 0.01 * COUNT


def test_people_come_one_by_one_however_many_are_asked_for() -> None:
    assert next(make_people(10**12, 1)).record_id == 1


def test_a_record_is_an_applicant(records: list[MadePerson]) -> None:
    record = next(record for record in records if record.birth_date and not record.phone)
    person = record.person()
    assert str(person.birth_date) == record.birth_date
    assert person.phone is None
    assert person.name == record.name


def test_people_are_read_as_they_were_written(tmp_path: Path) -> None:
    out = tmp_path / "people.csv"
    words = ["people", "--count", "40", "--seed", "2", "--out", str(out)]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert list(read_people(out)) == list(make_people(40, 2))
    with out.open(newline="") as lines:
        assert next(csv.reader(lines)) == list(asdict(next(make_people(1, 1))))


def test_help_teaches_both_commands() -> None:
    for words in (["--help"], ["people", "--help"], ["appeals", "--help"]):
        told = CliRunner().invoke(main, words)
        assert told.exit_code == 0
        assert "people" in told.output


def test_the_generator_knows_nothing_of_what_is_measured_on_it() -> None:
    for file in Path(__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            for name in names:
                assert not name.startswith(("application", "infra", "projections", "api")), file
                assert not name.startswith("domain") or name == "domain.case", file
