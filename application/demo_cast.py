"""Who appears in the demo: an agency that doesn't exist, and people whose names Faker drew."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

from faker import Faker
from msgspec import Struct, convert

from application.access import Organisation
from application.caller import Caller, Role
from domain.case import Actor, Person
from infra.organisation import Official, Unit

FOLDER = Path(__file__).parents[1] / "infra" / "demo"
CLIENT = "demo"
_FIN_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Agency(Struct, frozen=True, forbid_unknown_fields=True):
    units: list[Unit]
    officials: list[Official]
    callers: dict[Role, str]
    leaders: list[str]

    @property
    def tree(self) -> Organisation:
        return Organisation.of(
            {unit.unit: unit.parent for unit in self.units},
            {official.official: official.unit for official in self.officials},
        )


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """``centre`` is the agency's unit there, where it has one."""

    city: str
    region: str
    centre: str | None = None


class Matter(Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    topic: str
    unit: str
    subject: str
    text: str
    answer: str


class Matters(Struct, frozen=True, forbid_unknown_fields=True):
    places: list[Place]
    streets: list[str]
    months: list[str]
    categories: list[str]
    bodies: list[str]
    companies: list[str]
    resolutions: list[str]
    matters: list[Matter]


class Outlet(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    media: str


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    topic: str
    unit: str
    subject: str
    question: str
    answer: str


class Press(Struct, frozen=True, forbid_unknown_fields=True):
    outlets: list[Outlet]
    questions: list[Question]


class Sayings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said at receptions and written in assignments."""

    places: list[str]
    explanations: list[str]
    answers: list[str]
    hearing_assignments: list[str]
    meeting_assignments: list[str]
    progress: list[str]
    results: list[str]
    comments: list[str]


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


AGENCY = convert(_read("organisation.toml"), Agency)
MATTERS = convert(_read("matters.toml"), Matters)
PRESS = convert(_read("media.toml"), Press)
SAYINGS = convert(_read("receptions.toml"), Sayings)

_UNITS = {official.official: official.unit for official in AGENCY.officials}
DEMO_CALLERS: dict[Role, tuple[str, str]] = {
    role: (official, _UNITS[official]) for role, official in AGENCY.callers.items()
}
"""For each role the official of the demo who has it, and their unit."""


def caller(official: str, *roles: Role) -> Caller:
    actor = Actor(official=official, unit=_UNITS[official], client=CLIENT)
    return Caller(actor, frozenset(roles))


def executors(unit: str) -> list[str]:
    """The unit's officials but its head."""
    return [name for name, at in _UNITS.items() if at == unit and not name.endswith("-head")]


class Citizen(Struct, frozen=True):
    person: Person
    place: Place
    category: str | None


class Citizens:
    """Draws people; the same seed draws the same ones in the same order."""

    def __init__(self, chance: Random, ids: UUID, born_before: date) -> None:
        self._chance = chance
        self._ids = ids
        self._born_before = born_before
        self._faker = Faker("az_AZ")
        self._faker.seed_instance(chance.getrandbits(64))
        self._drawn = 0

    @property
    def first(self) -> UUID:
        """Who is drawn first."""
        return uuid5(self._ids, "person/1")

    def draw(self) -> Citizen:
        chance, faker = self._chance, self._faker
        self._drawn += 1
        place = chance.choice(MATTERS.places)
        woman = chance.random() < 0.5  # noqa: PLR2004
        father = faker.first_name_male()
        street = chance.choice(MATTERS.streets)
        house, flat = chance.randint(1, 140), chance.randint(1, 90)
        born_on = self._born_before - timedelta(days=chance.randint(20 * 365, 82 * 365))
        person = Person(
            id=uuid5(self._ids, f"person/{self._drawn}"),
            surname=faker.last_name_female() if woman else faker.last_name_male(),
            name=faker.first_name_female() if woman else faker.first_name_male(),
            patronymic=f"{father} {'qızı' if woman else 'oğlu'}",
            fin="".join(chance.choices(_FIN_SIGNS, k=7)),
            birth_date=born_on,
            phone=f"+994 50 000 {chance.randint(0, 99):02} {chance.randint(0, 99):02}",
            address=f"{place.city}, {street} küçəsi {house}, mənzil {flat}",
        )
        category = chance.choice(MATTERS.categories) if chance.random() < 0.6 else None  # noqa: PLR2004
        return Citizen(person, place, category)

    def journalist(self, outlet: str) -> Person:
        self._drawn += 1
        domain = outlet if outlet.endswith(".example") else "xeber.example"
        return Person(
            id=uuid5(self._ids, f"person/{self._drawn}"),
            surname=self._faker.last_name_female(),
            name=self._faker.first_name_female(),
            email=f"redaksiya@{domain}",
        )
