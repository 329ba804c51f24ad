"""From a due date to the letter, and what an official reads of it over HTTP."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.organisation import Official, put_organisation
from tests.api.bodies import assignment, begun, done, now, on, read, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server, served, wait_until
from tests.api.test_metrics import figures, of
from tests.desks import migrated_database
from tests.infra.receivers import HERE, MailRelay, WebServer, mail_relay, web_server

SECONDS = 30


def free_port() -> int:
    with socket.create_server((HERE, 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def relay() -> Iterator[MailRelay]:
    with mail_relay(free_port()) as relay:
        yield relay


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with web_server(free_port()) as web:
        yield web


@pytest.fixture(scope="module")
def watched(postgres: str, server_dir: Path, relay: MailRelay, web: WebServer) -> Iterator[Server]:
    """A server that looks at its clocks every second and has both ways out."""
    url = f"smtp://{HERE}:{relay.port}?from=register@agency.example&tls=off"
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "watched",
            conninfo,
            watch_seconds="1",
            smtp_url=url,
            webhook_url=f"http://{HERE}:{web.server_port}/",
            webhook_secret="known to both sides",
        ) as server,
    ):
        with psycopg.connect(conninfo) as conn:
            put_organisation(
                conn,
                [],
                [Official("mammadov", "pensions", "M", "mammadov@agency.example", "tr")],
            )
        yield server


def client_of(server: Server, name: str) -> httpx.Client:
    return server.client(server.token(PEOPLE[name]))


@pytest.fixture(scope="module")
def told(watched: Server) -> list[dict[str, Any]]:
    """The notices of the executor after three assignments due today were given."""
    controller, executor = client_of(watched, "controller"), client_of(watched, "executor")
    for _ in range(3):
        begun(controller, "assignments", assignment(text="Gizli tapşırıq", due_on=on()))
    wait_until(lambda: len(read(executor, "notices")["rows"]) == 3, SECONDS, "three notices")
    rows: list[dict[str, Any]] = read(executor, "notices")["rows"]
    return rows


def test_an_official_reads_the_notices_given_to_them(told: list[dict[str, Any]]) -> None:
    assert {(row["clock"], row["stage"], row["official"]) for row in told} == {
        ("assignment", "due-today", "mammadov")
    }
    assert {row["due_on"] for row in told} == {on()}
    assert {row["number"] for row in told} == {f"T-{n}/{now().year}" for n in (1, 2, 3)}
    positions = [row["position"] for row in told]
    assert positions == sorted(positions, reverse=True)


def test_pages_of_notices_lead_through_all_of_them(
    watched: Server, told: list[dict[str, Any]]
) -> None:
    executor = client_of(watched, "executor")
    first = read(executor, "notices", limit=2)
    second = read(executor, "notices", limit=2, cursor=first["cursor"])
    assert [*first["rows"], *second["rows"]] == told
    assert second["cursor"] is None
    assert first["position"] >= told[0]["position"]


@pytest.mark.parametrize("cursor", ["x", "WyJkdWVfb24iLCIyMDI2LTA0LTA2IiwiMDAiXQ"])
def test_a_cursor_of_another_list_is_refused(watched: Server, cursor: str) -> None:
    executor = client_of(watched, "executor")
    refused(executor.get("/api/v1/notices", params={"cursor": cursor}), 400, "cursor-invalid")


@pytest.mark.usefixtures("told")
def test_nobody_reads_the_notices_of_others(watched: Server) -> None:
    for name in ("auditor", "leader", "ganja"):
        assert read(client_of(watched, name), "notices")["rows"] == []
    for name in ("analyst", "administrator"):
        refused(client_of(watched, name).get("/api/v1/notices"), 403, "forbidden")


@pytest.mark.usefixtures("told")
def test_each_notice_leaves_once_by_mail_and_once_by_webhook(
    watched: Server, relay: MailRelay, web: WebServer
) -> None:
    mine = "mammadov@agency.example"

    def letters() -> list[Any]:
        return [letter for letter in relay.letters if letter["To"] == mine]

    def requests() -> list[Any]:
        return [request for request in web.requests if b'"mammadov"' in request.body]

    wait_until(lambda: (len(letters()), len(requests())) == (3, 3), SECONDS, "all were sent")
    assert len({letter["Message-ID"] for letter in letters()}) == 3
    assert len({request.headers["karguzar-notice-id"] for request in requests()}) == 3
    for letter in letters():
        assert letter.get_content().startswith("Son gün bugün.")
        assert "Gizli" not in letter.get_content()
    assert watched.log.read_text().count("mammadov") == 0


@pytest.mark.usefixtures("told")
def test_what_could_not_be_sent_is_seen_in_the_metrics(watched: Server) -> None:
    controller = client_of(watched, "controller")
    body = assignment(main_executor="huseynova", due_on=on())
    begun(controller, "assignments", body)

    def failed() -> float:
        found = figures(watched)
        return of(found, "karguzar_notices_not_sent", channel="mail", state="failed")

    wait_until(lambda: failed() >= 1, SECONDS, "one has no address")
    assert of(figures(watched), "karguzar_notices_not_sent", channel="webhook", state="failed") == 0


def test_what_is_due_tells_the_working_days_left(as_: As) -> None:
    controller, executor = as_("controller"), as_("executor")
    case = begun(controller, "assignments", assignment(due_on=on(14)))
    rows = due_of(executor, case, whose="mine")
    assert len(rows) == 1
    assert 5 <= rows[0]["working_days_left"] <= 10
    assert rows[0]["overdue"] is False


def due_of(client: httpx.Client, case: str, **query: Any) -> list[dict[str, Any]]:
    position = read(client, "positions")["position"]
    page = read(client, "deadlines", limit=200, wait_for=position, **query)
    return [row for row in page["rows"] if row["due"]["case_id"] == case]


def test_what_is_due_may_be_mine_my_units_or_all_that_i_see(as_: As) -> None:
    case = begun(as_("controller"), "assignments", assignment(due_on=on(5)))
    seen = {
        (name, whose): bool(due_of(as_(name), case, whose=whose))
        for name in ("executor", "head", "controller", "leader")
        for whose in ("mine", "unit", "all")
    }
    assert seen == {
        ("executor", "mine"): True,
        ("executor", "unit"): True,
        ("executor", "all"): True,
        ("head", "mine"): False,
        ("head", "unit"): True,
        ("head", "all"): True,
        ("controller", "mine"): False,
        ("controller", "unit"): True,
        ("controller", "all"): True,
        ("leader", "mine"): False,
        ("leader", "unit"): True,
        ("leader", "all"): True,
    }
    assert not due_of(as_("executor"), case, whose="mine", official="huseynova")
    assert not due_of(as_("executor"), case, whose="unit", unit="press")
    refused(as_("executor").get("/api/v1/deadlines?whose=theirs"), 422, "not-valid")


def test_a_clock_that_was_met_has_no_days_left(as_: As) -> None:
    controller, executor = as_("controller"), as_("executor")
    case = begun(controller, "assignments", assignment(due_on=on(5)))
    done(executor, f"assignments/{case}/accept-assignment")
    done(executor, f"assignments/{case}/submit-result", {"text": "Hazırdır"})
    (row,) = due_of(executor, case, running=False)
    assert (row["working_days_left"], row["overdue"]) == (None, False)


def by_day(client: httpx.Client, **query: Any) -> dict[tuple[str, str], int]:
    position = read(client, "positions")["position"]
    found = read(client, "deadlines/by-day", wait_for=position, **query)
    return {(each["day"], each["clock"]): each["count"] for each in found["days"]}


def test_what_is_due_is_counted_by_day_and_clock(as_: As) -> None:
    executor, controller = as_("executor"), as_("controller")
    query = {"due_from": on(40), "due_to": on(60)}
    before = {whose: by_day(executor, whose=whose, **query) for whose in ("mine", "unit", "all")}
    for days, who in ((40, "mammadov"), (40, "mammadov"), (60, "huseynova"), (61, "mammadov")):
        begun(controller, "assignments", assignment(due_on=on(days), main_executor=who))

    def more(whose: str, days: int) -> int:
        key = (on(days), "assignment")
        return by_day(executor, whose=whose, **query).get(key, 0) - before[whose].get(key, 0)

    assert [more("mine", days) for days in (40, 60, 61)] == [2, 0, 0]
    assert [more("unit", days) for days in (40, 60, 61)] == [2, 1, 0]
    assert [more("all", days) for days in (40, 60, 61)] == [2, 1, 0]


def test_counts_are_for_the_reader_alone(as_: As) -> None:
    due = on(45)
    query = {"whose": "all", "due_from": due, "due_to": due}
    before = by_day(as_("ganja"), **query)
    begun(as_("controller"), "assignments", assignment(due_on=due))
    assert by_day(as_("ganja"), **query) == before
    refused(as_("analyst").get("/api/v1/deadlines/by-day"), 403, "forbidden")


def test_days_are_counted_for_two_months_at_most(as_: As) -> None:
    executor = as_("executor")
    assert read(executor, "deadlines/by-day")["first"] == on()
    assert read(executor, "deadlines/by-day")["last"] == on(30)
    first = now().date()

    def asked(days: int) -> httpx.Response:
        query = {"due_from": str(first), "due_to": str(first + timedelta(days=days))}
        return executor.get("/api/v1/deadlines/by-day", params=query)

    assert asked(61).status_code == 200
    for days in (62, -1):
        refused(asked(days), 422, "range-too-wide")
