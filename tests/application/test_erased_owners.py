"""Whoever lost their key to a destruction is known by a table of their own, not by the log."""

from uuid import UUID

import psycopg
import pytest

from application.desk import Desk
from infra.erased_owners import erased_among
from infra.migrate import FILES
from projections import READ_MODELS
from tests.application.destructions import (
    OTHER,
    PERSON,
    appeal_of,
    destroyed,
    erasure_proposed,
    key_owners,
    withdrawn,
)
from tests.projections.logs import runner_for, tracking_in

TABLE = FILES / "0018_erased_owners.sql"


@pytest.fixture
def erased(desk: Desk, database: str) -> set[UUID]:
    """Those whose keys went when one of two persons was erased."""
    runner = runner_for(desk, database, tracking_in(database), READ_MODELS)
    case = appeal_of(desk, PERSON)
    appeal_of(desk, OTHER, "Yasəmən küçəsi")
    withdrawn(desk, case)
    before = key_owners(database)
    destroyed(desk, database, runner, erasure_proposed(desk, PERSON.id or case))
    gone = before - key_owners(database)
    assert PERSON.id in gone
    return gone


def asked(conn: psycopg.Connection[tuple[UUID]], erased: set[UUID]) -> set[UUID]:
    return erased_among(conn, {*erased, OTHER.id or UUID(int=1), UUID(int=2)})


def test_who_was_erased_is_told_without_reading_the_log(database: str, erased: set[UUID]) -> None:
    looks = (
        "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_xact_all_tables "
        "WHERE schemaname = 'karguzar' AND relname = 'register_events'"
    )
    with psycopg.connect(database) as conn:
        before = conn.execute(looks).fetchone()
        assert asked(conn, erased) == erased
        assert conn.execute(looks).fetchone() == before


def test_who_comes_again_is_erased_no_less_by_the_next_destruction(
    desk: Desk, database: str, erased: set[UUID]
) -> None:
    again = appeal_of(desk, PERSON)
    assert PERSON.id in key_owners(database)
    withdrawn(desk, again)
    runner = runner_for(desk, database, tracking_in(database), READ_MODELS)
    destroyed(desk, database, runner, erasure_proposed(desk, PERSON.id))
    with psycopg.connect(database) as conn:
        assert asked(conn, erased) == erased


def test_those_of_earlier_destructions_are_taken_into_the_table(
    database: str, erased: set[UUID]
) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("DROP TRIGGER keep_erased_owners ON karguzar.person_keys")
        conn.execute("DROP FUNCTION karguzar.keep_erased_owners")
        conn.execute("DROP TABLE karguzar.erased_owners")
        conn.execute(TABLE.read_bytes())
        assert asked(conn, erased) == erased


def test_the_application_enters_and_deletes_nobody(database: str) -> None:
    for statement in (
        "DELETE FROM karguzar.erased_owners",
        "INSERT INTO karguzar.erased_owners VALUES (gen_random_uuid())",
    ):
        with psycopg.connect(database) as conn:
            conn.execute("SET ROLE karguzar_app")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)
