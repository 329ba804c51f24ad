"""``karguzar repeats``: who stands in a list of people more than once."""

import csv
import os
import sys
import time
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import Any, Self

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.cli import fail, say_json
from api.cli_returns import returns
from application.likeness import Likeness
from application.people_list import COLUMNS, ListUnreadable, PeopleList, people_list
from application.person_pairs import Pairs, compare, prepare
from infra.repeats.models import people_model
from infra.repeats.words import LANGUAGES, words

_AT_ONCE = 10_000
_OUT = ("verdict", "score", "chance", "line", "other_line", "person", "other_person", "reasons")
_DOES = {"read": "Reading and normalising", "compare": "Comparing"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MATCH_HELP = f"""Find the pairs of rows in FILE that are one person, each with its reasons.

FILE is a CSV, plain or gzipped, whose first line names the columns. Spellings of one name in
Azerbaijani, Turkish, Georgian and Russian letters, or without their signs, are compared as one;
so are parts in another order, initials, a missing patronymic and typing errors. Members of one
family, twins too, are told apart by their given names.

Columns with usual headings (Soyadı, Ad, FİN, Telefon, გვარი, Отчество, date of birth, ...) are
found by themselves; what was found is told. Otherwise say which is which. The fields are
{", ".join(COLUMNS)}.

\b
karguzar repeats match-people citizens.csv --out pairs.csv
karguzar repeats match-people old.csv --columns whole-name=SAA,born=Tarix,address=City+Street \\
    --out pairs.csv
karguzar repeats match-people list.csv --encoding cp1254 --separator ';' --out pairs.csv

PAIRS.csv has the likeliest pairs first. A verdict of "same" is beyond the threshold that the
model sets for a list of this size; "perhaps" is worth a look. Nothing is merged: a person decides.
Needs no database and no network.
"""


@click.group("repeats")
def repeats() -> None:
    """Find people who stand in a list more than once; count answers that people came back after."""


repeats.add_command(returns)


@repeats.command("match-people", help=_MATCH_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--columns", metavar="MAP", help="FIELD=COLUMN,…; several columns: address=City+Street."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the pairs are written; the file must not be there yet.",
)
@click.option("--encoding", default="utf-8-sig", show_default="utf-8", help="Of FILE.")
@click.option("--separator", help="What separates FILE's columns; guessed from its first line.")
@click.option("--only-same", is_flag=True, help="Leave out what is only worth a look.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    help="Of the reasons.",
    show_default=True,
)
@click.option("--processes", type=click.IntRange(1, 16), default=2, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Tell the result as JSON.")
def match_people(  # noqa: PLR0913 - its options
    *,
    file: Path,
    columns: str | None,
    out: Path,
    encoding: str,
    separator: str | None,
    only_same: bool,
    language: str,
    processes: int,
    as_json: bool,
) -> None:
    if out.exists():
        fail(f"{out} is there already: name another file, or move it away.")
    began = time.perf_counter()
    model = people_model()
    try:
        people = people_list(file, columns=columns, encoding=encoding, separator=separator)
        if not as_json:
            _tell_columns(people)
        with _Steps() as steps:
            prepared = prepare(people.rows, processes=processes, progress=steps.told)
            pairs = compare(prepared, model, processes=processes, progress=steps.told)
        least = model.joined if only_same else model.probable
        count = int((pairs.score >= least).sum())
        _write(out, people, pairs, count, language)
    except ListUnreadable as unreadable:
        fail(str(unreadable))
    except OSError as error:
        fail(f"{out} can't be written: {error.strerror}.")
    summary = {
        "rows": pairs.people,
        "columns": people.told,
        "compared": pairs.compared,
        "blocks_passed_over": pairs.passed_over,
        "same": int((pairs.score >= model.joined).sum()),
        "perhaps": int((pairs.score < model.joined).sum()),
        "written": count,
        "model": model.version,
        "out": str(out),
        "seconds": round(time.perf_counter() - began, 1),
    }
    if as_json:
        say_json(summary)
    else:
        _show(summary)


class _Steps:
    """Progress of the two steps on the error stream, where somebody is looking."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        self._tasks = {
            step: self._progress.add_task(does, total=None) for step, does in _DOES.items()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def told(self, step: str, done: int, total: int) -> None:
        self._progress.update(self._tasks[step], completed=done, total=total)


def _tell_columns(people: PeopleList) -> None:
    for field, column in people.told.items():
        click.echo(f"{field}: {column}", err=True)


def _write(out: Path, people: PeopleList, pairs: Pairs, count: int, language: str) -> None:
    """The whole file or none of it, readable by nobody else."""
    wanted = {int(row) for row in np.concatenate((pairs.left[:count], pairs.right[:count]))}
    texts = {
        at: (line, " · ".join(filter(None, row)))
        for at, (line, row) in enumerate(people.lines())
        if at in wanted
    }
    part = out.with_name(f"{out.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            os.fchmod(file.fileno(), 0o600)
            writer = csv.writer(file)
            writer.writerow(_OUT)
            for begin in range(0, count, _AT_ONCE):
                at = np.arange(begin, min(begin + _AT_ONCE, count))
                writer.writerows(_lines(at, pairs, texts, language))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _lines(
    at: Any, pairs: Pairs, texts: dict[int, tuple[int, str]], language: str
) -> Iterator[tuple[str, ...]]:
    told = pairs.told(people_model(), at)
    rows = zip(pairs.left[at].tolist(), pairs.right[at].tolist(), told, strict=True)
    for left, right, likeness in rows:
        line, person = texts[left]
        other_line, other = texts[right]
        yield (
            "same" if likeness.joined else "perhaps",
            f"{likeness.score:.2f}",
            f"{1 / (1 + exp(-likeness.score)):.3f}",
            str(line),
            str(other_line),
            _no_formula(person),
            _no_formula(other),
            _reasons(likeness, language),
        )


def _reasons(likeness: Likeness, language: str) -> str:
    said = words(language)
    return "; ".join(f"{said[reason.code]} {reason.weight:+.1f}" for reason in likeness.reasons)


def _no_formula(text: str) -> str:
    """So that a spreadsheet shows what was entered and reckons nothing with it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _show(summary: dict[str, Any]) -> None:
    console = Console()
    table = Table(box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for key, what in (
        ("rows", "rows"),
        ("compared", "pairs compared"),
        ("same", "pairs that are one person"),
        ("perhaps", "pairs worth a look"),
    ):
        table.add_row(f"{summary[key]:,}", what)
    if summary["blocks_passed_over"]:
        table.add_row(
            f"{summary['blocks_passed_over']:,}",
            "common keys, such as a frequent name, used only together with a date, number or place",
        )
    table.add_row(f"{summary['seconds']}", "seconds")
    console.print(table)
    console.print(
        f"{summary['out']} holds personal data: only your account can read it."
        " Delete it when done.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if not summary["written"]:
        sys.stderr.write("No pair was found.\n")
