"""`karguzar retention`: what may be destroyed, and proposing it."""

from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import click
from msgspec import to_builtins
from rich.console import Console
from rich.table import Table

from api.cli import fail, say_json
from api.composition import database, make_desk, organisation_in, prepare
from api.retention_composition import make_destruction_desk, make_retention
from application.caller import Caller, Role
from application.desk import Desk
from application.orders import Order, Receipt
from application.retention import MayGo
from domain.case import Actor, Refusal
from domain.destruction import KIND, MOST_CASES, Ground, ProposeDestruction
from infra.retention import retention_rules
from infra.settings import Settings

_CLIENT = "karguzar-cli"
_LIMIT = click.option(
    "--limit",
    type=click.IntRange(1, MOST_CASES),
    default=MOST_CASES,
    show_default=True,
    help="How many cases at most.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_AS = click.option(
    "--as", "official", required=True, help="The controller who proposes it; of the organisation."
)


@click.group()
def retention() -> None:
    """How long cases are kept, and what may be destroyed."""


@retention.command("rules")
@_JSON
@click.pass_obj
def rules(settings: Settings, *, as_json: bool) -> None:
    """List the rules in force here, with their sources."""
    found = retention_rules(settings.jurisdiction, settings.retention_file).rules
    if as_json:
        say_json(to_builtins(found))
        return
    table = Table("rule", "kind", "subkinds", "years", "from", "certainty", "source")
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
    with database(settings) as conninfo:
        prepare(settings, conninfo)
        with closing(make_desk(settings, conninfo)) as desk:
            found = _due(desk, conninfo, limit)
    if as_json:
        say_json([to_builtins(each) for each in found])
        return
    _show(found)


@retention.command("propose")
@_AS
@_LIMIT
@click.option("--yes", is_flag=True, help="Don't ask.")
@_JSON
@click.pass_obj
def propose(settings: Settings, *, official: str, limit: int, yes: bool, as_json: bool) -> None:
    """Propose the destruction of the cases that `due` lists; two others have to approve it."""
    with database(settings) as conninfo:
        prepare(settings, conninfo)
        caller = _caller(conninfo, official)
        with closing(make_desk(settings, conninfo)) as desk:
            found = _due(desk, conninfo, limit)
            if not found:
                fail("No case may be destroyed today.", status=1)
            if not as_json:
                _show(found)
            if not (yes or as_json or click.confirm("Propose to destroy these?")):
                return
            command = ProposeDestruction(cases=tuple(each.case_id for each in found))
            _say(_given(desk, caller, command), len(found), as_json=as_json)


@retention.command("erase")
@click.argument("person", type=click.UUID)
@_AS
@click.option(
    "--ground",
    type=click.Choice([Ground.REQUEST.value, Ground.COURT_ORDER.value]),
    required=True,
    help="Why before its time.",
)
@click.option("--reason", required=True, help="The request or order, as it is cited.")
@_JSON
@click.pass_obj
def erase(
    settings: Settings, person: UUID, *, official: str, ground: str, reason: str, as_json: bool
) -> None:
    """Propose that PERSON's data become unreadable in all cases; two others have to approve it.

    It waits while a case that names the person is open, under control or held.
    """
    with database(settings) as conninfo:
        prepare(settings, conninfo)
        caller = _caller(conninfo, official)
        command = ProposeDestruction(ground=Ground(ground), person=person, reason=reason)
        with closing(make_desk(settings, conninfo)) as desk:
            _say(_given(desk, caller, command), None, as_json=as_json)


def _due(desk: Desk, conninfo: str, limit: int) -> list[MayGo]:
    proposed = make_destruction_desk(conninfo, desk).proposed()
    return make_retention(desk).due(proposed, limit)


def _given(desk: Desk, caller: Caller, command: ProposeDestruction) -> Receipt:
    order = Order(kind=KIND, case_id=uuid4(), command=command, by=caller, command_id=uuid4())
    try:
        return desk.execute(order)
    except Refusal as refusal:
        fail(str(refusal), status=1)


def _caller(conninfo: str, official: str) -> Caller:
    officials = organisation_in(conninfo)().officials
    if official not in officials:
        fail(f"{official} isn't an official of the organisation.")
    actor = Actor(official=official, unit=officials[official], client=_CLIENT)
    return Caller(actor, frozenset({Role.CONTROLLER}))


def _say(receipt: Receipt, cases: int | None, *, as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = {"id": receipt.id, "position": receipt.position, "cases": cases}
        say_json(said)
        return
    click.echo(f"Proposed as {receipt.id}. Two others have to approve it.")


def _show(found: list[MayGo]) -> None:
    if not found:
        Console().print("No case may be destroyed today.")
        return
    table = Table("number", "kind", "unit", "ended on", "may go since", "rule", "source")
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
