"""What an analyst's login can't do, whatever its settings, and what ends it when it tries."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, errors

from infra.analyst_limits import ALL_CONNECTIONS, EXPORT, Limits
from infra.analysts import (
    LoginNotFitting,
    LoginTaken,
    NoConnectionsLeft,
    NoSuchAnalyst,
    OfficialTaken,
    add_analyst,
    analysts,
    end_what_takes_too_long,
    make_way,
    remove_analyst,
)
from infra.keys import PersonKey
from infra.pseudonyms import Pseudonyms, PurposeNotFitting
from projections import READ_MODELS
from projections.analytics import VIEWS, ViewName, keep_analytics
from projections.builds import ensure_builds
from tests.desks import migrated_database

KEY = PersonKey(bytes(range(32)))
QUICK = Limits(statement_seconds=0.4, connections=2)
DENIED = errors.InsufficientPrivilege
OPEN, HIDDEN = uuid4(), uuid4()
Login = Callable[..., AbstractContextManager[Connection[Any]]]


def of(purpose: str) -> Pseudonyms:
    return Pseudonyms.of(KEY, purpose)


@pytest.fixture(scope="module")
def register(postgres: str) -> Iterator[str]:
    """A register with one open case and one confidential one."""
    with migrated_database(postgres) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            ensure_builds(conn, READ_MODELS)
            assert keep_analytics(conn, "Asia/Baku") == []
            for case, topic, confidential in ((OPEN, "1", False), (HIDDEN, "secret", True)):
                conn.execute(
                    "INSERT INTO read_models.register (case_id, kind, number, state, open, "
                    "subkind, unit, executors, units, workers, confidential, topic, subject, "
                    "received_at, registered_on, under_control, extended, repeat, "
                    "confirmed_repeat, correlation_id, version, last_position) "
                    "VALUES (%s, 'appeal', 'A-1/2026', 'registered', true, 'complaint', "
                    "'pensions', '{}', '{}', '{}', %s, %s, "
                    "'Subject', '2026-03-01T20:30:00Z', '2026-03-02', false, false, false, false, "
                    "%s, 1, 1)",
                    (case, confidential, topic, case),
                )
        yield conninfo


@pytest.fixture(scope="module")
def owner(register: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(register, autocommit=True) as conn:
        yield conn
        for each in analysts(conn):
            remove_analyst(conn, each.login)


@pytest.fixture(scope="module")
def login(register: str, owner: Connection[Any]) -> Login:
    """Connections of an analyst; roles are those of the whole server, so names are its own."""
    name = f"analyst_{uuid4().hex[:8]}"
    password = add_analyst(owner, name, "a study", of("a study"), limits=QUICK)

    @contextmanager
    def connected(user: str = name, **how: Any) -> Iterator[Connection[Any]]:
        with psycopg.connect(
            register, user=user, password=password, autocommit=True, **how
        ) as conn:
            yield conn

    return connected


def told(conn: Connection[Any], query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    return row and row[0]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_each_view_is_read(login: Login, view: ViewName) -> None:
    with login() as analyst:
        analyst.execute(f"SELECT * FROM analytics.{view}".encode())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM karguzar.register_events",
        "SELECT * FROM karguzar.person_keys",
        "SELECT * FROM karguzar.accesses",
        "SELECT * FROM karguzar.officials",
        "SELECT * FROM karguzar.analyst_purposes",
        "SELECT * FROM karguzar.purpose_in_force",
        "SELECT * FROM read_models.register",
        "SELECT * FROM read_models.register_1",
        "SELECT * FROM read_models.people",
        "SELECT * FROM read_models.occurrence_sums",
        "SELECT * FROM public.karguzar_migrations",
        "SELECT rolpassword FROM pg_authid",
        "COPY read_models.register TO STDOUT",
        "INSERT INTO analytics.units VALUES ('x', NULL, 'x')",
        "UPDATE analytics.cases SET topic = 'x'",
        "DELETE FROM karguzar.units",
        "CREATE TABLE analytics.x (y int)",
        "CREATE TABLE public.x (y int)",
        "CREATE TEMPORARY TABLE x (y int)",
        "CREATE FUNCTION analytics.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA x",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SET ROLE karguzar_app",
        "SET temp_file_limit = -1",
        "GRANT karguzar_app TO CURRENT_USER",
    ],
    ids=lambda statement: statement[:44],
)
def test_nothing_else_is_read_written_or_made_even_with_the_settings_turned_off(
    login: Login, statement: str
) -> None:
    with login() as analyst:
        analyst.execute("SET default_transaction_read_only = off")
        with pytest.raises(DENIED):
            analyst.execute(statement.encode())


def test_a_login_begins_with_reading_only(login: Login) -> None:
    with login() as analyst, pytest.raises(errors.ReadOnlySqlTransaction):
        analyst.execute("CREATE TABLE public.x (y int)")


def test_no_condition_of_a_reader_sees_a_confidential_row(login: Login) -> None:
    """The topic of the confidential case is no number: an error would tell it."""
    with login() as analyst:
        assert told(analyst, "SELECT count(*) FROM cases WHERE topic::int = 1") == 1
        assert told(analyst, "SELECT count(*) FROM stages WHERE topic::int = 1") == 0


def test_days_are_those_of_the_department_and_instants_are_not_told(
    login: Login, owner: Connection[Any]
) -> None:
    owner.execute(
        "UPDATE read_models.register SET closed_at = '2026-03-01T20:30:00Z' WHERE case_id = %s",
        (OPEN,),
    )
    with login() as analyst:
        for zone in ("UTC", "Asia/Tokyo", "America/Lima"):
            analyst.execute(f"SET TimeZone = '{zone}'".encode())
            assert str(told(analyst, "SELECT closed_on FROM cases")) == "2026-03-02"


def test_a_pseudonym_is_that_of_the_purpose_and_of_no_other(
    login: Login, register: str, owner: Connection[Any]
) -> None:
    names = {purpose: f"other_{uuid4().hex[:8]}" for purpose in ("a study", "b study")}
    found = {}
    for purpose, name in names.items():
        password = add_analyst(owner, name, purpose, of(purpose), limits=QUICK)
        with psycopg.connect(register, user=name, password=password) as conn:
            found[purpose] = told(conn, "SELECT case_pseudonym FROM analytics.cases")
    with login() as analyst:
        analyst.execute("SET karguzar.purpose = 'b study'")
        analyst.execute("SET ROLE karguzar_analyst")
        mine = told(analyst, "SELECT case_pseudonym FROM analytics.cases")
    assert mine == found["a study"] == of("a study").of_case(OPEN)
    assert found["b study"] == of("b study").of_case(OPEN) != mine
    for name in names.values():
        remove_analyst(owner, name)


def test_who_has_no_purpose_gets_no_pseudonym(owner: Connection[Any]) -> None:
    assert told(owner, "SELECT count(case_pseudonym) FROM analytics.cases") == 0


def test_a_query_of_a_minute_ends_by_its_time_out(login: Login) -> None:
    with login() as analyst, pytest.raises(errors.QueryCanceled):
        analyst.execute("SELECT pg_sleep(60)")


def test_who_takes_the_time_outs_away_is_ended_by_the_watch(
    login: Login, owner: Connection[Any]
) -> None:
    with login() as analyst:
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            analyst.execute(f"SET {setting} = 0".encode())
        analyst.execute("BEGIN")
        analyst.execute("SELECT count(*) FROM cases")
        assert end_what_takes_too_long(owner, Limits(transaction_seconds=60)) == 0
        assert end_what_takes_too_long(owner, Limits(transaction_seconds=0)) == 1
        with pytest.raises(errors.AdminShutdown):
            analyst.execute("SELECT 1")


def test_who_holds_a_lock_that_the_register_may_want_is_ended_by_the_watch(
    login: Login, owner: Connection[Any]
) -> None:
    with login() as analyst:
        analyst.execute("SELECT pg_advisory_lock(7522011)")
        assert end_what_takes_too_long(owner) == 1
        with pytest.raises(errors.AdminShutdown):
            analyst.execute("SELECT 1")


def test_the_watch_leaves_everybody_else_alone(register: str, owner: Connection[Any]) -> None:
    with (
        psycopg.connect(register) as other,
        psycopg.connect(register, application_name=EXPORT) as export,
    ):
        for conn in (other, export):
            conn.execute("SELECT pg_advisory_xact_lock_shared(1)")
        nothing = Limits(transaction_seconds=0, export_seconds=60)
        assert end_what_takes_too_long(owner, nothing) == 0
        late = Limits(transaction_seconds=60, export_seconds=0)
        assert end_what_takes_too_long(owner, late) == 1
        assert told(other, "SELECT 1") == 1
        with pytest.raises(errors.AdminShutdown):
            export.execute("SELECT 1")


def test_what_analysts_read_makes_way_for_a_change_of_the_views(
    login: Login, register: str, owner: Connection[Any]
) -> None:
    with login() as analyst, psycopg.connect(register, autocommit=True) as changing:
        analyst.execute("BEGIN")
        analyst.execute("SELECT count(*) FROM cases")
        make_way(changing)
        changing.execute("SET lock_timeout = '3s'")
        with changing.transaction(force_rollback=True):
            changing.execute("DROP VIEW analytics.cases")
        with pytest.raises(errors.AdminShutdown):
            analyst.execute("SELECT 1")
    assert told(owner, "SELECT count(*) FROM analytics.cases") == 1


def test_a_login_has_no_more_connections_than_its_own(login: Login) -> None:
    with login(), login(), pytest.raises(psycopg.OperationalError, match="too many connections"):
        login().__enter__()


@pytest.mark.parametrize(
    ("name", "purpose", "refusal"),
    [
        ("Deniz", "a study", LoginNotFitting),
        ("x'; DROP ROLE postgres", "a study", LoginNotFitting),
        ("deniz", "A' study", PurposeNotFitting),
        ("postgres", "a study", LoginTaken),
        ("karguzar_app", "a study", LoginTaken),
    ],
    ids=["capital", "no-name", "no-purpose", "owner", "application"],
)
def test_a_login_that_does_not_fit_is_refused_and_nothing_is_left(
    owner: Connection[Any], name: str, purpose: str, refusal: type[Exception]
) -> None:
    before = analysts(owner)
    with pytest.raises(refusal):
        add_analyst(owner, name, purpose, of(purpose))
    assert analysts(owner) == before


def test_all_logins_together_leave_connections_to_the_register(owner: Connection[Any]) -> None:
    taken = sum(each.connections for each in analysts(owner))
    name = f"many_{uuid4().hex[:8]}"
    limits = Limits(connections=ALL_CONNECTIONS - taken + 1)
    with pytest.raises(NoConnectionsLeft):
        add_analyst(owner, name, "a study", of("a study"), limits=limits)


def test_an_official_has_one_login(owner: Connection[Any]) -> None:
    first, second = (f"one_{uuid4().hex[:8]}" for _ in range(2))
    add_analyst(owner, first, "a study", of("a study"), official="analyst", limits=QUICK)
    with pytest.raises(OfficialTaken):
        add_analyst(owner, second, "a study", of("a study"), official="analyst", limits=QUICK)
    remove_analyst(owner, first)


def test_a_login_that_was_removed_lets_nobody_in(register: str, owner: Connection[Any]) -> None:
    name = f"gone_{uuid4().hex[:8]}"
    password = add_analyst(owner, name, "a study", of("a study"), limits=QUICK)
    with psycopg.connect(register, user=name, password=password) as analyst:
        remove_analyst(owner, name)
        with pytest.raises(errors.AdminShutdown), suppress(errors.IdleInTransactionSessionTimeout):
            analyst.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(register, user=name, password=password)
    with pytest.raises(NoSuchAnalyst):
        remove_analyst(owner, name)
