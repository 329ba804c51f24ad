"""Runs of a program that finds pairs: what it found, how long it took, what memory it needed."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from msgspec import Struct
from numpy.typing import NDArray

ROOT = Path(__file__).parents[3]
PEERS = ROOT / "tests" / "benchmarks" / "peers"
PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
LONGEST = 600.0
LARGEST_GIB = 12.0
_EVERY = 0.25
_PSS_EVERY = 4
"""Looking what processes share takes the kernel long enough to be seen in their own time."""
_GIB = 2**30


class Run(Struct, frozen=True):
    """``seconds`` is the whole program, with reading and normalising; ``told`` what it says itself.

    ``rss_gib`` adds up all its processes, pages that they share as often as they are shared;
    ``pss_gib`` counts those once, where the system tells.
    """

    left: NDArray[Any]
    right: NDArray[Any]
    score: NDArray[Any]
    seconds: float
    rss_gib: float
    pss_gib: float
    told: dict[str, Any]


class DidNotFinish(Exception):
    """A program that was ended, or ended itself, before it had found anything."""


def ours(subject: str, file: Path, *words: str, longest: float = LONGEST) -> Run:
    """``subject``: people or matters."""
    program = f"tests.benchmarks.linkage.our_{subject}"
    command = [sys.executable, "-m", program, str(file), *words]
    return _run(command, file.with_suffix(".ours.npz"), longest)


def peer(name: str, file: Path, *words: str, longest: float = LONGEST) -> Run:
    """A program under `tests/benchmarks/peers`, in the environment that it needs."""
    if not PEERS_PYTHON.exists():
        raise DidNotFinish("its packages aren't installed: make bench installs them")
    command = [str(PEERS_PYTHON), str(PEERS / f"{name}.py"), str(file)]
    return _run([*command, *words], file.with_suffix(f".{name}.npz"), longest)


def _run(command: list[str], out: Path, longest: float) -> Run:
    started = time.perf_counter()
    # Into files: a program that fills a pipe nobody reads would wait for ever.
    with (
        out.with_suffix(".out").open("w+") as says,
        out.with_suffix(".err").open("w+") as errors,
        subprocess.Popen([*command, str(out)], stdout=says, stderr=errors, cwd=ROOT) as program,
    ):
        rss = pss = looks = 0
        while program.poll() is None:
            if time.perf_counter() - started > longest:
                _end(program)
                raise DidNotFinish(f"no result in {longest:.0f} s")
            now = memory(program.pid, shared=looks % _PSS_EVERY == 0)
            looks += 1
            rss, pss = max(rss, now[0]), max(pss, now[1])
            if pss > LARGEST_GIB * _GIB:
                _end(program)
                raise DidNotFinish(f"it needs more than {LARGEST_GIB:.0f} GiB")
            time.sleep(_EVERY)
        seconds = time.perf_counter() - started
        says.seek(0)
        errors.seek(0)
        if program.returncode:
            raise DidNotFinish((errors.read().strip().splitlines() or ["it ended"])[-1][:300])
        told = json.loads(says.read().strip().splitlines()[-1])
    with np.load(out) as pairs:
        return Run(
            pairs["left"],
            pairs["right"],
            pairs["score"],
            seconds,
            rss / _GIB,
            pss / _GIB,
            told,
        )


def memory(pid: int, *, shared: bool = True) -> tuple[int, int]:
    """Resident and proportional bytes of a process and all it started; the latter if ``shared``."""
    rss = pss = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                held = process.memory_full_info() if shared else process.memory_info()
                rss += held.rss
                pss += getattr(held, "pss", 0)
    return rss, pss


def _end(program: "subprocess.Popen[bytes]") -> None:
    root = psutil.Process(program.pid)
    for process in (*root.children(recursive=True), root):
        with suppress(psutil.Error):
            process.kill()
    program.wait()
