"""People as they are: who they are called, where they live, whose kin they are."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from msgspec import Struct

from tests.made_people.draws import Draw
from tests.made_people.numbers import Numbers
from tests.made_people.pools import Pool, Surname, pool_of
from tests.made_people.rates import COUNTRIES, Country, Rates

_BORN_UNTIL = date(2007, 12, 31)
_ADULT_YEARS = 72
_DRAWS_FOR_A_LETTER = 200
_SUBSCRIBER_DIGITS = {"994": 7, "90": 7, "995": 6}
_REMEMBERED = 5_000
"""People among whom a namesake is sought: few enough to forget, so that memory stays flat."""


class Home(Struct, frozen=True):
    city: str
    street: str
    house: int
    flat: int


class Soul(Struct, frozen=True):
    number: int
    household: int
    country: Country
    woman: bool
    surname: Surname
    married: Surname
    """The surname a woman took, if a record has it."""
    given: tuple[str, ...]
    father: str
    born: date
    fin: str
    phones: tuple[str, str]
    emails: tuple[str, str]
    homes: tuple[Home, Home]


class _Kin(Struct, frozen=True):
    """What those of one household have from it."""

    surname: Surname
    father: str
    phone: str
    email: str
    home: Home


class Population:
    """Households, one after another, without an end. The same seed gives the same ones."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates = rates.population
        self._random = Random(f"people {seed}")
        self._pools: dict[Country, Pool] = {name: pool_of(name, rates) for name in COUNTRIES}
        self._countries = Draw(COUNTRIES, [self._rates.countries[name] for name in COUNTRIES])
        self._numbers = Numbers(seed)
        self._remembered: list[Soul] = []
        self._souls = 0
        self._households = 0

    def __iter__(self) -> Iterator[list[Soul]]:
        rates, random = self._rates, self._random
        while True:
            self._households += 1
            kind = random.random()
            if (kind := kind - rates.siblings) < 0:
                souls = self._siblings()
            elif (kind := kind - rates.parent_child) < 0:
                souls = self._parent_and_child()
            elif kind < rates.namesake and self._remembered:
                souls = [self._namesake(random.choice(self._remembered))]
            else:
                souls = [self._soul(self._country(), self._woman())]
            for soul in souls:
                self._remember(soul)
            yield souls

    def _siblings(self) -> list[Soul]:
        rates, random, country = self._rates, self._random, self._country()
        kin = self._kin(country)
        oldest = self._birth_date()
        if random.random() < rates.twins:
            first = self._soul(country, self._woman(), kin=kin, born=oldest)
            alike = first.given[0][0] if random.random() < rates.twin_names_alike else ""
            twin = self._soul(country, self._woman(), kin, born=oldest, given=(first.given, alike))
            return [first, twin]
        souls: list[Soul] = []
        taken: tuple[str, ...] = ()
        for _ in range(3 if random.random() < rates.three_siblings else 2):
            born = oldest + timedelta(days=random.randrange(300, 3_600) if souls else 0)
            soul = self._soul(country, self._woman(), kin, born=born, given=(taken, ""))
            taken = (*taken, soul.given[0])
            souls.append(soul)
        return souls

    def _parent_and_child(self) -> list[Soul]:
        country = self._country()
        kin = self._kin(country)
        child = self._soul(country, self._woman(), kin)
        years = self._random.randrange(7_500, 13_500)
        born = max(child.born - timedelta(days=years), date(1921, 1, 1))
        own = _Kin(kin.surname, self._pools[country].male(self._random), *_shared(kin))
        father = self._soul(country, woman=False, kin=own, born=born, named=(kin.father,))
        return [father, child]

    def _namesake(self, of: Soul) -> Soul:
        kin = self._kin(of.country)
        father = of.father if self._random.random() < self._rates.namesake_father else kin.father
        own = _Kin(of.surname, father, *_shared(kin))
        return self._soul(of.country, of.woman, own, named=of.given)

    def _kin(self, country: Country) -> _Kin:
        pool, random = self._pools[country], self._random
        return _Kin(
            surname=pool.surnames(random),
            father=pool.male(random),
            phone=self._phone(pool),
            email=f"aile{random.randrange(10_000_000)}@ortaq.example",
            home=self._home(pool),
        )

    def _soul(
        self,
        country: Country,
        woman: bool,
        kin: _Kin | None = None,
        *,
        born: date | None = None,
        given: tuple[tuple[str, ...], str] = ((), ""),
        named: tuple[str, ...] = (),
    ) -> Soul:
        """``given``: the names already taken in the household, and the letter to begin with."""
        rates, random, pool = self._rates, self._random, self._pools[country]
        self._souls += 1
        born = born or self._birth_date()
        names = named or self._given(country, woman, *given)
        mails = [self._numbers.email(country, self._souls, names[0], born, turn) for turn in (0, 1)]
        phone, home, surname, father = "", None, None, ""
        if kin:
            surname, father = kin.surname, kin.father
            phone = kin.phone if random.random() < rates.shared_phone else ""
            home = kin.home if random.random() < rates.shared_address else None
            if random.random() < rates.shared_email:
                mails[0] = kin.email
        return Soul(
            number=self._souls,
            household=self._households,
            country=country,
            woman=woman,
            surname=surname or pool.surnames(random),
            married=pool.surnames(random),
            given=names,
            father=father or pool.male(random),
            born=born,
            fin=self._numbers.identity(country, self._souls),
            phones=(phone or self._phone(pool), self._phone(pool)),
            emails=(mails[0], mails[1]),
            homes=(home or self._home(pool), self._home(pool)),
        )

    def _given(
        self,
        country: Country,
        woman: bool,
        taken: tuple[str, ...],
        initial: str,
    ) -> tuple[str, ...]:
        pool, random = self._pools[country], self._random
        names = pool.female if woman else pool.male
        name = names(random)
        drawn = 1
        while name in taken or (drawn < _DRAWS_FOR_A_LETTER and not name.startswith(initial)):
            name = names(random)
            drawn += 1
        if random.random() < self._rates.second_given_name[country]:
            second = names(random)
            return (name, second) if second != name else (name,)
        return (name,)

    def _country(self) -> Country:
        return self._countries(self._random)

    def _woman(self) -> bool:
        return self._random.random() < self._rates.women

    def _birth_date(self) -> date:
        age = self._random.triangular(0, _ADULT_YEARS, 24)
        return _BORN_UNTIL - timedelta(days=int(age * 365.25))

    def _phone(self, pool: Pool) -> str:
        random = self._random
        prefix = random.choice(pool.phone_prefixes)
        digits = _SUBSCRIBER_DIGITS[pool.phone_country]
        return f"{pool.phone_country}{prefix}{random.randrange(10**digits):0{digits}}"

    def _home(self, pool: Pool) -> Home:
        random = self._random
        return Home(
            pool.cities(random),
            pool.streets(random),
            int(random.triangular(1, 180, 12)),
            random.randrange(1, 120),
        )

    def _remember(self, soul: Soul) -> None:
        if len(self._remembered) < _REMEMBERED:
            self._remembered.append(soul)
        else:
            self._remembered[self._random.randrange(_REMEMBERED)] = soul


def _shared(kin: _Kin) -> tuple[str, str, Home]:
    return kin.phone, kin.email, kin.home
