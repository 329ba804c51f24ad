"""Decisions on the calendar over HTTP and from the command line: preview, announcing, moves."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
from msgspec import convert

from api import calendar_decisions
from application.calendar_preview import Preview, preview
from domain.calendar_decision import AnnounceCalendarDecision
from infra.calendars import working_calendar
from infra.jurisdiction import terms_of
from projections import READ_MODELS
from tests.api.bodies import appeal, begun, now, on, read, refused
from tests.api.serving import PEOPLE, PROGRAM, ROOT, Server, served, wait_until
from tests.desks import migrated_database, new_desk
from tests.orders import CONTROLLER
from tests.projections.logs import run_out, runner_for, tracking_in

SECONDS = 30
CALENDAR = working_calendar("az")


@pytest.fixture
def deciding(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server of its own, for a decision is one for all cases."""
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "calendar", conninfo, wait_seconds="5") as server,
    ):
        yield server


def as_(server: Server, name: str) -> httpx.Client:
    return server.client(server.token(PEOPLE[name]))


def next_working_day(days: int = 3) -> date:
    return CALENDAR.add_working_days(now().date(), days)


def decision(*days: tuple[date, str]) -> dict[str, Any]:
    return {
        "act": "Qərar 12",
        "announced_on": on(),
        "days": [{"on": str(day), "kind": kind, "reason": "exchange"} for day, kind in days],
    }


def position(client: httpx.Client) -> int:
    return int(read(client, "positions")["position"])


def due_of(client: httpx.Client, case: str) -> str:
    return str(read(client, f"appeals/{case}")["standing"]["due"]["on"])


def followed(client: httpx.Client, case: str, **query: Any) -> dict[str, Any]:
    """What the decision moved, once all due dates have followed it and are shown."""

    def finished() -> bool:
        progress = read(client, f"calendar-decisions/{case}/moves", **query)["progress"]
        return bool(progress and progress["finished_at"])

    wait_until(finished, SECONDS, "the due dates follow")
    at = position(client)
    return read(client, f"calendar-decisions/{case}/moves", wait_for=at, **query)


def test_a_decision_is_previewed_announced_and_withdrawn(deciding: Server) -> None:
    registrar, controller = as_(deciding, "registrar"), as_(deciding, "controller")
    cases = sorted(begun(registrar, "appeals", appeal()) for _ in range(3))
    day_off = decision((next_working_day(), "off"))
    before = deciding.log_position()

    expected = controller.post(
        f"/api/v1/calendar-decisions/preview?wait_for={before}", json=day_off
    ).json()
    assert deciding.log_position() == before
    answers = [move for move in expected["moves"] if move["clock"] == "answer"]
    assert sorted(move["case_id"] for move in answers) == cases
    assert expected["counts"]["moved"] == len(expected["moves"])
    assert expected["counts"]["later"] == expected["counts"]["moved"]
    assert expected["counts"]["earlier"] == expected["counts"]["newly_overdue"] == 0

    case = begun(controller, "calendar-decisions", day_off)
    moved = followed(controller, case)
    assert moved["event"] == "calendar-decision-announced"
    assert moved["counts"] == expected["counts"]
    assert [row["move"] for row in moved["rows"]] != []
    assert {
        (row["move"]["case_id"], row["move"]["clock"], row["move"]["was"], row["move"]["due"])
        for row in moved["rows"]
    } == {(m["case_id"], m["clock"], m["was"], m["due"]) for m in expected["moves"]}
    assert moved["progress"]["total"] == moved["progress"]["done"] == len(cases)

    (row,) = (m for m in answers if m["case_id"] == cases[0])
    assert due_of(registrar, cases[0]) == row["due"]
    history = read(controller, f"cases/{cases[0]}/history")["entries"]
    assert history[-1]["event"] == "due-dates-moved"

    answer = controller.post(
        f"/api/v1/calendar-decisions/{case}/withdraw-calendar-decision",
        json={"reason": "Ləğv edilib"},
    )
    assert answer.status_code == 200, answer.text
    back = followed(controller, case)
    assert back["event"] == "calendar-decision-withdrawn"
    assert back["counts"]["earlier"] == expected["counts"]["moved"]
    assert followed(controller, case, of="announced")["counts"]["later"] == back["counts"]["moved"]
    assert due_of(registrar, cases[0]) == row["was"]


