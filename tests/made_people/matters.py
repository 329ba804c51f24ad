"""What people write about: a matter's facts, and each time the words for them."""

from datetime import date, timedelta
from random import Random
from typing import Any

from msgspec import Struct

from tests.made_people.draws import Draw, ranked
from tests.made_people.pools import Pool, pool_of, read
from tests.made_people.population import Home, Soul
from tests.made_people.rates import COUNTRIES, Country, Rates
from tests.made_people.writing import Script, slip

_FIRST_DAY = date(2021, 1, 4)
_DAYS = 1_600
_OWN_STREET = 0.7
_OFFICIAL_NAMED = 0.3
_SHUFFLED = 0.5
_OPENS = 0.6
_CLOSES = 0.6
_LONG_WORD = 5

Facts = dict[str, str]


class Matter(Struct, frozen=True):
    """``details`` are the clauses that only this matter has, each with facts of its own."""

    number: int
    country: Country
    topic: str
    region: str
    complained_of: str
    facts: Facts
    details: tuple[tuple[int, Facts], ...]
    begun: date


class Words(Struct, frozen=True):
    topic: str
    subject: str
    text: str
    complained_of: str
    region: str


class Matters:
    """Begins matters of people, and writes of them."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates = rates.appeals
        self._random = Random(f"matters {seed}")
        self._pools: dict[Country, Pool] = {name: pool_of(name, rates) for name in COUNTRIES}
        self._texts = {name: read(f"appeals_{name}") for name in COUNTRIES}
        self._topics: dict[Country, Draw[str]] = {
            name: ranked(list(self._texts[name]["topics"]), self._rates.zipf_topic)
            for name in COUNTRIES
        }
        self._native = {name: Script(name, "native") for name in COUNTRIES}
        self._ascii = {name: Script(name, "ascii") for name in COUNTRIES}
        self._begun = 0

    def begun(self, soul: Soul, before: Matter | None = None) -> Matter:
        """A new matter of this person; after ``before`` it may be on the same topic."""
        random, country = self._random, soul.country
        texts, pool = self._texts[country], self._pools[country]
        self._begun += 1
        if before and self._hit(self._rates.same_topic_again):
            topic = before.topic
        else:
            topic = self._topics[country](random)
        home = soul.homes[0]
        if not self._hit(_OWN_STREET):
            home = Home(home.city, pool.streets(random), random.randrange(1, 180), 1)
        office = texts["topics"][topic]["office"].format(city=home.city)
        if self._hit(_OFFICIAL_NAMED):
            office = texts["official"].format(person=self._person(country), office=office)
        chosen = random.sample(range(len(texts["details"])), self._rates.details)
        return Matter(
            number=self._begun,
            country=country,
            topic=topic,
            region=f"{country}-{self._ascii[country].plain(home.city)}",
            complained_of=office,
            facts=self._facts(country) | {"street": home.street, "house": str(home.house)},
            details=tuple((detail, self._facts(country)) for detail in chosen),
            begun=_FIRST_DAY + timedelta(days=random.randrange(_DAYS)),
        )

    def words(self, matter: Matter, time: int) -> Words:
        """The matter as it is written of for the ``time``-th time."""
        rates, random = self._rates, self._random
        texts = self._texts[matter.country]
        topic = texts["topics"][matter.topic]
        sentences = [
            self._filled(random.choice(wordings), matter, matter.facts)
            for wordings in topic["clauses"]
            if not self._hit(rates.clause_dropped)
        ]
        sentences += [
            self._filled(random.choice(texts["details"][detail]), matter, facts)
            for detail, facts in matter.details
            if not self._hit(rates.detail_dropped)
        ]
        if time > 1 and self._hit(rates.mentions_earlier):
            sentences.append(random.choice(texts["earlier"]).format(time=time))
        if self._hit(_SHUFFLED):
            random.shuffle(sentences)
        if self._hit(_OPENS):
            sentences.insert(0, random.choice(texts["opening"]))
        if self._hit(_CLOSES) or not sentences:
            sentences.append(random.choice(texts["closing"]))
        plain = matter.country != "ka" and self._hit(rates.ascii)
        said = {
            "subject": random.choice(topic["subjects"]),
            "text": self._noisy(" ".join(sentences), matter.country),
            "complained_of": "" if self._hit(rates.complained_of_missing) else matter.complained_of,
        }
        if plain:
            script = self._ascii[matter.country]
            said = {name: script.relettered(text, random) for name, text in said.items()}
        return Words(topic=self._coded(matter), region=self._region(matter), **said)

    def _coded(self, matter: Matter) -> str:
        if self._hit(self._rates.topic_miscoded):
            return self._random.choice(self._topics[matter.country].things)
        return matter.topic

    def _region(self, matter: Matter) -> str:
        return "" if self._hit(self._rates.region_missing) else matter.region

    def _facts(self, country: Country) -> Facts:
        random, texts = self._random, self._texts[country]
        day = _FIRST_DAY + timedelta(days=random.randrange(_DAYS))
        return {
            "month": random.choice(texts["months"]),
            "count": str(random.randrange(2, 90)),
            "sum": str(random.randrange(40, 9_000)),
            "age": str(random.randrange(60, 98)),
            "hour": str(random.randrange(6, 24)),
            "doc": f"{random.randrange(10, 9_999)}/{random.randrange(1, 99)}",
            "plate": f"{random.randrange(10, 99)} {_plate(random)} {random.randrange(100, 999)}",
            "date": day.isoformat(),
            "thing": random.choice(texts["things"]),
            "person": self._person(country),
        }

    def _person(self, country: Country) -> str:
        pool, random = self._pools[country], self._random
        woman = self._hit(0.3)
        surname = pool.surnames(random)
        if woman:
            return f"{pool.female(random)} {surname.woman}"
        return f"{pool.male(random)} {surname.man}"

    def _filled(self, sentence: str, matter: Matter, facts: Facts) -> str:
        random, texts = self._random, self._texts[matter.country]
        said: dict[str, Any] = dict(facts)
        for number in ("count", "sum"):
            if self._hit(self._rates.number_changed):
                said[number] = str(int(facts[number]) + random.choice((-3, -1, 1, 2, 10)))
        said["date"] = self._date(facts["date"], matter.country)
        for phrase in ("at", "since"):
            unsaid = self._hit(self._rates.slot_missing)
            form = random.choice(texts[f"{phrase}_unsaid" if unsaid else phrase])
            said[phrase] = form.format(**matter.facts)
        filled = sentence.format(**said)
        return filled if matter.country == "ka" else _begun(filled)

    def _date(self, iso: str, country: Country) -> str:
        day = date.fromisoformat(iso)
        if self._hit(0.5):
            return f"{day:%d.%m.%Y}"
        return f"{day.day} {self._texts[country]['months'][day.month - 1]} {day.year}"

    def _noisy(self, text: str, country: Country) -> str:
        rates, random = self._rates, self._random
        endings, letters = self._texts[country]["endings"], self._native[country].letters
        words = text.split(" ")
        for at, word in enumerate(words):
            chance = random.random()
            numeral = not word.isalpha() or (word.isupper() and len(word) > 1)
            if numeral or chance > rates.word_ending + rates.word_typo:
                continue
            if chance < rates.word_typo:
                words[at] = slip(word, letters, random)
            elif len(word) > _LONG_WORD and self._hit(0.5):
                words[at] = word[: -random.randrange(1, 3)]
            else:
                words[at] = word + random.choice(endings)
        return " ".join(words)

    def _hit(self, rate: float) -> bool:
        return self._random.random() < rate


def _plate(random: Random) -> str:
    return "".join(random.choice("ABCDEFHKLMNPRSTVXZ") for _ in range(2))


def _begun(sentence: str) -> str:
    """With a capital, as the Turkic languages have it."""
    first = {"i": "İ", "ı": "I"}.get(sentence[0], sentence[0].upper())
    return first + sentence[1:]
