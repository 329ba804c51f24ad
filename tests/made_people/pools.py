"""The names, streets and numbers of one country."""

import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.made_people.draws import Draw, ranked, shared
from tests.made_people.rates import Country, Rates

FOLDER = Path(__file__).with_name("pools")
_VOWELS = "aıoueəiöü"
_GEORGIAN_VOWELS = "აეიოუ"
_HARMONY = {"a": "lı", "ı": "lı", "o": "lu", "u": "lu", "ö": "lü", "ü": "lü"}


class Surname(Struct, frozen=True):
    man: str
    woman: str
    stem: str = ""
    """Where an ending was put to a name: that name."""


class Pool(Struct, frozen=True):
    """What the people of one country are called and where they live, commonest first."""

    male: Draw[str]
    female: Draw[str]
    surnames: Draw[Surname]
    cities: Draw[str]
    streets: Draw[str]
    street_forms: tuple[str, ...]
    house_forms: tuple[str, ...]
    phone_prefixes: tuple[str, ...]
    phone_country: str
    orders: Draw[str]


def pool_of(country: Country, rates: Rates) -> Pool:
    content = read(country)
    people, places, numbers = rates.population, content["places"], content["numbers"]
    male, female = _names(content["male"]), _names(content["female"])
    surnames = {
        "az": _azerbaijani,
        "tr": _turkish,
        "ka": _georgian,
    }[country](content["surnames"], male, people.zipf_surname)
    return Pool(
        male=ranked(male, people.zipf_given),
        female=ranked(female, people.zipf_given),
        surnames=surnames,
        cities=ranked(places["cities"].split(), people.zipf_given),
        streets=ranked(_list(places["streets"], ";"), people.zipf_street),
        street_forms=tuple(places["street_forms"]),
        house_forms=tuple(places["house_forms"]),
        phone_prefixes=tuple(numbers["phone_prefixes"].split()),
        phone_country=numbers["phone_country"],
        orders=shared(content["whole_name"]["orders"]),
    )


@cache
def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _list(text: str, separator: str | None = None) -> list[str]:
    return [word for part in text.split(separator) if (word := re.sub(r"\s+", " ", part).strip())]


def _names(part: dict[str, str]) -> list[str]:
    pairs = product(_list(part.get("first", "")), _list(part.get("last", "")))
    made = [first + last for first, last in pairs if first.lower() != last]
    return list(dict.fromkeys([*_list(part.get("whole", "")), *made]))


def _azerbaijani(part: dict[str, Any], male: list[str], power: float) -> Draw[Surname]:
    names, weights = [], []
    for rank, stem in enumerate(male, 1):
        for ending, share in part["endings"].items():
            names.append(_with_ending(stem, ending))
            weights.append(share * rank**-power)
    return Draw(names, weights)


def _with_ending(stem: str, ending: str) -> Surname:
    if ending == "ov":
        man = stem + ("yev" if stem[-1] in _VOWELS else "ov")
        return Surname(man, man + "a", stem)
    if ending == "li":
        last = next(letter for letter in reversed(stem.lower()) if letter in _VOWELS)
        same = stem + _HARMONY.get(last, "li")
    else:
        same = stem + ("zadə" if ending == "zade" else "")
    return Surname(same, same, stem)


def _turkish(part: dict[str, Any], male: list[str], power: float) -> Draw[Surname]:
    made = [*_names(part), *(f"{name}oğlu" for name in male)]
    return ranked([Surname(name, name) for name in dict.fromkeys(made)], power)


def _georgian(part: dict[str, Any], male: list[str], power: float) -> Draw[Surname]:
    del male
    names, weights = [], []
    for rank, root in enumerate(_list(part["roots"]), 1):
        for ending, share in part["endings"].items():
            open_root = root[-1] in _GEORGIAN_VOWELS
            if ending in {"ძე", "შვილი"}:
                name = root + ("" if open_root else "ი") + ending
            else:
                name = (root[:-1] if open_root else root) + ending
            names.append(Surname(name, name))
            weights.append(share * rank**-power)
    return Draw(names, weights)
