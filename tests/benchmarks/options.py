"""How large and how long to measure."""

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """``cases`` and ``events`` are the sizes of the registers that are read and rebuilt.

    ``open_cases`` is that of the one whose due dates are computed again; ``seeds`` is how many
    lists of made-up people, and of their appeals, repeats are found in.
    """

    cases: tuple[int, ...]
    events: tuple[int, ...]
    connections: int
    rate: int
    seconds: float
    rounds: int
    open_cases: int
    seeds: int