def test_everyone_reads_a_decision_and_moves_within_their_own_sight(deciding: Server) -> None:
    registrar, ganja = as_(deciding, "registrar"), as_(deciding, "ganja")
    controller = as_(deciding, "controller")
    begun(registrar, "appeals", appeal())
    begun(registrar, "appeals", appeal(confidential=True))
    begun(ganja, "appeals", appeal())
    wait = {"wait_for": position(controller)}
    read(controller, "deadlines", **wait)
    case = begun(controller, "calendar-decisions", decision((next_working_day(), "off")))
    followed(controller, case)
    seen = {
        name: {
            row["number"]
            for row in read(as_(deciding, name), f"calendar-decisions/{case}/moves")["rows"]
        }
        for name in ("ganja", "controller", "auditor")
    }
    year = now().year
    assert seen == {
        "ganja": {f"A-3/{year}"},
        "controller": {f"A-1/{year}", f"A-3/{year}"},
        "auditor": {f"A-1/{year}", f"A-2/{year}", f"A-3/{year}"},
    }
    for name in ("executor", "ganja", "press", "leader"):
        client = as_(deciding, name)
        assert read(client, f"calendar-decisions/{case}")["standing"]["act"] == "Qərar 12"
        assert [row["number"] for row in read(client, "calendar-decisions")["rows"]] == [
            f"K-1/{year}"
        ]
    refused(
        as_(deciding, "analyst").get(f"/api/v1/calendar-decisions/{case}/moves"), 403, "forbidden"
    )
    moves_of_an_appeal = f"/api/v1/calendar-decisions/{begun(registrar, 'appeals', appeal())}/moves"
    refused(registrar.get(moves_of_an_appeal), 404, "no-such-case")


