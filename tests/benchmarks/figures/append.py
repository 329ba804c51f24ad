"""Append alone: commands that wait together, without HTTP."""

import asyncio
import random
import threading
import time
from datetime import UTC, datetime

import uvloop
from msgspec import to_builtins
from rich.progress import Progress

from application.orders import DatabaseGone, Order, Receipt
from infra.collecting import collect_seldom
from infra.group_commit import GroupCommit
from tests.benchmarks.appeals import appeal
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure, medians
from tests.benchmarks.limits import copied_rows, single_inserts
from tests.benchmarks.options import Options
from tests.benchmarks.ours import desk, order, prepare, stored_appeal
from tests.benchmarks.peers import by_the_book

WAITING = 64
THREADS = 8
_COMMANDS = 512


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    ours, book = cluster.database("append"), cluster.database("append_book")
    prepare(ours)
    runs: dict[str, list[float]] = {}
    cluster.settle()
    for _ in progress.track(range(options.rounds), description="append alone"):
        rate = in_process(our_rate, ours, options.seconds)
        runs.setdefault("ours", []).append(rate)
        for threads in (1, THREADS):
            rate = in_process(book_rate, book, threads, options.seconds)
            runs.setdefault(f"eventsourcing, threads: {threads}", []).append(rate)
    state = stored_appeal(ours)
    limits = {
        f"pgbench, {WAITING} clients": single_inserts(cluster, state, WAITING, options.seconds),
        "COPY": copied_rows(cluster, state, options.seconds),
    }
    found = medians(runs)
    rate = found.pop("ours")
    return Figure(
        name=f"append alone, {WAITING} waiting commands",
        unit="commands/s",
        ours=rate,
        peers=found,
        limits=limits,
        bars=(
            Bar("commands/s", rate, 10_000),
            Bar("x eventsourcing's save", rate / max(found.values()), 10),
        ),
        runs=runs,
    )


def our_rate(conninfo: str, seconds: float) -> float:
    """Commands a second through group commit and the desk, `WAITING` of them always waiting.

    In a process that collects garbage as the server's do.
    """
    collect_seldom()
    return uvloop.run(_our_rate(conninfo, seconds))


async def _our_rate(conninfo: str, seconds: float) -> float:
    taker = desk(conninfo)
    group: GroupCommit[Order, Receipt] = GroupCommit(taker.execute_batch, DatabaseGone)
    group.start()
    chance, now = random.Random(7), datetime.now(UTC)
    commands = [appeal(chance, now) for _ in range(_COMMANDS)]
    done = 0
    started = until = 0.0

    async def one_after_another(first: int) -> None:
        nonlocal done
        number = first
        while time.perf_counter() < until:
            await group.submit(order(commands[number % _COMMANDS]))
            done += 1
            number += WAITING

    for length in (1.0, seconds):
        done, started = 0, time.perf_counter()
        until = started + length
        await asyncio.gather(*(one_after_another(number) for number in range(WAITING)))
    rate = done / (time.perf_counter() - started)
    await group.stop()
    taker.close()
    return rate


def book_rate(conninfo: str, threads: int, seconds: float) -> float:
    """Aggregates a second by `Application.save` in a loop."""
    app = by_the_book.Appeals(by_the_book.environment(conninfo))
    chance, now = random.Random(7), datetime.now(UTC)
    contents = [to_builtins(appeal(chance, now)) for _ in range(_COMMANDS)]
    done = [0] * threads
    until = 0.0

    def save(thread: int) -> None:
        while time.perf_counter() < until:
            app.register(contents[done[thread] % _COMMANDS])
            done[thread] += 1

    rate = 0.0
    for length in (1.0, seconds):
        done[:] = [0] * threads
        started = time.perf_counter()
        until = started + length
        savers = [threading.Thread(target=save, args=(thread,)) for thread in range(threads)]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join()
        rate = sum(done) / (time.perf_counter() - started)
    app.close()
    return rate
