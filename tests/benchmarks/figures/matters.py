"""Appeals of one matter among 5,000, in five lists, by the threshold that the model ships with.

Whose appeal it is isn't told: the same person's other matters have to be kept apart by what is
written.
"""

from collections import defaultdict
from statistics import mean

from rich.progress import Progress

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.figures.people import FIRST_SEED, REPORTED, TUNED, spreads
from tests.benchmarks.linkage.lists import appeals_list
from tests.benchmarks.linkage.runs import DidNotFinish, ours, peer
from tests.benchmarks.linkage.scores import Found, Score
from tests.benchmarks.options import Options
from tests.made_people import make_appeals

COUNT = 5_000
PEER = "TF-IDF of word stems"


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    runs: dict[str, list[float]] = defaultdict(list)
    notes = [f"{COUNT:,} appeals, seeds from {FIRST_SEED}; half of each list reported"]
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    for seed in progress.track(seeds, description="matters"):
        appeals = appeals_list(cluster.folder, f"appeals-{seed}", make_appeals(COUNT, seed))
        run = ours("matters", appeals.file)
        found = appeals.found(run.left, run.right, run.score)
        score = found.at(float(run.told["threshold"]), REPORTED)
        _keep(runs, "ours", found, score)
        runs["ours: s"].append(run.seconds)
        try:
            run = peer("tfidf_matters", appeals.file)
        except DidNotFinish as ending:
            notes.append(f"{PEER}: {ending}")
            continue
        found = appeals.found(run.left, run.right, run.score)
        _keep(runs, PEER, found, found.at(found.best_threshold(TUNED), REPORTED))
    return Figure(
        name="same matter, 5,000 az/tr/ka appeals",
        unit="F1",
        ours=mean(runs["ours: F1"]),
        peers={PEER: mean(runs[f"{PEER}: F1"])} if f"{PEER}: F1" in runs else {},
        bars=(
            Bar("F1", mean(runs["ours: F1"]), 0.80),
            Bar("precision", mean(runs["ours: precision"]), 0.90),
        ),
        notes=[*notes, *spreads(runs)],
        runs=dict(runs),
    )


def _keep(runs: dict[str, list[float]], whose: str, found: Found, score: Score) -> None:
    figures = {
        "F1": score.f1,
        "precision": score.precision,
        "recall": score.recall,
        "compared": found.compared(REPORTED),
        "other matters of one household joined per true pair": score.kin_per_true_pair,
    }
    for what, value in figures.items():
        runs[f"{whose}: {what}"].append(value)
