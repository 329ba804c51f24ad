"""The occurrences of one case in the making: what an event adds to them, and restates."""

from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from msgspec import Struct, field, json
from msgspec.structs import replace

from domain.envelope import Recorded
from projections.duties import Standing
from projections.occurrence import MEMORY, Occurrence, Row
from projections.readmodel import Rows


class Visit(Struct, array_like=True, omit_defaults=True):
    """A visit under way, by the clock of the place."""

    arrived_at: datetime | None = None
    started_at: datetime | None = None
    received_by: str | None = None


class Memory(Struct, array_like=True, omit_defaults=True):
    """What the next occurrences of a case follow from.

    Its term ``began_on``, it ``moved_on`` last from, to or out of a unit, and whoever holds the
    ball does so ``held_since``. ``visits`` are those under way, by their ids.
    """

    standing: Standing
    began_on: date
    moved_on: date
    held_since: datetime
    confirmed_repeat: bool = False
    merged: bool = False
    received_at: datetime | None = None
    outlet_deadline: datetime | None = None
    submitted_on: date | None = None
    visits: dict[str, Visit] = field(default_factory=dict)


_remember = json.Encoder().encode
_recall = json.Decoder(Memory).decode


class Occurring:
    """``day`` is the business day on which the event was recorded.

    Raises KeyError for a case that has not begun.
    """

    def __init__(self, rows: Rows, recorded: Recorded, zone: tzinfo) -> None:
        self.case: UUID = recorded.originator_id
        self.at = recorded.recorded_at
        self.day = recorded.recorded_at.astimezone(zone).date()
        self.zone = zone
        self._rows = rows
        row = rows.get(self._key(MEMORY))
        self._memory = _recall(row.memory) if row else None

    @property
    def memory(self) -> Memory:
        if self._memory is None:
            raise KeyError(self.case)
        return self._memory

    @property
    def standing(self) -> Standing:
        return self.memory.standing

    def begin(self, received: Row, memory: Memory) -> None:
        self._memory = memory
        self._rows[self._key(Occurrence.RECEIVED)] = received
        self._rows[self._key(MEMORY)] = Row(
            case_id=self.case,
            occurrence=MEMORY,
            part="",
            nth=1,
            on_day=None,
            kind=received.kind,
            subkind="",
            unit="",
            official=None,
            channel=None,
            region=None,
            topic=None,
            applicant=None,
            repeat=False,
            confidential=False,
            outcome=None,
            on_time=None,
            amount=0,
            correlation_id=received.correlation_id,
            memory="",
        )

    def keep(self) -> None:
        """Remember what has changed in the memory."""
        self._rows[self._key(MEMORY)].memory = _remember(self.memory).decode()

    def row(self, occurrence: Occurrence, part: str = "", nth: int = 1) -> Row:
        row: Row = self._rows[self._key(occurrence, part, nth)]
        return row

    def count(self, occurrence: Occurrence, part: str = "") -> int:
        """How many there are of it so far."""
        return sum(key[1] == occurrence and key[2] == part for key in self._rows)

    def add(
        self, occurrence: Occurrence, on: date | None = None, part: str = "", **own: Any
    ) -> Row:
        """One more, on the day *on*, or else on that of the event.

        It is the case's or the visit's and, where *own* has nothing else, of the unit and
        official that have the case.
        """
        if part and occurrence is not Occurrence.VISIT_REGISTERED:
            like = self.row(Occurrence.VISIT_REGISTERED, part)
        else:
            like = self.row(Occurrence.RECEIVED)
        values: dict[str, Any] = {
            "occurrence": occurrence.value,
            "part": part,
            "nth": self.count(occurrence, part) + 1,
            "on_day": on or self.day,
            "unit": unit_of(self.standing),
            "official": self.standing.official,
            "amount": 1,
        }
        row = replace(like, **(values | own))
        self._rows[self._key(occurrence, part, row.nth)] = row
        return row

    def stand(self, due_on: date | None, outcome: str | None) -> None:
        """The case is open, and due or not."""
        key = self._key(Occurrence.STANDING)
        if key not in self._rows:
            self.add(Occurrence.STANDING)
        row = self._rows[key]
        row.on_day, row.outcome = due_on, outcome
        row.unit, row.official = unit_of(self.standing), self.standing.official

    def stand_no_more(self) -> None:
        self._rows.pop(self._key(Occurrence.STANDING), None)

    def restate(self, part: str | None = None, **values: Any) -> None:
        """All of the case, or of one visit, is and was so."""
        for row in self._rows.values():
            if row.occurrence != MEMORY and part in (None, row.part):
                for name, value in values.items():
                    setattr(row, name, value)

    def _key(self, occurrence: str, part: str = "", nth: int = 1) -> tuple[UUID, str, str, int]:
        return self.case, str(occurrence), part, nth


def unit_of(standing: Standing) -> str:
    """The unit that has the case: until one is named, the unit that registered it."""
    return standing.unit or standing.home


def minutes(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds() // 60))
