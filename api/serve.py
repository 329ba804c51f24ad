"""The server: N processes that answer, and one for each group of read models that follows the log.

Each is replaced when it dies. The runners are processes of their own, for folding holds on to the
interpreter and would delay the requests of a process that it shared. On Linux all are forked from
one that has loaded what they need: they start at once, and share it in memory.
"""

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from multiprocessing.process import BaseProcess

import structlog
import uvicorn

from infra.collecting import collect_seldom
from infra.logging import configure_logging
from infra.parent import end_with_parent, hold_for_forks
from infra.settings import Settings
from projections.groups import PACES, Group

_DRAIN_SECONDS = 20
_SETTLED_SECONDS = 30
_RECALCULATION_PAUSE = 0.1
_BACKLOG = 2048
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger()


def serve(settings: Settings, conninfo: str, *, ready: Callable[[], None] = lambda: None) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then let what is under way finish."""
    listening = _listen(settings)
    with tempfile.TemporaryDirectory(prefix="karguzar-metrics-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
        forking = sys.platform == "linux" and threading.active_count() == 1
        if forking:
            _load()
            hold_for_forks()
        family = _Family(settings, conninfo, listening, forking=forking)
        family.start()
        ready()
        family.watch()


def _load() -> None:
    """Here, what the others need; not before the folder of the figures is known."""
    import api.analytics_composition  # noqa: PLC0415
    import api.app  # noqa: PLC0415
    import api.retention_composition  # noqa: PLC0415
    import api.unit_reports_composition  # noqa: F401, PLC0415

    collect_seldom()


class _Family:
    """The processes of one server."""

    def __init__(
        self, settings: Settings, conninfo: str, listening: socket.socket, *, forking: bool
    ) -> None:
        get = multiprocessing.get_context
        processes = get("fork") if forking else get("spawn")
        self._beginning = _signals_held if forking else nullcontext
        self._stopping = threading.Event()
        self._members: dict[str, BaseProcess] = {}
        self._begun: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._making: dict[str, Callable[[], BaseProcess]] = {
            "runner": lambda: processes.Process(
                target=run_runner, args=(settings, conninfo, listening)
            ),
            "later-runner": lambda: processes.Process(
                target=run_later_runner, args=(settings, conninfo, listening)
            ),
        }
        for number in range(settings.workers):
            self._making[f"worker-{number}"] = lambda: processes.Process(
                target=run_worker, args=(settings, conninfo, listening)
            )

    def start(self) -> None:
        for signum in _STOPS:
            signal.signal(signum, lambda *_: self._stopping.set())
        for name in self._making:
            self._begin(name)

    def watch(self) -> None:
        """Replace members that die, until told to stop; then stop them all."""
        while not self._stopping.wait(0.2):
            for name, member in list(self._members.items()):
                if not member.is_alive():
                    log.error("process-died", worker=name, status=member.exitcode)
                    self._stopping.wait(self._pause(name))
                    self._begin(name)
        log.info("stopping", workers=len(self._members))
        for member in self._members.values():
            member.terminate()
        until = time.monotonic() + _DRAIN_SECONDS
        for member in self._members.values():
            member.join(max(0.1, until - time.monotonic()))
            if member.is_alive():
                member.kill()

    def _pause(self, name: str) -> float:
        """No pause for one that had lived a while; up to five seconds for one that won't live."""
        lived = time.monotonic() - self._begun[name]
        self._deaths[name] = 0 if lived > _SETTLED_SECONDS else self._deaths.get(name, 0) + 1
        return min(0.2 * self._deaths[name], 5.0)

    def _begin(self, name: str) -> None:
        if self._stopping.is_set():
            return
        member = self._making[name]()
        with self._beginning():
            member.start()
        self._begun[name] = time.monotonic()
        self._members[name] = member


