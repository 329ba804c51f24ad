"""Learns the weights of evidence by which two people are told to be one, and writes the model.

    python -m tests.benchmarks.repeats.fit_people --out infra/repeats/people-2.toml

It learns from made-up people of seeds that no figure is reported on, and of those from the
households with an even number. Pairs are of three classes: one person, two of one household, two
strangers; the weights are the two differences of a multinomial logistic regression with a ridge.
So what a family shares comes out as saying little against a relative. The threshold is then read
off the households with an odd number.
"""

from pathlib import Path
from typing import Any

import click
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from application.person_evidence import Comparing
from application.person_levels import LEVELS, Sort
from application.person_likeness import RARITIES, Rarities, Weighing, rarity_of, scores
from application.person_pairs import Row, prepare
from domain.person_weights import PersonWeights, Rarity, Weight
from tests.made_people.people import make_people

Numbers = NDArray[Any]
COUNT = 20_000
SEEDS = (41, 42)
USUAL = {
    "given": 5.0,
    "surname": 6.0,
    "patronymic": 5.0,
    "given-misspelt": 5.0,
    "surname-misspelt": 6.0,
}
RIDGE = 1.0
RELATIVES_COUNT = 3.0
"""Joining two relatives is the worse mistake: each such pair counts so many times."""
FAMILY_AT_MOST = 0.3
"""What a family shares may speak for one person against a relative by no more than this."""
FAMILY = (Sort.SURNAME, Sort.PATRONYMIC, Sort.PHONE, Sort.EMAIL, Sort.ADDRESS)
ANOTHER_NAME_AT_MOST = -7.5
"""Another given name speaks against one person by no less than this: a birth date shared by twins
and all that a family shares together weigh less.
"""
BORN_AT_MOST = 2.0


class Learnt(Struct, frozen=True):
    """Pairs with the columns that weights belong to, and their class."""

    columns: Numbers
    classes: Numbers
    odd: Numbers


def pairs_of(seed: int) -> Learnt:
    made = list(make_people(COUNT, seed))
    rows: list[Row] = [
        (
            one.surname,
            one.name,
            one.patronymic,
            one.birth_date,
            one.phone,
            one.fin,
            one.email,
            one.address,
        )
        for one in made
    ]
    prepared = prepare(lambda: rows, processes=1)
    comparing = Comparing(prepared.columns)
    left, right = prepared.left, prepared.right
    levels = comparing.levels(left, right)
    rarity = rarity_of(comparing, Rarities.in_list(comparing), USUAL, levels, left, right)
    persons = np.array([one.person_no for one in made])[prepared.rows]
    households = np.array([one.household_no for one in made])[prepared.rows]
    classes = np.where(
        persons[left] == persons[right], 0, np.where(households[left] == households[right], 1, 2)
    )
    columns = [levels[sort] == at for sort, at, _ in _names_of_levels()]
    columns += [rarity[name] for name in RARITIES]
    columns.append(np.ones(len(left)))
    # A pair belongs to one half only where both of its households do.
    odd = (households[left] % 2 + households[right] % 2).astype(np.int8)
    return Learnt(np.stack(columns, axis=1).astype(np.float32), classes, odd)


def _names_of_levels() -> list[tuple[Sort, int, str]]:
    return [(sort, at, level) for sort in Sort for at, level in enumerate(LEVELS[sort]) if at]


def fit(columns: Numbers, classes: Numbers) -> Numbers:
    """The weights against relatives and against strangers: two rows."""
    size = columns.shape[1]
    ridge = np.full(2 * size, RIDGE)
    ridge[size - 1] = ridge[2 * size - 1] = RIDGE / 1000
    counts = np.where(classes == 1, RELATIVES_COUNT, 1.0)
    relative, stranger = (classes == 1).astype(float), (classes == 2).astype(float)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        against = columns @ weights.reshape(2, size).T
        least = np.maximum(0, -against.min(axis=1))
        total = least + np.log(np.exp(-least) + np.exp(-against - least[:, None]).sum(axis=1))
        chosen = total + relative * against[:, 0] + stranger * against[:, 1]
        chance = np.exp(-against - total[:, None])
        errors = np.stack([relative - chance[:, 0], stranger - chance[:, 1]]) * counts
        slope = (errors @ columns).ravel()
        return float(
            (chosen * counts).sum() + (ridge * weights**2).sum() / 2
        ), slope + ridge * weights

    bounds: list[tuple[None, float | None]] = [(None, None)] * (2 * size)
    for at, (sort, level, name) in enumerate(_names_of_levels()):
        if sort in FAMILY and level == 1:
            bounds[at] = (None, FAMILY_AT_MOST)
        if sort is Sort.BORN:
            bounds[at] = (None, BORN_AT_MOST)
        if sort is Sort.GIVEN and name == "different":
            bounds[at] = (None, ANOTHER_NAME_AT_MOST)
    found = minimize(
        loss,
        np.zeros(2 * size),
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
        options={"maxiter": 100},
    )
    return np.asarray(found.x).reshape(2, size)


