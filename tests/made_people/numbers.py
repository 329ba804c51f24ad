"""Identity numbers and mail addresses: no two people's alike, and none of them anybody's."""

from datetime import date
from random import Random

from tests.made_people.rates import COUNTRIES, Country
from tests.made_people.writing import Script

_FIN_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_STEP = 2_654_435_761
"""Prime to every range below, so that running numbers become scattered ones without a repeat."""
_HOSTS = ("poct.example", "mektub.example", "posta.example", "fosta.example")


class Numbers:
    def __init__(self, seed: int) -> None:
        self._offset = Random(f"numbers {seed}").randrange(10**9)
        self._ascii = {country: Script(country, "ascii") for country in COUNTRIES}

    def identity(self, country: Country, person: int) -> str:
        """In the form of the country's number; a Turkish one fails its own check digit."""
        if country == "az":
            return _in_base(self._scattered(person, 34**7), 7)
        if country == "ka":
            return f"{person % 60:02}0{self._scattered(person, 10**8):08}"
        nine = f"{10**8 + self._scattered(person, 9 * 10**8 - 1)}"
        odd, even = sum(map(int, nine[::2])), sum(map(int, nine[1::2]))
        tenth = (odd * 7 - even) % 10
        return f"{nine}{tenth}{(sum(map(int, nine)) + tenth + 1) % 10}"

    def email(self, country: Country, person: int, name: str, born: date, turn: int) -> str:
        mark = self._scattered(2 * person + turn, 10**6)
        plain = self._ascii[country].plain(name)
        return f"{plain}{born.year % 100:02}.{mark}@{_HOSTS[mark % len(_HOSTS)]}"

    def _scattered(self, number: int, size: int) -> int:
        return (number * _STEP + self._offset) % size


def _in_base(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, digit = divmod(number, len(_FIN_LETTERS))
        letters += _FIN_LETTERS[digit]
    return letters
