"""The whole log against its tree, its signed checkpoints and what was recorded beside it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import Connection, IsolationLevel
from psycopg.rows import tuple_row

from domain.tiles import TileMissing
from infra.checkpoints import Kept
from infra.evidence import STATUS, Evidence, Result, Signed, proved, result_of
from infra.log_findings import Finding, against_commands, around, upper_tiles, what_happened
from infra.log_span import Span, Stretch, as_of, check_span, read_span, roots_at
from infra.notes import Verifier
from infra.tree import tree_size

STRETCH = 65_536
_ALONE = 8 * STRETCH
"""So many events are read sooner than other processes have started."""

Progress = Callable[[int, int], object]


class Verdict(Struct, frozen=True, kw_only=True):
    """``proved`` is how many events a signed checkpoint from outside the database bears out."""

    result: Result
    events: int
    hashed: int
    proved: int
    checkpoints_outside: int
    findings: Sequence[Finding]
    unchecked: Sequence[str]
    seconds: float

    @property
    def status(self) -> int:
        return STATUS[self.result]


def verify_log(
    conninfo: str,
    notes: Iterable[Kept],
    verifiers: Sequence[Verifier],
    *,
    processes: int = 1,
    progress: Progress = lambda done, total: None,  # noqa: ARG005
) -> Verdict:
    """Read everything as it is at this moment. The notes are read before that moment.

    Of several findings the first names the first event concerned.
    """
    started = time.monotonic()
    evidence = Evidence(verifiers)
    evidence.take_outside(notes)
    with psycopg.connect(conninfo, client_encoding="utf-8") as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        (snapshot,) = _row(conn, "SELECT pg_export_snapshot()")
        events, last = _row(
            conn, "SELECT count(*), coalesce(max(notification_id), 0) FROM karguzar.register_events"
        )
        evidence.take_inside(conn)
        hashed = tree_size(conn)
        beside = _Beside(conninfo, snapshot)
        sizes = sorted({each.checkpoint.size for each in evidence.signed})
        stretches = list(_stretches(max(hashed, min(last, events)), hashed, sizes))
        spans = list(_spans(conninfo, snapshot, conn, stretches, processes, progress))
        findings = [
            *_in_the_log(conn, spans, evidence.signed),
            *_gaps(spans, hashed, last, events),
            *_in_the_tree(conn, spans, hashed, sizes),
            *evidence.findings,
            *beside.findings(),
        ]
    evidence.sum_up()
    roots = roots_at([span.rows for span in spans], sizes)
    return Verdict(
        result=result_of(findings, evidence.unchecked),
        events=events,
        hashed=hashed,
        proved=proved(evidence.signed, roots),
        checkpoints_outside=sum(each.outside for each in evidence.signed),
        findings=_without_repeats(findings),
        unchecked=evidence.unchecked,
        seconds=time.monotonic() - started,
    )


class _Beside:
    """What PostgreSQL itself can compare, while the log is read."""

    def __init__(self, conninfo: str, snapshot: str) -> None:
        self._found: list[Finding] = []
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._look, args=(conninfo, snapshot))
        self._thread.start()

    def findings(self) -> list[Finding]:
        self._thread.join()
        if self._failed:
            raise self._failed
        return self._found

    def _look(self, conninfo: str, snapshot: str) -> None:
        try:
            with as_of(conninfo, snapshot) as conn:
                self._found = [*against_commands(conn), *around(conn)]
        except Exception as error:  # noqa: BLE001 - raised where the findings are asked for
            self._failed = error


def _stretches(end: int, hashed: int, sizes: Sequence[int]) -> Iterator[Stretch]:
    for first in range(0, end, STRETCH):
        last = min(first + STRETCH, end)
        yield Stretch(
            first=first,
            end=last,
            tree_size=hashed,
            sizes=frozenset(size for size in sizes if first < size <= last),
        )


def _spans(
    conninfo: str,
    snapshot: str,
    conn: Connection[Any],
    stretches: Sequence[Stretch],
    processes: int,
    progress: Progress,
) -> Iterator[Span]:
    total = stretches[-1].end if stretches else 0
    if processes == 1 or total <= _ALONE:
        for stretch in stretches:
            yield read_span(conn, stretch)
            progress(stretch.end, total)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(check_span, conninfo, snapshot, each) for each in stretches]
        for stretch, span in zip(stretches, waiting, strict=True):
            yield span.result()
            progress(stretch.end, total)


def _in_the_log(
    conn: Connection[Any], spans: Sequence[Span], signed: Sequence[Signed]
) -> Iterator[Finding]:
    sizes = {each.checkpoint.size for each in signed}
    by_rows = roots_at([span.rows for span in spans], sizes)
    by_tree = roots_at([span.tree for span in spans], sizes)
    good = [each for each in signed if by_rows.get(each.checkpoint.size) == each.checkpoint.root]
    bad = [each for each in signed if by_rows.get(each.checkpoint.size) != each.checkpoint.root]
    first_bad = min(bad, key=lambda each: each.checkpoint.size, default=None)
    differing = [position for span in spans for position in span.differing]
    if first_bad and (not differing or differing[0] > first_bad.checkpoint.size):
        yield _bounded(good, first_bad, sum(span.rows.count for span in spans))
    if not differing:
        return
    at = differing[0]
    if any(each.checkpoint.size >= at for each in good):
        sentence = (
            f"The tree's leaf of the event at position {at} was edited; the event is as signed."
        )
        yield Finding("tree-edited", sentence, at)
        return
    try:
        found = what_happened(conn, differing)
    except TileMissing:
        found = Finding("event-altered", f"The event at position {at} isn't as it was hashed.", at)
    behind = [each for each in signed if each.checkpoint.size >= at]
    if any(by_tree.get(each.checkpoint.size) == each.checkpoint.root for each in behind):
        proof = "A signed checkpoint bears the tree out."
    elif behind:
        proof = f"The tree was edited too: {_bounds(good, behind)}."
    else:
        proof = "No checkpoint covers it: the tree may be what was edited."
    yield Finding(found.kind, f"{found.sentence} {proof}", found.position)


def _bounded(good: Sequence[Signed], bad: Signed, rows: int) -> Finding:
    size = bad.checkpoint.size
    if size > rows:
        return Finding(
            "events-cut-off",
            f"The log ends at position {rows}; the checkpoint {bad.place} is over {size} events.",
            rows + 1,
        )
    first = max((e.checkpoint.size for e in good if e.checkpoint.size < size), default=0) + 1
    return Finding(
        "range-changed",
        f"Log and tree were edited alike, but the checkpoint {bad.place} doesn't fit them: "
        f"{_bounds(good, [bad])}.",
        first,
    )


def _bounds(good: Sequence[Signed], bad: Sequence[Signed]) -> str:
    size = min(each.checkpoint.size for each in bad)
    first = max((e.checkpoint.size for e in good if e.checkpoint.size < size), default=0) + 1
    return f"by the checkpoints the first change lies between positions {first} and {size}"


def _gaps(spans: Sequence[Span], hashed: int, last: int, events: int) -> Iterator[Finding]:
    """Positions left out or taken twice where the tree doesn't tell, since it isn't so far."""
    for position in [p for span in spans for p in span.doubled][:1]:
        yield Finding("event-inserted", f"Position {position} is taken twice.", position)
    for position in [p for span in spans for p in span.missing if p > hashed][:1]:
        yield Finding("event-removed", f"There is no event at position {position}.", position)
    if last > max(hashed, events) and not any(span.missing for span in spans):
        sentence = f"An event stands at position {last}, far behind the {events} that there are."
        yield Finding("event-forged", sentence, last)


def _in_the_tree(
    conn: Connection[Any], spans: Sequence[Span], hashed: int, sizes: Sequence[int]
) -> Iterator[Finding]:
    if sizes and sizes[-1] > hashed:
        sentence = f"The tree has {hashed} leaves, and a checkpoint over {sizes[-1]} is signed."
        yield Finding("tree-edited", sentence, hashed + 1)
    broken = [span.broken for span in spans if span.broken]
    if broken:
        yield Finding("tree-edited", f"{broken[0]}.")
        return
    yield from upper_tiles(conn, b"".join(span.tree.tile_roots for span in spans))


def _without_repeats(findings: Sequence[Finding]) -> list[Finding]:
    """Each kind at each position once."""
    return list({(each.kind, each.position): each for each in reversed(findings)}.values())[::-1]


def _row(conn: Connection[Any], query: str) -> tuple[Any, ...]:
    row = conn.cursor(row_factory=tuple_row).execute(query.encode()).fetchone()
    assert row is not None  # noqa: S101 - it counts
    return tuple(row)
