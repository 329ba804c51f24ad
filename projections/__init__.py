"""Read models: what the log says, arranged for questions. One list of them all."""

from projections import due_dates, moves, parties, register, threads, work
from projections.readmodel import ReadModel

READ_MODELS: tuple[ReadModel, ...] = tuple(
    map(ReadModel.of, (register, work, parties, threads, due_dates, moves))
)
