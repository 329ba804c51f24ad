"""The rates that people and appeals are made with, as they stand in `rates.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct, convert

Country = Literal["az", "tr", "ka"]
COUNTRIES: tuple[Country, ...] = ("az", "tr", "ka")
Shares = dict[str, float]


class _Rates(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Population(_Rates, frozen=True):
    countries: dict[Country, float]
    women: float
    siblings: float
    twins: float
    parent_child: float
    namesake: float
    namesake_father: float
    three_siblings: float
    twin_names_alike: float
    shared_phone: float
    shared_email: float
    shared_address: float
    second_given_name: dict[Country, float]
    zipf_given: float
    zipf_surname: float
    zipf_street: float
    records: tuple[float, ...]


class Missing(_Rates, frozen=True):
    birth_date: float
    phone: float
    email: float
    fin: float
    address: float
    surname: float
    patronymic: dict[Country, float]


class Changed(_Rates, frozen=True):
    phone: float
    email: float
    address: float
    surname_women: float


class Errors(_Rates, frozen=True):
    name_typo: float
    number_typo: float
    address_typo: float
    initials: float
    second_name_dropped: float
    ending: float
    birth_date_placeholder: float
    birth_date_swapped: float
    fields_swapped: float
    one_field: float
    patronymic_in_name: float


class Case(_Rates, frozen=True):
    title: float
    upper: float
    lower: float
    wrong_i: float


class Appeals(_Rates, frozen=True):
    per_matter: tuple[float, ...]
    by_household: float
    several_matters: float
    same_topic_again: float
    days_between: tuple[int, int]
    mentions_earlier: float
    clause_dropped: float
    detail_dropped: float
    details: int
    word_ending: float
    word_typo: float
    ascii: float
    slot_missing: float
    topic_miscoded: float
    region_missing: float
    complained_of_missing: float
    number_changed: float
    zipf_topic: float


class Rates(_Rates, frozen=True):
    population: Population
    missing: Missing
    changed: Changed
    errors: Errors
    patronymic: Shares
    scripts: dict[Country, Shares]
    case: Case
    appeals: Appeals


@cache
def shipped_rates() -> Rates:
    text = Path(__file__).with_name("rates.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), Rates)
