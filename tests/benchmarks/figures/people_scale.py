"""A whole pass over a large list: its time and memory, and what the shipped threshold is worth."""

from statistics import mean

from rich.progress import Progress

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.people import FIRST_SEED, PEERS, TUNED
from tests.benchmarks.linkage.lists import people_list
from tests.benchmarks.linkage.runs import DidNotFinish, ours, peer
from tests.benchmarks.options import Options
from tests.made_people import make_people

SECONDS = {200_000: 15.0, 1_000_000: 150.0}
LARGEST = 1_000_000
_GIB = 4.0


def measure_200_000(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    return measure(cluster, options, progress, 200_000)


def measure_1_000_000(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    return measure(cluster, options, progress, LARGEST)


def measure(cluster: Cluster, options: Options, progress: Progress, count: int) -> Figure:
    """Precision and recall are those of the whole list: nothing is chosen on any part of it."""
    task = progress.add_task(f"people, {count:,}", total=options.rounds + 1)
    people = people_list(cluster.folder, f"people-{count}", make_people(count, FIRST_SEED))
    progress.advance(task)
    runs: dict[str, list[float]] = {"seconds": [], "GiB, all processes": [], "GiB, shared once": []}
    notes: list[str] = []
    bars: list[Bar] = []
    for turn in range(options.rounds):
        run = ours("people", people.file, longest=20 * SECONDS[count])
        runs["seconds"].append(run.seconds)
        runs["GiB, all processes"].append(run.rss_gib)
        runs["GiB, shared once"].append(run.pss_gib)
        progress.advance(task)
        if turn:
            continue
        found = people.found(run.left, run.right, run.score)
        score = found.at(float(run.told["threshold"]))
        notes += [
            (
                f"precision {score.precision:.4f}, recall {score.recall:.4f}, F1 {score.f1:.4f}, "
                f"kin joined per true pair {score.kin_per_true_pair:.4f}, by the shipped threshold"
            ),
            (
                f"{score.true:,} true pairs, {found.compared():.4f} of them with a score; "
                f"{run.told}; recall at precision .99 {found.recall_at(0.99, TUNED):.4f} (one half)"
            ),
        ]
        if count == LARGEST:
            bars += [Bar("precision", score.precision, 0.95), Bar("recall", score.recall, 0.85)]
    bars.append(Bar("s, whole pass", mean(runs["seconds"]), SECONDS[count], at_most=True))
    if count == LARGEST:
        bars.append(Bar("GiB, all processes", max(runs["GiB, all processes"]), _GIB, at_most=True))
    peers = {}
    for name, program in PEERS.items():
        try:
            run = peer(program, people.folded)
        except DidNotFinish as ending:
            notes.append(f"{name}: {ending}")
            continue
        peers[name] = run.seconds
        found = people.found(run.left, run.right, run.score)
        best = found.at(found.best_threshold(TUNED), 1 - TUNED)
        notes.append(
            f"{name}: F1 {best.f1:.4f} precision {best.precision:.4f} recall {best.recall:.4f} "
            f"with the other half's best threshold; {run.rss_gib:.2f} GiB"
        )
    progress.remove_task(task)
    return Figure(
        name=f"same person, {count:,} records",
        unit="s",
        ours=mean(runs["seconds"]),
        peers=peers,
        bars=bars,
        notes=notes,
        runs=runs,
    )
