"""What `--help` shows: examples stand as they were written."""

from collections.abc import Iterator
from inspect import cleandoc

import click
import pytest
from click.testing import CliRunner

from api.cli import main


def helps(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from helps(command, (*path, name))
        else:
            yield (*path, name)


def written(path: tuple[str, ...]) -> str:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found
        command = found
    return cleandoc(command.help or "")


@pytest.mark.parametrize("path", list(helps()), ids=" ".join)
def test_the_examples_of_a_help_keep_their_lines(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path, "--help"]).output
    assert "\\b" not in shown
    assert "\b" not in shown
    lines = {line.strip() for line in shown.splitlines()}
    for paragraph in written(path).split("\n\n"):
        own_lines = paragraph.splitlines()
        kept = own_lines[:1] == ["\b"]
        for line in own_lines:
            looks_kept = line.startswith(("karguzar ", "[[")) or " = " in line
            if line != "\b" and (kept or looks_kept):
                assert line.strip() in lines


def test_the_help_of_import_names_the_shipped_mappings() -> None:
    shown = CliRunner().invoke(main, ["import", "--help"]).output
    assert "municipal-receipt-log" in shown
