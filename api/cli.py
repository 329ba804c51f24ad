"""The command line: `karguzar`."""

import json
import os
import sys
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape

from infra.keys import WrongMasterKey
from infra.logging import configure_logging
from infra.settings import Settings, SettingsInvalid, settings_from

COMMANDS = {
    "run": "api.cli_serve:run",
    "serve": "api.cli_serve:serve_command",
    "migrate": "api.cli_serve:migrate_command",
    "demo": "api.cli_demo:demo",
    "token": "api.cli_demo:token",
    "import": "api.cli_import:import_command",
    "repeats": "api.cli_repeats:repeats",
    "organisation": "api.cli_demo:organisation",
    "deadline": "api.cli_deadline:deadline",
    "calendar": "api.cli_calendar:calendar",
    "history": "api.cli_read:history",
    "audit": "api.cli_audit:audit",
    "as-of": "api.cli_as_of:as_of",
    "report": "api.cli_report:report",
    "export": "api.cli_export:export",
    "analyst": "api.cli_analyst:analyst",
    "notices": "api.cli_notices:notices",
    "rebuild": "api.cli_read:rebuild_command",
    "doctor": "api.cli_read:doctor",
    "retention": "api.cli_retention:retention",
    "master-key": "api.cli_master_key:master_key",
    "verify": "api.cli_verify:verify",
    "checkpoint-key": "api.cli_verify:checkpoint_key",
}
"""Loaded when called, so that each starts quickly."""
_BEGIN = frozenset({"run", "serve", "migrate", "demo"})
"""Only these begin a register where there is none: its folder, keys and database."""
_HELP = """Karguzar: the register behind a department that answers to citizens.

Settings come from the environment (KARGUZAR_DATABASE_URL, KARGUZAR_PORT, …); without a
database URL the embedded PostgreSQL under .karguzar is used.

\b
Start here:        karguzar run
A case's history:  karguzar history CASE
"""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(__import__(module, fromlist=[name]), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except WrongMasterKey as wrong:
            fail(str(wrong))


@click.group(cls=_Lazy, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="karguzar")
@click.pass_context
def main(ctx: click.Context) -> None:
    if "--help" in sys.argv or "-h" in sys.argv:
        return
    ctx.obj = read_settings(begin=ctx.invoked_subcommand in _BEGIN)
    configure_logging(ctx.obj.log_level, console=sys.stderr.isatty())


def read_settings(*, begin: bool) -> Settings:
    """The settings, or an end with each wrong one named. Only to *begin* a register makes keys."""
    try:
        return settings_from(os.environ, begin=begin)
    except SettingsInvalid as invalid:
        fail(*invalid.sentences)


def fail(*sentences: str, status: int = 2) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    console = Console(stderr=True)
    for sentence in sentences:
        console.print(f"[red]✗[/] {escape(sentence)}", highlight=False)
    sys.exit(status)


def say_json(value: Any) -> None:
    """One JSON object on standard output, for scripts."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
