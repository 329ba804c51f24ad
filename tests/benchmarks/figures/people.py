"""Records of one person among 20,000, in five lists; and FEBRL 1 to 4.

Ours joins at the threshold its model ships with. The peers' is chosen for each list on one half of
it, which is more than a register without labels can do for them. All is reported of the other half.
"""

from collections import defaultdict
from statistics import mean, stdev

from rich.progress import Progress

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.figure import Bar, Figure
from tests.benchmarks.linkage.lists import List, febrl_list, people_list
from tests.benchmarks.linkage.runs import DidNotFinish, Run, ours, peer
from tests.benchmarks.linkage.scores import Found, Score
from tests.benchmarks.options import Options
from tests.febrl import FILES, febrl, is_there
from tests.made_people import make_people

COUNT = 20_000
FIRST_SEED = 501
"""Seeds from here on are made for these figures alone; models are fitted on lower ones."""
TUNED, REPORTED = 0, 1
PEERS = {"splink": "splink_people", "recordlinkage": "recordlinkage_people"}
WITHOUT_ID = "--without-id"
FEBRL_BARS = {1: 0.995, 2: 0.997, 3: 0.996, 4: 0.998}
FEBRL_BAR_WITH_ID = 0.999

Runs = dict[str, list[float]]


def measure(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    runs: Runs = defaultdict(list)
    notes: list[str] = []
    for seed in progress.track(range(FIRST_SEED, FIRST_SEED + options.seeds), description="people"):
        people = people_list(cluster.folder, f"people-{seed}", make_people(COUNT, seed))
        _ours(people, runs, "")
        _ours(people, runs, WITHOUT_ID)
        for name, program in PEERS.items():
            _peers(people, runs, notes, name, program)
    kin = "kin joined per true pair"
    notes.append(f"{COUNT:,} records, seeds from {FIRST_SEED}; half of each list reported")
    return Figure(
        name="same person, 20,000 az/tr/ka records",
        unit="F1",
        ours=mean(runs["ours: F1"]),
        peers={name: mean(runs[f"{name}: F1"]) for name in PEERS if f"{name}: F1" in runs},
        bars=(
            Bar("F1", mean(runs["ours: F1"]), 0.95),
            Bar("F1 without ID", mean(runs["ours without ID: F1"]), 0.94),
            Bar("recall at precision .99", mean(runs["ours: recall at precision .99"]), 0.90),
            Bar(kin, mean(runs[f"ours: {kin}"]), 0.003, at_most=True),
        ),
        notes=[*notes, *spreads(runs)],
        runs=dict(runs),
    )


def measure_febrl(cluster: Cluster, options: Options, progress: Progress) -> Figure:
    """Ours with weights learnt from each list without labels, since its errors aren't those of our
    languages (whole given names are others); what the shipped weights reach is told beside it. Of
    the whole lists, since no label is used, and for the peers' sake of the half that they are
    reported of.
    """
    del options
    if not is_there():
        raise RuntimeError("FEBRL isn't there: make test fetches it")
    bars: list[Bar] = []
    runs: Runs = defaultdict(list)
    notes: list[str] = []
    for number in progress.track(FILES, description="FEBRL"):
        febrl_file = febrl_list(cluster.folder, f"febrl{number}", febrl(number))
        for word, says in ((WITHOUT_ID, "without ID"), ("", "with ID")):
            shipped = ours("people", febrl_file.file, *filter(None, [word]))
            as_shipped = _found(febrl_file, shipped).at(float(shipped.told["threshold"]))
            run = ours("people", febrl_file.file, "--learnt", *filter(None, [word]))
            found = _found(febrl_file, run)
            threshold = float(run.told["threshold"])
            bar = FEBRL_BARS[number] if word else FEBRL_BAR_WITH_ID
            score = found.at(threshold)
            bars.append(Bar(f"FEBRL {number} {says}", score.f1, bar))
            runs[says].append(score.f1)
            half = found.at(threshold, REPORTED)
            notes.append(
                f"FEBRL {number} {says}: precision {score.precision:.4f} recall {score.recall:.4f} "
                f"compared {found.compared():.4f}; half reported F1 {half.f1:.4f}; "
                f"as shipped F1 {as_shipped.f1:.4f}"
            )
            for name, program in PEERS.items():
                words = ("--febrl", *filter(None, [word]))
                f1 = _peer_f1(febrl_file, program, words, notes, f"FEBRL {number} {says}, {name}")
                if f1 is not None:
                    runs[f"{name} {says}"].append(f1)
    return Figure(
        name="same person, FEBRL 1-4 without ID",
        unit="F1, mean",
        ours=mean(runs["without ID"]),
        peers={
            name: mean(runs[f"{name} without ID"]) for name in PEERS if runs[f"{name} without ID"]
        },
        bars=bars,
        notes=notes,
        runs=dict(runs),
    )


def _ours(people: List, runs: Runs, word: str) -> None:
    whose = "ours without ID" if word else "ours"
    run = ours("people", people.file, *filter(None, [word]))
    found = _found(people, run)
    _keep(runs, whose, found, found.at(float(run.told["threshold"]), REPORTED), run)
    precise = found.at(found.threshold_for(0.99, TUNED), REPORTED)
    tuned = f"{whose}, by the threshold that the half to tune on has precision .99 at"
    runs[f"{tuned}: precision"].append(precise.precision)
    runs[f"{tuned}: recall"].append(precise.recall)


def _peers(people: List, runs: Runs, notes: list[str], name: str, program: str) -> None:
    for file, whose in ((people.folded, name), (people.file, f"{name}, spelling as entered")):
        if file == people.file and program != PEERS["splink"]:
            continue
        try:
            run = peer(program, file)
        except DidNotFinish as ending:
            notes.append(f"{whose}: {ending}")
            continue
        found = _found(people, run)
        _keep(runs, whose, found, found.at(found.best_threshold(TUNED), REPORTED), run)


def _keep(runs: Runs, whose: str, found: Found, score: Score, run: Run) -> None:
    figures = {
        "F1": score.f1,
        "precision": score.precision,
        "recall": score.recall,
        "compared": found.compared(REPORTED),
        "recall at precision .99": found.recall_at(0.99, REPORTED),
        "kin joined per true pair": score.kin_per_true_pair,
        "s": run.seconds,
    }
    for what, value in figures.items():
        runs[f"{whose}: {what}"].append(value)


def _peer_f1(
    febrl_file: List, program: str, words: tuple[str, ...], notes: list[str], says: str
) -> float | None:
    try:
        run = peer(program, febrl_file.folded, *words)
    except DidNotFinish as ending:
        notes.append(f"{says}: {ending}")
        return None
    found = _found(febrl_file, run)
    score = found.at(found.best_threshold(TUNED), REPORTED)
    notes.append(f"{says}: F1 {score.f1:.4f} of the half reported")
    return score.f1


def _found(people: List, run: Run) -> Found:
    return people.found(run.left, run.right, run.score)


def spreads(runs: Runs) -> list[str]:
    """Mean and standard deviation of each, a line for whom they are of."""
    told: dict[str, list[str]] = defaultdict(list)
    for name, values in runs.items():
        whose, _, what = name.rpartition(": ")
        spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
        told[whose].append(f"{what} {mean(values):.4f}{spread}")
    return [f"{whose}: {', '.join(figures)}" for whose, figures in told.items()]
