"""Servers whose database, runner, worker or parent dies, and what their clients see of it."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from infra.embedded import embedded_postgres
from infra.migrate import migrate
from projections import READ_MODELS
from projections.groups import Group
from tests.api.bodies import appeal, begun, read
from tests.api.serving import PEOPLE, Server, alive, served, wait_until
from tests.desks import migrated_database

APPEALS = "/api/v1/appeals"


class Writers:
    """Clients that register appeals until told to stop, and keep what they were answered."""

    def __init__(self, server: Server, count: int) -> None:
        self.acknowledged: list[dict[str, Any]] = []
        self.others: list[httpx.Response] = []
        self.cut = 0
        self._stopping = threading.Event()
        token = server.token(PEOPLE["registrar"])
        clients = [server.client(token) for _ in range(count)]
        self._threads = [threading.Thread(target=self._write, args=(c,)) for c in clients]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self, client: httpx.Client) -> None:
        while not self._stopping.is_set():
            try:
                answer = client.post(APPEALS, json=appeal())
            except httpx.TransportError:
                self.cut += 1
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self.acknowledged.append(answer.json())
            else:
                self.others.append(answer)
                time.sleep(0.05)

    def wait_for(self, more: int) -> None:
        enough = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= enough, 20, f"{more} more are acknowledged")


def logged(server: Server) -> dict[int, str]:
    """Position and case of each event in the log."""
    with psycopg.connect(server.conninfo) as conn:
        rows = conn.execute(
            "SELECT notification_id, originator_id::text FROM karguzar.register_events"
        )
        return {int(position): str(case) for position, case in rows}


def read_models_have_come_to_the_end(server: Server) -> None:
    auditor = server.client(server.token(PEOPLE["auditor"]))

    def at_the_end() -> bool:
        with suppress(httpx.TransportError):
            answer = auditor.get("/api/v1/positions")
            models = answer.json()["read_models"] if answer.status_code == 200 else []
            return bool(models) and all(m["behind"] == 0 and not m["stopped"] for m in models)
        return False

    wait_until(at_the_end, 20, "the read models are at the end of the log")
    assert read(auditor, "positions")["position"] == max(logged(server), default=0)


def test_the_server_lives_through_an_outage_of_postgresql(server_dir: Path) -> None:
    with ExitStack() as stack:
        postgres = stack.enter_context(ExitStack())
        conninfo = postgres.enter_context(embedded_postgres(server_dir / "outage"))
        migrate(conninfo)
        server = stack.enter_context(served(server_dir / "outage-served", conninfo))
        reader = server.client(server.token(PEOPLE["auditor"]))
        writers = Writers(server, 4)
        stack.callback(writers.stop)
        writers.wait_for(30)

        postgres.close()
        wait_until(lambda: server.public.get("/ready").status_code == 503, 20, "it is not ready")
        wait_until(lambda: len(writers.others) >= 4, 20, "writers are refused")
        ready = server.public.get("/ready").json()
        assert (ready["status"], ready["database"]) == ("not-ready", "unreachable")
        assert server.public.get("/live").json() == {"status": "live"}
        assert server.public.get("/metrics").status_code == 200
        for answer in (reader.get("/api/v1/cases"), *writers.others):
            assert answer.status_code == 503
            assert answer.json()["type"] == "/problems/database-gone"
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert int(answer.headers["retry-after"]) > 0
        members = {process.pid for process in server.family()}

        postgres.enter_context(embedded_postgres(server_dir / "outage"))
        refused = len(writers.others)
        server.wait_until_ready()
        writers.wait_for(30)
        writers.stop()

        assert {process.pid for process in server.family()} == members, "nobody had to be replaced"
        assert len(writers.others) - refused <= 4
        assert writers.cut == 0
        log = logged(server)
        assert sorted(log) == list(range(1, len(log) + 1))
        assert all(log[receipt["position"]] == receipt["id"] for receipt in writers.acknowledged)
        read_models_have_come_to_the_end(server)


@pytest.fixture(scope="module")
def pair(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server of two workers and its runners."""
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "pair", conninfo, workers=2) as server,
    ):
        wait_until(lambda: len(server.workers()) == 2, 20, "both workers listen")
        yield server


