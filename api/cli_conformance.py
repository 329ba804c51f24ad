"""`karguzar audit conformance`."""

import asyncio
from datetime import datetime
from typing import Any

import click
import psycopg
from msgspec import Struct, to_builtins
from msgspec.structs import asdict
from rich.console import Console

from api.access_records import filters
from api.cli import say_json
from api.cli_instants import Instant
from api.cli_register import register
from api.cli_tables import columns_of
from api.operator import put_on_record, read_by_operator
from domain.access_record import Action
from domain.conformance import Rule
from infra.eventstore import ROLE
from infra.settings import Settings
from projections.conformance import Asked, Broken, Total, broken_rules, totals
from projections.telling import LANGUAGES, language

_PAGE = 200


class Answer(Struct):
    """What was found; ``rows`` are left empty where only totals were asked for."""

    totals: list[Total]
    rows: list[Broken]
    position: int


@click.command()
@click.option("--rule", type=click.Choice([rule.value for rule in Rule]), help="Only this rule.")
@click.option("--unit", help="Only cases that this unit had.")
@click.option("--from", "since", type=Instant(), help="From this day or instant on.")
@click.option("--to", "before", type=Instant(), help="Before this day or instant.")
@click.option("--cases", "with_cases", is_flag=True, help="Name the cases, not only how many.")
@click.option("--language", "code", type=click.Choice(LANGUAGES), default="az", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def conformance(
    settings: Settings,
    *,
    rule: str | None,
    unit: str | None,
    since: datetime | None,
    before: datetime | None,
    with_cases: bool,
    code: str,
    as_json: bool,
) -> None:
    """Tell which rules cases broke, by rule and unit."""
    asked = Asked(
        rule=rule,
        unit=unit,
        since=since,
        before=before,
    )
    with register(settings) as conninfo:
        answer = asyncio.run(_read(conninfo, asked, with_cases=with_cases))
        read = read_by_operator(
            Action.AUDIT_READ,
            "audit conformance",
            cases=list(dict.fromkeys(row.case_id for row in answer.rows)),
            query=filters(asdict(asked)),
            position=answer.position,
        )
        put_on_record(conninfo, read)
    if as_json:
        say_json(to_builtins(answer))
        return
    _show(answer, code)


async def _read(conninfo: str, asked: Asked, *, with_cases: bool) -> Answer:
    conn: psycopg.AsyncConnection[Any]
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        counted, _ = await totals(conn, asked, confidential=True)
        rows: list[Broken] = []
        page = await broken_rules(conn, asked, limit=_PAGE)
        while with_cases:
            rows += page.rows
            if page.cursor is None:
                break
            page = await broken_rules(conn, asked, cursor=page.cursor, limit=_PAGE)
    return Answer(counted, rows, page.position)


def _show(answer: Answer, code: str) -> None:
    console, words = Console(), language(code).words
    table = columns_of("rule", "unit", "cases", "imported")
    for total in answer.totals:
        table.add_row(words[total.rule], total.unit, str(total.cases), str(total.imported))
    console.print(table)
    for row in answer.rows:
        events = ", ".join(map(str, row.versions))
        console.print(f"{row.number}  {words[row.rule]}  {row.case_id}  events {events}")
