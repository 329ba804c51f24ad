"""How a name gets onto paper: in which letters, in which case, with which slips."""

import re
from random import Random

from tests.made_people.draws import shared
from tests.made_people.pools import read
from tests.made_people.rates import Case, Country

_DIGITS = "0123456789"
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_LETTERS = {
    "latin": "abcdefghijklmnopqrstuvxyz",
    "cyrillic": read("scripts")["letters"]["cyrillic"],
    "georgian": read("scripts")["letters"]["georgian"],
}
_FIRST_LETTER = 0.15
"""How often a slip hits the first letter, where people look."""


class Script:
    """One language in one set of letters; where several serve, any of them."""

    def __init__(self, country: Country, name: str) -> None:
        self.country = country
        self.name = name
        table = read("scripts")[country].get(name, {})
        self._table: dict[str, list[str]] = table
        keys = sorted(table, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, keys))) if keys else None
        self._plain: dict[str, str] = {}
        if name in {"russian", "cyrillic"}:
            self.letters = _LETTERS["cyrillic"]
        else:
            native = country == "ka" and name == "native"
            self.letters = _LETTERS["georgian" if native else "latin"]

    def spelled(self, text: str, random: Random) -> str:
        """In these letters, with capitals where the words had them."""
        if self._pattern is None:
            return text
        table = self._table

        def letter(found: re.Match[str]) -> str:
            ways = table[found[0]]
            return ways[0] if len(ways) == 1 else random.choice(ways)

        plain = self._pattern.sub(letter, lowered(text, self.country))
        return _WORD.sub(_capital, plain)

    def relettered(self, text: str, random: Random) -> str:
        """A whole text in these letters; capitals of single letters stay."""
        small = _WORD.sub(lambda found: _like(self.spelled(found[0], random), found[0]), text)
        return small if self._pattern else text

    def plain(self, text: str) -> str:
        """Only a to z, always the same way: for addresses and codes."""
        if (found := self._plain.get(text)) is None:
            found = lowered(text, self.country)
            for letter, ways in self._table.items():
                found = found.replace(letter, ways[0])
            found = self._plain[text] = re.sub("[^a-z]", "", found)
        return found


class Casing:
    def __init__(self, rates: Case) -> None:
        self._draw = shared({"title": rates.title, "upper": rates.upper, "lower": rates.lower})
        self._wrong_i = rates.wrong_i

    def drawn(self, random: Random) -> str:
        """``title``, ``upper``, ``lower`` or ``english``: upper case with the wrong i."""
        case = self._draw(random)
        return "english" if case == "upper" and random.random() < self._wrong_i else case


def cased(text: str, case: str, script: Script) -> str:
    if case == "title" or script.letters == _LETTERS["georgian"]:
        return text
    turkic = script.country != "ka" and script.name == "native"
    if case == "lower":
        return lowered(text, script.country) if turkic else text.lower()
    if case == "upper" and turkic:
        text = text.replace("i", "İ")
    return text.upper()


def lowered(text: str, country: Country) -> str:
    if country != "ka":
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower()


def slip(word: str, letters: str, random: Random) -> str:
    """The word with one slip of the pen or the keys."""
    if len(word) < 2:
        return word
    at = 0 if random.random() < _FIRST_LETTER else random.randrange(1, len(word))
    kind = random.random()
    if kind < 0.30:
        other = random.choice(letters)
        return word[:at] + (other.upper() if word[at].isupper() else other) + word[at + 1 :]
    if kind < 0.55 and len(word) > 2:
        return word[:at] + word[at + 1 :]
    if kind < 0.75:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind < 0.90:
        return word[:at] + word[at] + word[at:]
    return word[: at + 1] + random.choice(letters) + word[at + 1 :]


def misread(number: str, random: Random) -> str:
    """The number with one digit wrong or two exchanged."""
    places = [at for at, digit in enumerate(number) if digit in _DIGITS]
    if not places:
        return number
    found = list(number)
    at = random.randrange(len(places))
    here, there = places[at], places[at - 1]
    if random.random() < 0.3 and found[here] != found[there] and at:
        found[here], found[there] = found[there], found[here]
    else:
        found[here] = random.choice(_DIGITS.replace(found[here], ""))
    return "".join(found)


def _like(word: str, model: str) -> str:
    if model.isupper():
        return word.upper()
    return word if model[0].isupper() else word.lower()


def _capital(found: re.Match[str]) -> str:
    word = found[0]
    return word[0].upper() + word[1:]
