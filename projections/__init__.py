"""Read models: what the log says, arranged for questions. One list of them all."""

from projections import (
    conformance,
    due_dates,
    moves,
    parties,
    register,
    register_history,
    threads,
    trail,
    work,
)
from projections.readmodel import ReadModel

READ_MODELS: tuple[ReadModel, ...] = tuple(
    map(
        ReadModel.of,
        (register, work, parties, threads, due_dates, moves, register_history, trail, conformance),
    )
)
