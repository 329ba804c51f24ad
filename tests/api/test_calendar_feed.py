"""A calendar program reads an official's due dates by a secret address, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from icalendar import Calendar

from application.caller import Role
from tests.api.bodies import appeal, assignment, begun, done, now, on, read, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Person, Server, served
from tests.desks import migrated_database

FEED = "/api/v1/calendar-feed"


def new_feed(client: httpx.Client) -> str:
    answer = client.post(FEED)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["url"] is None
    path: str = answer.json()["path"]
    return path


def events(server: Server, path: str) -> dict[str, Any]:
    """The events of a feed by their summary."""
    answer = server.public.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return {
        str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")
    }


def given(as_: As, **changes: Any) -> tuple[str, str]:
    """The id and the number of an assignment, once the lists have it."""
    controller = as_("controller")
    case = begun(controller, "assignments", assignment(**changes))
    position = read(controller, "positions")["position"]
    page = read(controller, "assignments", wait_for=position, limit=200)
    (number,) = [row["number"] for row in page["rows"] if row["case_id"] == case]
    read(controller, "deadlines", wait_for=position)
    return case, number


def test_a_feed_has_the_running_clocks_of_its_official_as_whole_days(
    server: Server, as_: As
) -> None:
    _, number = given(as_, text="Gizli tapşırıq", due_on=on(9))
    _, other = given(as_, main_executor="huseynova", due_on=on(9))
    found = events(server, new_feed(as_("executor")))
    event = found[f"{number}: tapşırığın icrası"]
    due = now().date() + timedelta(days=9)
    assert event["dtstart"].dt == due
    assert event["dtend"].dt == due + timedelta(days=1)
    assert str(event["description"]) == "tapşırıq"
    assert set(event) == {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP",
    }  # fmt: skip
    assert not [summary for summary in found if summary.startswith(f"{other}:")]


def test_an_event_keeps_its_id_when_its_day_moves_and_goes_when_it_is_done(
    server: Server, as_: As
) -> None:
    executor, controller = as_("executor"), as_("controller")
    case, number = given(as_, due_on=on(9))
    path = new_feed(executor)
    name = f"{number}: tapşırığın icrası"
    before = events(server, path)[name]
    done(executor, f"assignments/{case}/accept-assignment")
    body = {"reason": "Sənədlər gecikir", "due_on": on(12)}
    done(executor, f"assignments/{case}/ask-for-extension", body)
    done(controller, f"assignments/{case}/grant-extension")
    caught_up(executor)
    after = events(server, path)[name]
    assert after["uid"] == before["uid"]
    assert after["dtstart"].dt == now().date() + timedelta(days=12)
    done(executor, f"assignments/{case}/submit-result", {"text": "Hazırdır"})
    caught_up(executor)
    assert name not in events(server, path)


def caught_up(client: httpx.Client) -> None:
    read(client, "deadlines", wait_for=read(client, "positions")["position"])


def test_a_program_that_has_it_already_is_not_sent_it_again(server: Server, as_: As) -> None:
    given(as_)
    path = new_feed(as_("executor"))
    answer = server.public.get(path)
    tag = {"If-None-Match": answer.headers["etag"]}
    again = server.public.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    given(as_)
    changed = server.public.get(path, headers=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != answer.headers["etag"]


def test_a_new_feed_ends_the_one_before_and_an_ended_one_is_gone(server: Server, as_: As) -> None:
    executor = as_("executor")
    first, head = new_feed(executor), new_feed(as_("head"))
    second = new_feed(executor)
    refused(server.public.get(first), 404, "not-found")
    assert server.public.get(second).status_code == 200
    assert executor.delete(FEED).status_code == 204
    refused(server.public.get(second), 404, "not-found")
    assert executor.delete(FEED).status_code == 204
    assert server.public.get(head).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/x.ics",
        "/calendar/.ics",
        "/calendar/x",
        f"/calendar/{'a' * 2000}.ics",
        "/calendar/%00.ics",
        "/calendar/%FF.ics",
        "/calendar",
    ],
)
def test_without_the_secret_there_is_nothing(server: Server, path: str) -> None:
    answer = refused(server.public.get(path), 404, "not-found")
    assert "calendar" not in str(answer)


def test_a_feed_shows_what_its_official_works_on_whatever_their_roles(
    server: Server, as_: As
) -> None:
    leader = as_("leader")
    begun(as_("registrar"), "appeals", appeal())
    caught_up(leader)
    assert read(leader, "deadlines")["rows"]
    assert events(server, new_feed(leader)) == {}


def test_whoever_sees_no_case_gets_no_feed(as_: As, server: Server) -> None:
    for name in ("analyst", "administrator"):
        refused(as_(name).post(FEED), 403, "forbidden")
    refused(server.public.post(FEED), 401, "token-refused")
    refused(server.public.delete(FEED), 401, "token-refused")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE karguzar.calendar_feeds SET made_at = '2020-01-01' WHERE official = %s",
        "DELETE FROM karguzar.officials WHERE official = %s",
    ],
    ids=["a year later", "gone from the department"],
)
def test_a_feed_ends_after_a_year_and_with_its_official(server: Server, change: str) -> None:
    leaving = Person("leaving", "pensions", frozenset({Role.EXECUTOR}))
    path = new_feed(server.client(server.token(leaving)))
    assert server.public.get(path).status_code == 200
    with psycopg.connect(server.conninfo) as conn:
        assert conn.execute(change, (leaving.official,)).rowcount == 1
    refused(server.public.get(path), 404, "not-found")


def test_a_deputy_makes_a_feed_of_their_own(server: Server, as_: As) -> None:
    own = new_feed(as_("executor"))
    deputy = server.client(server.token(PEOPLE["head"], may_act_for=["mammadov"]))
    answer = deputy.post(FEED, headers={"On-Behalf-Of": "mammadov"})
    assert answer.status_code == 201
    assert server.public.get(own).status_code == 200


@pytest.fixture
def noisy(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server that logs all it can and knows its public address."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "feeds",
            conninfo,
            log_level="debug",
            public_url="https://register.agency.example/",
        ) as server,
    ):
        yield server


def test_the_secret_is_in_no_log_line_and_no_figure(noisy: Server) -> None:
    executor = noisy.client(noisy.token(PEOPLE["executor"]))
    made = executor.post(FEED).json()
    path = made["path"]
    assert made["url"] == f"https://register.agency.example{path}"
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) >= 43
    assert noisy.public.get(path).status_code == 200
    assert noisy.public.get(path, params={"x": "1"}).status_code in (200, 400)
    assert noisy.public.post(path).status_code == 405
    assert noisy.public.get(f"{path}x").status_code == 404
    assert executor.delete(FEED).status_code == 204
    answer = noisy.public.get(path)
    assert token not in answer.text
    for page in ("/metrics", "/ready"):
        assert token not in noisy.public.get(page).text
    noisy.stop()
    assert token not in noisy.log.read_text()
