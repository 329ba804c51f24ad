"""`python -m tests.made_people`: writes made-up people, or appeals, with the truth beside them."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

import click
from rich.console import Console
from rich.progress import track

from tests.made_people.appeals import make_appeals, write_appeals
from tests.made_people.people import make_people, write_people

T = TypeVar("T")
OUT = click.Path(dir_okay=False, path_type=Path)
count_option = click.option("--count", default=20_000, type=click.IntRange(1), show_default=True)
seed_option = click.option(
    "--seed", default=1, show_default=True, help="The same seed writes the same file."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Made-up people and appeals in Azerbaijani, Turkish and Georgian, whose truth is known.

    Records with the same person_no are one person; those with the same household_no are kin or
    live with them. Appeals with the same matter_no are one matter. The column errors says what was
    done to a record. A matcher may read none of these four.

    All rates stand in tests/made_people/rates.toml. Nobody in these files exists.
    """


@main.command()
@count_option
@seed_option
@click.option("--out", type=OUT, help="The CSV file; without it, standard output.")
def people(count: int, seed: int, out: Path | None) -> None:
    """Write records of people.

    \b
    python -m tests.made_people people --count 20000 --seed 1 --out people.csv
    """
    with _opened(out) as file:
        write_people(_counted(make_people(count, seed), count, out), file)


@main.command()
@count_option
@seed_option
@click.option("--out", type=OUT, help="The CSV file; without it, standard output.")
@click.option("--applicants", type=OUT, help="Another file, for the record of who wrote each.")
def appeals(count: int, seed: int, out: Path | None, applicants: Path | None) -> None:
    """Write appeals, by the people of the same seed.

    An applicant's record_id is the appeal_no.

    \b
    python -m tests.made_people appeals --count 5000 --seed 1 --out appeals.csv \\
        --applicants applicants.csv
    """
    with _opened(out) as file:
        written = write_appeals(_counted(make_appeals(count, seed), count, out), file)
        if applicants is None:
            deque(written, maxlen=0)
            return
        with _opened(applicants) as others:
            write_people(written, others)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        yield file


def _counted(things: Iterable[T], count: int, out: Path | None) -> Iterable[T]:
    shown = out is not None and sys.stderr.isatty()
    console = Console(stderr=True)
    return track(things, "made", total=count, console=console) if shown else things


if __name__ == "__main__":
    main()
