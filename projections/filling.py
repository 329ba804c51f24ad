"""Filling new builds from the whole log, case by case, in several processes.

A stretch of the log at a time is read for the cases that begin in it, with all that happened to
them since: so each row is written once, complete, and memory holds one stretch a process, however
long the log.
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from domain.envelope import Recorded
from infra.parent import end_with_parent
from projections.past_rows import PastRows
from projections.readmodel import ReadModel, Rows
from projections.runner import LogReader

_STRETCH = 2_500
"""Positions of the log that are read at a time."""

Builds = Sequence[tuple[ReadModel, int]]
Stretch = tuple[int, int]
"""The positions behind the first, up to and including the second."""


class Hands(Struct, frozen=True):
    """Further processes that fill beside this one.

    Each makes its own reader with ``open_reader``, which can be pickled.
    """

    processes: int
    open_reader: Callable[[], LogReader]


def fill(
    reader: LogReader,
    builds: Builds,
    head: int,
    progress: Callable[[int], None],
    hands: Hands | None = None,
) -> None:
    """Fill the *builds* with all the log up to *head*; *progress* hears how much of it is done."""
    own = _bound(builds, reader)
    starts = range(0, head, _STRETCH)
    stretches = ((after, min(after + _STRETCH, head)) for after in starts)
    done = 0

    def count(events: int) -> None:
        nonlocal done
        done += events
        progress(done)

    with _without_collecting():
        if hands is None or not hands.processes or head <= _STRETCH:
            for stretch in stretches:
                count(_fill_stretch(reader, own, stretch, head))
            return
        _fill_together(reader, builds, head, stretches, count, hands)


def _fill_together(
    reader: LogReader,
    builds: Builds,
    head: int,
    stretches: Iterator[Stretch],
    count: Callable[[int], None],
    hands: Hands,
) -> None:
    """This process fills too; the others always have a stretch in hand and one that waits."""
    spawn = multiprocessing.get_context("spawn")
    own = _bound(builds, reader)
    with ProcessPoolExecutor(hands.processes, spawn, _begin, (hands.open_reader, builds)) as pool:
        handed: set[Future[int]] = set()
        for stretch in stretches:
            if len(handed) < 2 * hands.processes:
                handed.add(pool.submit(_fill_as_hand, stretch, head))
                continue
            count(_fill_stretch(reader, own, stretch, head))
            finished = {future for future in handed if future.done()}
            handed -= finished
            for future in finished:
                count(future.result())
        while handed:
            finished, handed = wait(handed, return_when=FIRST_COMPLETED)
            for future in finished:
                count(future.result())


def _bound(builds: Builds, reader: LogReader) -> Builds:
    """The builds as this process fills them: the register's secret goes into no other."""
    return [(model.bound(reader.blinding, reader.zone), build) for model, build in builds]


def _fill_stretch(reader: LogReader, builds: Builds, stretch: Stretch, head: int) -> int:
    """Fill in the cases that begin in one stretch; how many events they have."""
    events = reader.cases_begun(*stretch, head)
    with reader.recorder.datastore.transaction(commit=True) as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        for model, build in builds:
            model.copy(cursor, model.table_of(build), _rows(model, events))
    return len(events)


def _rows(model: ReadModel, events: Sequence[Recorded]) -> Iterator[tuple[Any, ...]]:
    if model.has_past:
        yield from _rows_with_past(model, events, model.has_past)
        return
    case: UUID | None = None
    rows: Rows = {}
    for recorded in model.taken(events):
        if recorded.originator_id != case:
            yield from map(astuple, rows.values())
            case, rows = recorded.originator_id, {}
        model.fold(rows, recorded)
    yield from map(astuple, rows.values())


def _rows_with_past(
    model: ReadModel, events: Sequence[Recorded], has_past: Callable[[Any], bool]
) -> Iterator[tuple[Any, ...]]:
    case: UUID | None = None
    rows: Rows = {}
    past = PastRows(has_past)
    for recorded in model.taken(events):
        if recorded.originator_id != case:
            yield from past.stored()
            case, rows, past = recorded.originator_id, {}, PastRows(has_past)
        model.fold(rows, recorded)
        past.become(rows, recorded.position)
    yield from past.stored()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Events and rows make no cycles, and looking for some takes a third of a rebuild's time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Hand(Struct):
    """What a further process works with."""

    reader: LogReader
    builds: Builds


_hand: _Hand | None = None


def _begin(open_reader: Callable[[], LogReader], builds: Builds) -> None:
    global _hand  # noqa: PLW0603 - a process of the pool has no other place for it
    end_with_parent()
    gc.disable()
    reader = open_reader()
    _hand = _Hand(reader, _bound(builds, reader))


def _fill_as_hand(stretch: Stretch, head: int) -> int:
    assert _hand  # noqa: S101 - the pool begins with it
    return _fill_stretch(_hand.reader, _hand.builds, stretch, head)
