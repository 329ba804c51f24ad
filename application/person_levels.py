# ruff: noqa: PLR2004 - the limits between levels stand where they are drawn
"""The levels of each sort of evidence that two cards are one person, and the rules that draw them.

Each rule takes the facts of one pair, or columns of them (`application.one_or_many`).
"""

from enum import StrEnum
from types import MappingProxyType

from application.one_or_many import Fact, chosen


class Sort(StrEnum):
    """What is compared."""

    GIVEN = "given"
    SURNAME = "surname"
    PATRONYMIC = "patronymic"
    ORDER = "order"
    PARENT = "parent"
    SEX = "sex"
    BORN = "born"
    PHONE = "phone"
    FIN = "fin"
    EMAIL = "email"
    ADDRESS = "address"


_NAME = ("unknown", "same", "sounds-same", "initial", "part", "near", "alike", "different")
LEVELS = MappingProxyType(
    {
        Sort.GIVEN: _NAME,
        Sort.SURNAME: (*_NAME, "other-ending", "different-hers"),
        Sort.PATRONYMIC: _NAME,
        Sort.ORDER: ("unknown", "turned", "fathers-name-for-surname", "not-told"),
        Sort.PARENT: ("unknown", "given-is-patronymic"),
        Sort.SEX: ("unknown", "same", "different"),
        Sort.BORN: (
            "unknown", "same", "same-year", "day-and-month-turned", "one-part-differs",
            "one-part-same", "near-year", "different", "generation-apart",
        ),
        Sort.PHONE: ("unknown", "same", "near", "different"),
        Sort.FIN: ("unknown", "same", "near", "different"),
        Sort.EMAIL: ("unknown", "same", "near", "different"),
        Sort.ADDRESS: (
            "unknown", "same", "same-house", "close", "same-street", "same-numbers", "part",
            "one-number-same", "different",
        ),
    }
)  # fmt: skip
"""The levels of each sort, by their numbers. A level and its sort are the code of a reason."""

UNKNOWN, SAME, SOUNDS, INITIAL, PART, NEAR, ALIKE, DIFFERENT, ENDING, HERS = range(10)
STRENGTH = (0, 6, 6, 3, 4, 4, 2, 0, 5, 0)
"""Of each level of a name: how much it has to be outdone by to be compared crosswise."""
MOST_EDITS = 2
LIKE = 0.8 - 1e-6
"""Jaro and Winkler's, less than what is lost by rounding."""
_TURNED, _FATHERS, _NOT_TOLD = 1, 2, 3


def names(*, unknown: Fact, same: Fact, sound: Fact, stem: Fact) -> Fact:
    """Two names that are spelt or heard the same; otherwise DIFFERENT, to be looked at closely."""
    return chosen([(unknown, UNKNOWN), (same, SAME), (sound, SOUNDS), (stem, ENDING)], DIFFERENT)


def unlike_names(*, edits: Fact, like: Fact, shorter: Fact) -> Fact:
    """Two whole names that aren't heard the same; ``like`` counts where there are two edits."""
    one, two = edits == 1, edits == 2
    return chosen(
        [
            ((one & (shorter >= 5)) | (two & (shorter >= 8)), NEAR),
            (one | (two & (shorter >= 4) & (like >= LIKE)), ALIKE),
        ],
        DIFFERENT,
    )


def names_of_words(one: str, other: str) -> int:
    """The level of names of several words: some are the same, or one begins as the other does."""
    a, b = one.split(), other.split()
    shared = set(a) & set(b)
    if any(len(word) > 2 for word in shared):
        return SOUNDS if sorted(a) == sorted(b) else PART
    if one.replace(" ", "") == other.replace(" ", ""):
        return SOUNDS
    return INITIAL if a[0] == b[0] else DIFFERENT


def may_be_turned(straight: Fact) -> Fact:
    """Whether names that agree so much are looked at crosswise, too."""
    return straight < 5


def turned(straight: Fact, crosswise: Fact) -> Fact:
    """Whether given name and surname agree better crosswise."""
    return (crosswise > 4) & (crosswise > straight)


