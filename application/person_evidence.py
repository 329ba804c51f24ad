"""What speaks for and against cards being one person, of many pairs at a time.

The rules are in `application.person_levels`; one pair is compared by `application.person_pair`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from application import person_levels as rules
from application.person_columns import Columns, Names, Numbers, Texts, long_number
from application.person_levels import DIFFERENT, INITIAL, MOST_EDITS, STRENGTH, Sort
from domain.spelling import sounds

Levels = NDArray[np.uint8]
Flags = NDArray[np.bool_]
_STRENGTH = np.array(STRENGTH, dtype=np.int8)


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
        names = self.names
        of_surname, order = rules.family(
            of_surname,
            order,
            fathers=_both(names.stem, surname[0], patronymic[1])
            | _both(names.stem, surname[1], patronymic[0]),
            hers=(sex[0] < 0) | (sex[1] < 0),
        )
        fathers = _both(names.sound, given[0], patronymic[1])
        fathers |= _both(names.sound, given[1], patronymic[0])
        return {
            Sort.GIVEN: of_given,
            Sort.SURNAME: of_surname,
            Sort.PATRONYMIC: of_patronymic,
            Sort.ORDER: order,
            Sort.PARENT: rules.parent(of_given, fathers=fathers),
            Sort.SEX: rules.sex(*sex),
            Sort.BORN: _of_digits(rules.born, columns.born[left], columns.born[right]),
            Sort.PHONE: _of_digits(rules.number, columns.phone[left], columns.phone[right]),
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
            rules.may_be_turned(straight)
            & (given[0] > 0)
            & (given[1] > 0)
            & ((surname[0] > 0) | (surname[1] > 0))
        )
        if not len(at):
            return
        one, other = self._names(
            ((given[0][at], surname[1][at]), (surname[0][at], given[1][at])), stems=(True, True)
        )
        better = rules.turned(straight[at], _STRENGTH[one] + _STRENGTH[other])
        at, one, other = at[better], one[better], other[better]
        if not len(at):
            return
        # Where one of the two agrees it is the family's, and the given names differ.
        family_first = _STRENGTH[one] > _STRENGTH[other]
        of_given[at] = rules.given_turned(np.where(family_first, other, one))
        of_surname[at] = np.where(family_first, one, other)
        in_order = self.columns.in_order
        order[at] = rules.order_turned(in_order[left[at]] & in_order[right[at]])

    def _names(
        self, pairs: tuple[tuple[Numbers, Numbers], ...], *, stems: tuple[bool, ...]
    ) -> list[Levels]:
        """The levels of several columns of pairs at once; of some of them stems count too."""
        names = self.names
        one = np.concatenate([pair[0] for pair in pairs])
        other = np.concatenate([pair[1] for pair in pairs])
        found: Levels = rules.names(
            unknown=(one == 0) | (other == 0),
            same=one == other,
            sound=names.sound[one] == names.sound[other],
            stem=np.repeat(stems, len(pairs[0][0])) & (names.stem[one] == names.stem[other]),
        )
        left = np.flatnonzero(found == DIFFERENT)
        if len(left):
            found[left] = _once_each(one[left], other[left], len(names.spelt), self._unlike_names)
        return np.split(found, len(pairs))

    def _unlike_names(self, one: Numbers, other: Numbers) -> Levels:
        names = self.names
        first, second = names.heard[one], names.heard[other]
        found = np.full(len(one), DIFFERENT, dtype=np.uint8)
        initial = names.initial[one] | names.initial[other]
        long = np.flatnonzero(~initial)
        if len(long):
            a, b = _in_one_order(first[long], second[long])
            edits = process.cpdist(
                a, b, scorer=OSA.distance, score_cutoff=MOST_EDITS, dtype=np.int32
            )
            like = np.zeros(len(long), dtype=np.float32)
            few = np.flatnonzero(edits == MOST_EDITS)
            like[few] = process.cpdist(
                a[few], b[few], scorer=JaroWinkler.similarity, dtype=np.float32
            )
            shorter = np.minimum(names.length[one[long]], names.length[other[long]])
            found[long] = rules.unlike_names(edits=edits, like=like, shorter=shorter)
        for at in np.flatnonzero(initial).tolist():
            if first[at][:1] == second[at][:1]:
                found[at] = INITIAL
        for at in range(len(one)):
            if " " in first[at] or " " in second[at]:
                of_words = rules.names_of_words(first[at], second[at])
                if of_words != DIFFERENT:
                    found[at] = of_words
        return found

    def _fin(self, one: Numbers, other: Numbers) -> Levels:
        unlike = _unlike(one, other)
        near = np.zeros(len(one), dtype=np.bool_)
        near[unlike] = _one_edit(self.fins[one[unlike]], self.fins[other[unlike]])
        found: Levels = rules.number(one, other, near=near)
        return found

    def _email(self, one: Numbers, other: Numbers) -> Levels:
        unlike = _unlike(one, other)
        near = np.zeros(len(one), dtype=np.bool_)
        a, b = one[unlike], other[unlike]
        near[unlike] = _one_edit(self.emails[a], self.emails[b])
        near[unlike] |= _same_object(self.local_parts[a], self.local_parts[b])
        found: Levels = rules.number(one, other, near=near)
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
        like = np.full(len(both), 100, dtype=np.uint8)
        unlike = np.flatnonzero(one[both] != other[both])
        like[unlike] = _once_each(
            one[both[unlike]], other[both[unlike]], len(self.addresses), self._unlike_addresses
        )
        found[both] = rules.address(like=like, shared=shared, fewest=fewest)
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


def _both(looked_up: Numbers, one: Numbers, other: Numbers) -> Flags:
    both: Flags = (looked_up[one] == looked_up[other]) & (one > 0) & (other > 0)
    return both


def _unlike(one: Numbers, other: Numbers) -> NDArray[np.intp]:
    """Where both are known, and differ."""
    return np.flatnonzero((one != other) & (one > 0) & (other > 0))


def _one_edit(one: NDArray[Any], other: NDArray[Any]) -> Flags:
    if not len(one):
        return np.zeros(0, dtype=np.bool_)
    edits = process.cpdist(one, other, scorer=OSA.distance, score_cutoff=1, dtype=np.int32)
    near: Flags = edits <= 1
    return near


def _of_digits(rule: Any, one: Numbers, other: Numbers) -> Levels:
    """The levels by a rule that asks whether a digit is another."""
    unlike = _unlike(one, other)
    near = np.zeros(len(one), dtype=np.bool_)
    near[unlike] = _digits_apart(one[unlike], other[unlike])
    found: Levels = rule(one, other, near=near)
    return found


_STEPS = np.array(sorted(rules.STEPS))


def _digits_apart(one: Numbers, other: Numbers) -> Flags:
    apart = np.abs(one.astype(np.int64) - other)
    found: Flags = _STEPS[np.minimum(np.searchsorted(_STEPS, apart), len(_STEPS) - 1)] == apart
    left = np.flatnonzero(found)
    if len(left):
        found[left] = rules.one_digit_apart(one[left], other[left])
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
    values = list(map(long_number, columns.house_numbers.numbers))
    found: Numbers = np.array(values, dtype=np.int32)[columns.numbers].max(axis=1)
    return found


def _same_object(one: NDArray[Any], other: NDArray[Any]) -> Flags:
    same: Flags = one == other
    return same
