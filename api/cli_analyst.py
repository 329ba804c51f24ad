"""`karguzar analyst`: logins to the database for those who read the analysts' views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import psycopg
from msgspec import to_builtins
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from api.cli import fail, say_json
from api.cli_register import register
from api.cli_tables import columns_of
from api.composition import key_ring, prepare
from infra.analyst_limits import LIMITS
from infra.analysts import (
    LoginNotFitting,
    LoginTaken,
    MayNotMakeRoles,
    NoConnectionsLeft,
    NoSuchAnalyst,
    OfficialTaken,
    add_analyst,
    analysts,
    remove_analyst,
)
from infra.pseudonyms import PurposeNotFitting, pseudonyms_for
from infra.settings import Settings

_REFUSALS = (
    LoginNotFitting,
    LoginTaken,
    MayNotMakeRoles,
    NoConnectionsLeft,
    NoSuchAnalyst,
    OfficialTaken,
    PurposeNotFitting,
)
_HERE = "the socket's folder"


@click.group()
def analyst() -> None:
    """Logins to the database that read the schema analytics and nothing else."""


@analyst.command("add")
@click.argument("login")
@click.option("--purpose", required=True, help="What for: pseudonyms are the same for one purpose.")
@click.option("--official", help="Whose requests over HTTP have the same pseudonyms.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def add(
    settings: Settings, login: str, purpose: str, official: str | None, *, as_json: bool
) -> None:
    """Make LOGIN and print its password, which is kept nowhere."""
    with _opened(settings) as (conn, conninfo):
        pseudonyms = pseudonyms_for(conn.cursor(), key_ring(settings), purpose)
        password = add_analyst(conn, login, purpose, pseudonyms, official=official)
    address = conninfo_to_dict(conninfo)
    if as_json:
        place = {name: address.get(name) for name in ("host", "port", "dbname")}
        say_json({"login": login, "purpose": purpose, "password": password, **place})
        return
    console = Console()
    console.print(f"[bold]{login}[/] reads the schema analytics for: {purpose}")
    console.print(f"Password: {password}", highlight=False)
    console.print(
        f"Database {address.get('dbname')} at {address.get('host') or _HERE}, "
        f"port {address.get('port') or '5432'}; {LIMITS.connections} connections, "
        f"{LIMITS.statement_seconds:g} s a query. What there is: docs/analytics.md",
        highlight=False,
    )


@analyst.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def list_command(settings: Settings, *, as_json: bool) -> None:
    """The logins, what for, and whose."""
    with _opened(settings) as (conn, _):
        found = analysts(conn)
    if as_json:
        say_json(to_builtins(found))
        return
    table = columns_of("login", "purpose", "official", "connections")
    for each in found:
        table.add_row(each.login, each.purpose, each.official or "", str(each.connections))
    Console().print(table)


@analyst.command("remove")
@click.argument("login")
@click.pass_obj
def remove(settings: Settings, login: str) -> None:
    """Take LOGIN away and end what it is doing; its purpose keeps its pseudonyms."""
    with _opened(settings) as (conn, _):
        remove_analyst(conn, login)
    click.echo(f"{login} is removed.")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """The register's database, as whoever logs in to it; a refusal ends with its sentence."""
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        try:
            with psycopg.connect(conninfo, autocommit=True) as conn:
                yield conn, conninfo
        except _REFUSALS as refusal:
            fail(str(refusal))
