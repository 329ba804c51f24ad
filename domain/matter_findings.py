"""What a text says of places, numbers, dates and names, found without a dictionary or network.

The order of sentences makes no difference: nothing is looked for across their borders.
"""

import re

from msgspec import Struct

from domain.matter_tokens import Sentence, Token, sentences
from domain.matter_words import PLAIN, Counted, Place, Script
from domain.spelling import sound

STEM = 5
"""Letters to which a word is cut to compare it: what case and possession add is mostly behind."""
WORD = 8
NAME = 6
_SHORTEST_WORD = 3
_GEORGIAN = Script.GEORGIAN
_YEARS = range(1950, 2051)
_DAYS = range(1, 32)
_ENDINGS = re.compile(r"(?<=.{3})(?:idan|isa|shi|dan|tan|ze|is|it|ma|sa|s|i)$")
"""Of Georgian cases."""
_SURNAME = re.compile(r"^.{2,}(?:shvil|dze$|dzi|dzem|dzes)")
"""Of Georgia, where no capital letters tell names."""
_GENITIVE = "s"


class Findings(Struct):
    """Of one text, in folded spelling; a word that names a place or person is not among the words.

    A date is ``YYYY-MM-DD``, zeros for what isn't said. ``addresses`` are streets with the house
    that was written with them.
    """

    places: set[str]
    addresses: set[str]
    numbers: set[str]
    dates: set[str]
    names: set[str]
    words: set[str]


def found_in(text: str) -> Findings:
    found = Findings(set(), set(), set(), set(), set(), set())
    for sentence in sentences(text):
        _Reading(sentence, found).read()
    return found


