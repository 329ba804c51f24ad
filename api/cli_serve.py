"""`karguzar run`, `serve` and `migrate`."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from msgspec.structs import replace
from rich.console import Console

from api.cli import fail, say_json
from api.composition import database, prepare
from api.development_issuer import NoKeyInFile
from api.serve import serve
from infra.migrate import migrate
from infra.settings import Settings

_STARTED = time.monotonic()


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer requests.")
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.pass_obj
def serve_command(
    settings: Settings, workers: int | None, host: str | None, port: int | None
) -> None:
    """Answer requests; keep the read models; carry out the policies."""
    settings = replace(
        settings,
        workers=workers or settings.workers,
        host=host or settings.host,
        port=port or settings.port,
    )
    _refuse_to_show_development(settings)
    with database(settings) as conninfo:
        for name in prepare(settings, conninfo):
            Console(stderr=True).print(
                f"[yellow]{name} is of an older version: run karguzar rebuild {name}[/]"
            )
        try:
            serve(settings, conninfo)
        except OSError as error:
            fail(f"{settings.host}:{settings.port} can't be listened on: {error.strerror}")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--cases", default=450, show_default=True, help="Demo cases to make the first time.")
@click.pass_obj
def run(settings: Settings, port: int | None, cases: int) -> None:
    """Everything at once, with demo data: for a first look and for development."""
    from api.cli_demo import fill_demo, print_tokens  # noqa: PLC0415 - Faker loads slowly

    settings = replace(settings, port=port or settings.port)
    if settings.environment != "development":
        fail("karguzar run brings demo data: it is for development. Use karguzar serve.")
    console = Console()
    with database(settings) as conninfo:
        prepare(settings, conninfo)
        today = datetime.now(ZoneInfo(settings.time_zone)).date()
        fill_demo(settings, conninfo, today=today, cases=cases, console=console)

        def ready() -> None:
            base = f"http://{settings.host}:{settings.port}"
            console.print(f"\n[bold]Karguzar[/] answers at [link]{base}[/]")
            console.print(f"  {base}/              the pages: choose whom to be")
            console.print(f"  {base}/schema        every request, with examples")
            console.print(f"  {base}/ready         database and read models")
            print_tokens(settings, console)
            console.print("\nStop it with Ctrl-C.")

        try:
            serve(settings, conninfo, ready=ready)
        except OSError as error:
            fail(f"{settings.host}:{settings.port} can't be listened on: {error.strerror}")
        except NoKeyInFile as error:
            fail(str(error))


@click.command("migrate")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def migrate_command(settings: Settings, *, as_json: bool) -> None:
    """Bring the database's schema up to date; safe to repeat."""
    with database(settings) as conninfo:
        applied = migrate(conninfo)
    if as_json:
        say_json({"applied": applied})
    elif applied:
        click.echo("Applied: " + ", ".join(applied))
    else:
        click.echo("Nothing to apply: the schema is up to date.")


def _refuse_to_show_development(settings: Settings) -> None:
    if settings.environment == "development" and settings.host not in {
        "127.0.0.1",
        "localhost",
        "::1",
    }:
        fail(
            "In development only this machine may connect: anyone could be given a token. "
            "Set KARGUZAR_ENVIRONMENT=production with your own issuer, or listen on 127.0.0.1."
        )
