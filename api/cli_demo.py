"""`karguzar demo`, `token` and `organisation`."""

import tomllib
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import ValidationError, convert
from rich.console import Console
from rich.progress import Progress

from api.cli import fail
from api.cli_register import register
from api.composition import database, make_desk, prepare
from api.development_issuer import DevelopmentIssuer, NoKeyInFile, NoKeyYet, NotInDevelopment
from api.documents import Documents
from application.caller import Role
from infra.organisation import NoSuchOfficial, Official, Unit, put_organisation
from infra.settings import Settings

if TYPE_CHECKING:  # Faker loads slowly
    from application.demo_archive import KeptDocument

_ORGANISATION_HELP = """Enter units and officials from a TOML FILE; those that exist are
brought up to date.

Heads and leaders are told what is overdue; officials with an email get notices by mail too.

\b
leaders = ["chair"]

\b
[[units]]
unit = "pensions"
name = "Pensiya şöbəsi"
parent = "agency"
head = "pensions-head"

\b
[[officials]]
official = "pensions-head"
unit = "pensions"
name = "…"
email = "pensions-head@agency.example"
language = "az"
"""
_GIVEN = [role for role in Role if role is not Role.SYSTEM]


@click.command()
@click.option("--cases", default=450, show_default=True, help="How many cases to make.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same cases.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the demo ends on.")
@click.pass_obj
def demo(settings: Settings, cases: int, seed: int, today: datetime | None) -> None:
    """Fill the register with an agency's last six months, and some of a year before.

    Run again, it adds nothing.
    """
    if settings.environment != "development":
        fail("Demo data is for development.")
    day = today.date() if today else datetime.now(ZoneInfo(settings.time_zone)).date()
    with database(settings) as conninfo:
        prepare(settings, conninfo)
        fill_demo(settings, conninfo, today=day, cases=cases, console=Console(), seed=seed)


def fill_demo(
    settings: Settings,
    conninfo: str,
    *,
    today: date,
    cases: int,
    console: Console,
    seed: int = 1,
) -> None:
    """The demo's organisation and cases, unless the register already has events."""
    from application.demo import seed_demo  # noqa: PLC0415 - Faker loads slowly

    with psycopg.connect(conninfo, autocommit=True) as conn:
        row = conn.execute("SELECT position FROM karguzar.log_head").fetchone()
        if row and row[0]:
            console.print(f"The register holds {row[0]} events already: no demo data added.")
            return
        desk = make_desk(settings, conninfo)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Demo data", total=cases)
            summary = seed_demo(
                desk,
                conn,
                today=today,
                seed=seed,
                cases=cases,
                progress=lambda done: progress.update(task, completed=done),
                keep=partial(_kept, Documents(desk)),
            )
        desk.close()
    console.print(f"Demo: {summary.cases} cases, {summary.events} events.")


def _kept(documents: Documents, kept: "KeptDocument") -> None:
    documents.store(
        kept.case_id,
        kept.owner,
        kept.document.sha256,
        kept.document.media_type,
        kept.content,
    )


def print_tokens(settings: Settings, console: Console) -> None:
    """A token for each role of the demo's officials."""
    from application.demo import DEMO_CALLERS  # noqa: PLC0415 - Faker loads slowly

    issuer = DevelopmentIssuer(settings)
    console.print("\nA token for each role (Authorization: Bearer …):")
    for role in _GIVEN:
        official, unit = DEMO_CALLERS[role]
        click.echo(f"  {role:<16} {issuer.issue(official, unit, [role])}")


@click.command()
@click.argument("roles", nargs=-1, required=True, type=click.Choice([str(r) for r in _GIVEN]))
@click.option("--official", required=True, help="The official's id.")
@click.option("--unit", required=True, help="The official's unit.")
@click.option("--client", default="development", show_default=True, help="The client program.")
@click.option("--may-act-for", multiple=True, help="An official whom this one deputises.")
@click.pass_obj
def token(
    settings: Settings,
    roles: tuple[str, ...],
    official: str,
    unit: str,
    client: str,
    may_act_for: tuple[str, ...],
) -> None:
    """Print a development token with ROLES."""
    try:
        issuer = DevelopmentIssuer(settings, make=False)
    except (NoKeyInFile, NoKeyYet, NotInDevelopment) as refusal:
        fail(str(refusal))
    granted = [Role(role) for role in roles]
    click.echo(issuer.issue(official, unit, granted, client=client, may_act_for=may_act_for))


@click.command(help=_ORGANISATION_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def organisation(settings: Settings, file: Path) -> None:
    try:
        content = tomllib.loads(file.read_text())
        units = convert(content.get("units", []), list[Unit])
        officials = convert(content.get("officials", []), list[Official])
        leaders = convert(content.get("leaders"), list[str] | None)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        fail(f"{file}: {error}")
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        with psycopg.connect(conninfo, autocommit=True) as conn:
            try:
                put_organisation(conn, units, officials, leaders)
            except psycopg.errors.ForeignKeyViolation:
                fail(f"{file}: a unit or official names a unit that isn't there; parents first")
            except NoSuchOfficial as refusal:
                fail(f"{file}: {refusal}")
    click.echo(f"{len(units)} units and {len(officials)} officials entered.")
