"""Ended cases, the people who have them destroyed, and a look for what is left of them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from msgspec import json
from psycopg import Connection

from api.retention_composition import clean_up
from application.caller import Role
from application.desk import Desk
from application.destruction_desk import DestructionDesk
from domain.appeal import WithdrawAppeal
from domain.applicant import Individual
from domain.case import CaseKind, Person
from domain.destruction import (
    ApproveDestruction,
    DestructionCarriedOut,
    Ground,
    ProposeDestruction,
)
from domain.retention import RetentionRule, RetentionRules, Starts
from projections.retention import has_seen_all, hung_on
from projections.runner import Runner
from tests.desks import recorded_by
from tests.domain.spec import NOON
from tests.orders import CONTROLLER, HEAD, REGISTRAR, add_note, caller, order, register_appeal
from tests.projections.logs import run_out

RULES = RetentionRules(
    (
        RetentionRule(
            id="keep-appeal",
            kind=CaseKind.APPEAL,
            starts=Starts.CLOSING,
            years=2,
            source="Nomenclature",
            certainty="I",
        ),
    )
)
PERSON = Person(
    id=uuid4(), surname="Zülfüqarov", name="Əjdər", fin="7ZULFU4", phone="+994-50-5550123"
)
OTHER = Person(id=uuid4(), surname="Qəmbərova", name="Mələk")
WORDS = ["Zülfüqarov", "Əjdər", "7ZULFU4", "+994-50-5550123", "Qızılgül bağçası", "Tələbnamə"]
LATER = NOON + timedelta(days=3 * 365)
FIRST = caller("rzayeva", "social", Role.UNIT_HEAD)
SECOND = caller("director", "agency", Role.LEADER)


def appeal_of(desk: Desk, person: Person, subject: str = "Qızılgül bağçası") -> UUID:
    """A person's appeal, with a note."""
    case = uuid4()
    desk.execute(
        register_appeal(
            case, applicant=Individual(person=person), subject=subject, text="Tələbnamə"
        )
    )
    desk.execute(add_note(case, "Tələbnamə oxundu", by=HEAD))
    return case


def withdrawn(desk: Desk, case: UUID) -> None:
    """End the appeal."""
    desk.execute(order(CaseKind.APPEAL, case, WithdrawAppeal(asked_on=date(2026, 4, 6)), REGISTRAR))


def years_later(desk: Desk) -> None:
    desk.retention = RULES
    desk.clock = lambda: LATER


def proposed(desk: Desk, *cases: UUID) -> UUID:
    destruction = uuid4()
    command = ProposeDestruction(cases=cases)
    desk.execute(order(CaseKind.DESTRUCTION, destruction, command, CONTROLLER))
    return destruction


def erasure_proposed(desk: Desk, person: UUID, reason: str = "12/34") -> UUID:
    destruction = uuid4()
    command = ProposeDestruction(ground=Ground.REQUEST, person=person, reason=reason)
    desk.execute(order(CaseKind.DESTRUCTION, destruction, command, CONTROLLER))
    return destruction


def approved(desk: Desk, destruction: UUID) -> None:
    for approver in (FIRST, SECOND):
        desk.execute(order(CaseKind.DESTRUCTION, destruction, ApproveDestruction(), approver))


def destruction_desk(desk: Desk, database: str) -> DestructionDesk:
    def hung(cases: Iterable[UUID]) -> set[UUID] | None:
        with psycopg.connect(database, autocommit=True) as conn:
            return hung_on(conn, list(cases)) if has_seen_all(conn, 0) else None

    return DestructionDesk(desk, hung, lambda: clean_up(database, desk))


def destroyed(desk: Desk, database: str, runner: Runner, destruction: UUID) -> None:
    """Approved and carried out, and the read models followed."""
    approved(desk, destruction)
    run_out(runner)
    destruction_desk(desk, database).round()
    run_out(runner)


def carried_out_in(desk: Desk) -> DestructionCarriedOut:
    """The last that was."""
    return next(
        r.event for r in reversed(recorded_by(desk)) if isinstance(r.event, DestructionCarriedOut)
    )


def key_owners(database: str) -> set[UUID]:
    """Who has a key."""
    with psycopg.connect(database) as conn:
        rows = conn.execute("SELECT owner FROM karguzar.person_keys").fetchall()
    return {owner for (owner,) in rows}


def left_in_tables(database: str, needles: Iterable[str]) -> set[tuple[str, str]]:
    """Which table, catalogues among them, still holds which of the words."""
    forms = _forms(needles)
    found = set()
    with psycopg.connect(database) as conn:
        for table in _tables(conn):
            with conn.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                content = b"".join(bytes(part) for part in copy).lower()
            # Bytes leave as hexadecimal digits: the stored events among them.
            found |= {
                (table, needle)
                for form, needle in forms.items()
                if form in content or form.hex().encode() in content
            }
    return found


def left_in_files(database: str, needles: Iterable[str]) -> set[tuple[str, str]]:
    """Which file of the database, free space in its pages included, still holds a word."""
    forms = _forms(needles)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("CHECKPOINT")
        (oid,) = conn.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone() or (0,)
        (folder,) = conn.execute("SHOW data_directory").fetchone() or ("",)
    return {
        (file.name, needle)
        for file in (Path(folder) / "base" / str(oid)).iterdir()
        if file.is_file()
        for content in [file.read_bytes().lower()]
        for form, needle in forms.items()
        if form in content
    }


def _tables(conn: Connection[tuple[str, ...]]) -> Iterator[str]:
    rows = conn.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname IN ('karguzar', 'read_models', 'public') "
        "OR tablename IN ('pg_statistic', 'pg_largeobject')"
    ).fetchall()
    return (name for (name,) in rows)


def _forms(needles: Iterable[str]) -> dict[bytes, str]:
    return {
        form.lower(): needle
        for needle in needles
        for form in (needle.encode(), needle.lower().encode(), json.encode(needle)[1:-1])
    }
