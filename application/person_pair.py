"""The evidence of one pair of cards, as the desk compares them: by the rules of whole lists."""

from collections.abc import Callable

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from application import person_levels as rules
from application.person_columns import NUMBERS, known_of, long_number
from application.person_levels import INITIAL, SAME, STRENGTH, UNKNOWN
from domain.person_card import Card
from domain.spelling import sounds

_SOUND, _STEM = 0, 1
"""Their places in what is known of a name."""
_HALF = 0.5
"""Added before cutting, it rounds halves up, as `rapidfuzz` does into whole numbers."""


def levels_of(one: Card, other: Card) -> tuple[int, ...]:
    """The level of each `Sort` of evidence in their order, as `Comparing.levels` has it."""
    given = _names(one.given, other.given, stems=False)
    surname = _names(one.surname, other.surname, stems=True)
    order = parent = UNKNOWN
    straight = STRENGTH[given] + STRENGTH[surname]
    if (
        rules.may_be_turned(straight)
        and one.given
        and other.given
        and (one.surname or other.surname)
    ):
        first = _names(one.given, other.surname, stems=True)
        second = _names(one.surname, other.given, stems=True)
        if rules.turned(straight, STRENGTH[first] + STRENGTH[second]):
            family_first = STRENGTH[first] > STRENGTH[second]
            given, surname = (second, first) if family_first else (first, second)
            given = rules.given_turned(given)
            order = rules.order_turned(one.in_order and other.in_order)
    if surname >= rules.ALIKE:
        surname, order = rules.family(
            surname,
            order,
            fathers=_same(_STEM, one.surname, other.patronymic)
            or _same(_STEM, other.surname, one.patronymic),
            hers=one.sex < 0 or other.sex < 0,
        )
    if given >= rules.ALIKE:
        parent = rules.parent(
            given,
            fathers=_same(_SOUND, one.given, other.patronymic)
            or _same(_SOUND, other.given, one.patronymic),
        )
    return (
        given,
        surname,
        _names(one.patronymic, other.patronymic, stems=False),
        order,
        parent,
        rules.sex(one.sex, other.sex),
        _of_digits(rules.born, one.born, other.born),
        _of_digits(rules.number, one.phone, other.phone),
        rules.number(one.fin, other.fin, near=_one_edit(one.fin, other.fin))
        if one.fin and other.fin
        else UNKNOWN,
        rules.number(one.email, other.email, near=_near_email(one.email, other.email))
        if one.email and other.email
        else UNKNOWN,
        _address(one, other) if one.address and other.address else UNKNOWN,
    )


def _names(one: str, other: str, *, stems: bool) -> int:
    if not one or not other:
        return UNKNOWN
    if one == other:
        return SAME
    heard, stem, length, initial = known_of(one)
    other_heard, other_stem, other_length, other_initial = known_of(other)
    found = rules.names(
        unknown=False,
        same=False,
        sound=heard == other_heard,
        stem=stems and stem == other_stem,
    )
    if found != rules.DIFFERENT:
        return int(found)
    if " " in heard or " " in other_heard:
        of_words = rules.names_of_words(heard, other_heard)
        if of_words != rules.DIFFERENT:
            return of_words
    if initial or other_initial:
        return INITIAL if heard[:1] == other_heard[:1] else rules.DIFFERENT
    edits = OSA.distance(heard, other_heard, score_cutoff=rules.MOST_EDITS)
    a, b = sorted((heard, other_heard))
    like = JaroWinkler.similarity(a, b) if edits == rules.MOST_EDITS else 0.0
    return int(rules.unlike_names(edits=edits, like=like, shorter=min(length, other_length)))


def _same(part: int, one: str, other: str) -> bool:
    return bool(one and other) and known_of(one)[part] == known_of(other)[part]


def _of_digits(rule: Callable[..., int], one: int, other: int) -> int:
    """The level by a rule that asks whether a digit is another."""
    return rule(one, other, near=_one_digit_apart(one, other)) if one and other else UNKNOWN


def _one_digit_apart(one: int, other: int) -> bool:
    return abs(one - other) in rules.STEPS and bool(rules.one_digit_apart(one, other))


def _one_edit(one: str, other: str) -> bool:
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _near_email(one: str, other: str) -> bool:
    return one.partition("@")[0] == other.partition("@")[0] or _one_edit(one, other)


def _address(one: Card, other: Card) -> int:
    a = list(dict.fromkeys(one.numbers))[:NUMBERS]
    b = list(dict.fromkeys(other.numbers))[:NUMBERS]
    shared, fewest = len(set(a) & set(b)), min(len(a), len(b))
    if shared < fewest:
        long, other_long = (max(map(long_number, of), default=0) for of in (a, b))
        shared += long > 0 and other_long > 0 and _one_digit_apart(long, other_long)
    return int(rules.address(like=_like(one.address, other.address), shared=shared, fewest=fewest))


def _like(one: str, other: str) -> int:
    if one == other:
        return 100
    a, b = sorted((sounds(one), sounds(other)))
    in_words = fuzz.token_set_ratio(a, b)
    a, b = sorted((a.replace(" ", ""), b.replace(" ", "")))
    return int(max(in_words, fuzz.ratio(a, b)) + _HALF)
