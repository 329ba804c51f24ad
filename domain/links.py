"""Links that people decided on: what they join, what they tell apart, what contradicts them.

The same for appeals on one matter and for persons who are one: a group is whatever standing links
join, worked out when it is asked for, so that a withdrawn link leaves nothing behind.
"""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct


class Link(Struct, frozen=True):
    """``joins``: the two belong together; else they were told apart.

    ``decided_in`` is the case on which the decision stands. ``merged``: one appeal was merged into
    the other, which joins them as long as it isn't reopened, and is no decision on repeats.
    """

    one: UUID
    other: UUID
    joins: bool
    decided_in: UUID
    merged: bool = False

    @property
    def pair(self) -> frozenset[UUID]:
        return frozenset((self.one, self.other))


class Links(Struct, frozen=True):
    """The standing links in reach of whatever is decided on."""

    standing: tuple[Link, ...] = ()

    def decided(self, one: UUID, other: UUID) -> Link | None:
        """The standing decision on these two, whichever of them it stands on."""
        pair = frozenset((one, other))
        return next((link for link in self.standing if link.pair == pair and not link.merged), None)

    def without(self, one: UUID, other: UUID) -> "Links":
        """What stands when the decision on these two is withdrawn."""
        decided = self.decided(one, other)
        return Links(tuple(link for link in self.standing if link is not decided))

    def group(self, member: UUID) -> frozenset[UUID]:
        """All that joining links lead to from *member*, itself included."""
        return frozenset(self._reached(member))

    def way(self, one: UUID, other: UUID) -> tuple[Link, ...]:
        """The shortest chain of joining links from one to the other; none if they aren't joined."""
        last = self._reached(one)
        back: list[Link] = []
        at = other
        while link := last.get(at):
            back.append(link)
            at = link.other if link.one == at else link.one
        return tuple(reversed(back))

    def against(self, one: UUID, other: UUID) -> Link | None:
        """What tells a member of the one's group apart from a member of the other's."""
        ones, others = self.group(one), self.group(other)
        for link in self.standing:
            if not link.joins and (
                (link.one in ones and link.other in others)
                or (link.other in ones and link.one in others)
            ):
                return link
        return None

    def _reached(self, member: UUID) -> Mapping[UUID, Link | None]:
        """Whatever is joined with *member*, with the last link of the shortest chain to it."""
        neighbours: dict[UUID, list[Link]] = {}
        for link in self.standing:
            if link.joins:
                neighbours.setdefault(link.one, []).append(link)
                neighbours.setdefault(link.other, []).append(link)
        last: dict[UUID, Link | None] = {member: None}
        reached = [member]
        for at in reached:
            for link in neighbours.get(at, ()):
                following = link.other if link.one == at else link.one
                if following not in last:
                    last[following] = link
                    reached.append(following)
        return last


NO_LINKS = Links()
