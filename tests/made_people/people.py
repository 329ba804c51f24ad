"""What a department has of people: records, several of one person, each written its own way."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import TextIO, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from domain.case import Person
from tests.made_people.draws import counted
from tests.made_people.population import Population, Soul
from tests.made_people.rates import Country, Rates, shipped_rates
from tests.made_people.records import Clerk

T = TypeVar("T")
_WINDOW = 5_000
"""Records among which the next one is drawn, so that one person's don't stand together."""


class MadePerson(Struct, frozen=True, kw_only=True):
    """A record, and the truth: ``person_no``, ``household_no`` and what was done to it.

    ``surname``, ``name`` and ``patronymic`` are the fields as they were filled in; ``whole_name``
    is the same name as one string, in an order that the record doesn't tell. A missing one is "".
    """

    record_id: int
    person_no: int
    household_no: int
    country: Country
    surname: str
    name: str
    patronymic: str
    whole_name: str
    fin: str
    birth_date: str
    phone: str
    email: str
    address: str
    errors: tuple[str, ...]

    def person(self) -> Person:
        """As an appeal's applicant would have been entered."""
        return Person(
            surname=self.surname or None,
            name=self.name or None,
            patronymic=self.patronymic or None,
            fin=self.fin or None,
            birth_date=date.fromisoformat(self.birth_date) if self.birth_date else None,
            phone=self.phone or None,
            email=self.email or None,
            address=self.address or None,
        )


def make_people(count: int, seed: int, rates: Rates | None = None) -> Iterator[MadePerson]:
    """``count`` records, in an order of no meaning. Memory doesn't grow with them."""
    rates = rates or shipped_rates()
    made = in_window(_in_order(count, seed, rates), Random(f"order of people {seed}"))
    for number, record in enumerate(made, 1):
        yield replace(record, record_id=number)


def in_window(things: Iterable[T], random: Random) -> Iterator[T]:
    """Each thing in place of one drawn from a window of those before it."""
    window: list[T] = []
    for thing in things:
        window.append(thing)
        if len(window) > _WINDOW:
            yield _taken(window, random)
    while window:
        yield _taken(window, random)


def record_of(soul: Soul, clerk: Clerk, record_id: int) -> MadePerson:
    """One more record of a person, written by ``clerk``."""
    written = clerk.record(soul)
    return MadePerson(
        record_id=record_id,
        person_no=soul.number,
        household_no=soul.household,
        country=soul.country,
        **asdict(written),
    )


def write_people(records: Iterable[MadePerson], out: TextIO) -> None:
    """As CSV, a record at a time."""
    writer = csv.writer(out)
    writer.writerow(MadePerson.__struct_fields__)
    for record in records:
        values = asdict(record)
        values["errors"] = " ".join(record.errors)
        writer.writerow(values.values())


def read_people(file: Path) -> Iterator[MadePerson]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            numbers = {key: int(row.pop(key)) for key in ("record_id", "person_no", "household_no")}
            errors = tuple(row.pop("errors").split())
            yield MadePerson(**numbers, errors=errors, **row)  # type: ignore[arg-type]


def _in_order(count: int, seed: int, rates: Rates) -> Iterator[MadePerson]:
    clerk = Clerk(rates, seed)
    random = Random(f"records {seed}")
    records = counted(rates.population.records)
    left = count
    for souls in Population(rates, seed):
        for soul in souls:
            for _ in range(min(records(random), left)):
                yield record_of(soul, clerk, 0)
                left -= 1
        if not left:
            return


def _taken(window: list[T], random: Random) -> T:
    at = random.randrange(len(window))
    window[at], window[-1] = window[-1], window[at]
    return window.pop()