def test_pages_of_moves_lead_through_all_of_them(deciding: Server) -> None:
    registrar, controller = as_(deciding, "registrar"), as_(deciding, "controller")
    for _ in range(3):
        begun(registrar, "appeals", appeal())
    case = begun(controller, "calendar-decisions", decision((next_working_day(), "off")))
    whole = followed(controller, case)
    rows, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = read(controller, f"calendar-decisions/{case}/moves", **query)
        assert (page["counts"] is None) == bool(cursor)
        rows += page["rows"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert rows == whole["rows"]
    forged = controller.get(f"/api/v1/calendar-decisions/{case}/moves?cursor=WyJ4Il0")
    refused(forged, 400, "cursor-invalid")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", ["calendar-decisions", "calendar-decisions/preview"])
def test_only_a_controller_decides_and_only_what_can_be_right(server: Server, path: str) -> None:
    body = decision((next_working_day(), "off"))
    refused(as_(server, "registrar").post(f"/api/v1/{path}", json=body), 403, "forbidden")
    controller = as_(server, "controller")
    twice = decision((next_working_day(), "off"), (next_working_day(), "off"))
    for wrong, status, problem in (
        ({**body, "announced_on": on(1)}, 422, "dated-in-the-future"),
        (twice, 422, "day-named-twice"),
        (decision((date(2190, 1, 1), "off")), 422, "day-outside-calendar"),
        (decision((next_working_day(), "working")), 409, "day-unchanged"),
        (decision((next_working_day(), "half")), 422, "closing-time-not-fitting"),
        ({**body, "days": [{**body["days"][0], "closes_at": "13:00:00Z"}]}, 422, "not-valid"),
        ({**body, "days": []}, 422, "not-valid"),
        ({**body, "colour": "red"}, 422, "not-valid"),
    ):
        refused(controller.post(f"/api/v1/{path}", json=wrong), status, problem)


def command(day: date) -> AnnounceCalendarDecision:
    return convert(decision((day, "off")), AnnounceCalendarDecision)


def test_a_preview_leaves_all_connections_to_those_who_record(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new_desk(database, terms=terms_of("az"))
    run_out(runner_for(desk, database, tracking_in(database), READ_MODELS))
    register: Any = SimpleNamespace(
        desk=desk, connect=partial(psycopg.connect, database, autocommit=True)
    )
    monkeypatch.setattr(calendar_decisions, "today_at", lambda _: now().date())
    pool = desk.log.datastore.pool
    used: list[int] = []

    def watched(*asked: Any) -> Preview:
        used.append(pool.get_stats()["pool_size"] - pool.get_stats()["pool_available"])
        return preview(*asked)

    monkeypatch.setattr(calendar_decisions, "preview", watched)
    calendar_decisions._previewed(register, command(next_working_day()), ("true", {}))
    assert used == [0]
    desk.close()


def test_one_preview_is_worked_out_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most = [0], [0]

    def previewed(*_: Any) -> Any:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        time.sleep(0.05)
        busy[0] -= 1
        return SimpleNamespace(moves=[], position=1)

    async def recorded(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(calendar_decisions, "record", recorded)
    monkeypatch.setattr(calendar_decisions, "_previewed", previewed)
    monkeypatch.setattr(calendar_decisions, "list_sight_sql", lambda *_: ("true", {}))

    async def ask_thrice() -> None:
        register = SimpleNamespace(previewing=asyncio.Lock(), organisation=lambda: None)
        request: Any = SimpleNamespace(
            app=SimpleNamespace(state=SimpleNamespace(register=register)),
            user=SimpleNamespace(caller=lambda _: CONTROLLER),
            headers={},
        )
        asked = command(next_working_day())
        ask = calendar_decisions.preview_decision.fn
        await asyncio.gather(*(ask(request, asked) for _ in range(3)))

    asyncio.run(ask_thrice())
    assert most == [1]


def test_the_command_line_shows_announces_and_lists(deciding: Server, tmp_path: Path) -> None:
    begun(as_(deciding, "registrar"), "appeals", appeal())
    read(as_(deciding, "controller"), "deadlines", wait_for=deciding.log_position())
    day = next_working_day()
    before = deciding.log_position()
    options = ("--act", "Qərar 12", "--day", f"{day}=off", "--json")
    expected = karguzar(deciding, "calendar", "announce", *options, "--dry-run")
    assert expected["counts"]["later"] == expected["counts"]["moved"] > 0
    assert deciding.log_position() == before

    file = tmp_path / "decree.toml"
    file.write_text(
        f'act = "Qərar 12"\nannounced_on = {on()}\n'
        f'[[days]]\non = {day}\nkind = "off"\nreason = "exchange"\n'
    )
    said = karguzar(deciding, "calendar", "announce", str(file), "--as", "nagiyev", "--json")
    assert said["moved"] == expected["counts"]["moved"]
    (listed,) = karguzar(deciding, "calendar", "list", "--json")
    assert listed["number"] == f"K-1/{now().year}"
    assert listed["cases"] == listed["done"] == 1
    with psycopg.connect(deciding.conninfo) as conn:
        row = conn.execute("SELECT count(*) FROM karguzar.refused_orders").fetchone()
    assert row == (0,)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--act", "Qərar", "--day", "2190-01-01=off", "--dry-run"), "is outside"),
        (("--act", "Qərar", "--day", "tomorrow=off", "--dry-run"), "2026-12-30=off"),
        (("--dry-run",), "Name the act and its days"),
        (("--act", "Qərar", "--day", f"{now().date() + timedelta(3)}=off"), "--as is missing"),
    ],
    ids=["outside", "no day", "nothing", "nobody"],
)
@pytest.mark.usefixtures("unchanged")
def test_the_command_line_says_what_is_wrong(
    server: Server, arguments: tuple[str, ...], says: str
) -> None:
    ended = run(server, "calendar", "announce", *arguments)
    assert ended.returncode in (1, 2)
    assert says in " ".join(ended.stderr.split())


def karguzar(server: Server, *arguments: str) -> Any:
    ended = run(server, *arguments)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def run(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        env={**server.environ, "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
