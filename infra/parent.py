"""A process that ends when the one that started it is gone."""

import multiprocessing
import os
import signal
import threading

_ends: tuple[int, int] | None = None
"""Of a pipe into which nobody writes: it ends with whoever holds the end for writing."""


def hold_for_forks() -> None:
    """For whoever starts processes by forking, before the first."""
    global _ends  # noqa: PLW0603 - forks inherit it
    _ends = os.pipe()


def end_with_parent() -> None:
    """Nothing is left running when the parent is killed outright, be it while this one starts."""
    if _ends:
        # What multiprocessing has for this is held open by those that were forked later.
        os.close(_ends[1])
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    if _ends:
        os.read(_ends[0], 1)
    elif parent := multiprocessing.parent_process():
        parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
