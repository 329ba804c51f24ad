"""Our pass over appeals, as a program: CSV in, the pairs that the shipped model finds out.

`python -m tests.benchmarks.linkage.our_matters FILE.csv OUT.npz`
"""

import csv
import json
from pathlib import Path

import click
import numpy as np

from application.matter_pairs import matter_pairs
from domain.matter_card import MatterCard, matter_card_of
from infra.repeats.models import matters_model


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def main(file: Path, out: Path) -> None:
    model = matters_model()
    with file.open(encoding="utf-8", newline="") as lines:
        cards = [card_of(record) for record in csv.DictReader(lines)]
    pairs = list(matter_pairs(cards, model))
    np.savez(
        out,
        left=np.array([pair.left for pair in pairs], dtype=np.int64),
        right=np.array([pair.right for pair in pairs], dtype=np.int64),
        score=np.array([pair.likeness.score for pair in pairs]),
    )
    print(json.dumps({"model": model.version, "threshold": model.joined}))


def card_of(record: dict[str, str]) -> MatterCard:
    # A register has whom one complains of by codes; here it is an official and a body in one text.
    named = [name.strip() for name in record["complained_of"].split(",") if name.strip()]
    return matter_card_of(
        record["topic"] or None,
        record["subject"],
        record["text"],
        complained_of=named,
        region=record["region"] or None,
    )


if __name__ == "__main__":
    main()
