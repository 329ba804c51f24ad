"""The `splink` peer: a list of people as CSV in, pairs of rows with match weights out.

Runs in an environment of its own and so imports nothing of ours. The list comes folded by our
normaliser, which is more than `splink` itself would do for these languages.
"""

import argparse
import json
import logging
import time
from pathlib import Path

import numpy as np
import pandas as pd
import splink.comparison_level_library as levels
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

PEOPLE = ("surname", "name", "patronymic", "birth_date", "phone", "email", "address")
FEBRL = ("surname", "name", "birth_date", "street_number", "postcode", "street", "suburb", "state")
_LARGE = 100_000
_LOWEST_WEIGHT = -10
_SAMPLED_PAIRS = 2e6


def settings(columns: tuple[str, ...], *, fin: bool, large: bool) -> SettingsCreator:
    comparisons = {
        "surname": compare.JaroWinklerAtThresholds("surname", [0.92, 0.8]).configure(
            term_frequency_adjustments=True
        ),
        "name": compare.JaroWinklerAtThresholds("name", [0.92, 0.8]).configure(
            term_frequency_adjustments=True
        ),
        "patronymic": compare.JaroWinklerAtThresholds("patronymic", [0.92, 0.8]),
        "birth_date": compare.CustomComparison(
            output_column_name="birth_date",
            comparison_levels=[
                levels.NullLevel("birth_date"),
                levels.ExactMatchLevel("birth_date"),
                levels.DamerauLevenshteinLevel("birth_date", 1),
                levels.CustomLevel("substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4)"),
                levels.ElseLevel(),
            ],
        ),
        "phone": compare.DamerauLevenshteinAtThresholds("phone", [1]),
        "email": compare.ExactMatch("email"),
        "address": compare.JaccardAtThresholds("address", [0.9, 0.7]),
        "street_number": compare.DamerauLevenshteinAtThresholds("street_number", [1]),
        "postcode": compare.DamerauLevenshteinAtThresholds("postcode", [1]),
        "street": compare.JaroWinklerAtThresholds("street", [0.92, 0.8]),
        "suburb": compare.JaroWinklerAtThresholds("suburb", [0.92, 0.8]),
        "state": compare.ExactMatch("state"),
    }
    chosen = [comparisons[name] for name in columns]
    if fin:
        chosen.append(compare.DamerauLevenshteinAtThresholds("fin", [1, 2]))
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row",
        comparisons=chosen,
        blocking_rules_to_generate_predictions=rules(columns, fin=fin, large=large),
    )


def rules(columns: tuple[str, ...], *, fin: bool, large: bool) -> list[object]:
    """Many narrow rules; those that would make too many pairs of a large list are left out."""
    found = [block_on("surname", "birth_date"), block_on("name", "birth_date")]
    if fin:
        found.append(block_on("fin"))
    if "phone" in columns:
        found += [
            block_on("phone"),
            block_on("email"),
            block_on("name", "patronymic", "substr(surname, 1, 3)"),
            block_on("name", "surname", "patronymic"),
            block_on("address", "substr(name, 1, 2)"),
        ]
    else:
        found += [
            block_on("surname", "postcode"),
            block_on("name", "postcode"),
            block_on("street", "street_number"),
            block_on("birth_date", "suburb"),
            block_on("birth_date", "postcode"),
            block_on("name", "suburb"),
            block_on("surname", "suburb"),
        ]
    if not large:
        found += [block_on("name", "surname"), block_on("birth_date")]
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without-id", action="store_true")
    parser.add_argument("--febrl", action="store_true")
    words = parser.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    started = time.perf_counter()
    people = pd.read_csv(words.file, dtype=str, keep_default_na=False).replace("", None)
    people["row"] = np.arange(len(people))
    columns, fin = (FEBRL if words.febrl else PEOPLE), not words.without_id
    large = len(people) > _LARGE
    database = DuckDBAPI()
    linker = Linker(
        database.register(people, dataset_display_name="people"),
        settings(columns, fin=fin, large=large),
        log_level=logging.ERROR,
    )
    training = linker.training
    sure = [block_on("name", "surname", "birth_date"), *([block_on("fin")] if fin else [])]
    training.estimate_probability_two_random_records_match(sure, recall=0.5)
    training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("surname", "name"))
    training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_weight=_LOWEST_WEIGHT)
    table = pairs.as_pandas_dataframe()
    np.savez(
        words.out,
        left=table["row_l"].to_numpy(dtype=np.int64),
        right=table["row_r"].to_numpy(dtype=np.int64),
        score=table["match_weight"].to_numpy(dtype=float),
    )
    ended = time.perf_counter()
    print(json.dumps({"training": trained - started, "predicting": ended - trained}))


if __name__ == "__main__":
    main()
