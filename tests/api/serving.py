"""A real server in processes of its own, and the people who send it requests."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
from msgspec import Struct

from api.development_issuer import DevelopmentIssuer
from application.caller import Role
from infra.organisation import Official, OfficialKind, Unit, put_organisation
from infra.settings import Settings, settings_from
from projections.groups import PACES, Group

_LEADER = (
    "SELECT a.application_name FROM pg_stat_activity a JOIN pg_locks l USING (pid) "
    "WHERE starts_with(a.application_name, %s) AND l.locktype = 'advisory' AND l.granted "
    "AND l.objsubid = 1 AND (l.classid::bigint << 32) + l.objid::bigint = %s "
    "AND a.datname = current_database() "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("karguzar")
STOP_SECONDS = 30
UNITS: dict[str, str | None] = {
    "agency": None,
    "records": "agency",
    "social": "agency",
    "pensions": "social",
    "press": "agency",
    "reception": "agency",
    "region-ganja": "agency",
}


class Person(Struct, frozen=True):
    """An official as a token names them."""

    official: str
    unit: str
    roles: frozenset[Role]


def _person(official: str, unit: str, *roles: Role) -> Person:
    return Person(official, unit, frozenset(roles))


PEOPLE = {
    "registrar": _person("aliyev", "records", Role.REGISTRAR),
    "executor": _person("mammadov", "pensions", Role.EXECUTOR),
    "head": _person("huseynova", "pensions", Role.UNIT_HEAD),
    "controller": _person("nagiyev", "agency", Role.CONTROLLER),
    "signatory": _person("director", "agency", Role.SIGNATORY),
    "press": _person("ismayilova", "press", Role.PRESS_OFFICER),
    "clerk": _person("quliyev", "reception", Role.RECEPTION_CLERK),
    "auditor": _person("auditor", "agency", Role.AUDITOR),
    "analyst": _person("analyst", "agency", Role.ANALYST),
    "leader": _person("minister", "agency", Role.LEADER),
    "administrator": _person("admin", "agency", Role.ADMINISTRATOR),
    "ganja": _person("valiyev", "region-ganja", Role.REGISTRAR, Role.EXECUTOR, Role.UNIT_HEAD),
}


class Server:
    """A server that runs; ``get`` and the clients of its people speak to it."""

    def __init__(
        self,
        folder: Path,
        conninfo: str,
        workers: int,
        environ: dict[str, str],
        fill: Callable[[str], None],
    ) -> None:
        self.conninfo = conninfo
        self.log = folder / "server.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environ = {
            "KARGUZAR_DATABASE_URL": conninfo,
            "KARGUZAR_DATA_DIR": str(folder / "data"),
            "KARGUZAR_PORT": str(self.port),
            "KARGUZAR_WORKERS": str(workers),
            **environ,
        }
        self.settings: Settings = settings_from(self.environ)
        self.issuer = DevelopmentIssuer(self.settings)
        self.base = f"http://127.0.0.1:{self.port}"
        self._clients: list[httpx.Client] = []
        fill(conninfo)
        self._entered = {person.official for person in PEOPLE.values()}
        with self.log.open("ab") as log:
            self.process = psutil.Popen(
                [PROGRAM, "serve"],
                env={**_without_settings(), **self.environ},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.public = self.client(None)

    def token(self, person: Person, **claims: Any) -> str:
        """A token of this person, who is entered in the register if they weren't."""
        if person.official not in self._entered and person.unit in UNITS:
            enter(self.conninfo, [person])
            self._entered.add(person.official)
        return self.issuer.issue(
            person.official, person.unit, person.roles, **{"client": "tests", **claims}
        )

    def client(self, token: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=self.base, headers=headers, timeout=30)
        self._clients.append(client)
        return client

    def wait_until_ready(self, seconds: float = 60) -> None:
        try:
            wait_until(self._answers_ready, seconds, "the server is ready")
        except AssertionError:
            raise AssertionError(f"not ready:\n{self.log.read_text()}") from None

    def _answers_ready(self) -> bool:
        assert "process-died" not in self.log.read_text()
        with suppress(httpx.TransportError):
            return self.public.get("/ready").status_code == 200
        return False

    def family(self) -> list[psutil.Process]:
        """All processes of the server, the first of them included."""
        return [self.process, *self.process.children(recursive=True)]

    def workers(self) -> list[psutil.Process]:
        return [p for p in self._members() if listens(p)]

    def runner(self, group: Group) -> psutil.Process:
        """The process that leads in following this group of read models."""
        found: list[int] = []

        def leads() -> bool:
            with psycopg.connect(self.conninfo) as conn:
                rows = conn.execute(_LEADER, (f"karguzar-{group}-runner-", PACES[group].lock))
                found[:] = [int(name.rpartition("-")[2]) for (name,) in rows.fetchall()]
            return len(found) == 1

        wait_until(leads, 20, f"one process follows the {group} read models")
        return psutil.Process(found[0])

    def _members(self) -> list[psutil.Process]:
        lines = {process: command_line(process) for process in self.process.children()}
        return [each for each, line in lines.items() if line and "resource_tracker" not in line]

    def log_position(self) -> int:
        with psycopg.connect(self.conninfo, autocommit=True) as conn:
            row = conn.execute("SELECT position FROM karguzar.log_head").fetchone()
        assert row
        return int(row[0])

    def stop(self) -> None:
        """SIGTERM, and then nothing may be left running."""
        family = self.family()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_SECONDS)
        self.close_clients()
        assert status == 0, self.log.read_text()
        wait_until(lambda: not any(map(alive, family)), 5, "nothing is left running")

    def close_clients(self) -> None:
        for client in self._clients:
            client.close()

    def end(self) -> None:
        """Whatever a failed test left."""
        self.close_clients()
        with suppress(psutil.NoSuchProcess):
            for process in self.family():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait(STOP_SECONDS)


@contextmanager
def served(
    folder: Path,
    conninfo: str,
    *,
    workers: int = 1,
    fill: Callable[[str], None] | None = None,
    **environ: str,
) -> Iterator[Server]:
    """A server over a migrated database; *environ* are settings without their prefix.

    *fill* enters something else than the tests' organisation before it starts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"KARGUZAR_{name.upper()}": value for name, value in environ.items()}
    server = Server(folder, conninfo, workers, named, fill or enter_organisation)
    try:
        server.wait_until_ready()
        yield server
        if alive(server.process):
            server.stop()
    finally:
        server.end()


def enter_organisation(conninfo: str) -> None:
    units = [Unit(unit=unit, name=unit, parent=parent) for unit, parent in UNITS.items()]
    with psycopg.connect(conninfo) as conn:
        put_organisation(conn, units, [])
    enter(conninfo, PEOPLE.values())


def enter(conninfo: str, people: Iterable[Person], kind: OfficialKind = "person") -> None:
    """A person is named after their id."""
    officials = [
        Official(
            official=person.official,
            unit=person.unit,
            name=person.official.capitalize(),
            kind=kind,
        )
        for person in people
    ]
    with psycopg.connect(conninfo) as conn:
        put_organisation(conn, [], officials)


def command_line(process: psutil.Process) -> str:
    """With the process's name before it; empty when it has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return " ".join([process.name(), *process.cmdline()])
    return ""


def alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not in {seconds} s: {what}"
        time.sleep(0.02)


def fresh_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def listens(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return any(c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp"))
    return False


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KARGUZAR_")}
