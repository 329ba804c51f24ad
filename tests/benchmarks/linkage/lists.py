"""The lists that are searched for pairs, as files, with their truth."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.spelling import fold
from tests.benchmarks.linkage.scores import Found
from tests.febrl import FebrlList
from tests.made_people.appeals import MadeAppeal
from tests.made_people.people import MadePerson

FIELDS = ("surname", "name", "patronymic", "birth_date", "phone", "fin", "email", "address")
APPEAL_FIELDS = ("topic", "subject", "text", "complained_of", "region")
_NAMES = ("surname", "name", "patronymic", "address")
_FEBRL_ONLY = ("street_number", "postcode", "street", "suburb", "state")
_PHONE_DIGITS = 9


class List(Struct, frozen=True):
    """``file`` as it was entered; ``folded`` the same by our spelling, for peers that have none."""

    file: Path
    folded: Path
    truth: NDArray[np.int64]
    households: NDArray[np.int64]
    across: int | None = None

    def found(self, left: NDArray[np.int64], right: NDArray[np.int64], score: NDArray[np.float64],
              ) -> Found:  # fmt: skip
        return Found(self.truth, left, right, score, households=self.households, across=self.across)


def people_list(folder: Path, name: str, people: Iterable[MadePerson]) -> List:
    """Written a record at a time."""
    truth: list[int] = []
    households: list[int] = []

    def records() -> Iterator[dict[str, str]]:
        for person in people:
            truth.append(person.person_no)
            households.append(person.household_no)
            yield {field: getattr(person, field) for field in FIELDS}

    files = _written(folder, name, FIELDS, records())
    return List(*files, np.array(truth), np.array(households))


def febrl_list(folder: Path, name: str, febrl: FebrlList) -> List:
    columns = (*FIELDS, *_FEBRL_ONLY)
    records = ({column: record.get(column, "") for column in columns} for record in febrl.records)
    files = _written(folder, name, columns, records)
    truth = np.array(febrl.truth)
    return List(*files, truth, np.arange(len(truth)), febrl.across)


def appeals_list(folder: Path, name: str, appeals: Iterable[MadeAppeal]) -> List:
    file = folder / f"{name}.csv"
    truth, households = [], []
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, APPEAL_FIELDS)
        writer.writeheader()
        for appeal in appeals:
            truth.append(appeal.matter_no)
            households.append(appeal.household_no)
            writer.writerow({field: getattr(appeal, field) for field in APPEAL_FIELDS})
    return List(file, file, np.array(truth), np.array(households))


def _written(
    folder: Path, name: str, columns: Iterable[str], records: Iterable[dict[str, str]]
) -> tuple[Path, Path]:
    files = folder / f"{name}.csv", folder / f"{name}-folded.csv"
    with files[0].open("w", newline="") as own, files[1].open("w", newline="") as folded:
        writers = [csv.DictWriter(file, list(columns)) for file in (own, folded)]
        for writer in writers:
            writer.writeheader()
        for record in records:
            writers[0].writerow(record)
            writers[1].writerow(record | {part: fold(record[part]) for part in _NAMES} | {
                "phone": re.sub(r"\D", "", record["phone"])[-_PHONE_DIGITS:],
            })  # fmt: skip
    return files
