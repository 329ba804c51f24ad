"""How far reads are behind the answers to commands, at a steady rate.

The bar is for the read models that somebody waits for; how late the others are is told beside it.
"""

from statistics import median

from rich.progress import Progress

from tests.benchmarks.appeals import bodies
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.load import Posts, open_loop, percentile
from tests.benchmarks.options import Options
from tests.benchmarks.ours import prepare
from tests.benchmarks.serving import LATER, OURS, PATH, POSITIONS, caught_up, serving


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    database = cluster.database("lag")
    prepare(database)
    lags: dict[str, list[float]] = {"p50": [], "p99": [], "all p50": [], "all p99": []}
    reached: list[float] = []
    answers: list[float] = []
    cluster.settle()
    with serving(cluster, OURS, database, "lag") as (target, _):
        posts = Posts(target, PATH, bodies())
        in_process(open_loop, posts, options.connections, options.rate, 2.0, database, POSITIONS)
        for _ in progress.track(range(options.rounds), description="read-model lag"):
            caught_up(database)
            run = in_process(
                open_loop,
                posts,
                options.connections,
                options.rate,
                options.seconds,
                database,
                POSITIONS,
            )
            if run.load.refused:
                raise RuntimeError(f"refused: {run.load.refused[0]}")
            lags["p50"].append(percentile(run.lags, 0.5) * 1000)
            lags["p99"].append(percentile(run.lags, 0.99) * 1000)
            lags["all p50"].append(percentile(run.all_lags, 0.5) * 1000)
            lags["all p99"].append(percentile(run.all_lags, 0.99) * 1000)
            reached.append(run.load.rate)
            answers.append(run.load.percentile(0.99) * 1000)
    p99 = median(lags["p99"])
    return Figure(
        name=f"read-model lag at {options.rate:,} commands/s",
        unit="ms at p99",
        ours=p99,
        bars=(
            Bar("commands/s carried out", median(reached), options.rate * 0.98),
            Bar("ms at p99", p99, 100, at_most=True),
        ),
        notes=[
            f"p50 {median(lags['p50']):.1f} ms; commands answered in {median(answers):.1f} ms",
            (
                f"with {', '.join(LATER)}, which nobody waits for, "
                f"p50 {median(lags['all p50']):.0f} and p99 {median(lags['all p99']):.0f} ms"
            ),
        ],
        runs=lags,
    )
