"""`karguzar repeats returns`: after how many answers people came back."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
import psycopg
from msgspec import to_builtins
from rich.console import Console

from api.access_records import filters
from api.as_of import AsOf, as_of_now, read_as_of
from api.cli import fail, say_json
from api.cli_instants import PositionOrInstant
from api.cli_register import register
from api.cli_tables import columns_of
from api.operator import put_on_record, read_by_operator
from api.return_figures import Figures, Share, figures
from api.returns import YEAR, period_of
from domain.access_record import Action
from domain.case import NotFitting
from infra.eventstore import ROLE
from infra.settings import Settings
from projections.returns import LONGEST_WITHIN, Asked, By, Returns, count_returns, latest

_EVERYTHING: tuple[str, dict[str, Any]] = ("true", {})
_DAY = click.DateTime(["%Y-%m-%d"])
_BEHIND = "The read models of returns have come to position {seen} so far; try again later."


_HELP = """Tell after how many answers people came back, by who gave them, on what or how.

The rate is of the answers that had time to be returned to: those given at least --within days
ago. FIRST TIME is the share of first answers that nobody came back after.

\b
karguzar repeats returns --by unit --from 2026-01-01 --to 2026-03-31
karguzar repeats returns --by topic --by answer --as-of 2026-04-01
"""


@click.command("returns", help=_HELP)
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    multiple=True,
    default=["unit"],
    show_default=True,
    help="What to count by; given twice, by both.",
)
@click.option("--from", "since", type=_DAY, help="Answers of this day and later; else of a year.")
@click.option("--to", "until", type=_DAY, help="Answers up to this day; else up to the last.")
@click.option(
    "--within",
    type=click.IntRange(1, LONGEST_WITHIN),
    default=90,
    show_default=True,
    help="A return counts that comes within so many days.",
)
@click.option("--as-of", "known", type=PositionOrInstant(), help="As it was known then.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def returns(
    settings: Settings,
    *,
    by: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    within: int,
    known: str | None,
    as_json: bool,
) -> None:
    """After how many answers people came back."""
    zone = ZoneInfo(settings.time_zone)
    columns = [By(name) for name in dict.fromkeys(by)]
    with register(settings) as conninfo:
        try:
            at, asked, found = asyncio.run(
                _read(conninfo, zone, columns, _day(since), _day(until), within, known)
            )
        except NotFitting as error:
            fail(str(error), status=1)
        query = filters({"from": asked.since, "to": asked.until, "within": within})
        query |= {"by": [*columns], "on": at.on.isoformat()}
        read = read_by_operator(
            Action.COUNTS_READ, "repeats returns", query=query, position=at.position
        )
        put_on_record(conninfo, read)
    rows, total = figures(columns, found.groups, small_told=True)
    if as_json:
        answer = {"as_of": at, "from": asked.since, "to": asked.until, "within": within}
        answer |= {"rows": rows, "total": total, "without_answer": found.without_answer}
        say_json(to_builtins(answer))
        return
    _show(columns, rows, total)


async def _read(
    conninfo: str,
    zone: ZoneInfo,
    by: Sequence[By],
    since: date | None,
    until: date | None,
    within: int,
    known: str | None,
) -> tuple[AsOf, Asked, Returns]:
    conn: psycopg.AsyncConnection[Any]
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        seen = await latest(conn)
        at = await read_as_of(conn, zone, known) if known else as_of_now(zone, seen)
        if at.position > seen:
            fail(_BEHIND.format(seen=seen), status=1)
        first, last = period_of(since, until, at.on, days=YEAR)
        asked = Asked(
            at=at.position,
            on=at.on,
            since=first,
            until=last,
            within=within,
            zone=zone.key,
            sight=_EVERYTHING,
        )
        return at, asked, await count_returns(conn, asked, by)


def _show(by: Sequence[By], rows: Sequence[Figures], total: Figures) -> None:
    headings = ("answers", "had time", "came back", "rate", "on time", "but back", "first time")
    table = columns_of(*by, *headings)
    for row in (*rows, total):
        named = [str(row.group.get(each) or "-") if row.group else "" for each in by]
        back = row.returned
        table.add_row(
            *named,
            str(row.answers),
            str(row.had_time),
            str(back.count) if back else "",
            _rate(back),
            _rate(row.on_time),
            _rate(row.on_time_returned),
            _rate(row.first_time_right),
        )
    Console().print(table)


def _rate(share: Share | None) -> str:
    if share is None or share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{share.share:.1%} ({share.low:.1%} to {share.high:.1%})"


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