def model_of(weights: Numbers, version: str, joined: float, probable: float) -> PersonWeights:
    given = [Weight(round(float(a), 2), round(float(b), 2)) for a, b in weights.T]
    levels: dict[str, dict[str, Weight]] = {}
    for (sort, _, level), weight in zip(_names_of_levels(), given, strict=False):
        levels.setdefault(sort, {})[level] = weight
    rarities = given[-1 - len(RARITIES) : -1]
    return PersonWeights(
        version=version,
        learnt_from=f"made-up people, {len(SEEDS)} lists of {COUNT:,}, even households",
        people=COUNT,
        joined=joined,
        probable=probable,
        start=given[-1],
        rarity={
            name: Rarity(weight=weight, usual=USUAL[name])
            for name, weight in zip(RARITIES, rarities, strict=True)
        },
        levels=levels,
    )


def as_toml(model: PersonWeights) -> str:
    """The model as a file to read; the comment says how."""
    lines = [
        "# By how much each piece of evidence changes the odds (natural logarithms) that two",
        "# records are one person: [against two of one family, against two strangers].",
        "# Written by tests/benchmarks/repeats/fit_people.py. Never changed: a new one gets a",
        "# new number.",
        f'version = "{model.version}"',
        f'learnt_from = "{model.learnt_from}"',
        f"people = {model.people}",
        f"joined = {model.joined}",
        f"probable = {model.probable}",
        f"start = {_pair(model.start)}",
    ]
    for name, rarity in model.rarity.items():
        lines += [
            "",
            f"[rarity.{name}]",
            f"usual = {rarity.usual}",
            f"weight = {_pair(rarity.weight)}",
        ]
    for sort, levels in model.levels.items():
        lines += ["", f"[levels.{sort}]"]
        lines += [f"{level} = {_pair(weight)}" for level, weight in levels.items()]
    return "\n".join(lines) + "\n"


def _pair(weight: Weight) -> str:
    return str(list(structs.astuple(weight)))


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--joined", type=float, default=0.4, show_default=True)
@click.option("--probable", type=float, default=-2.5, show_default=True)
def main(out: Path, joined: float, probable: float) -> None:
    """Learn a model, write it, and print how it does on the other half at some thresholds."""
    lists = [pairs_of(seed) for seed in SEEDS]
    even = [pairs.odd == 0 for pairs in lists]
    weights = fit(
        np.concatenate([pairs.columns[at] for pairs, at in zip(lists, even, strict=True)]).astype(
            np.float64
        ),
        np.concatenate([pairs.classes[at] for pairs, at in zip(lists, even, strict=True)]),
    )
    model = model_of(weights, out.stem, joined, probable)
    out.write_text(as_toml(model))
    kept = Weighing(model, COUNT)
    columns = np.concatenate([pairs.columns[pairs.odd == 2] for pairs in lists])
    classes = np.concatenate([pairs.classes[pairs.odd == 2] for pairs in lists])
    rounded = np.array([*kept.of_columns()]).T
    found = scores(columns @ rounded.T)
    true = int((classes == 0).sum())
    for threshold in (-0.4, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5):
        at = found >= threshold
        right = int((classes[at] == 0).sum())
        print(
            f"{threshold:5.1f}: precision {right / max(at.sum(), 1):.4f},"
            f" recall among compared {right / true:.4f},"
            f" relatives {(classes[at] == 1).sum() / true:.4f}"
        )


if __name__ == "__main__":
    main()
