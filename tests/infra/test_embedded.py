import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.embedded import embedded_postgres

ROOT = Path(__file__).parents[2]
# Tests that run in the background may have these signals ignored, which a child inherits.
STAYS_INSIDE = """
import signal, sys, time
from pathlib import Path
from infra.embedded import embedded_postgres
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with embedded_postgres(Path(sys.argv[1])):
    print("inside", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # Not under tmp_path: pytest closes its directory to the user that runs PostgreSQL for root.
    directory = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="karguzar-test-")).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def asked(uri: str, question: str) -> object:
    with psycopg.connect(uri) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def postmaster(data_dir: Path) -> psutil.Process:
    lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgres" / "postmaster.pid").exists()


def someone_inside(data_dir: Path) -> subprocess.Popen[str]:
    other = subprocess.Popen(
        [sys.executable, "-c", STAYS_INSIDE, data_dir],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "inside\n"
    return other


def leave(other: subprocess.Popen[str], signum: int) -> int:
    other.send_signal(signum)
    with other:
        return other.wait(timeout=30)


def test_what_was_written_is_there_after_a_restart(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as uri, psycopg.connect(uri) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 41 AS value")
    assert is_stopped(data_dir)
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SELECT value FROM kept") == 41


def test_a_commit_is_on_the_disk_before_it_is_answered(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SHOW fsync") == "on"
        assert asked(uri, "SHOW synchronous_commit") == "on"


def test_letters_of_the_language_are_folded(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SELECT lower('ŞƏFİQƏ') <> 'ŞƏFİQƏ'") is True


def test_nobody_else_may_enter(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SHOW listen_addresses") == ""
        assert (data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_a_killed_server_recovers_what_was_committed(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as uri:
        with psycopg.connect(uri) as connection:
            connection.execute("CREATE TABLE committed AS SELECT 7 AS value")
        postmaster(data_dir).kill()
    assert not is_stopped(data_dir)
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SELECT value FROM committed") == 7
    assert is_stopped(data_dir)


def test_a_number_left_behind_may_belong_to_another_process(data_dir: Path) -> None:
    with embedded_postgres(data_dir):
        left = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    (data_dir / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *left[1:]]))
    with embedded_postgres(data_dir) as uri:
        assert asked(uri, "SELECT 1") == 1


def test_it_runs_until_the_last_leaves(data_dir: Path) -> None:
    other = someone_inside(data_dir)
    with embedded_postgres(data_dir) as uri:
        leave(other, signal.SIGINT)
        assert asked(uri, "SELECT 1") == 1
    assert is_stopped(data_dir)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_when_the_program_is_asked_to(data_dir: Path, signum: int) -> None:
    other = someone_inside(data_dir)
    assert leave(other, signum) != 0
    assert is_stopped(data_dir)


def test_it_stops_with_the_next_after_a_kill(data_dir: Path) -> None:
    leave(someone_inside(data_dir), signal.SIGKILL)
    server = postmaster(data_dir)
    with embedded_postgres(data_dir):
        assert postmaster(data_dir) == server
    assert is_stopped(data_dir)


def test_a_deep_directory_is_not_too_deep_for_the_socket(data_dir: Path) -> None:
    deep = data_dir / ("a" * 60) / ("b's ə " * 8).strip()
    with embedded_postgres(deep) as uri:
        assert asked(uri, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is kept out of its own directories")
def test_root_may_work_where_the_servers_user_may_not_go(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with embedded_postgres(closed / "data") as uri:
        assert asked(uri, "SELECT 1") == 1
        home = Path(str(asked(uri, "SHOW data_directory"))).parent
    assert closed.stat().st_mode & 0o077 == 0
    assert home.parent == Path("/var/lib/karguzar")
    shutil.rmtree(home)