def test_another_runner_takes_over_when_the_runner_dies(pair: Server) -> None:
    registrar = pair.client(pair.token(PEOPLE["registrar"]))
    runner = pair.runner(Group.NEAR)
    runner.kill()
    case = begun(registrar, "appeals", appeal())
    position = read(registrar, f"appeals/{case}")["position"]
    wait_until(
        lambda: registrar.get("/api/v1/cases", params={"wait_for": position}).status_code == 200,
        20,
        "the read models go on",
    )
    assert pair.runner(Group.NEAR).pid != runner.pid
    read_models_have_come_to_the_end(pair)


def test_when_the_later_runner_hangs_and_dies_nobody_waits_and_nothing_is_lost(
    pair: Server,
) -> None:
    registrar = pair.client(pair.token(PEOPLE["registrar"]))
    later = pair.runner(Group.LATER)
    later.suspend()
    before = pair.log_position()
    cases = {begun(registrar, "appeals", appeal()) for _ in range(20)}
    end = pair.log_position()

    answer = registrar.get("/api/v1/cases", params={"wait_for": end})
    assert answer.status_code == 200
    assert cases <= {row["case_id"] for row in answer.json()["rows"]}
    models = read(pair.client(pair.token(PEOPLE["auditor"])), "positions")["read_models"]
    behind = {model["name"] for model in models if model["position"] <= before}
    assert behind == {model.name for model in READ_MODELS if model.group is Group.LATER}

    later.kill()
    read_models_have_come_to_the_end(pair)
    assert pair.runner(Group.LATER).pid != later.pid
    with psycopg.connect(pair.conninfo) as conn:
        trail = conn.execute("SELECT position FROM read_models.trail ORDER BY 1").fetchall()
    assert trail == [(position,) for position in sorted(logged(pair))]


def test_the_other_worker_answers_while_a_dead_one_is_replaced(pair: Server) -> None:
    before = pair.workers()
    assert len(before) == 2
    before[0].kill()
    answered = 0

    def both_listen() -> bool:
        nonlocal answered
        with suppress(httpx.TransportError):
            answered += httpx.get(f"{pair.base}/live", timeout=5).status_code == 200
        return len(pair.workers()) == 2

    wait_until(both_listen, 20, "the dead worker is replaced")
    assert answered
    after = {process.pid for process in pair.workers()}
    assert before[1].pid in after
    assert before[0].pid not in after


def test_stopping_lets_what_is_under_way_finish(postgres: str, server_dir: Path) -> None:
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "draining", conninfo, wait_seconds="3") as server,
    ):
        token = server.token(PEOPLE["registrar"])
        patient = server.client(token)
        answers: list[httpx.Response] = []
        waiting = threading.Thread(
            target=lambda: answers.append(patient.get("/api/v1/cases?wait_for=1000000"))
        )
        writers = Writers(server, 4)
        writers.wait_for(20)
        waiting.start()
        time.sleep(0.5)
        family = server.family()
        server.process.send_signal(signal.SIGTERM)
        waiting.join()
        assert server.process.wait(30) == 0
        writers.stop()
        assert [answer.json()["type"] for answer in answers] == ["/problems/read-model-behind"]
        assert all(answer.status_code == 503 for answer in writers.others)
        log = logged(server)
        assert all(log[receipt["position"]] == receipt["id"] for receipt in writers.acknowledged)
        wait_until(lambda: not any(map(alive, family)), 5, "nothing is left running")


def test_when_the_parent_is_killed_nothing_is_left_running(postgres: str, server_dir: Path) -> None:
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "orphans", conninfo, workers=2) as server,
    ):
        # One worker answers; the other may still be starting.
        family: list[psutil.Process] = server.family()
        assert len(family) >= 5
        server.process.kill()
        wait_until(lambda: not any(map(alive, family)), 15, "the orphans end")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.base}/live")
