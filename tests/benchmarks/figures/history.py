"""The history of a long case, told in sentences."""

import random

from rich.progress import Progress

from application.caller import Role
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.load import percentile, reads
from tests.benchmarks.options import Options
from tests.benchmarks.ours import prepare
from tests.benchmarks.seed import long_cases, seed
from tests.benchmarks.serving import OURS, serving, token

EVENTS = 100
_CASES, _READS, _WARM_UP = 40, 400, 50


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    database = cluster.database("history")
    prepare(database)
    seed(database, min(options.cases), progress)
    ids = long_cases(database, _CASES, EVENTS)
    chance = random.Random(5)
    with serving(cluster, OURS, database, "history") as (target, given):
        bearer = token(given, "auditor", "department", [Role.AUDITOR])
        reader = type(target)(target.host, target.port, bearer)
        paths = [f"/api/v1/cases/{chance.choice(ids)}/history" for _ in range(_READS)]
        in_process(reads, reader, paths[:_WARM_UP])
        seconds = in_process(reads, reader, paths)
    milliseconds = [each * 1000 for each in seconds]
    p50, p99 = (percentile(milliseconds, share) for share in (0.5, 0.99))
    return Figure(
        name=f"history of a case with {EVENTS} events",
        unit="ms at p50",
        ours=p50,
        bars=[Bar("ms at p50", p50, 5, at_most=True)],
        notes=[f"p99 {p99:.1f} ms"],
        runs={"milliseconds": milliseconds},
    )
