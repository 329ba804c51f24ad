"""`karguzar retention`: how long cases are kept, and what may be destroyed."""

from contextlib import closing

import click
from msgspec import to_builtins
from rich.console import Console

from api.cli import say_json
from api.cli_register import register
from api.cli_tables import DAY_WIDTH, columns_of
from api.composition import make_desk, prepare
from api.operator import put_on_record, read_by_operator
from api.retention_composition import make_destruction_desk, make_retention
from application.desk import Desk
from application.retention import MayGo
from domain.access_record import Action
from domain.destruction import MOST_CASES
from infra.retention import retention_rules
from infra.settings import Settings

_LIMIT = click.option(
    "--limit",
    type=click.IntRange(1, MOST_CASES),
    default=MOST_CASES,
    show_default=True,
    help="How many cases at most.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group()
def retention() -> None:
    """How long cases are kept, and what may be destroyed; who proposes it signs in to the API."""


@retention.command("rules")
@_JSON
@click.pass_obj
def rules(settings: Settings, *, as_json: bool) -> None:
    """List the rules in force here, with their sources."""
    found = retention_rules(settings.jurisdiction, settings.retention_file).rules
    if as_json:
        say_json(to_builtins(found))
        return
    table = columns_of(
        *("rule", "kind", "subkinds", "years", "from", "certainty", "source"),
        least={"rule": max((len(rule.id) for rule in found), default=1)},
    )
    for rule in found:
        subkinds = ", ".join(rule.subkinds)
        table.add_row(
            rule.id, rule.kind, subkinds, str(rule.years), rule.starts, rule.certainty, rule.source
        )
    Console().print(table)


@retention.command("due")
@_LIMIT
@_JSON
@click.pass_obj
def due(settings: Settings, *, limit: int, as_json: bool) -> None:
    """List the ended cases whose time is over, and the rule that says so."""
    with register(settings) as conninfo:
        prepare(settings, conninfo)
        with closing(make_desk(settings, conninfo)) as desk:
            found = _due(desk, conninfo, limit)
    if as_json:
        say_json([to_builtins(each) for each in found])
        return
    _show(found)


def _due(desk: Desk, conninfo: str, limit: int) -> list[MayGo]:
    proposed = make_destruction_desk(conninfo, desk).proposed()
    found = make_retention(desk).due(proposed, limit)
    shown = [each.case_id for each in found]
    put_on_record(conninfo, read_by_operator(Action.LIST_READ, "retention due", cases=shown))
    return found


def _show(found: list[MayGo]) -> None:
    if not found:
        Console().print("No case may be destroyed today.")
        return
    table = columns_of(
        "number",
        "kind",
        "unit",
        "ended on",
        "may go since",
        "rule",
        "source",
        least=dict.fromkeys(("number", "ended on", "may go since"), DAY_WIDTH),
    )
    for each in found:
        table.add_row(
            each.number,
            each.kind,
            each.unit,
            str(each.ended_on),
            str(each.may_go_on),
            f"{each.rule} ({each.certainty})",
            each.source,
        )
    Console().print(table)
