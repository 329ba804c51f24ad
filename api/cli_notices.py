"""`karguzar notices`: what was sent, what waits, what failed, and sending it once more."""

from typing import Any

import click
import psycopg
from rich.console import Console

from api.cli import say_json
from api.cli_register import register
from api.cli_tables import columns_of
from api.composition import prepare
from infra.settings import Settings

_SHOWN = 50


@click.command("notices")
@click.option("--retry", is_flag=True, help="Let all that failed be tried again from now on.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def notices(settings: Settings, *, retry: bool, as_json: bool) -> None:
    """Count the notices of due dates by the way they leave, and show those that failed.

    A notice fails when its relay or webhook refused it for good, or six times in some seven
    hours. Mend the cause, then run this with --retry; readers know a repeat by its id.
    """
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        with psycopg.connect(conninfo, autocommit=True) as conn:
            again = _retry(conn) if retry else 0
            counts = conn.execute(
                "SELECT channel, state, count(*) FROM karguzar.notices "
                "WHERE channel <> 'register' GROUP BY 1, 2 ORDER BY 1, 2"
            ).fetchall()
            failed = conn.execute(
                "SELECT notice_id::text, channel, official, clock, due_on::text, tries, error "
                "FROM karguzar.notices WHERE state = 'failed' ORDER BY next_try_at DESC LIMIT %s",
                (_SHOWN,),
            ).fetchall()
    if as_json:
        names = ("notice_id", "channel", "official", "clock", "due_on", "tries", "error")
        say_json(
            {
                "counts": [
                    {"channel": channel, "state": state, "notices": count}
                    for channel, state, count in counts
                ],
                "failed": [dict(zip(names, row, strict=True)) for row in failed],
                "tried_again": again,
            }
        )
        return
    console = Console()
    if retry:
        console.print(f"{again} notices are tried again.")
    if not counts:
        console.print("No notice has left the register by mail or webhook yet.")
        return
    table = columns_of("way", "state", "notices")
    for channel, state, count in counts:
        table.add_row(channel, state, str(count))
    console.print(table)
    if failed:
        wrong = columns_of("failed", "way", "official", "clock", "due on", "tries", "why")
        for row in failed:
            wrong.add_row(*map(str, row))
        console.print(wrong)


def _retry(conn: psycopg.Connection[Any]) -> int:
    return conn.execute(
        "UPDATE karguzar.notices SET state = 'waiting', tries = 0, next_try_at = now() "
        "WHERE state = 'failed'"
    ).rowcount
