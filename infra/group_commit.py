"""Group commit: orders that wait at the same time share one transaction.

One thread takes what waits and hands it over as a batch. After a batch of several it waits a
moment for as many to gather again: their clients have just been answered and are about to send
their next. A single client never waits: its batches are of one.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from eventsourcing.persistence import InterfaceError, OperationalError

Request = TypeVar("Request")
Answer = TypeVar("Answer")

GATHER_SECONDS = 0.005
RETRY_SECONDS = 5.0
_PAUSE = 0.05


class Stopped(Exception):
    """The server is stopping: nothing was recorded."""


class GroupCommit(Generic[Request, Answer]):
    """Between an event loop and *carry_out*, which answers a batch in its order.

    ``on_batch`` hears the size and the seconds of each batch. When the database is gone, a batch
    is tried again for `RETRY_SECONDS`, then *unreachable* is what its requests are answered with.
    """

    def __init__(
        self,
        carry_out: Callable[[Sequence[Request]], Sequence[Answer | Exception]],
        unreachable: type[Exception],
        *,
        largest: int = 256,
        on_batch: Callable[[int, float], None] = lambda _size, _seconds: None,
    ) -> None:
        self._carry_out = carry_out
        self._unreachable = unreachable
        self._largest = largest
        self._on_batch = on_batch
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._enough = 1
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)

    def start(self) -> None:
        """Start the thread; requests come from the event loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Carry out what waits, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    async def submit(self, request: Request) -> Answer:
        """The answer to *request*, once its batch has committed; raises what it failed with."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        with self._changed:
            if self._stopping:
                raise Stopped(Stopped.__doc__)
            self._waiting.append((request, future))
            if len(self._waiting) in (1, self._enough):
                self._changed.notify()
        return await future

    def _run(self) -> None:
        expected = 1
        while batch := self._next_batch(expected):
            started = time.perf_counter()
            answers = self._answers([request for request, _ in batch])
            self._on_batch(len(batch), time.perf_counter() - started)
            # Whoever is answered now may soon ask again, and those that wait already will.
            expected = len(batch) + len(self._waiting)
            self._loop.call_soon_threadsafe(_settle, [f for _, f in batch], answers)

    def _next_batch(self, expected: int) -> list[tuple[Request, asyncio.Future[Answer]]]:
        enough = min(expected, self._largest)
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            if len(self._waiting) < enough:
                self._enough = enough
                self._changed.wait_for(
                    lambda: len(self._waiting) >= enough or self._stopping, GATHER_SECONDS
                )
                self._enough = 1
            batch = self._waiting[: self._largest]
            del self._waiting[: self._largest]
            return batch

    def _answers(self, requests: Sequence[Request]) -> Sequence[Answer | Exception]:
        until = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return self._carry_out(requests)
            except (OperationalError, InterfaceError):
                if time.monotonic() > until or self._stopping:
                    return [self._unreachable(self._unreachable.__doc__) for _ in requests]
                time.sleep(_PAUSE)
            except Exception as error:  # noqa: BLE001 - whatever it is, each caller must be told
                if len(requests) == 1:
                    return [error]
                return [answer for one in requests for answer in self._answers([one])]


def _settle(
    futures: Sequence[asyncio.Future[Answer]], answers: Sequence[Answer | Exception]
) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
