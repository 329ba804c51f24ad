"""Work done at intervals beside the runner. What fails is shown, and tried again."""

import threading
import time
from collections.abc import Callable

import structlog

from infra.eventstore import TrackingRecorder

_RETRY_SECONDS = (5.0, 10.0, 30.0, 60.0)

log = structlog.get_logger()


class Rounds:
    """Does *work* every *seconds* while *leads* says so.

    A round that fails is entered among the stopped consumers until one succeeds; nothing else
    waits for it. Where a round costs much, *backs_off* lets the tries come ever less often.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        tracking: TrackingRecorder,
        *,
        seconds: float,
        leads: Callable[[], bool],
        backs_off: bool = False,
    ) -> None:
        self.name = name
        self._work = work
        self._tracking = tracking
        self._seconds = seconds
        self._leads = leads
        self._backs_off = backs_off
        self._failures = 0
        self._shown: bool | None = None
        """Whether the database shows a failure; None until it has been told."""

    def start(self) -> None:
        """Go round in a thread of its own, to the end of the process."""
        threading.Thread(target=self._run, name=self.name, daemon=True).start()

    def round(self) -> float:
        """One round; how many seconds to wait for the next."""
        if not self._leads():
            return min(self._seconds, 1.0)
        started = time.monotonic()
        try:
            self._work()
            self._show(None)
        except Exception as error:  # noqa: BLE001 - the next round tries again, and it is shown
            return self._failed(error)
        self._failures = 0
        return max(0.0, started + self._seconds - time.monotonic())

    def _run(self) -> None:
        while True:
            time.sleep(self.round())

    def _failed(self, error: Exception) -> float:
        pause = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
        self._failures += 1
        log.error("round-failed", work=self.name, error=type(error).__name__, exc_info=error)
        try:
            self._show(error)
        except Exception as unreachable:  # noqa: BLE001 - without a database the log has to do
            log.warning("failure-not-shown", work=self.name, error=type(unreachable).__name__)
        return max(pause, self._seconds) if self._backs_off else min(pause, self._seconds)

    def _show(self, error: Exception | None) -> None:
        if error is None and self._shown is False:
            return
        with self._tracking.datastore.transaction(commit=True) as cursor:
            if error is None:
                cursor.execute(
                    "DELETE FROM karguzar.stopped_consumers WHERE name = %s", (self.name,)
                )
            else:
                cursor.execute(
                    "INSERT INTO karguzar.stopped_consumers (name, position, error) "
                    "SELECT %s, position, %s FROM karguzar.log_head "
                    "ON CONFLICT (name) DO UPDATE SET position = excluded.position, "
                    "error = excluded.error, tries = karguzar.stopped_consumers.tries + 1",
                    (self.name, type(error).__name__),
                )
        self._shown = error is not None
