# ruff: noqa: PLR2004 - the limits between levels stand where they are drawn
"""What speaks for and against two cards being one person: one level for each sort of evidence."""

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from application.person_columns import Columns, Names, Numbers, Texts
from domain.spelling import sounds

Levels = NDArray[np.uint8]
Flags = NDArray[np.bool_]


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

_UNKNOWN, _SAME, _SOUNDS, _INITIAL, _PART, _NEAR, _ALIKE, _DIFFERENT, _ENDING, _HERS = range(10)
_STRENGTH = np.array([0, 6, 6, 3, 4, 4, 2, 0, 5, 0], dtype=np.int8)


class Comparing:
    """Columns with what is looked up of each text: made once, then asked of many pairs."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.names = Names.of(columns.names)
        self.addresses = _heard(columns.addresses)
        self.run_together = _without_spaces(self.addresses)
        self.fins = columns.fins.all()
        self.emails = columns.emails.all()
        self.local_parts = _local_parts(self.emails)
        self.long_numbers = _long_numbers(columns)

    def levels(self, left: Numbers, right: Numbers) -> dict[Sort, Levels]:
        """The level of each sort of evidence for the pairs of rows."""
        columns = self.columns
        given = (columns.given[left], columns.given[right])
        surname = (columns.surname[left], columns.surname[right])
        patronymic = (columns.patronymic[left], columns.patronymic[right])
        sex = (columns.sex[left], columns.sex[right])
        of_given, of_surname, of_patronymic = self._names(
            (given, surname, patronymic), stems=(False, True, False)
        )
        order = np.zeros(len(left), dtype=np.uint8)
        self._turned(given, surname, of_given, of_surname, order, left, right)
        unlike = of_surname >= _ALIKE
        unlike &= of_surname != _ENDING
        names = self.names
        fathers = unlike & (
            _both(names.stem, surname[0], patronymic[1])
            | _both(names.stem, surname[1], patronymic[0])
        )
        order[fathers] = 2
        of_surname[fathers] = _UNKNOWN
        hers = (of_surname == _DIFFERENT) & ((sex[0] < 0) | (sex[1] < 0))
        of_surname[hers] = _HERS
        parent = (of_given >= _ALIKE) & (
            _both(names.sound, given[0], patronymic[1])
            | _both(names.sound, given[1], patronymic[0])
        )
        return {
            Sort.GIVEN: of_given,
            Sort.SURNAME: of_surname,
            Sort.PATRONYMIC: of_patronymic,
            Sort.ORDER: order,
            Sort.PARENT: parent.astype(np.uint8),
            Sort.SEX: _sex(*sex),
            Sort.BORN: _born(columns.born[left], columns.born[right]),
            Sort.PHONE: _phone(columns.phone[left], columns.phone[right]),
            Sort.FIN: self._fin(columns.fin[left], columns.fin[right]),
            Sort.EMAIL: self._email(columns.email[left], columns.email[right]),
            Sort.ADDRESS: self._address(left, right),
        }

    def _turned(
        self,
        given: tuple[Numbers, Numbers],
        surname: tuple[Numbers, Numbers],
        of_given: Levels,
        of_surname: Levels,
        order: Levels,
        left: Numbers,
        right: Numbers,
    ) -> None:
        """Where given name and surname agree better crosswise, they are compared so."""
        straight = _STRENGTH[of_given] + _STRENGTH[of_surname]
        at = np.flatnonzero(
            (straight < 5) & (given[0] > 0) & (given[1] > 0) & (surname[0] + surname[1] > 0)
        )
        if not len(at):
            return
        one, other = self._names(
            ((given[0][at], surname[1][at]), (surname[0][at], given[1][at])), stems=(True, True)
        )
        better = _STRENGTH[one] + _STRENGTH[other] > np.maximum(straight[at], 4)
        better &= (one != _DIFFERENT) | (other != _DIFFERENT)
        at, one, other = at[better], one[better], other[better]
        # Where one of the two agrees it is the family's, and the given names differ.
        family_first = _STRENGTH[one] > _STRENGTH[other]
        of_given[at] = np.where(family_first, other, one)
        of_surname[at] = np.where(family_first, one, other)
        of_given[of_given == _ENDING] = _NEAR
        in_order = self.columns.in_order
        order[at] = np.where(in_order[left[at]] & in_order[right[at]], 1, 3)

    def _names(
        self, pairs: tuple[tuple[Numbers, Numbers], ...], *, stems: tuple[bool, ...]
    ) -> list[Levels]:
        """The levels of several columns of pairs at once; of some of them stems count too."""
        names = self.names
        one = np.concatenate([pair[0] for pair in pairs])
        other = np.concatenate([pair[1] for pair in pairs])
        found = np.full(len(one), _DIFFERENT, dtype=np.uint8)
        by_stem = np.repeat(stems, len(pairs[0][0])) & (names.stem[one] == names.stem[other])
        found[by_stem] = _ENDING
        found[names.sound[one] == names.sound[other]] = _SOUNDS
        found[one == other] = _SAME
        found[(one == 0) | (other == 0)] = _UNKNOWN
        left = np.flatnonzero(found == _DIFFERENT)
        if len(left):
            found[left] = _once_each(one[left], other[left], len(names.spelt), self._unlike_names)
        return np.split(found, len(pairs))

    def _unlike_names(self, one: Numbers, other: Numbers) -> Levels:
        names = self.names
        first, second = names.heard[one], names.heard[other]
        found = np.full(len(one), _DIFFERENT, dtype=np.uint8)
        shorter = np.minimum(names.length[one], names.length[other])
        initial = names.initial[one] | names.initial[other]
        long = np.flatnonzero(~initial)
        a, b = _in_one_order(first[long], second[long])
        like = process.cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32)
        edits = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=2, dtype=np.int32)
        short = shorter[long]
        level = np.full(len(long), _DIFFERENT, dtype=np.uint8)
        level[(like >= 0.80) & (edits == 2) & (short >= 4)] = _ALIKE
        level[((edits == 1) & (short >= 5)) | ((edits == 2) & (short >= 8))] = _NEAR
        level[(edits == 1) & (short < 5)] = _ALIKE
        found[long] = level
        for at in np.flatnonzero(initial).tolist():
            if first[at][:1] == second[at][:1]:
                found[at] = _INITIAL
        for at in range(len(one)):
            if " " in first[at] or " " in second[at]:
                level_of = _words(first[at], second[at])
                if level_of != _DIFFERENT:
                    found[at] = level_of
        return found

    def _fin(self, one: Numbers, other: Numbers) -> Levels:
        found = _known(one, other, 3)
        left = np.flatnonzero(found == 3)
        if not len(left):
            return found
        a, b = _in_one_order(self.fins[one[left]], self.fins[other[left]])
        near = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
        found[left[near]] = 2
        return found

    def _email(self, one: Numbers, other: Numbers) -> Levels:
        found = _known(one, other, 3)
        left = np.flatnonzero(found == 3)
        if not len(left):
            return found
        a, b = _in_one_order(self.emails[one[left]], self.emails[other[left]])
        near = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
        near |= _same_object(self.local_parts[one[left]], self.local_parts[other[left]])
        found[left[near]] = 2
        return found

    def _address(self, left: Numbers, right: Numbers) -> Levels:
        columns = self.columns
        one, other = columns.address[left], columns.address[right]
        both = np.flatnonzero((one > 0) & (other > 0))
        found = np.zeros(len(one), dtype=np.uint8)
        if not len(both):
            return found
        a, b = columns.numbers[left[both]], columns.numbers[right[both]]
        shared = ((a[:, :, None] == b[:, None, :]) & (a[:, :, None] > 0)).any(axis=2).sum(axis=1)
        fewest = np.minimum((a > 0).sum(axis=1), (b > 0).sum(axis=1))
        a, b = self.long_numbers[left[both]], self.long_numbers[right[both]]
        long = np.flatnonzero((a > 0) & (b > 0) & (shared < fewest))
        shared[long] += _digits_apart(a[long], b[long])
        agree = np.where(fewest > 0, shared / np.maximum(fewest, 1), 0.0)
        like = np.full(len(both), 100, dtype=np.uint8)
        unlike = np.flatnonzero(one[both] != other[both])
        like[unlike] = _once_each(
            one[both[unlike]], other[both[unlike]], len(self.addresses), self._unlike_addresses
        )
        level = np.full(len(both), 8, dtype=np.uint8)
        level[shared > 0] = 7
        level[like >= 60] = 6
        level[(agree == 1) & (fewest > 1)] = 5
        level[like >= 80] = 4
        level[(like >= 80) & (agree >= 0.5)] = 3
        level[(like >= 65) & (agree == 1)] = 3
        level[(like >= 85) & (agree == 1)] = 2
        level[(like >= 85) & (agree == 1) & (fewest > 1)] = 1
        found[both] = level
        return found

    def _unlike_addresses(self, one: Numbers, other: Numbers) -> Levels:
        a, b = _in_one_order(self.addresses[one], self.addresses[other])
        in_words = process.cpdist(a, b, scorer=fuzz.token_set_ratio, dtype=np.uint8)
        a, b = _in_one_order(self.run_together[one], self.run_together[other])
        as_one = process.cpdist(a, b, scorer=fuzz.ratio, dtype=np.uint8)
        likest: Levels = np.maximum(in_words, as_one)
        return likest


def _once_each(one: Numbers, other: Numbers, size: int, compared: Any) -> Levels:
    """``compared`` asked once for each different pair of numbers."""
    if len(one) < 512:
        few: Levels = compared(one, other)
        return few
    pairs, back = np.unique(
        np.minimum(one, other).astype(np.int64) * size + np.maximum(one, other),
        return_inverse=True,
    )
    found: Levels = compared((pairs // size).astype(np.int32), (pairs % size).astype(np.int32))
    return found[back]


def _in_one_order(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """So that a pair is as like as its mirror image."""
    ahead = a > b
    return np.where(ahead, b, a), np.where(ahead, a, b)


def _words(one: str, other: str) -> int:
    """The level of names of several words: some are the same, or one begins as the other does."""
    a, b = one.split(), other.split()
    shared = set(a) & set(b)
    if any(len(word) > 2 for word in shared):
        return _SOUNDS if sorted(a) == sorted(b) else _PART
    if one.replace(" ", "") == other.replace(" ", ""):
        return _SOUNDS
    if a[0] == b[0]:
        return _INITIAL
    return _DIFFERENT


def _both(looked_up: Numbers, one: Numbers, other: Numbers) -> Flags:
    both: Flags = (looked_up[one] == looked_up[other]) & (one > 0) & (other > 0)
    return both


def _known(one: NDArray[Any], other: NDArray[Any], otherwise: int) -> Levels:
    found = np.full(len(one), otherwise, dtype=np.uint8)
    found[one == other] = _SAME
    found[(one == 0) | (other == 0)] = _UNKNOWN
    return found


def _sex(one: NDArray[np.int8], other: NDArray[np.int8]) -> Levels:
    return _known(one, other, 2)


def _phone(one: Numbers, other: Numbers) -> Levels:
    found = _known(one, other, 3)
    left = np.flatnonzero(found == 3)
    found[left[_digits_apart(one[left], other[left])]] = 2
    return found


_STEPS = np.unique(
    np.multiply.outer([*range(1, 10), *range(9, 90, 9)], 10 ** np.arange(9, dtype=np.int64))
)
"""By what two numbers differ where one digit does, or two neighbours changed places."""


def _digits_apart(one: Numbers, other: Numbers) -> Flags:
    """Whether one digit differs, or two neighbours changed places, of nine digits."""
    apart = np.abs(one.astype(np.int64) - other)
    found: Flags = _STEPS[np.minimum(np.searchsorted(_STEPS, apart), len(_STEPS) - 1)] == apart
    left = np.flatnonzero(found)
    if not len(left):
        return found
    one, other = one[left], other[left]
    differ = np.zeros(len(left), dtype=np.int8)
    turned = np.zeros(len(left), dtype=np.bool_)
    last_a = last_b = np.full(len(left), -1, dtype=np.int32)
    for _ in range(9):
        one, a = np.divmod(one, 10)
        other, b = np.divmod(other, 10)
        differ += a != b
        turned |= (a == last_b) & (b == last_a) & (a != b)
        last_a, last_b = a, b
    found[left] = (differ == 1) | ((differ == 2) & turned)
    return found


def _born(one: Numbers, other: Numbers) -> Levels:
    found = _known(one, other, 7)
    year_a, day_a = np.divmod(one, 10_000)
    year_b, day_b = np.divmod(other, 10_000)
    placeholder = (day_a <= 101) | (day_b <= 101)
    known = found != _UNKNOWN
    found[known & (day_a != day_b)] = 7
    gap = np.abs(year_a - year_b)
    month_a, of_month_a = np.divmod(day_a, 100)
    month_b, of_month_b = np.divmod(day_b, 100)
    alike = (year_a == year_b).astype(np.int8) + (month_a == month_b) + (of_month_a == of_month_b)
    found[known & (gap >= 16)] = 8
    whole = known & ~placeholder
    found[whole & (alike == 1) & (year_a == year_b)] = 5
    left = np.flatnonzero(whole & (alike < 3))
    near = left[_digits_apart(one[left], other[left]) | (alike[left] == 2)]
    found[near] = 4
    turned = whole & (alike == 1) & (year_a == year_b)
    turned &= (month_a == of_month_b) & (month_b == of_month_a)
    found[turned] = 3
    found[known & placeholder & (gap == 1)] = 6
    found[known & placeholder & (gap == 0)] = 2
    return found


def _heard(texts: Texts) -> NDArray[Any]:
    heard = np.empty(len(texts), dtype=object)
    heard[:] = [sounds(text) for text in texts.numbers]
    return heard


def _without_spaces(texts: NDArray[Any]) -> NDArray[Any]:
    found = np.empty(len(texts), dtype=object)
    found[:] = [text.replace(" ", "") for text in texts]
    return found


def _local_parts(emails: NDArray[Any]) -> NDArray[Any]:
    found = np.empty(len(emails), dtype=object)
    found[:] = [email.partition("@")[0] for email in emails]
    return found


def _long_numbers(columns: Columns) -> Numbers:
    """Of each row the largest number of its address that has four digits or more, as a postcode."""
    values = [int(text) if 4 <= len(text) <= 9 else 0 for text in columns.house_numbers.numbers]
    found: Numbers = np.array(values, dtype=np.int32)[columns.numbers].max(axis=1)
    return found


def _same_object(one: NDArray[Any], other: NDArray[Any]) -> Flags:
    same: Flags = one == other
    return same
