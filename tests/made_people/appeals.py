"""Appeals of made-up people: several on one matter, in other words, months apart."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import TextIO

from msgspec import Struct
from msgspec.structs import asdict, replace

from tests.made_people.draws import counted
from tests.made_people.matters import Matter, Matters
from tests.made_people.people import MadePerson, in_window, record_of
from tests.made_people.population import Population, Soul
from tests.made_people.rates import Country, Rates, shipped_rates
from tests.made_people.records import Clerk

COLUMNS = (
    "appeal_no", "matter_no", "person_no", "household_no", "country",
    "topic", "subject", "text", "complained_of", "region", "date",
)  # fmt: skip


class MadeAppeal(Struct, frozen=True, kw_only=True):
    """An appeal, and the truth: ``matter_no``, ``person_no`` and ``household_no``.

    ``applicant`` is the record that was written of the person with this appeal.
    """

    appeal_no: int
    matter_no: int
    person_no: int
    household_no: int
    country: Country
    topic: str
    subject: str
    text: str
    complained_of: str
    region: str
    date: date
    applicant: MadePerson


def make_appeals(count: int, seed: int, rates: Rates | None = None) -> Iterator[MadeAppeal]:
    """``count`` appeals, in an order of no meaning, by the people that ``seed`` makes."""
    rates = rates or shipped_rates()
    made = in_window(_in_order(count, seed, rates), Random(f"order of appeals {seed}"))
    for number, appeal in enumerate(made, 1):
        applicant = replace(appeal.applicant, record_id=number)
        yield replace(appeal, appeal_no=number, applicant=applicant)


def write_appeals(appeals: Iterable[MadeAppeal], out: TextIO) -> Iterator[MadePerson]:
    """As CSV, an appeal at a time; gives the applicants' records, which stand in another file."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for appeal in appeals:
        values = asdict(appeal)
        writer.writerow([values[name] for name in COLUMNS])
        yield appeal.applicant


def _in_order(count: int, seed: int, rates: Rates) -> Iterator[MadeAppeal]:
    left = count
    writing = _Writing(rates, seed)
    for souls in Population(rates, seed):
        for soul in souls:
            for appeal in writing.of(soul, souls):
                yield appeal
                left -= 1
                if not left:
                    return


class _Writing:
    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates = rates.appeals
        self._random = Random(f"appeals {seed}")
        self._matters = Matters(rates, seed)
        self._clerk = Clerk(rates, seed)
        self._times = counted(self._rates.per_matter)

    def of(self, soul: Soul, household: list[Soul]) -> Iterator[MadeAppeal]:
        matter: Matter | None = None
        while True:
            matter = self._matters.begun(soul, matter)
            yield from self._about(matter, soul, household)
            if self._random.random() >= self._rates.several_matters:
                return

    def _about(self, matter: Matter, soul: Soul, household: list[Soul]) -> Iterator[MadeAppeal]:
        random, rates = self._random, self._rates
        on = matter.begun
        others = [other for other in household if other is not soul]
        for time in range(1, self._times(random) + 1):
            writer = soul
            if time > 1:
                on += timedelta(days=random.randint(*rates.days_between))
                if others and random.random() < rates.by_household:
                    writer = random.choice(others)
            yield MadeAppeal(
                appeal_no=0,
                matter_no=matter.number,
                person_no=writer.number,
                household_no=writer.household,
                country=matter.country,
                date=on,
                applicant=record_of(writer, self._clerk, 0),
                **asdict(self._matters.words(matter, time)),
            )
