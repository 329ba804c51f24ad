"""`karguzar verify` and `checkpoint-key`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click
import psycopg
from msgspec import to_builtins
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import fail, say_json
from api.cli_register import register
from api.composition import signer_of
from infra.access_check import AccessVerdict, verify_accesses
from infra.checkpoints import Kept, notes_under
from infra.log_check import Verdict, verify_log
from infra.notes import Verifier, VerifierKeyInvalid
from infra.settings import Settings

_MOST_PROCESSES = 4
_SAYS = {
    "sound": "[green]Sound.[/] The log is as it was signed.",
    "tampered": "[red]Tampered.[/] The log, or what proves it, isn't as it was recorded.",
    "could-not-check": "[yellow]Not all could be checked.[/] What was checked is sound.",
}

_SAYS_OF_ACCESSES = {
    "sound": "[green]Sound.[/] The access records are as they were signed.",
    "tampered": "[red]Tampered.[/] The access records, or what proves them, were edited.",
    "could-not-check": "[yellow]Not all access records could be checked.[/]",
}


@click.command("verify")
@click.option(
    "--checkpoints",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where checkpoints are kept outside the database; else KARGUZAR_CHECKPOINT_DIR.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="A verifier key, as checkpoint-key prints it; else that of KARGUZAR_SIGNING_KEY_FILE.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    default=min(os.cpu_count() or 1, _MOST_PROCESSES),
    show_default=True,
    help="How many processes read the log at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def verify(
    settings: Settings,
    directory: Path | None,
    keys: tuple[str, ...],
    *,
    processes: int,
    as_json: bool,
) -> None:
    """Read the whole log, and who read in it, and say whether both are as they were signed.

    Ends with 0 if it is, 1 if it was tampered with, 2 if that could not be checked. With a key and
    checkpoints from elsewhere nothing on this server has to be trusted but the reading itself.
    """
    verifiers = _verifiers(settings, keys)
    notes = _notes(directory or settings.proof.checkpoint_dir)
    progress = Progress(
        TextColumn("Reading the log"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=as_json,
    )
    try:
        with register(settings, master_key=False, migrated=False) as conninfo, progress:
            task = progress.add_task("")
            verdict = verify_log(
                conninfo,
                notes,
                verifiers,
                processes=processes,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
            accesses = verify_accesses(conninfo, notes, verifiers)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        fail("The database has no tree yet: run karguzar migrate.")
    except psycopg.Error as error:
        fail(f"The log could not be read: {type(error).__name__}.")
    if as_json:
        say_json(
            {
                **to_builtins(verdict),
                "accesses": {**to_builtins(accesses), "status": accesses.status},
                "status": _worse(verdict.status, accesses.status),
            }
        )
    else:
        _show(verdict)
        _show_accesses(accesses)
    raise SystemExit(_worse(verdict.status, accesses.status))


@click.command("checkpoint-key")
@click.pass_obj
def checkpoint_key(settings: Settings) -> None:
    """Print the key that checkpoints are verified with; give it to whoever shall verify them."""
    signer = signer_of(settings, make=False)
    if signer is None:
        fail(
            f"There is no signing key in {settings.data_dir}: set KARGUZAR_SIGNING_KEY_FILE and "
            "KARGUZAR_LOG_ORIGIN, or KARGUZAR_DATA_DIR to the folder of a register; one in "
            "development makes its key when it first runs (karguzar run)."
        )
    click.echo(str(signer.verifier))


def _worse(*statuses: int) -> int:
    """Tampered with before not checked before sound."""
    return next((status for status in (1, 2) if status in statuses), 0)


def _verifiers(settings: Settings, keys: Sequence[str]) -> list[Verifier]:
    try:
        given = [Verifier.parse(key) for key in keys]
    except VerifierKeyInvalid as invalid:
        fail(str(invalid))
    if given:
        return given
    signer = signer_of(settings, make=False)
    return [signer.verifier] if signer else []


def _notes(directory: Path | None) -> list[Kept]:
    if directory is None:
        return []
    try:
        return list(notes_under(directory))
    except OSError as error:
        fail(f"{directory} can't be read: {error.strerror}.")


def _show(verdict: Verdict) -> None:
    console = Console()
    console.print(_SAYS[verdict.result])
    for finding in verdict.findings:
        console.print(f"[red]✗[/] {finding.sentence} [dim]({finding.kind})[/]", highlight=False)
    for sentence in verdict.unchecked:
        console.print(f"[yellow]?[/] {sentence}", highlight=False)
    console.print(
        f"{verdict.events} events, {verdict.hashed} of them in the tree; "
        f"{verdict.checkpoints_outside} good checkpoints outside the database bear out the first "
        f"{verdict.proved}. {verdict.seconds:.1f} s.",
        highlight=False,
    )
    if behind := verdict.events - verdict.proved:
        console.print(
            f"The last {behind} are behind the newest of them: nothing outside the database "
            "shows yet that they are whole.",
            highlight=False,
        )


def _show_accesses(verdict: AccessVerdict) -> None:
    console = Console()
    console.print(_SAYS_OF_ACCESSES[verdict.result])
    for finding in verdict.findings:
        console.print(f"[red]✗[/] {finding.sentence} [dim]({finding.kind})[/]", highlight=False)
    for sentence in verdict.unchecked:
        console.print(f"[yellow]?[/] {sentence}", highlight=False)
    console.print(
        f"{verdict.records} access records, {verdict.hashed} of them in their tree; checkpoints "
        f"outside the database bear out the first {verdict.proved}.",
        highlight=False,
    )
