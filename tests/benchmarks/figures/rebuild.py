"""Rebuild of all read models from the whole log, and the memory it takes."""

import random
import resource
import sys
import time
from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial

import psycopg
from eventsourcing.projection import ProjectionRunner
from msgspec import to_builtins
from rich.progress import Progress

from api.composition import make_reader, make_tracking, open_reader
from projections import READ_MODELS
from projections.builds import ensure_builds
from projections.filling import Hands
from projections.rebuild import rebuild
from tests.benchmarks.appeals import appeal
from tests.benchmarks.cluster import Cluster, in_process, peak_memory
from tests.benchmarks.figure import Bar, Figure, medians
from tests.benchmarks.limits import copied_rows
from tests.benchmarks.options import Options
from tests.benchmarks.ours import MASTER_KEY, desk, prepare, stored_appeal
from tests.benchmarks.peers import by_the_book
from tests.benchmarks.seed import EVENTS_A_CASE, seed

BOOK_EVENTS = 5_000
PROCESSES = 2
"""As `karguzar rebuild` takes on two cores."""
ALL = tuple(model.name for model in READ_MODELS)
_FLAT = 1.25
_KILOBYTE = 1 if sys.platform == "darwin" else 1024
_MEGABYTE = 1 << 20
_AT_THE_END = """
INSERT INTO karguzar.register_tracking (application_name, notification_id)
SELECT b.name || '_' || b.build, h.position
FROM karguzar.read_model_builds b CROSS JOIN karguzar.log_head h
WHERE b.stage = 'live' AND b.name <> ALL (%s)
"""


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    book = cluster.database("rebuild_book")
    in_process(seed_book, book, BOOK_EVENTS)
    logs = {}
    for events in options.events:
        logs[events] = cluster.database(f"rebuild_{events}")
        prepare(logs[events])
        seed(logs[events], max(1, round(events / EVENTS_A_CASE)), progress)
    runs: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    for _ in progress.track(range(options.rounds), description="rebuild"):
        for events, database in logs.items():
            cluster.settle()
            rate, peak = in_process(our_rebuild, database)
            runs.setdefault(_size(events), []).append(rate)
            memory.setdefault(_size(events), []).append(peak / _MEGABYTE)
        cluster.settle()
        runs.setdefault("eventsourcing", []).append(in_process(book_rebuild, book))
    found, peaks = medians(runs), medians(memory)
    smallest, largest = _size(min(logs)), _size(max(logs))
    ours, peer = found[largest], found["eventsourcing"]
    bars = [Bar("events/s", ours, 20_000), Bar("x eventsourcing's runner", ours / peer, 15)]
    if len(logs) > 1:
        says = f"peak memory, {largest} ÷ {smallest}"
        bars.append(Bar(says, peaks[largest] / peaks[smallest], _FLAT, at_most=True))
    state = stored_appeal(logs[min(logs)])
    return Figure(
        name="rebuild of all read models",
        unit="events/s",
        ours=ours,
        peers={f"eventsourcing, {_size(BOOK_EVENTS)}": peer},
        limits={"COPY": copied_rows(cluster, state, options.seconds)},
        bars=bars,
        notes=[
            f"{size}: {found[size]:,.0f} events/s, peak memory {peak:.0f} MB"
            for size, peak in peaks.items()
        ],
        runs=runs | {f"megabytes, {size}": values for size, values in memory.items()},
    )


def _size(events: int) -> str:
    return f"{events:,} events"


def our_rebuild(conninfo: str, names: Collection[str] = ALL) -> tuple[float, int]:
    """Events a second, and the peak memory in bytes of all the processes that worked on it.

    Read models that aren't among ``names`` stay empty, and are followed from the log's end on.
    """
    models = [model for model in READ_MODELS if model.name in names]
    reading = desk(conninfo)
    reader, tracking = make_reader(reading), make_tracking(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        ensure_builds(conn, READ_MODELS)
        started = time.perf_counter()
        hands = Hands(PROCESSES - 1, partial(open_reader, conninfo, MASTER_KEY, zone=reader.zone))
        done = rebuild(conn, reader, tracking, models, hands=hands)
        conn.execute(_AT_THE_END, (list(names),))
        seconds = time.perf_counter() - started
    reading.close()
    return min(each.events for each in done) / seconds, peak_memory() + (PROCESSES - 1) * (
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _KILOBYTE
    )


def seed_book(conninfo: str, events: int) -> None:
    app = by_the_book.Appeals(by_the_book.environment(conninfo))
    chance, now = random.Random(7), datetime.now(UTC)
    for _ in range(events):
        app.register(to_builtins(appeal(chance, now)))
    app.close()


def book_rebuild(conninfo: str) -> float:
    """Events a second of `ProjectionRunner` over the whole log, from nothing."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS appeal_list_tracking, appeal_list_tracking_appeals")
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=by_the_book.Appeals,
        projection_class=by_the_book.AppealListProjection,
        view_class=by_the_book.AppealList,
        env=by_the_book.environment(conninfo),
    ) as runner:
        last = runner.app.recorder.max_notification_id()
        runner.wait(last, timeout=600)
        return (last or 0) / (time.perf_counter() - started)
