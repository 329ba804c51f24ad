"""Register an appeal over HTTP: the whole way, durable, beside the plain handler and the book."""

from contextlib import ExitStack

from rich.progress import Progress

from tests.benchmarks.appeals import bodies
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure, medians
from tests.benchmarks.limits import single_inserts
from tests.benchmarks.load import Posts, Target, closed_loop
from tests.benchmarks.options import Options
from tests.benchmarks.ours import prepare, stored_appeal
from tests.benchmarks.serving import OURS, PATH, caught_up, peer, serving

PLAIN, BOOK = "Litestar + psycopg, one row", "eventsourcing by the book"
_WARM_UP_SECONDS = 2.0


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    database = cluster.database("register")
    prepare(database)
    runs: dict[str, list[float]] = {}
    p99s: dict[str, list[float]] = {}
    behind: list[float] = []
    cluster.settle()
    with ExitStack() as servers:

        def server(arguments: list[str], conninfo: str, name: str) -> Target:
            return servers.enter_context(serving(cluster, arguments, conninfo, name))[0]

        targets = {
            "ours": server(OURS, database, "ours"),
            PLAIN: server(peer("plain"), cluster.database("plain"), "plain"),
            BOOK: server(peer("by_the_book_http"), cluster.database("book"), "book"),
        }
        sent = {name: Posts(target, PATH, bodies()) for name, target in targets.items()}
        for posts in sent.values():
            in_process(closed_loop, posts, options.connections, _WARM_UP_SECONDS)
        rounds = [name for _ in range(options.rounds) for name in targets]
        for name in progress.track(rounds, description="register over HTTP"):
            caught_up(database)
            load = in_process(closed_loop, sent[name], options.connections, options.seconds)
            if load.refused:
                raise RuntimeError(f"{name} refused: {load.refused[0]}")
            runs.setdefault(name, []).append(load.rate)
            p99s.setdefault(name, []).append(load.percentile(0.99) * 1000)
            if name == "ours":
                behind.append(caught_up(database))
    state = stored_appeal(database)
    pgbench = single_inserts(cluster, state, options.connections, options.seconds)
    found, slow = medians(runs), medians(p99s)
    ours = found.pop("ours")
    return Figure(
        name=f"register an appeal over HTTP, {options.connections} connections",
        unit="requests/s",
        ours=ours,
        peers=found,
        limits={f"pgbench, {options.connections} clients": pgbench},
        bars=(
            Bar("x the plain handler", ours / found[PLAIN], 1.2),
            Bar("x by the book", ours / found[BOOK], 5),
        ),
        notes=[
            "p99 in ms: " + ", ".join(f"{name} {value:.1f}" for name, value in slow.items()),
            f"our read models had it all {max(behind):.2f} s after the last answer, at most",
        ],
        runs=runs,
    )
