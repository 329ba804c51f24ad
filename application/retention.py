"""Which ended cases may be destroyed, by which rule, since when."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from application.desk import Desk, Standing
from domain.case import CaseKind, Other, Refusal
from domain.destruction import MOST_CASES, due_case
from domain.keeping import ended_stages

_AT_ONCE = 500


class Aged(Protocol):
    """An ended case of the register that is old enough for some rule."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def registered_on(self) -> date: ...


Candidates = Callable[
    [Sequence[str], Sequence[str], date, tuple[date, UUID] | None, int], Sequence[Aged]
]
"""Of some kinds and stages, registered before a day, from behind a mark on; so many at most."""
HungOn = Callable[[Sequence[UUID]], set[UUID]]


class MayGo(Struct, frozen=True, kw_only=True):
    """A case that may be destroyed since ``may_go_on``. ``certainty`` is the rule's."""

    case_id: UUID
    kind: CaseKind
    number: str
    unit: str
    ended_on: date
    may_go_on: date
    rule: str
    source: str
    certainty: str


class Retention:
    """Reads the register for what may go; the case itself has the last word."""

    def __init__(self, desk: Desk, candidates: Candidates, hung_on: HungOn) -> None:
        self._desk = desk
        self._candidates = candidates
        self._hung_on = hung_on

    def due(self, proposed: set[UUID], limit: int = MOST_CASES) -> list[MayGo]:
        """The cases of which nothing says that they must stay, oldest first.

        Left out are those *proposed* already, and those on which an open case hangs.
        """
        found: list[MayGo] = []
        for some in self._some_at_once():
            waiting = [each for each in some if each.case_id not in proposed]
            hung = self._hung_on([each.case_id for each in waiting])
            standings = standings_of(self._desk, [each.case_id for each in waiting])
            for each in waiting:
                if each.case_id not in hung and (may_go := self._may_go(each, standings)):
                    found.append(may_go)
                    if len(found) == limit:
                        return found
        return found

    def _some_at_once(self) -> Iterator[Sequence[Aged]]:
        rules = self._desk.retention.rules
        if not rules:
            return
        kinds = sorted({rule.kind for rule in rules})
        stages = sorted({stage for kind in kinds for stage in ended_stages(kind)})
        # No case that was registered in a later year than this can be old enough for any rule.
        before = date(today_at(self._desk).year - min(rule.years for rule in rules) + 1, 1, 1)
        after = None
        while some := self._candidates(kinds, stages, before, after, _AT_ONCE):
            yield some
            after = (some[-1].registered_on, some[-1].case_id)

    def _may_go(self, aged: Aged, standings: dict[UUID, Standing]) -> MayGo | None:
        standing = standings[aged.case_id]
        rules = self._desk.retention
        try:
            due = due_case(aged.case_id, other_of(standing), rules, today_at(self._desk))
        except Refusal:
            return None
        rule = next(rule for rule in rules.rules if rule.id == due.rule)
        return MayGo(
            case_id=aged.case_id,
            kind=standing.kind,
            number=aged.number,
            unit=aged.unit,
            ended_on=due.ended_on,
            may_go_on=due.may_go_on,
            rule=rule.id,
            source=rule.source,
            certainty=rule.certainty,
        )


def other_of(standing: Standing) -> Other:
    return Other(standing.state, standing.version, standing.kind, standing.ended_on)


def standings_of(desk: Desk, cases: Sequence[UUID]) -> dict[UUID, Standing]:
    """The cases as they stand in the log; nothing personal is opened."""
    found: dict[UUID, Standing] = {}
    for row in desk.log.cases(cases):
        if standing := desk.fold(found.get(row.case_id), [row]):
            found[row.case_id] = standing
    return found


def today_at(desk: Desk) -> date:
    """The desk's day where the department sits."""
    return desk.clock().astimezone(desk.terms.time_zone).date()
