"""Our pass over a list of people, as a program: CSV in, the pairs that the shipped model finds out.

`python -m tests.benchmarks.linkage.our_people FILE.csv [--without-id] [--learnt] OUT.npz`
"""

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import numpy as np

from application.person_learning import learn
from application.person_pairs import Row, compare, find_pairs, prepare
from infra.repeats.models import people_model
from tests.benchmarks.linkage.lists import FIELDS

PROCESSES = 2


def rows(file: Path, *, fin: bool) -> Iterator[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        for record in csv.DictReader(lines):
            yield tuple("" if field == "fin" and not fin else record[field] for field in FIELDS)


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--without-id", is_flag=True)
@click.option("--learnt", is_flag=True, help="Weights learnt from the list, without labels.")
def main(file: Path, out: Path, *, without_id: bool, learnt: bool) -> None:
    people = partial(rows, file, fin=not without_id)
    if learnt:
        prepared = prepare(people, processes=PROCESSES)
        model = learn(prepared)
        pairs = compare(prepared, model, processes=PROCESSES)
    else:
        model = people_model()
        pairs = find_pairs(people, model, processes=PROCESSES)
    np.savez(out, left=pairs.left, right=pairs.right, score=pairs.score)
    told = {
        "model": model.version,
        "threshold": model.joined,
        "compared": pairs.compared,
        "passed_over": pairs.passed_over,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
