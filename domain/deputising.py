"""Deputising: one official acts for another from an instant until another.

It is entered beforehand by somebody else, with a reason, and taken away the same way.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from domain.case import Actor, Command, NotFitting, OfficialId, Refusal, ShortText, Value

LONGEST = timedelta(days=366)

Instant = Annotated[datetime, Meta(tz=True)]


class EnterDeputy(Command):
    """``deputy`` may act for ``principal`` from ``starts_at`` until ``ends_at``."""

    deputy: OfficialId
    principal: OfficialId
    starts_at: Instant
    ends_at: Instant
    reason: ShortText


class EndDeputising(Command):
    """It ends at once, or never begins."""

    reason: ShortText


class Deputising(Value):
    """``ended_at`` is when it was taken away, if it was, whatever ``ends_at`` had said."""

    id: UUID
    deputy: OfficialId
    principal: OfficialId
    starts_at: datetime
    ends_at: datetime
    reason: str
    entered_by: OfficialId
    entered_at: datetime
    ended_by: OfficialId | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


class DeputyOfThemselves(NotFitting):
    """Nobody deputises for themselves: name another official."""


class OwnDeputising(NotFitting):
    """Nobody names themselves a deputy: have somebody else enter it."""


class DeputisingNotFitting(NotFitting):
    """It ends after it starts, not in the past, and after a year at most: correct the times."""


class DeputisingOverlaps(Refusal):
    """The one deputises for the other in this time already: end that, or name other times."""


class DeputisingHasEnded(Refusal):
    """The deputising has ended already."""


def entered(command: EnterDeputy, by: Actor, identity: UUID, at: datetime) -> Deputising:
    """The deputising as it is entered, or a refusal."""
    if command.deputy == command.principal:
        raise DeputyOfThemselves
    if command.deputy in (by.official, by.principal):
        raise OwnDeputising
    if not max(at, command.starts_at) < command.ends_at <= command.starts_at + LONGEST:
        raise DeputisingNotFitting
    return Deputising(
        id=identity,
        deputy=command.deputy,
        principal=command.principal,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        reason=command.reason,
        entered_by=by.official,
        entered_at=at,
    )


def require_running(deputising: Deputising, at: datetime) -> None:
    """Raise DeputisingHasEnded where there is nothing left to take away."""
    if deputising.ended_at is not None or deputising.ends_at <= at:
        raise DeputisingHasEnded
