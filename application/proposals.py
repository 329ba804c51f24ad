"""What a destruction may be proposed for, beside what its own decision looks at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.case import CaseKind
from domain.destruction import AlreadyProposed, PersonUnknown, ProposeDestruction, Stage
from infra.destruction import has_key, open_destructions
from infra.rows import StreamRow

_OPEN = frozenset({Stage.PROPOSED, Stage.APPROVED, Stage.CARRIED_OUT})

Fold = Callable[[Any, Sequence[StreamRow]], Any]


def require_proposable(
    conn: Connection[Any], command: ProposeDestruction, fold: Fold, latest: Mapping[UUID, Any]
) -> None:
    """Raise PersonUnknown, or AlreadyProposed where another one is open for the same.

    *fold* makes a standing of the log's rows; *latest* are those that are not in the log yet.
    """
    if command.person and not has_key(conn, command.person):
        raise PersonUnknown
    standings: dict[UUID, Any] = {}
    for row in open_destructions(conn):
        standings[row.case_id] = fold(standings.get(row.case_id), [row])
    standings |= latest
    for standing in standings.values():
        if standing.kind is CaseKind.DESTRUCTION and standing.state.stage in _OPEN:
            cases, person = standing.state.cases, standing.state.person
            if set(command.cases) & set(cases) or (person and person == command.person):
                raise AlreadyProposed