@contextmanager
def _signals_held() -> Iterator[None]:
    """One that comes to a process just forked waits until it has handlers of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def run_worker(settings: Settings, conninfo: str, listening: socket.socket) -> None:
    """One process that answers requests."""
    from api.app import build_app  # noqa: PLC0415 - loaded before, or here where it is spawned

    _set_up(settings)
    listening.set_inheritable(False)
    app = build_app(settings, conninfo)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.tokens.trusted_proxies),
        forwarded_allow_ips=list(settings.tokens.trusted_proxies),
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_keep_alive=30,
        backlog=_BACKLOG,
    )
    server = uvicorn.Server(config)
    app.state.ending = lambda: server.should_exit
    server.run(sockets=[listening])


def run_runner(settings: Settings, conninfo: str, listening: socket.socket) -> None:
    """The process that follows the log for what somebody waits for, and does what goes on beside.

    That is watching clocks and calendar, proving the log and sending notices. Where there are too
    few processors for all, answering comes before folding: the read models catch up afterwards.
    """
    from api.analytics_composition import make_analyst_rounds  # noqa: PLC0415 - only here
    from api.composition import (  # noqa: PLC0415
        make_calendar_rounds,
        make_deliveries,
        make_proof_rounds,
        make_runner,
        make_watch_rounds,
    )
    from api.retention_composition import make_destruction_rounds  # noqa: PLC0415
    from api.unit_reports_composition import make_unit_report_rounds  # noqa: PLC0415

    listening.close()
    stopping = _set_up_runner(settings, Group.NEAR)
    runner = make_runner(settings, conninfo)
    make_watch_rounds(settings, conninfo, lambda: runner.leads).start()
    aside = partial(_in_a_process, run_recalculation, settings, conninfo)
    make_calendar_rounds(settings, conninfo, lambda: runner.leads, aside).start()
    carry_out = partial(_in_a_process, run_destructions, settings, conninfo)
    make_destruction_rounds(settings, conninfo, lambda: runner.leads, carry_out).start()
    make_unit_report_rounds(settings, conninfo, lambda: runner.leads).start()
    make_analyst_rounds(conninfo, lambda: runner.leads).start()
    for rounds in make_proof_rounds(settings, conninfo, lambda: runner.leads):
        rounds.start()
    for delivery in make_deliveries(settings, conninfo):
        delivery.start()
    runner.run(conninfo, stopping.is_set)


def run_later_runner(settings: Settings, conninfo: str, listening: socket.socket) -> None:
    """The process that follows the log for the read models that nobody waits for."""
    listening.close()
    stopping = _set_up_runner(settings, Group.LATER)
    # Nice already: what it takes to start doesn't hold up the workers.
    from api.composition import make_later_runner  # noqa: PLC0415 - only here

    make_later_runner(settings, conninfo).run(conninfo, stopping.is_set)


def _set_up_runner(settings: Settings, group: Group) -> threading.Event:
    """Set once the process has been told to stop."""
    _set_up(settings)
    os.nice(PACES[group].niceness)
    stopping = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopping.set())
    return stopping


def _in_a_process(
    work: Callable[[Settings, str], None], settings: Settings, conninfo: str, _: object
) -> None:
    """Let it be done beside the runner, which goes on folding."""
    process = multiprocessing.get_context("spawn").Process(
        target=work, args=(settings, conninfo), daemon=True
    )
    process.start()
    process.join()
    if process.exitcode:
        raise ChildProcessError(f"{work.__name__} ended with {process.exitcode}")


def run_recalculation(settings: Settings, conninfo: str) -> None:
    """The process that lives while due dates have to follow a decision on the calendar."""
    from api.composition import make_calendar_desk, make_desk  # noqa: PLC0415 - only here

    _set_up(settings)
    calendar = make_calendar_desk(make_desk(settings, conninfo))
    while calendar.waiting():
        calendar.round()
        time.sleep(_RECALCULATION_PAUSE)


def run_destructions(settings: Settings, conninfo: str) -> None:
    """The process that lives while approved destructions are carried out."""
    from api.composition import make_desk  # noqa: PLC0415 - only here
    from api.retention_composition import make_destruction_desk  # noqa: PLC0415

    _set_up(settings)
    make_destruction_desk(conninfo, make_desk(settings, conninfo)).round()


def _set_up(settings: Settings) -> None:
    for signum in _STOPS:
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    configure_logging(settings.log_level, console=sys.stderr.isatty())
    collect_seldom()
    end_with_parent()


def _listen(settings: Settings) -> socket.socket:
    return socket.create_server((settings.host, settings.port), backlog=_BACKLOG, reuse_port=False)
