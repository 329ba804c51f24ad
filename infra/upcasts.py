"""Old versions of stored events lifted to today's: one function a step, never edited again."""

from collections.abc import Callable
from typing import Any

UPCASTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(stored name, version) -> the function that lifts that version by one."""