class _Reading:
    """Of one sentence: each pass takes what it understands away from the next."""

    def __init__(self, sentence: Sentence, found: Findings) -> None:
        self._tokens = sentence.tokens
        self._dates = sentence.dates
        self._found = found

    def read(self) -> None:
        for date in self._dates:
            self._add_date(*date)
        months: list[tuple[int, int]] = []
        places: list[tuple[int, Place]] = []
        for at, token in enumerate(self._tokens):
            if token.sense is PLAIN:
                continue
            self._read_numeral(at, token)
            if token.sense.month and not token.number:
                months.append((at, token.sense.month))
            if token.sense.place:
                places.append((at, token.sense.place))
        for at, month in months:
            self._tokens[at].taken = True
            self._read_month(at, month)
        for at, place in places:
            self._tokens[at].taken = True
            self._read_place(at, place)
        for at, token in enumerate(self._tokens):
            if token.number:
                self._read_number(at, token.number)
            else:
                self._read_word(at, token)

    def _beside(self, at: int, step: int, *, over_pause: bool = False) -> Token | None:
        beside = at + step
        if not 0 <= beside < len(self._tokens):
            return None
        parted = self._tokens[max(at, beside)].after_pause
        return None if parted and not over_pause else self._tokens[beside]

    def _add_date(self, year: int, month: int, day: int) -> None:
        self._found.dates.add(f"{year:04}-{month:02}-{day:02}")

    def _read_numeral(self, at: int, token: Token) -> None:
        if token.number or not (value := token.sense.numeral):
            return
        following = self._beside(at, 1)
        if following and following.sense.counted:
            token.number = str(value)

    def _read_month(self, at: int, month: int) -> None:
        before, after = at - 1, at + 1
        if (word := self._beside(at, -1)) and word.sense.counted is Counted.YEAR:
            before -= 1
        if (word := self._beside(at, 1)) and word.sense.counted is Counted.MONTH:
            after += 1
        year = day = 0
        for place in (before, after, after + 1):
            if not 0 <= place < len(self._tokens):
                continue
            token = self._tokens[place]
            if not year and token.whole in _YEARS:
                year = token.whole
            elif not day and token.whole in _DAYS and self._is_day(place, at):
                day = token.whole
            else:
                continue
            token.taken = True
        self._add_date(year, month, day)

    def _is_day(self, place: int, month_at: int) -> bool:
        if place == month_at - 1:
            return True
        following = self._beside(place, 1)
        return (
            place > month_at
            and not self._tokens[place].after_pause
            and not (following and (following.sense.counted or following.sense.signs_a_number))
        )

    def _read_place(self, at: int, place: Place) -> None:
        script = self._tokens[at].script
        before, after = self._beside(at, -1), self._beside(at, 1)
        order = [before, after]
        if script is Script.CYRILLIC or (script is _GEORGIAN and place is Place.SETTLEMENT):
            order.reverse()
        name: str | None = None
        for token in order:
            if token is None or token.taken:
                continue
            if token.number and token is before and token.whole > 0:
                name = token.number
            elif self._names_a_place(token, script, first=token is before):
                name = _named(token)
                token.named = True
            else:
                continue
            self._found.places.add(f"{place}:{name}")
            token.taken = True
            break
        if place is Place.STREET:
            house = self._read_house(at)
            if name and house:
                self._found.addresses.add(f"{name} {house}")

    def _names_a_place(self, token: Token, script: Script, *, first: bool) -> bool:
        if (
            token.number
            or len(token.folded) < _SHORTEST_WORD
            or token.sense.place
            or token.sense.counted
        ):
            return False
        if script is not _GEORGIAN:
            return token.capital
        return not token.sense.common and (not first or token.folded.endswith(_GENITIVE))

    def _read_house(self, at: int) -> str | None:
        """The first number soon after a street, unless it counts something else.

        45/12 is house 45, flat 12.
        """
        for place in range(at + 1, min(at + 4, len(self._tokens))):
            token = self._tokens[place]
            if token.number:
                following = self._after_signs(place)
                counted = following.sense.counted if following else None
                if not token.taken and counted in {None, Counted.HOUSE}:
                    house, _, flat = token.number.partition("/")
                    self._found.numbers.add(f"{Counted.HOUSE}:{house}")
                    if flat:
                        self._found.numbers.add(f"{Counted.FLAT}:{flat}")
                    token.taken = True
                    return house
                return None
            if not (
                token.taken or token.sense.signs_a_number or token.sense.counted is Counted.HOUSE
            ):
                return None
        return None

    def _read_number(self, at: int, number: str) -> None:
        token = self._tokens[at]
        if token.taken:
            return
        before, after = self._before_signs(at), self._after_signs(at)
        what: str | None = None
        if before and before.sense.counted in {Counted.HOUSE, Counted.FLAT, Counted.BLOCK}:
            what = before.sense.counted
        elif after and after.sense.counted:
            what = after.sense.counted
            if what == Counted.YEAR and token.whole in _YEARS:
                self._add_date(token.whole, 0, 0)
                return
        elif token.whole in _YEARS:
            self._add_date(token.whole, 0, 0)
            return
        elif after and not after.number:
            what = after.folded[:STEM]
        elif before and not before.number:
            what = before.folded[:STEM]
        self._found.numbers.add(f"{what or ''}:{number}")

    def _before_signs(self, at: int) -> Token | None:
        token = self._beside(at, -1, over_pause=True)
        if token and token.sense.signs_a_number:
            return self._beside(at - 1, -1, over_pause=True)
        return token if token and not self._tokens[at].after_pause else None

    def _after_signs(self, at: int) -> Token | None:
        """What follows the number, unless that has a number of its own behind it."""
        token, further = self._beside(at, 1), self._beside(at + 1, 1)
        if token and token.sense.signs_a_number:
            return further
        last = self._beside(at + 2, 1)
        numbered = further and further.number and not (last and last.sense.counted)
        flat = token and token.sense.counted in {Counted.FLAT, Counted.BLOCK}
        return None if numbered and flat else token

    def _read_word(self, at: int, token: Token) -> None:
        folded = token.folded
        if len(folded) < _SHORTEST_WORD:
            return
        may_be_name = token.capital or token.script is _GEORGIAN
        if may_be_name and not token.taken and self._is_name(at, token):
            self._found.names.add(_named(token))
        elif not token.named:
            self._found.words.add(folded[:WORD])

    def _is_name(self, at: int, token: Token) -> bool:
        if token.sense.counted or token.sense.common or token.sense.title:
            return False
        if token.script is _GEORGIAN:
            return _SURNAME.match(token.folded) is not None or self._titled(at)
        before = self._beside(at, -1)
        return (at > 0 and (before is None or not before.number)) or self._titled(at)

    def _titled(self, at: int) -> bool:
        before, after = self._beside(at, -1), self._beside(at, 1)
        return any(
            token is not None and not token.number and token.sense.title
            for token in ((before,) if self._tokens[at].script is _GEORGIAN else (before, after))
        )


def _named(token: Token) -> str:
    folded = _ENDINGS.sub("", token.folded) if token.script is _GEORGIAN else token.folded
    return sound(folded)[:NAME]
