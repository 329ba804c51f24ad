"""Cards of many people laid out in columns, each text once, so that pairs are compared by number.

A name is a number in one list of names, whether it is given, a surname or a patronymic: then
parts that changed places can be compared as easily as others.
"""

from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.person_card import Card
from domain.person_names import stem
from domain.spelling import sounds

Numbers = NDArray[np.int32]
INITIALS = frozenset({"sh", "ch", "zh", "ts", "dz", "kh", "gh", "ya", "yu", "yo", "ye"})
"""One letter elsewhere, two in Latin."""
NUMBERS = 4
"""So many numbers of an address are compared."""
_NONE = (0,) * NUMBERS


class _Numbers(dict[str, int]):
    """Gives a new text the next number."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class Texts:
    """Texts numbered as they are first asked for; nought is the empty one."""

    def __init__(self) -> None:
        self.numbers = _Numbers({"": 0})

    def __len__(self) -> int:
        return len(self.numbers)

    def all(self) -> NDArray[Any]:
        """The texts by number, as objects."""
        texts = np.empty(len(self.numbers), dtype=object)
        texts[:] = list(self.numbers)
        return texts


class Columns(Struct, frozen=True, kw_only=True):
    """One row a card. The texts' columns are numbers into the lists beside them."""

    given: Numbers
    surname: Numbers
    patronymic: Numbers
    sex: NDArray[np.int8]
    born: Numbers
    phone: Numbers
    fin: Numbers
    email: Numbers
    address: Numbers
    numbers: Numbers
    in_order: NDArray[np.bool_]
    names: Texts
    fins: Texts
    emails: Texts
    addresses: Texts
    house_numbers: Texts

    @classmethod
    def of(cls, cards: Iterable[Card]) -> Self:
        names, fins, emails, addresses, houses = (Texts() for _ in range(5))
        name, fin, email = names.numbers, fins.numbers, emails.numbers
        address, house = addresses.numbers, houses.numbers
        rows = array("i")
        for card in cards:
            numbers = [house[number] for number in dict.fromkeys(card.numbers)][:NUMBERS]
            rows.extend(
                (
                    name[card.given],
                    name[card.surname],
                    name[card.patronymic],
                    card.sex,
                    card.born,
                    card.phone,
                    fin[card.fin],
                    email[card.email],
                    address[card.address],
                    card.in_order,
                    *numbers,
                    *_NONE[len(numbers) :],
                )
            )
        table = np.array(rows, dtype=np.int32).reshape(-1, 10 + NUMBERS).T.copy()
        return cls(
            given=table[0],
            surname=table[1],
            patronymic=table[2],
            sex=table[3].astype(np.int8),
            born=table[4],
            phone=table[5],
            fin=table[6],
            email=table[7],
            address=table[8],
            in_order=table[9].astype(np.bool_),
            numbers=table[10:].T.copy(),
            names=names,
            fins=fins,
            emails=emails,
            addresses=addresses,
            house_numbers=houses,
        )

    def __len__(self) -> int:
        return len(self.given)


def joined(parts: list[Columns]) -> Columns:
    """The rows of all parts, their texts numbered in one list."""
    first, *others = parts
    for part in others:
        first = _with(first, part)
    return first


_TEXTS = {
    "names": ("given", "surname", "patronymic"),
    "fins": ("fin",),
    "emails": ("email",),
    "addresses": ("address",),
    "house_numbers": ("numbers",),
}


def _with(first: Columns, second: Columns) -> Columns:
    found: dict[str, Any] = {}
    for texts, columns in _TEXTS.items():
        into: Texts = getattr(first, texts)
        put = np.fromiter(
            map(into.numbers.__getitem__, getattr(second, texts).numbers), dtype=np.int32
        )
        found[texts] = into
        for column in columns:
            found[column] = np.concatenate((getattr(first, column), put[getattr(second, column)]))
    for column in ("sex", "born", "phone", "in_order"):
        found[column] = np.concatenate((getattr(first, column), getattr(second, column)))
    return Columns(**found)


class Names(Struct, frozen=True, kw_only=True):
    """What is known of each name in a list of them: by its number there."""

    spelt: NDArray[Any]
    heard: NDArray[Any]
    sound: Numbers
    stem: Numbers
    length: Numbers
    initial: NDArray[np.bool_]

    @classmethod
    def of(cls, names: Texts) -> Self:
        heard, stems = Texts(), Texts()
        spelt = names.all()
        known = [known_of(name) for name in names.numbers]
        table = np.array(
            [
                (heard.numbers[sound], stems.numbers[of_stem], length, initial)
                for sound, of_stem, length, initial in known
            ],
            dtype=np.int32,
        ).T.copy()
        return cls(
            spelt=spelt,
            heard=heard.all()[table[0]],
            sound=table[0],
            stem=table[1],
            length=table[2],
            initial=table[3].astype(np.bool_),
        )


def long_number(text: str) -> int:
    """The value of a number that has four digits or more, as a postcode; else nought."""
    return int(text) if 4 <= len(text) <= 9 else 0  # noqa: PLR2004


@lru_cache(maxsize=1 << 16)
def known_of(name: str) -> tuple[str, str, int, bool]:
    """Its sound, that of its stem, its length, and whether it is an initial."""
    stems = " ".join(map(stem, name.split(" ")))
    return sounds(name), sounds(stems), len(name), len(name) == 1 or name in INITIALS
