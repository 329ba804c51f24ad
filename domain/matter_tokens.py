"""A text cut into sentences of words and numbers, with what is needed to see what they mean."""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from msgspec import Struct

from domain.matter_words import PLAIN, Counted, Script, Sense, sense
from domain.spelling import fold

_APOSTROPHES = "'`\u2019\u02bc"
_LETTER = r"[^\W\d_][\u0300-\u036f]*"
_LETTERS = r"(?:[^\W\d_]+[\u0300-\u036f]*)+"
_TOKEN = re.compile(
    rf"(?P<word>{_LETTERS}(?:[{_APOSTROPHES}-]{_LETTERS})*)"
    r"|(?P<date>(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}(?P<between>[./-])\d{1,2}(?P=between)"
    r"(?:\d{4}|\d{2}))(?!\d))"
    r"|(?P<number>(?<!\d)\d{1,3}(?:[ \u00a0.,]\d{3})+(?!\d)|\d+(?:[./,]\d+)?)"
    rf"(?P<joint>[-{_APOSTROPHES}]?)(?P<suffix>(?:{_LETTER}){{0,4}}(?![^\W\d_]))"
    r"|(?P<sign>[№#])"
    r"|(?P<end>[.!?…\n]+)"
    r"|(?P<pause>[,;:()\[\]«»„“”\"\u2014\u2013]+)"
)
_WORDS = frozenset({"word", "sign"})
_APOSTROPHE = re.compile(rf"[{_APOSTROPHES}]")
_THOUSANDS = re.compile(r"[ \u00a0.,](?=\d{3}(?:\D|$))")
_SHORTEST_STEM = 3
_LONGEST_ABBREVIATION = 4
_FIRST_YEAR = 1000
_CENTURY = 2000


class Token(Struct, gc=False):
    """A word in folded spelling, or a number.

    ``capital``: written with a capital letter, in a
    text where that tells anything. ``taken``: already understood as a part of something else,
    ``named`` as the name of a place.
    """

    folded: str = ""
    sense: Sense = PLAIN
    number: str | None = None
    script: Script = Script.LATIN
    capital: bool = False
    after_pause: bool = False
    taken: bool = False
    named: bool = False

    @property
    def whole(self) -> int:
        """The value of a number without fraction or letter, else -1."""
        return int(self.number) if self.number and self.number.isdecimal() else -1


class Sentence(Struct):
    """``dates`` are those in figures: year, month, day."""

    tokens: list[Token]
    dates: list[tuple[int, int, int]]


def sentences(text: str) -> Iterator[Sentence]:
    """A full stop after an abbreviation or an initial doesn't end a sentence."""
    text = normalize("NFC", text)
    cased = _tells_by_capitals(text)
    tokens: list[Token] = []
    dates: list[tuple[int, int, int]] = []
    pause = False
    for match in _TOKEN.finditer(text):
        sort = match.lastgroup
        if sort in _WORDS:
            folded, sense_of, script, capital = _known(match[0])
            token = Token(folded, sense_of, None, script, cased and capital, pause)
        elif sort == "pause":
            pause = True
            continue
        elif sort == "end":
            if match[0] == "." and tokens and _abbreviated(tokens[-1]):
                continue
            yield Sentence(tokens, dates)
            tokens, dates, pause = [], [], False
            continue
        elif sort == "date":
            dates.append(_date(match[0]))
            pause = True
            continue
        else:
            token = _number(match, after_pause=pause)
        tokens.append(token)
        pause = False
    yield Sentence(tokens, dates)


def _tells_by_capitals(text: str) -> bool:
    letters = set(text)
    upper = sum(map(text.count, filter(str.isupper, letters)))
    return 0 < upper * 2 < sum(map(text.count, filter(str.isalpha, letters)))


def _abbreviated(token: Token) -> bool:
    if token.number or len(token.folded) > _LONGEST_ABBREVIATION:
        return False
    return (
        len(token.folded) == 1
        or token.sense.place is not None
        or token.sense.signs_a_number
        or token.sense.counted is Counted.FLAT
    )


def _script(letter: str) -> Script:
    if "\u10a0" <= letter <= "\u10ff" or "\u1c90" <= letter <= "\u1cbf":
        return Script.GEORGIAN
    return Script.CYRILLIC if "\u0400" <= letter <= "\u052f" else Script.LATIN


@lru_cache(maxsize=1 << 16)
def _known(written: str) -> tuple[str, Sense, Script, bool]:
    """Of a word its folded spelling, what it may mean, its alphabet, whether it has a capital."""
    if written in "№#":
        folded, script = "no", Script.LATIN
    else:
        stem = _APOSTROPHE.split(written, maxsplit=1)[0]
        folded = fold(stem if len(stem) >= _SHORTEST_STEM else written).replace(" ", "")
        script = _script(written[0])
    return folded, sense(folded, script), script, written[0].isupper()


def _number(match: re.Match[str], *, after_pause: bool) -> Token:
    whole, slash, rest = _THOUSANDS.sub("", match["number"]).replace(",", ".").partition("/")
    suffix = match["suffix"]
    letter = fold(suffix) if len(suffix) == 1 and not match["joint"] else ""
    number = (whole.lstrip("0") or "0") + slash + rest + letter
    return Token(number=number, after_pause=after_pause)


def _date(written: str) -> tuple[int, int, int]:
    first, month, last = (int(part) for part in re.split(r"[-./]", written))
    year, day = (first, last) if first >= _FIRST_YEAR else (last, first)
    return year if year >= _FIRST_YEAR else _CENTURY + year, month, day
