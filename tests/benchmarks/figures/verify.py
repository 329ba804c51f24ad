"""The check of a whole log, and what the tree that grows behind the append costs the append."""

import os
import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.progress import Progress

from infra.checkpoints import CheckpointDirectory, notes_under
from infra.log_check import verify_log
from infra.log_proof import Checkpoints, LogTree, Outside
from infra.notes import Signer
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.append import WAITING, our_rate
from tests.benchmarks.limits import copied_rows
from tests.benchmarks.options import Options
from tests.benchmarks.ours import prepare, stored_appeal
from tests.benchmarks.seed import EVENTS_A_CASE, seed

PROCESSES = 2
_EVERY = 1.0
_NICENESS = 5


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    events = max(options.events)
    log, busy = cluster.database("verify"), cluster.database("verify_append")
    for database in (log, busy):
        prepare(database)
    seed(log, max(1, round(events / EVENTS_A_CASE)), progress)
    directory = str(cluster.folder / "checkpoints")
    cluster.settle()
    hashed = in_process(hash_rate, log, directory)
    runs: dict[str, list[float]] = {}
    for _ in progress.track(range(options.rounds), description="verify"):
        runs.setdefault("ours", []).append(in_process(verify_rate, log, directory))
    costs: list[float] = []
    alone, beside = "append, without the tree", "append, with the tree"
    for turn in progress.track(range(2 * options.rounds), description="append with the tree"):
        # In turns, each first as often as the other: the machine's own speed changes.
        for name in (alone, beside) if turn % 2 else (beside, alone):
            rate, cost = appended(busy, options.seconds, followed=name == beside)
            runs.setdefault(name, []).append(rate)
            costs += cost
    rate = median(runs["ours"])
    slower = median(runs[alone]) / median(runs[beside])
    return Figure(
        name=f"verify, {events:,} events",
        unit="events/s",
        ours=rate,
        limits={"COPY in": copied_rows(cluster, stored_appeal(log), options.seconds)},
        bars=(
            Bar("events/s", rate, 100_000),
            Bar("append without the tree ÷ with it", slower, 1.10, at_most=True),
        ),
        notes=[
            f"at most {PROCESSES} processes; the tree was made at {hashed:,.0f} events/s",
            (
                f"append, {WAITING} waiting: {median(runs[alone]):,.0f} commands/s alone, "
                f"{median(runs[beside]):,.0f} with the tree growing every second, which takes "
                f"{median(costs):.1f} µs of its own process an event"
            ),
        ],
        runs=runs,
    )


def hash_rate(conninfo: str, directory: str) -> float:
    """Events a second from an empty tree to a signed checkpoint."""
    outside = _outside(directory)
    tree = LogTree(conninfo, outside)
    started = time.perf_counter()
    hashed = tree.grow()
    seconds = time.perf_counter() - started
    tree.close()
    outlets = [outside.directory] if outside.directory else []
    Checkpoints(conninfo, outside, outlets).publish()
    return hashed / seconds


def verify_rate(conninfo: str, directory: str) -> float:
    """Events a second of all that `karguzar verify` does; raises unless the log is sound."""
    outside = _outside(directory)
    assert outside.signer is not None
    assert outside.directory is not None
    started = time.perf_counter()
    notes = list(notes_under(outside.directory.path))
    verdict = verify_log(conninfo, notes, [outside.signer.verifier], processes=PROCESSES)
    seconds = time.perf_counter() - started
    if verdict.result != "sound":
        raise RuntimeError(f"{verdict.result}: {verdict.findings} {verdict.unchecked}")
    return verdict.events / seconds


def appended(conninfo: str, seconds: float, *, followed: bool) -> tuple[float, list[float]]:
    """Commands a second, while a process such as the runner's hashes what they record, or not.

    And what that process took of the processor for an event, in microseconds.
    """
    if not followed:
        return in_process(our_rate, conninfo, seconds), []
    spawn = get_context("spawn")
    ready, stop, costs = spawn.Event(), spawn.Event(), spawn.SimpleQueue()
    follower = spawn.Process(target=follow, args=(conninfo, ready, stop, costs))
    follower.start()
    try:
        if not ready.wait(120):
            raise RuntimeError("the tree did not catch up")
        rate = in_process(our_rate, conninfo, seconds)
    finally:
        stop.set()
        follower.join()
    return rate, [costs.get()]


def follow(conninfo: str, ready: Event, stop: Event, costs: "SimpleQueue[float]") -> None:
    os.nice(_NICENESS)
    tree = LogTree(conninfo, Outside("benchmark", None, None))
    tree.grow()
    ready.set()
    begun, hashed = time.process_time(), 0
    while not stop.is_set():
        started = time.monotonic()
        hashed += tree.grow()
        stop.wait(max(0.0, started + _EVERY - time.monotonic()))
    costs.put((time.process_time() - begun) / max(1, hashed) * 1e6)
    tree.close()


def _outside(directory: str) -> Outside:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return Outside("benchmark", Signer("benchmark", key), CheckpointDirectory(Path(directory)))
