"""What follows from candidates, told with the cases it follows from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from application.repeat_candidates import Asked, Candidate, Keys
from domain.case import CaseKind
from domain.repeat import ANSWERS_NEEDED


class Advice(StrEnum):
    """Its value is its code."""

    MERGE_INTO_OPEN = "merge-into-open"
    ANSWERED_THREE_TIMES = "answered-three-times"
    NOT_TO_WHOM_IT_IS_ABOUT = "not-to-whom-it-is-about"
    NAMES_TOO_COMMON = "names-too-common"
    CROWDED = "crowded"
    MATTER_TOO_COMMON = "matter-too-common"


class Standing(Protocol):
    """A case as the register has it."""

    @property
    def kind(self) -> str: ...
    @property
    def open(self) -> bool: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def executors(self) -> Sequence[str]: ...


def limited(asked: Asked, keys: Keys, too_large: Collection[str]) -> list[Advice]:
    """Of what too many have to look at each, what whoever asks should be told.

    Common names, where nothing else was entered; a detail by which few are usually found; a matter
    of which all is common. Where another key is left, nothing is lost.
    """
    told = []
    known = any(card.born or card.phone or card.fin for card in asked.people)
    if not known and any(key in too_large for key in keys.names):
        told.append(Advice.NAMES_TOO_COMMON)
    if any(key in too_large for key in keys.narrow):
        told.append(Advice.CROWDED)
    if keys.of_matter and all(key in too_large for key in keys.of_matter):
        told.append(Advice.MATTER_TOO_COMMON)
    return told


def advised(
    asked: Asked,
    candidates: Iterable[Candidate],
    cases: Mapping[UUID, Standing],
    answered: Mapping[UUID, Sequence[UUID]],
    *,
    repeated: Collection[UUID] = (),
    arrived_on: date,
    limited: Iterable[Advice],
) -> list[tuple[Advice, list[UUID]]]:
    """What follows, with the cases it follows from.

    *repeated* are those of which it was confirmed that this is on the same matter, however like
    they look. *cases* are those that arrived before; *answered* tells which appeals of a case's
    group had an answer on the merits within the year.
    """
    likely = [c.case_id for c in candidates if c.same_person and c.same_matter]
    alike = list(dict.fromkeys([*likely, *sorted(repeated)]))
    before = [(case, cases[case]) for case in alike if case in cases]
    in_year = next((answered[c] for c in alike if len(answered.get(c, ())) >= ANSWERS_NEEDED), ())
    theirs = [
        case
        for case, row in before
        if not asked.complained_of.isdisjoint({row.unit, *row.executors})
    ]
    open_ones = [
        case
        for case, row in before
        if asked.open
        and row.kind == CaseKind.APPEAL
        and row.open
        and case not in theirs
        and (row.due_on is None or row.due_on >= arrived_on)
    ]
    advice = [
        (Advice.MERGE_INTO_OPEN, open_ones),
        (Advice.ANSWERED_THREE_TIMES, list(in_year)),
        (Advice.NOT_TO_WHOM_IT_IS_ABOUT, theirs),
    ]
    found = [(code, of) for code, of in advice if of]
    return [*found, *((code, []) for code in limited)]
