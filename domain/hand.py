"""Whose hand gave a step of a chain, so that nobody gives two of them.

A deputy counts as themselves and as the official they act for.
"""

from typing import Self

from domain.case import Actor, NotFitting, OfficialId, Value


class SamePersonTwice(NotFitting):
    """One person can't give two steps of the same chain; only the author may also initial."""


class Hand(Value):
    """Who gave a step, and whose step it was: two officials where a deputy gave it."""

    official: OfficialId
    principal: OfficialId

    @classmethod
    def of(cls, actor: Actor) -> Self:
        return cls(official=actor.official, principal=actor.principal)

    @classmethod
    def told(cls, principal: str, deputy: str | None) -> Self:
        """As an event tells it, whose ``deputy`` is there only where a deputy gave the step."""
        return cls(official=deputy or principal, principal=principal)

    @property
    def people(self) -> frozenset[str]:
        return frozenset((self.official, self.principal))

    @property
    def deputy(self) -> str | None:
        """Who gave it for the principal; None where they did so themselves."""
        return self.official if self.official != self.principal else None

    def require_other_than(self, *others: Self) -> None:
        """Raise SamePersonTwice where the same person had a hand in one of the others."""
        if any(not self.people.isdisjoint(other.people) for other in others):
            raise SamePersonTwice
