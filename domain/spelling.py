# ruff: noqa: RUF001 - letters of several alphabets are what it is about
"""One Latin spelling for what is written in Azerbaijani, Turkish, Georgian or Russian letters.

`fold` keeps a text readable; `sound` goes on to what stays the same when a name is carried from
one alphabet, or one habit of transliteration, to another. Neither is a transliteration to show
anyone: both exist so that spellings of one name come out alike.
"""

import re
from functools import lru_cache
from types import MappingProxyType
from unicodedata import category, normalize

_LATIN = {
    "ə": "e", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ŋ": "n",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "sh", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ә": "e", "ғ": "g",
    "ҝ": "g", "ө": "o", "ү": "u", "һ": "h", "ҹ": "j", "ј": "y", "і": "i", "ї": "yi", "є": "ye",
    "ґ": "g", "ў": "u",
}  # fmt: skip
_MKHEDRULI = {
    "ა": "a", "ბ": "b", "გ": "g", "დ": "d", "ე": "e", "ვ": "v", "ზ": "z", "თ": "t", "ი": "i",
    "კ": "k", "ლ": "l", "მ": "m", "ნ": "n", "ო": "o", "პ": "p", "ჟ": "zh", "რ": "r", "ს": "s",
    "ტ": "t", "უ": "u", "ფ": "p", "ქ": "k", "ღ": "gh", "ყ": "q", "შ": "sh", "ჩ": "ch", "ც": "ts",
    "ძ": "dz", "წ": "ts", "ჭ": "ch", "ხ": "kh", "ჯ": "j", "ჰ": "h", "ჲ": "y", "ჳ": "v", "ჴ": "kh",
    "ჵ": "o",
}  # fmt: skip
_LETTERS = MappingProxyType(_LATIN | _CYRILLIC | _MKHEDRULI)
_WITHIN_A_WORD = frozenset("'’‘ʼʻ`´ʹʺ\u00ad\u200b\u200c\u200d\ufeff")

_GENERAL: tuple[tuple[str, str], ...] = (
    ("shch|sch|sh", "s"),
    ("tch|ch|dzh|dj|zh|j", "c"),
    ("kh|gh|ck|[gqxh]", "k"),
    ("ph|p", "f"),
    ("th", "t"),
    ("t[sz]", "s"),
    ("dz", "z"),
    ("w", "v"),
    (r"(?<=[bcdfklmnprstvz])y(?=[aeou])", ""),
    ("y", "i"),
    ("e", "a"),
    ("o", "u"),
    (r"(.)\1+", r"\1"),
    ("(?<=.)d$", "t"),
    ("(?<=.)b$", "f"),
)
"""In this order.

A d or b at the end is heard as t or p (Ahmed, Ahmet; Receb, Recep); p and f are
one because Georgian has one letter for both in names from elsewhere.
"""
_RULES = tuple((re.compile(pattern), put) for pattern, put in _GENERAL)


class _Letters(dict[int, str]):
    """What each letter is folded to, found when it is first met; what is no letter parts words."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = put = _folded(letter)
        return put


def _folded(letter: str) -> str:
    if letter in "İI":
        return "i"
    if letter in _WITHIN_A_WORD or category(letter)[0] == "M":
        return ""
    low = letter.casefold()
    if low in _LETTERS:
        return _LETTERS[low]
    parts = (part for part in normalize("NFKD", low) if category(part)[0] != "M")
    put = "".join(_LETTERS.get(part.casefold(), part.casefold()) for part in parts)
    return "".join(part if part.isalnum() else " " for part in put)


_TO_LATIN = _Letters()


def fold(text: str) -> str:
    """Lower-case words of plain Latin letters and digits, one space between them.

    Dotted and dotless i become one; letters of scripts that aren't ours stay what they are.
    Folding twice is folding once.
    """
    folded = _once(text)
    while not folded.isascii() and (again := _once(folded)) != folded:
        folded = again
    return folded


def _once(text: str) -> str:
    return " ".join(normalize("NFKC", text).translate(_TO_LATIN).split())


@lru_cache(maxsize=1 << 18)
def sound(word: str) -> str:
    """What is left of a folded word when alphabets and habits of transliteration are taken away.

    Three vowels (a/e/ə, i/ı/y, o/ö/u/ü), g/k/q/x/h as one, c/ç/j/ch/zh as one, s/ş as one,
    p/f as one, no doubled letters. Names that only sound alike may come out the same: it finds,
    `fold` tells.
    """
    for pattern, put in _RULES:
        word = pattern.sub(put, word)
    return word


@lru_cache(maxsize=1 << 17)
def sounds(text: str) -> str:
    """`sound` of each word of a folded text."""
    return " ".join(filter(None, map(sound, text.split(" "))))
