"""One PostgreSQL for all: fresh, durable, with a database for each competitor."""

import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from infra.embedded import embedded_postgres

Args = ParamSpec("Args")
Result = TypeVar("Result")
START_SECONDS = 60
_LOG_FILES = 32


class Cluster:
    """The server's databases, made when first asked for."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        self._conninfo = conninfo
        self._made: set[str] = set()
        self.folder = folder

    def database(self, name: str) -> str:
        if name not in self._made:
            with psycopg.connect(self._conninfo, autocommit=True) as conn:
                conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            self._made.add(name)
        return make_conninfo(self._conninfo, dbname=name)

    def drop(self, name: str) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
        self._made.discard(name)

    def settle(self) -> None:
        """Write out what earlier figures left dirty, so that no later one pays for it.

        Not between the runs of a figure: each checkpoint makes whoever writes next copy every
        page it touches to the log, and a server in use has one in a quarter of an hour.
        """
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute("CHECKPOINT")

    def facts(self) -> dict[str, str]:
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        with psycopg.connect(self._conninfo) as conn:
            query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
            return dict(conn.execute(query, (list(names),)).fetchall())


@contextmanager
def fresh_cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="karguzar-bench-"))
    folder.chmod(0o755)
    try:
        with embedded_postgres(folder / "data") as conninfo:
            _grow_log(conninfo)
            yield Cluster(conninfo, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _grow_log(conninfo: str) -> None:
    """Have the log's files made beforehand, as they are on a server that has been in use."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        for _ in range(_LOG_FILES):
            conn.execute("SELECT pg_logical_emit_message(false, 'benchmark', 'one more file')")
            conn.execute("SELECT pg_switch_wal()")
        conn.execute("CHECKPOINT")


def in_process(call: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
    """The call's result from a process of its own, which ends with it."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(call, *args, **kwargs).result()


def peak_memory() -> int:
    """The most memory this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return int(port)


@contextmanager
def running(
    arguments: list[str], port: int, environ: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A server of ours or a peer's, from when its port answers until the block is left."""
    with log.open("ab") as output:
        server = subprocess.Popen(
            arguments,
            env=dict(environ),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(server, port, log)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(errors="replace")[-3000:]
    raise RuntimeError(f"a server did not start:\n{said}")
