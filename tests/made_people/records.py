"""One record of a person: what the clerk left out, had from elsewhere, or wrote wrongly."""

from datetime import date
from random import Random

from msgspec import Struct

from tests.made_people.draws import shared
from tests.made_people.pools import Pool, Surname, pool_of
from tests.made_people.population import Home, Soul
from tests.made_people.rates import COUNTRIES, Country, Rates
from tests.made_people.writing import Casing, Script, cased, misread, slip

_PHONE_FORMS = ("+{c} {p} {a}-{b}", "0{p}{a}{b}", "(0{p}) {a} {b}", "{c}{p}{a}{b}", "0{p}-{a}-{b}")
_WHOLE = {"s": "surname", "n": "name", "p": "patronymic"}


class Written(Struct, frozen=True):
    """The fields of a record, "" where one is missing, and the names of its errors."""

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


class Clerk:
    """Writes records. Each of a person's is written anew, by chance."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates = rates
        self._random = Random(f"clerk {seed}")
        self._pools: dict[Country, Pool] = {name: pool_of(name, rates) for name in COUNTRIES}
        self._scripts = {name: shared(rates.scripts[name]) for name in COUNTRIES}
        self._letters = {
            (country, name): Script(country, name)
            for country in COUNTRIES
            for name in rates.scripts[country]
        }
        self._casing = Casing(rates.case)
        self._patronymics = shared(rates.patronymic)

    def record(self, soul: Soul) -> Written:
        random = self._random
        errors: list[str] = []
        script = self._letters[soul.country, self._scripts[soul.country](random)]
        case = self._casing.drawn(random)
        if script.name != "native":
            errors.append(script.name)
        names = self._names(soul, script, errors)
        spelled = {
            part: self._name(text, script, case, errors, part) for part, text in names.items()
        }
        return Written(
            whole_name=self._whole(soul.country, spelled),
            **self._fields(spelled, errors),
            fin=self._number("fin", soul.fin, errors),
            birth_date=self._birth_date(soul.born, errors),
            phone=self._phone(soul, errors),
            email=self._email(soul, errors),
            address=self._address(soul, script, case, errors),
            errors=tuple(errors),
        )

    def _names(self, soul: Soul, script: Script, errors: list[str]) -> dict[str, str]:
        rates, given = self._rates, soul.given
        name = " ".join(given)
        if len(given) > 1 and self._hit(rates.errors.second_name_dropped):
            errors.append("second_name_dropped")
            name = given[0]
        if self._hit(rates.errors.initials):
            errors.append("initials")
            name = f"{name[0]}."
        return {
            "surname": self._surname(soul, errors),
            "name": name,
            "patronymic": self._patronymic(soul, script, initial=name[-1] == "."),
        }

    def _surname(self, soul: Soul, errors: list[str]) -> str:
        rates = self._rates
        if self._hit(rates.missing.surname):
            return ""
        own = soul.surname.woman if soul.woman else soul.surname.man
        if soul.woman and self._hit(rates.changed.surname_women):
            errors.append("surname_changed")
            taken = soul.married.woman
            return f"{own} {taken}" if soul.country == "tr" and self._hit(0.4) else taken
        if soul.surname.stem and self._hit(rates.errors.ending):
            errors.append("ending")
            return self._other_ending(soul.surname, own)
        return own

    def _other_ending(self, surname: Surname, own: str) -> str:
        others = [surname.man, surname.woman, surname.stem, f"{surname.stem}li"]
        return self._random.choice([name for name in others if name != own])

    def _patronymic(self, soul: Soul, script: Script, *, initial: bool) -> str:
        if self._hit(self._rates.missing.patronymic[soul.country]):
            return ""
        father = soul.father
        if initial:
            return f"{father[0]}."
        way = self._patronymics(self._random)
        if script.name == "russian" and self._hit(0.5):
            way = "russian"
        marker = "qızı" if soul.woman else "oğlu"
        if way == "russian":
            return father + ("ovna" if soul.woman else "oviç")
        return {"marked": f"{father} {marker}", "bare": father, "joined": father + marker}[way]

    def _name(self, text: str, script: Script, case: str, errors: list[str], part: str) -> str:
        if not text:
            return ""
        spelled = script.spelled(text, self._random)
        if not spelled.endswith(".") and self._hit(self._rates.errors.name_typo):
            errors.append(f"typo_{part}")
            words = spelled.split(" ")
            words[0] = slip(words[0], script.letters, self._random)
            spelled = " ".join(words)
        return cased(spelled, case, script)

    def _fields(self, parts: dict[str, str], errors: list[str]) -> dict[str, str]:
        rates = self._rates.errors
        surname, name, patronymic = parts["surname"], parts["name"], parts["patronymic"]
        if surname and self._hit(rates.one_field):
            errors.append("one_field")
            whole = [surname, name, patronymic]
            if self._hit(0.3):
                whole = [name, patronymic, surname]
            return {"surname": "", "name": " ".join(filter(None, whole)), "patronymic": ""}
        if surname and self._hit(rates.fields_swapped):
            errors.append("fields_swapped")
            surname, name = name, surname
        if patronymic and self._hit(rates.patronymic_in_name):
            errors.append("patronymic_in_name")
            name, patronymic = f"{name} {patronymic}", ""
        return {"surname": surname, "name": name, "patronymic": patronymic}

    def _whole(self, country: Country, parts: dict[str, str]) -> str:
        order = self._pools[country].orders(self._random)
        if parts["patronymic"] and "p" not in order and country != "az":
            order += "p"
        return " ".join(filter(None, (parts[_WHOLE[letter]] for letter in order)))

    def _number(self, field: str, number: str, errors: list[str]) -> str:
        if self._hit(self._rates.missing.fin):
            return ""
        if self._hit(self._rates.errors.number_typo):
            errors.append(f"typo_{field}")
            return misread(number, self._random)
        return number

    def _birth_date(self, born: date, errors: list[str]) -> str:
        rates = self._rates
        if self._hit(rates.missing.birth_date):
            return ""
        if self._hit(rates.errors.birth_date_placeholder):
            errors.append("birth_date_placeholder")
            return f"{born.year}-01-01"
        if self._hit(rates.errors.birth_date_swapped) and born.day <= 12 and born.day != born.month:
            errors.append("birth_date_swapped")
            return born.replace(month=born.day, day=born.month).isoformat()
        if self._hit(rates.errors.number_typo):
            errors.append("typo_birth_date")
            return self._misread_date(born)
        return born.isoformat()

    def _misread_date(self, born: date) -> str:
        for _ in range(20):
            text = misread(born.isoformat(), self._random)
            try:
                if 1900 <= date.fromisoformat(text).year <= 2020:
                    return text
            except ValueError:
                continue
        return born.isoformat()

    def _phone(self, soul: Soul, errors: list[str]) -> str:
        rates, random = self._rates, self._random
        if self._hit(rates.missing.phone):
            return ""
        changed = self._hit(rates.changed.phone)
        number = soul.phones[changed]
        if changed:
            errors.append("phone_changed")
        if self._hit(rates.errors.number_typo):
            errors.append("typo_phone")
            country = len(self._pools[soul.country].phone_country)
            number = number[:country] + misread(number[country:], random)
        country_code = self._pools[soul.country].phone_country
        rest = number[len(country_code) :]
        cut = len(self._pools[soul.country].phone_prefixes[0])
        form = random.choice(_PHONE_FORMS)
        middle = cut + 3
        return form.format(c=country_code, p=rest[:cut], a=rest[cut:middle], b=rest[middle:])

    def _email(self, soul: Soul, errors: list[str]) -> str:
        if self._hit(self._rates.missing.email):
            return ""
        changed = self._hit(self._rates.changed.email)
        if changed:
            errors.append("email_changed")
        return soul.emails[changed]

    def _address(self, soul: Soul, script: Script, case: str, errors: list[str]) -> str:
        if self._hit(self._rates.missing.address):
            return ""
        moved = self._hit(self._rates.changed.address)
        if moved:
            errors.append("moved")
        text = script.spelled(self._place(soul.country, soul.homes[moved]), self._random)
        if self._hit(self._rates.errors.address_typo):
            errors.append("typo_address")
            words = text.split(" ")
            at = self._random.randrange(len(words))
            words[at] = slip(words[at], script.letters, self._random)
            text = " ".join(words)
        return cased(text, case, script)

    def _place(self, country: Country, home: Home) -> str:
        pool, random = self._pools[country], self._random
        street = random.choice(pool.street_forms).format(home.street)
        house = random.choice(pool.house_forms).format(h=home.house, f=home.flat)
        city = f"{home.city}, " if self._hit(0.6) else ""
        return f"{city}{street}, {house}"

    def _hit(self, rate: float) -> bool:
        return self._random.random() < rate
