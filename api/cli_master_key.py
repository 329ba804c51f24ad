"""`karguzar master-key`: change the key that wraps the persons' keys."""

import sys
from pathlib import Path

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from infra.destruction import WITH_KEYS, rewrite
from infra.key_rotation import KeysLeft, RotationUnderWay, rotate
from infra.master_key import RegisterRuns
from infra.master_key_settings import KeyUnreadable, key_from_command, key_in_file
from infra.settings import Settings

_SAME = (
    "The new key is the old one: make another, for instance with openssl rand -base64 32, and name "
    "that one."
)
_ROTATE_HELP = """Wrap every person's key with a new master key.

\b
The register is stopped:  karguzar master-key rotate --new-file NEW
                          with the old key still set; then set the new one and start.
It goes on running:       start it with the new key as its master key and the old one as
                          KARGUZAR_MASTER_KEY_PREVIOUS_FILE; then, with the same settings,
                          karguzar master-key rotate; then remove the old one.

The persons' keys and the log stay as they are. After a kill, the same command goes on; given
twice it does nothing more. Keep the old key as long as you keep backups made under it.
"""


@click.group("master-key")
def master_key() -> None:
    """The key outside the database that wraps the persons' keys."""


@master_key.command("rotate", help=_ROTATE_HELP)
@click.option(
    "--new-file", type=click.Path(dir_okay=False, path_type=Path), help="File with the new key."
)
@click.option("--new-command", help="Command that prints the new key; run without a shell.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rotate_command(
    settings: Settings, *, new_file: Path | None, new_command: str | None, as_json: bool
) -> None:
    new, old = _keys(settings, new_file, new_command)
    if new == old:
        fail(_SAME)
    progress = Progress(
        TextColumn("Wrapping keys"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=as_json or not sys.stderr.isatty(),
    )
    with (
        register(settings) as conninfo,
        progress,
        psycopg.connect(conninfo, autocommit=True) as conn,
    ):
        task = progress.add_task("")
        try:
            wrapped = rotate(
                conn,
                new,
                old,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        except (RegisterRuns, RotationUnderWay, KeysLeft) as refusal:
            fail(str(refusal), status=1)
        # What the old key wrapped may not stay behind in the table's files.
        rewrite(conn, WITH_KEYS)
    if as_json:
        say_json({"wrapped": wrapped})
        return
    set_new = " Now set the new key as the master key." if new_file or new_command else ""
    click.echo(f"{wrapped} keys were wrapped anew.{set_new}")


def _keys(
    settings: Settings, new_file: Path | None, new_command: str | None
) -> tuple[bytes, bytes]:
    if new_file and new_command:
        fail("Give --new-file or --new-command, not both.")
    try:
        if new_file:
            return key_in_file(new_file), settings.master_key
        if new_command:
            return key_from_command(new_command), settings.master_key
    except KeyUnreadable as unreadable:
        fail(f"{'--new-file' if new_file else '--new-command'} {unreadable}")
    if settings.previous_master_key is None:
        fail(
            "Name the new key with --new-file or --new-command; or set it as the master key, and "
            "the old one as KARGUZAR_MASTER_KEY_PREVIOUS_FILE."
        )
    return settings.master_key, settings.previous_master_key
