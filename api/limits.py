"""How often somebody may ask. Each worker process counts for itself, so N of them allow N times."""

import time
from collections.abc import Callable

_MINUTE = 60


class TooManyRequests(Exception):
    """Too many requests in this minute: wait as long as Retry-After says."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests in this minute: wait {seconds} seconds")
        self.seconds = seconds


class PerMinute:
    """At most so many a minute for each name; with the minute all counts are forgotten."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._ends = 0.0
        self._counts: dict[str, int] = {}

    def take(self, name: str) -> None:
        """Raises TooManyRequests where the name has had its share."""
        now = self._clock()
        if now >= self._ends:
            self._ends = now + _MINUTE
            self._counts = {}
        count = self._counts.get(name, 0) + 1
        if count > self._most:
            raise TooManyRequests(max(1, round(self._ends - now)))
        self._counts[name] = count
