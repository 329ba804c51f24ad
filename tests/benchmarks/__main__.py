"""The benchmark: `make bench`, or `make bench ARGS="--only append --seconds 5"`."""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import click
import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.benchmarks.cluster import Cluster, fresh_cluster
from tests.benchmarks.figure import Figure, save, show
from tests.benchmarks.figures import (
    append,
    candidates,
    dashboards,
    due_dates,
    history,
    lag,
    lists,
    matters,
    people,
    people_scale,
    reads,
    rebuild,
    recalculation,
    register,
    verify,
)
from tests.benchmarks.options import Options

FIGURES: dict[str, Callable[[Cluster, Options, Progress], Figure | list[Figure]]] = {
    "register": register.measure,
    "append": append.measure,
    "due-dates": due_dates.measure,
    "recalculation": recalculation.measure,
    "rebuild": rebuild.measure,
    "lag": lag.measure,
    "lists": lists.measure,
    "history": history.measure,
    "reads": reads.measure,
    "dashboards": dashboards.measure,
    "candidates": candidates.measure,
    "verify": verify.measure,
    "people": people.measure,
    "people-febrl": people.measure_febrl,
    "people-200000": people_scale.measure_200_000,
    "people-1000000": people_scale.measure_1_000_000,
    "matters": matters.measure,
}


def _sizes(_context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    try:
        sizes = tuple(sorted(int(size) for size in value.replace("_", "").split(",")))
    except ValueError:
        sizes = ()
    if not sizes or sizes[0] < 1:
        raise click.BadParameter("give whole numbers such as 10000,1000000", param=parameter)
    return sizes


@click.command(context_settings={"show_default": True})
@click.option("--cases", default="10000,1000000", callback=_sizes, help="Registers to list.")
@click.option("--events", default="100000,1000000", callback=_sizes, help="Logs to rebuild from.")
@click.option("--connections", default=32, type=click.IntRange(1, 1000))
@click.option("--rate", default=1000, type=click.IntRange(1), help="Commands/s for the lag.")
@click.option("--seconds", default=8.0, type=click.FloatRange(0.5), help="Length of each run.")
@click.option("--rounds", default=3, type=click.IntRange(1), help="Runs of each; medians count.")
@click.option("--open-cases", default=100_000, type=click.IntRange(1), help="To recompute.")
@click.option("--seeds", default=5, type=click.IntRange(1, 5), help="Lists to find repeats in.")
@click.option("--only", multiple=True, type=click.Choice(tuple(FIGURES)), help="Some figures.")
@click.option(
    "--json", "file", default="bench.json", type=click.Path(dir_okay=False, path_type=Path)
)
def bench(
    *,
    cases: tuple[int, ...],
    events: tuple[int, ...],
    connections: int,
    rate: int,
    seconds: float,
    rounds: int,
    open_cases: int,
    seeds: int,
    only: tuple[str, ...],
    file: Path,
) -> None:
    """Measure Karguzar beside its peers on one fresh, durable PostgreSQL."""
    options = Options(
        cases=cases,
        events=events,
        connections=connections,
        rate=rate,
        seconds=seconds,
        rounds=rounds,
        open_cases=open_cases,
        seeds=seeds,
    )
    console = Console() if sys.stdout.isatty() else Console(width=150)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    figures: list[Figure] = []
    with (
        fresh_cluster() as cluster,
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
    ):
        machine = _machine() | cluster.facts()
        for name in only or FIGURES:
            made = FIGURES[name](cluster, options, progress)
            figures += made if isinstance(made, list) else [made]
            save(figures, machine, file)
    show(figures, console)
    console.print(f"{machine}\nwritten to {file}")


def _machine() -> dict[str, object]:
    return {
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    bench()