def given_turned(level: Fact) -> Fact:
    """The level of a given name that was compared with a surname."""
    return chosen([(level == ENDING, NEAR)], level)


def order_turned(in_order: Fact) -> Fact:
    """``in_order``: of both it is known which part is which."""
    return chosen([(in_order, _TURNED)], _NOT_TOLD)


def family(surname: Fact, order: Fact, *, fathers: Fact, hers: Fact) -> tuple[Fact, Fact]:
    """Levels of surname and order. ``fathers``: one's surname is what the other's father is called.

    ``hers``: one of them is a woman, who may have married.
    """
    fathers_name = (surname >= ALIKE) & (surname != ENDING) & fathers
    return (
        chosen([(fathers_name, UNKNOWN), ((surname == DIFFERENT) & hers, HERS)], surname),
        chosen([(fathers_name, _FATHERS)], order),
    )


def parent(given: Fact, *, fathers: Fact) -> Fact:
    """``fathers``: one's given name is that of the other's father."""
    return chosen([((given >= ALIKE) & fathers, 1)], 0)


def sex(one: Fact, other: Fact) -> Fact:
    return chosen([((one == 0) | (other == 0), 0), (one == other, 1)], 2)


def number(one: Fact, other: Fact, *, near: Fact) -> Fact:
    """A phone number, a FIN or an e-mail address; nought is none."""
    return chosen([((one == 0) | (other == 0), 0), (one == other, 1), (near, 2)], 3)


def born(one: Fact, other: Fact, *, near: Fact) -> Fact:
    """``near``: one digit differs, or two neighbours changed places."""
    day_a, day_b = one % 10_000, other % 10_000
    gap = abs(one // 10_000 - other // 10_000)
    month_a, month_b = day_a // 100, day_b // 100
    of_month_a, of_month_b = day_a % 100, day_b % 100
    placeholder = (day_a <= 101) | (day_b <= 101)
    same_year = gap == 0
    alike = 1 * same_year + (month_a == month_b) + (of_month_a == of_month_b)
    year_alone = same_year & (alike == 1)
    crosswise = (month_a == of_month_b) & (month_b == of_month_a)
    return chosen(
        [
            ((one == 0) | (other == 0), 0),
            (placeholder & same_year, 2),
            (placeholder & (gap == 1), 6),
            (placeholder & (gap >= 16), 8),
            (placeholder, 7),
            (one == other, 1),
            (year_alone & crosswise, 3),
            (near | (alike == 2), 4),
            (year_alone, 5),
            (gap >= 16, 8),
        ],
        7,
    )


def address(*, like: Fact, shared: Fact, fewest: Fact) -> Fact:
    """Two that are known: ``like`` as words, in percent; ``shared`` of the ``fewest`` numbers."""
    all_shared = (fewest > 0) & (shared >= fewest)
    half_shared = (fewest > 0) & (2 * shared >= fewest)
    return chosen(
        [
            (all_shared & (like >= 85) & (fewest > 1), 1),
            (all_shared & (like >= 85), 2),
            (all_shared & (like >= 65), 3),
            (half_shared & (like >= 80), 3),
            (like >= 80, 4),
            (all_shared & (fewest > 1), 5),
            (like >= 60, 6),
            (shared > 0, 7),
        ],
        8,
    )


STEPS = frozenset(
    times * 10**place for times in (*range(1, 10), *range(9, 90, 9)) for place in range(9)
)
"""By what two numbers differ where one digit does, or two neighbours changed places."""


def one_digit_apart(one: Fact, other: Fact) -> Fact:
    """Whether one digit differs, or two neighbours changed places, of nine digits."""
    differ, swapped = 0, False
    last_a = last_b = -1
    for _ in range(9):
        a, b = one % 10, other % 10
        one, other = one // 10, other // 10
        unlike = a != b
        differ = differ + unlike
        swapped = swapped | ((a == last_b) & (b == last_a) & unlike)
        last_a, last_b = a, b
    return (differ == 1) | ((differ == 2) & swapped)
