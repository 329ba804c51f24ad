"""Read models: what the log says, arranged for questions. One list of them all."""

from projections import (
    answers,
    conformance,
    due_dates,
    identity_links,
    matters,
    moves,
    occurrences,
    parties,
    people,
    register,
    register_history,
    repeat_links,
    threads,
    trail,
    work,
)
from projections.readmodel import ReadModel

READ_MODELS: tuple[ReadModel, ...] = tuple(
    map(
        ReadModel.of,
        (
            register,
            work,
            parties,
            threads,
            due_dates,
            moves,
            register_history,
            trail,
            conformance,
            repeat_links,
            identity_links,
            people,
            matters,
            answers,
            occurrences,
        ),
    )
)
