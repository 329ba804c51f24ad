"""The servers that compete, each with one worker, and tokens that all of them take."""

import os
import sys
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import psycopg

from api.development_issuer import DevelopmentIssuer
from application.caller import Role
from infra.settings import settings_from
from projections import READ_MODELS
from projections.groups import Group
from tests.benchmarks.cluster import Cluster, free_port, running
from tests.benchmarks.load import Target
from tests.benchmarks.ours import MASTER_KEY

HOST = "127.0.0.1"
PATH = "/api/v1/appeals"
LATER = [model.name for model in READ_MODELS if model.group is Group.LATER]
POSITIONS = f"""
SELECT min(at), min(at) FILTER (WHERE name <> ALL('{{{",".join(LATER)}}}'))
FROM (
    SELECT b.name, coalesce(t.notification_id, 0) AS at
    FROM karguzar.read_model_builds b
    LEFT JOIN karguzar.register_tracking t ON t.application_name = b.name || '_' || b.build
    WHERE b.stage = 'live'
) live
"""
"""How far all read models have come, and those that somebody waits for."""
HEAD = "SELECT position FROM karguzar.log_head"


def environ(cluster: Cluster, conninfo: str, port: int) -> dict[str, str]:
    """The same settings for us and the peers, so that they check the same tokens."""
    return {
        "KARGUZAR_DATABASE_URL": conninfo,
        "KARGUZAR_DATA_DIR": str(cluster.folder / "settings"),
        "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
        "KARGUZAR_HOST": HOST,
        "KARGUZAR_PORT": str(port),
        "KARGUZAR_LOG_LEVEL": "warning",
    }


def token(
    given: Mapping[str, str],
    official: str,
    unit: str,
    roles: Iterable[Role],
    client: str = "benchmark",
) -> str:
    return DevelopmentIssuer(settings_from(given)).issue(official, unit, roles, client=client)


@contextmanager
def serving(
    cluster: Cluster, arguments: list[str], conninfo: str, name: str
) -> Iterator[tuple[Target, dict[str, str]]]:
    """A server and a registrar's way to it, with the environment it was given."""
    port = free_port()
    given = environ(cluster, conninfo, port)
    target = Target(HOST, port, token(given, "registrar", "records", [Role.REGISTRAR]))
    ambient = {k: v for k, v in os.environ.items() if not k.startswith("KARGUZAR_")}
    with running(
        [part.replace("{port}", str(port)) for part in arguments],
        port,
        ambient | given,
        cluster.folder / f"{name}.log",
    ):
        yield target, given


OURS = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--workers", "1"]


def peer(module: str) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "--factory", f"tests.benchmarks.peers.{module}:build"),
        *("--host", HOST, "--port", "{port}", "--workers", "1", "--loop", "uvloop"),
        *("--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ]


def caught_up(conninfo: str, seconds: float = 600) -> float:
    """Wait until every read model has the whole log; how long that took."""
    started = time.monotonic()
    with psycopg.connect(conninfo, autocommit=True) as conn:
        while (missing := _first(conn, HEAD) - _first(conn, POSITIONS)) > 0:
            if time.monotonic() > started + seconds:
                raise TimeoutError(f"the read models miss {missing} events")
            time.sleep(0.01)
    return time.monotonic() - started


def _first(conn: psycopg.Connection, query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0
