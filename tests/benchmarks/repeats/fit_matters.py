"""Learns the weights of `infra/repeats/matters-*.toml`.

    python -m tests.benchmarks.repeats.fit_matters --out infra/repeats/matters-1.toml

Logistic regression over the pairs that blocking finds, with a ridge, and with the sign of each
piece of evidence fixed: what agrees never speaks against, what differs never for. The thresholds
come from lists that the weights weren't learnt from. The lists that figures are reported of have
other seeds again.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from application.matter_candidates import candidates
from application.matter_columns import Columns, Weights
from application.matter_evidence import EVIDENCE, evidence
from application.matter_rarity import rarity_of
from tests.benchmarks.repeats.matter_cards import matter_cards
from tests.made_people import make_appeals

TEXTS = 5_000
LEARN = (1, 2, 3)
TUNE = (5, 6, 7)
SAMPLED = 0.15
RIDGE = 1e-3
JOINED_AT, PROBABLE_AT = 0.95, 0.5
WORDS, FEW = 10, 4
LEARNT_FROM = (
    f"tests/made_people: {TEXTS} appeals each of the seeds {LEARN[0]}-{LEARN[-1]}; "
    f"thresholds from {TUNE[0]}-{TUNE[-1]}"
)


class Pairs(NamedTuple):
    found: Weights
    same: NDArray[np.bool_]


def pairs_of(seed: int) -> Pairs:
    appeals = list(make_appeals(TEXTS, seed))
    cards = matter_cards(appeals)
    columns = Columns(cards, rarity_of(cards))
    blocks = [(left, right) for _, left, right in candidates(columns)]
    left, right = (np.concatenate(side) for side in zip(*blocks, strict=True))
    matter = np.array([appeal.matter_no for appeal in appeals])
    return Pairs(evidence(columns, left, right), matter[left] == matter[right])


def learnt(lists: Iterable[Pairs]) -> tuple[Weights, float]:
    """The weight of each piece of evidence, and the start."""
    chance = np.random.default_rng(0)
    found, same, counted = [], [], []
    for pairs in lists:
        keep = pairs.same | (chance.random(len(pairs.same)) < SAMPLED)
        found.append(pairs.found[keep])
        same.append(pairs.same[keep].astype(np.float64))
        counted.append(np.where(pairs.same[keep], 1.0, 1 / SAMPLED))
    y, w = np.concatenate(same), np.concatenate(counted)
    scale = np.concatenate(found).std(axis=0) + 1e-9
    x = np.concatenate(found) / scale
    matters = (w * y).sum()

    def loss(at: Weights) -> tuple[float, Weights]:
        z = x @ at[:-1] + at[-1]
        wrong = w * (1 / (1 + np.exp(-z)) - y)
        total = (w * (np.logaddexp(0, z) - y * z)).sum() / matters
        slope = np.append(x.T @ wrong / matters + RIDGE * at[:-1], wrong.sum() / matters)
        return total + RIDGE * (at[:-1] ** 2).sum() / 2, slope

    signs = [(None, 0) if each.startswith("other") else (0, None) for each in EVIDENCE]
    best = minimize(
        loss,
        np.zeros(len(EVIDENCE) + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[*signs, (None, None)],
        options={"maxiter": 1_000},
    ).x
    return best[:-1] / scale, float(best[-1])


def threshold(scores: Weights, same: NDArray[np.bool_], precision: float) -> float:
    """The lowest from which on so many of all pairs found are right."""
    order = np.argsort(-scores)
    right = np.cumsum(same[order]) / np.arange(1, len(order) + 1)
    return float(scores[order][np.nonzero(right >= precision)[0].max()])


def file_of(version: str, weights: Weights, start: float, joined: float, probable: float) -> str:
    lines = [f"{each} = {weight:.2f}" for each, weight in zip(EVIDENCE, weights, strict=True)]
    return "\n".join(
        (
            "# What each piece of evidence adds to the logarithm of the odds that two texts are of",
            "# one matter. Written by tests/benchmarks/repeats/fit_matters.py; a model that events",
            "# name is never changed: a new one gets a new number.",
            f'version = "{version}"',
            f'learnt_from = "{LEARNT_FROM}"',
            f"texts = {TEXTS}",
            f"words = {WORDS}",
            f"few = {FEW}",
            f"joined = {joined:.2f}",
            f"probable = {probable:.2f}",
            f"start = {start:.2f}",
            "",
            "[weights]",
            *lines,
            "",
        )
    )


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(out: Path) -> None:
    """Learn the weights and write the model; its version is the file's name."""
    weights, start = learnt([pairs_of(seed) for seed in LEARN])
    tune = [pairs_of(seed) for seed in TUNE]
    scores = np.concatenate([pairs.found @ weights for pairs in tune]) + start
    same = np.concatenate([pairs.same for pairs in tune])
    joined = threshold(scores, same, JOINED_AT)
    probable = threshold(scores, same, PROBABLE_AT)
    out.write_text(file_of(out.stem, weights, start, joined, probable))
    click.echo(out.read_text())


if __name__ == "__main__":
    main()
