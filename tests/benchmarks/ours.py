"""Our side without HTTP: a database of ours, its desk, and orders for it."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import tuple_row

from application.access import Organisation
from application.caller import Caller, Role
from application.desk import Desk
from application.orders import Order
from domain.case import Actor, CaseKind, Command
from infra.jurisdiction import terms_of
from infra.keys import KeyRing
from infra.migrate import migrate
from infra.organisation import Official, Unit, put_organisation
from tests.benchmarks.appeals import appeal

MASTER_KEY = bytes(range(32))
UNITS = tuple(f"unit-{number:02}" for number in range(1, 41))
EXECUTORS_A_UNIT = 5
REGISTRARS = "records"


def executors(unit: str) -> tuple[str, ...]:
    return tuple(f"{unit}-executor-{number}" for number in range(1, EXECUTORS_A_UNIT + 1))


def prepare(conninfo: str) -> None:
    """Our schema, and an organisation of forty units under one department."""
    migrate(conninfo)
    units = [
        Unit(unit="department", name="Şöbə"),
        *(Unit(unit=u, name=u, parent="department") for u in (REGISTRARS, *UNITS)),
    ]
    officials = [
        Official(official="registrar", unit=REGISTRARS, name="registrar"),
        Official(official="auditor", unit="department", name="auditor"),
    ]
    for unit in UNITS:
        officials += [Official(official=o, unit=unit, name=o) for o in executors(unit)]
        officials.append(Official(official=f"{unit}-head", unit=unit, name=f"{unit}-head"))
    with psycopg.connect(conninfo) as conn:
        put_organisation(conn, units, officials)


def desk(conninfo: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Desk:
    parents = dict.fromkeys((REGISTRARS, *UNITS), "department")
    officials = {"registrar": REGISTRARS, **{o: unit for unit in UNITS for o in executors(unit)}}
    officials |= {f"{unit}-head": unit for unit in UNITS}
    organisation = Organisation.of({"department": None, **parents}, officials)
    return Desk(
        conninfo,
        keys=KeyRing(MASTER_KEY),
        terms=terms_of("az"),
        organisation=lambda: organisation,
        clock=clock,
    )


def caller(official: str, unit: str, *roles: Role) -> Caller:
    return Caller(
        actor=Actor(official=official, unit=unit, client="benchmark"), roles=frozenset(roles)
    )


REGISTRAR = caller("registrar", REGISTRARS, Role.REGISTRAR)


def order(command: Command, case_id: UUID | None = None, by: Caller = REGISTRAR) -> Order:
    return Order(
        kind=CaseKind.APPEAL,
        case_id=case_id or uuid4(),
        command=command,
        by=by,
        command_id=uuid4(),
    )


def stored_appeal(conninfo: str) -> bytes:
    """The bytes of one registered appeal as they stand in the log."""
    taker = desk(conninfo)
    receipt = taker.execute(order(appeal(random.Random(1), datetime.now(UTC))))
    taker.close()
    with psycopg.connect(conninfo, row_factory=tuple_row) as conn:
        row = conn.execute(
            "SELECT state FROM karguzar.register_events WHERE notification_id = %s",
            (receipt.position,),
        ).fetchone()
    assert row is not None
    return bytes(row[0])
