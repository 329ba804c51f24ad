"""A process that ends when the one that started it is gone."""

import multiprocessing
import os
import signal
import threading


def end_with_parent() -> None:
    """Nothing is left running when the parent is killed outright, be it while this one starts."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
