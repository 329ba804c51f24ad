"""What isn't found is answered at whole steps of time, counted from the question."""

import asyncio
from typing import Any, cast

import pytest
from litestar.types import Message, Scope

from api.even_times import STEP_SECONDS, hold_until_even, note_time


class Clock:
    """Stands still, and goes on by what is slept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    def time(self) -> float:
        return self.now

    async def _sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def answered_after(clock: Clock, seconds: float, status: int) -> float:
    scope = cast("Scope", {"state": {}})
    began = clock.now
    note_time(scope)
    clock.now += seconds
    message: Any = {"type": "http.response.start", "status": status, "headers": []}
    _finished(hold_until_even(cast("Message", message), scope))
    return clock.now - began


def _finished(waiting: Any) -> None:
    with pytest.raises(StopIteration):
        waiting.send(None)


@pytest.mark.parametrize(
    ("took", "steps"), [(0.0004, 1), (0.0031, 1), (0.0199, 1), (0.0201, 2), (0.055, 3)]
)
def test_what_is_not_found_waits_for_the_next_step(
    monkeypatch: pytest.MonkeyPatch, took: float, steps: int
) -> None:
    clock = Clock(monkeypatch)
    assert answered_after(clock, took, 404) == pytest.approx(steps * STEP_SECONDS)


@pytest.mark.parametrize("status", [200, 201, 403, 409, 503])
def test_nothing_else_waits(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    assert answered_after(Clock(monkeypatch), 0.003, status) == pytest.approx(0.003)


def test_what_was_refused_before_its_time_was_noted_goes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    message: Any = {"type": "http.response.start", "status": 404, "headers": []}
    _finished(hold_until_even(cast("Message", message), cast("Scope", {"state": {}})))
    assert clock.now == 100.0
