"""The `recordlinkage` peer: its index, its comparisons and its ECM classifier over several blocks.

A list of people as CSV in, pairs of rows with log odds out. Runs in an environment of its own and
so imports nothing of ours. The list comes folded by our normaliser. Its documentation's own example
blocks on one name alone and loses a third of the pairs; here it has a union of blocks. (With one
more, on the birth date alone, its classifier found other classes than persons and fell by a tenth.)
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import recordlinkage

PEOPLE: dict[str, Any] = {
    "blocks": (["phone"], ["email"], ["name", "surname"], ["surname", "birth_date"],
               ["name", "birth_date"], ["name", "patronymic"], ["address"]),
    "close": {"name": 0.85, "surname": 0.85, "patronymic": 0.85, "address": 0.85},
    "exact": ("birth_date", "phone", "email"),
}  # fmt: skip
FEBRL: dict[str, Any] = {
    "blocks": (["name"], ["surname"], ["birth_date"], ["postcode", "street_number"]),
    "close": {"name": 0.85, "surname": 0.85, "street": 0.85, "suburb": 0.85},
    "exact": ("birth_date", "street_number", "postcode", "state"),
}
_LEAST = 1e-300


def _pairs_in(people: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    indexer = recordlinkage.Index()
    indexer.block(columns)
    return indexer.index(people.dropna(subset=columns))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without-id", action="store_true")
    parser.add_argument("--febrl", action="store_true")
    words = parser.parse_args()
    how = FEBRL if words.febrl else PEOPLE
    started = time.perf_counter()
    people = pd.read_csv(words.file, dtype=str, keep_default_na=False).replace("", None)
    fin = not words.without_id
    blocks = [*how["blocks"], *([["fin"]] if fin else [])]
    index, *others = [_pairs_in(people, columns) for columns in blocks]
    for pairs in others:
        index = index.union(pairs)
    compare = recordlinkage.Compare()
    for column in [*how["exact"], *(["fin"] if fin else [])]:
        compare.exact(column, column)
    for column, threshold in how["close"].items():
        compare.string(column, column, method="jarowinkler", threshold=threshold)
    evidence = compare.compute(index, people)
    classifier = recordlinkage.ECMClassifier(binarize=0.5)
    classifier.fit_predict(evidence)
    odds = classifier.prob(evidence).to_numpy()
    np.savez(
        words.out,
        left=index.get_level_values(0).to_numpy(dtype=np.int64),
        right=index.get_level_values(1).to_numpy(dtype=np.int64),
        score=np.log(np.maximum(odds, _LEAST)) - np.log(np.maximum(1 - odds, _LEAST)),
    )
    print(json.dumps({"seconds": time.perf_counter() - started, "pairs": len(index)}))


if __name__ == "__main__":
    main()
