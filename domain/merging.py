"""Whether an appeal may be merged into an earlier one, and whether the law wants it to be."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.appeal_refusals import (
    ComplainedOfMayNotExamine,
    EarlierAppealHasEnded,
    MergedIntoLater,
)
from domain.case import Context, Refusal
from domain.due import Due
from domain.reply import Reply


class Mergeable(Protocol):
    """What of an appeal tells who examines it, whom it is about, and which of two came first."""

    @property
    def received_at(self) -> datetime: ...
    @property
    def begun_anew_at(self) -> datetime | None: ...
    @property
    def due(self) -> Due: ...
    @property
    def clocks(self) -> Mapping[str, Due]: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def executors(self) -> tuple[str, ...]: ...
    @property
    def reply(self) -> Reply | None: ...
    @property
    def complained_of_units(self) -> frozenset[str]: ...
    @property
    def complained_of(self) -> frozenset[str]: ...


def require_mergeable(later: Mergeable, first: Mergeable) -> None:
    """Raise why *later*, which is open, can't be merged into *first*."""
    if not _open(first):
        raise EarlierAppealHasEnded
    if first.received_at > later.received_at:
        raise MergedIntoLater
    hands = {*first.executors, *(first.reply.hands if first.reply else ())}
    if first.unit in later.complained_of_units or later.complained_of & hands:
        raise ComplainedOfMayNotExamine


def merge_due(later: Mergeable, first: Mergeable, ctx: Context) -> bool:
    """Whether a merge is possible now, and *later* came while the term of *first* ran.

    A term that stands still hasn't ended. Of an appeal that was begun anew only the new term is
    known: what came before that isn't advised on.
    """
    if not _open(later):
        return False
    try:
        require_mergeable(later, first)
    except Refusal:
        return False
    if first.begun_anew_at and later.received_at < first.begun_anew_at:
        return False
    return bool(first.due.paused) or ctx.local_date(later.received_at) <= first.due.on


def _open(appeal: Mergeable) -> bool:
    return "answer" in appeal.clocks
