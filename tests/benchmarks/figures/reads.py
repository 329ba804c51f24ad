"""What it costs a reader that what they read is put on record before it is answered."""

import random
from collections.abc import Mapping
from statistics import median
from uuid import UUID

import psycopg
from rich.progress import Progress

from application.caller import Role
from tests.benchmarks.cluster import Cluster, in_process
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.rebuild import our_rebuild
from tests.benchmarks.load import Target, percentile, reads_in_turns
from tests.benchmarks.options import Options
from tests.benchmarks.ours import prepare
from tests.benchmarks.peers.unrecorded import CLIENT
from tests.benchmarks.seed import seed
from tests.benchmarks.serving import OURS, peer, serving, token

CASES = 2_000
SHOWN = (20, 50, 200)
_READS, _WARM_UP = 400, 100
_RECORDS = "SELECT count(*) FROM karguzar.accesses WHERE client = ANY(%s)"


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    """On one server, in turns: by a client whose reads are on record, and by one whose aren't."""
    database = cluster.database("reads")
    prepare(database)
    seed(database, CASES, progress)
    in_process(our_rebuild, database)
    cluster.settle()
    chance = random.Random(6)
    paths = {
        "a case": [f"/api/v1/appeals/{each}" for each in _some(database, chance)],
        **{f"a list of {shown}": [f"/api/v1/cases?limit={shown}"] * _READS for shown in SHOWN},
    }
    costs: dict[str, list[float]] = {name: [] for name in paths}
    runs: dict[str, list[float]] = {}
    # The runners follow as ever, and the tree over the records grows and is signed.
    with (
        serving(cluster, OURS, database, "reads-runners"),
        serving(cluster, peer("unrecorded"), database, "reads") as (target, given),
    ):
        readers = [_reader(target, given, client) for client in ("benchmark", CLIENT)]
        for asked in paths.values():
            in_process(reads_in_turns, readers, asked[:_WARM_UP])
        rounds = [name for _ in range(options.rounds) for name in paths]
        for name in progress.track(rounds, description="reads on record"):
            milliseconds = [
                [each * 1000 for each in seconds]
                for seconds in in_process(reads_in_turns, readers, paths[name])
            ]
            recorded, unrecorded = (percentile(each, 0.5) for each in milliseconds)
            costs[name].append(recorded - unrecorded)
            runs.setdefault(f"{name}, on record", []).append(recorded)
            runs.setdefault(f"{name}, not on record", []).append(unrecorded)
    _require_records(database, readings=len(paths) * (_WARM_UP + options.rounds * _READS))
    found = {name: median(values) for name, values in costs.items()}
    return Figure(
        name="a read on record, against the same read without",
        unit="ms more at p50",
        ours=max(found.values()),
        bars=[Bar(f"ms, {name}", cost, 1, at_most=True) for name, cost in found.items()],
        notes=[f"{name}: {median(values):.2f} ms at p50" for name, values in runs.items()],
        runs=runs,
    )


def _some(database: str, chance: random.Random) -> list[UUID]:
    with psycopg.connect(database) as conn:
        rows = conn.execute("SELECT DISTINCT originator_id FROM karguzar.register_events")
        cases = sorted(case for (case,) in rows)
    return [chance.choice(cases) for _ in range(_READS)]


def _reader(target: Target, given: Mapping[str, str], client: str) -> Target:
    bearer = token(given, "auditor", "department", [Role.AUDITOR], client)
    return Target(target.host, target.port, bearer)


def _require_records(database: str, readings: int) -> None:
    """As many as were read by the one client, and none by the other."""
    with psycopg.connect(database) as conn:
        counts = [
            (conn.execute(_RECORDS, ([client],)).fetchone() or (0,))[0]
            for client in ("benchmark", CLIENT)
        ]
    if counts != [readings, 0]:
        raise RuntimeError(f"{readings} reads by each client left {counts} records")
