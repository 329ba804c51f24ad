"""Logs of appeals that come back, told by their days alone."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from domain.answer_term import AppealTermCorrected
from domain.appeal import (
    AppealAssigned,
    AppealLeftUnconsidered,
    AppealMerged,
    AppealReopened,
    AppealReplyDispatched,
    DispatchWay,
    Ground,
)
from domain.case import CaseKind, Event, RegistrationNumber
from domain.envelope import Recorded
from domain.record import EntryCorrected
from domain.repeat import RepeatConfirmed, RepeatDecisionWithdrawn
from domain.reply import ReplyDrafted, ReplySigned
from tests.domain.test_appeal import REGISTERED, due

_IDS = UUID("00000000-0000-7000-8000-00000000abcd")
_TEXT = "Cavab"


def case(name: int) -> UUID:
    return uuid5(_IDS, str(name))


class RepeatLog:
    """``events`` have their positions; appeals are known by a number of the test's own."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self._versions: dict[UUID, int] = {}
        self._links: set[tuple[int, int]] = set()

    @property
    def head(self) -> int:
        return len(self.events)

    def appeal(self, name: int, received: date, unit: str, topic: str, **changes: Any) -> None:
        registered = replace(
            REGISTERED,
            number=RegistrationNumber(book="a", year=received.year, sequence=name),
            topic=topic,
            received_at=datetime.combine(received, time(6), UTC),
            registered_on=received,
            due=due(received.replace(year=received.year + 1)),
            **{"region": None, **changes},
        )
        self._add(name, registered)
        self.assigned(name, unit)

    def answered(self, name: int, on: date, *, late: bool = False, author: str = "worker") -> None:
        digest = "a" * 64
        drafted = ReplyDrafted(
            text=_TEXT, digest=digest, author=author, initials_by=("lawyer",), signatory="director"
        )
        self._add(name, drafted)
        self._add(name, ReplySigned(digest=digest, signed_by="director"))
        if late:
            moved = replace(REGISTERED.due, on=on.replace(year=on.year - 1))
            self._add(name, AppealTermCorrected(due=moved))
        self._add(
            name,
            AppealReplyDispatched(
                digest=digest,
                letter_number="1",
                dispatched_on=on,
                way=DispatchWay.POST,
                interim=False,
            ),
        )

    def left_unconsidered(
        self, name: int, notified_on: date | None, *, left_on: date | None = None
    ) -> None:
        self._add(
            name,
            AppealLeftUnconsidered(
                ground=Ground.INSUFFICIENT_DATA,
                applicant_notified_on=notified_on,
                left_on=left_on,
            ),
        )

    def reopened(self, name: int, on: date, unit: str) -> None:
        self._add(name, AppealReopened(due=due(on.replace(year=on.year + 1), since=on)))
        self.assigned(name, unit)

    def repeat(self, later: int, earlier: int) -> None:
        self._links.add((later, earlier))
        self._add(
            later,
            RepeatConfirmed(
                earlier=case(earlier),
                evidence=(),
                model=None,
                decided_by="clerk",
                merge_advised=False,
            ),
        )

    def withdrawn(self, later: int, earlier: int) -> None:
        self._links.discard((later, earlier))
        still = any(one == later for one, _ in self._links)
        self._add(
            later,
            RepeatDecisionWithdrawn(
                earlier=case(earlier), withdrawn_by="clerk", still_repeat=still
            ),
        )

    def merged(self, later: int, into: int) -> None:
        self._add(later, AppealMerged(into=case(into)))

    def corrected(self, name: int, entry: str, value: str) -> None:
        self._add(name, EntryCorrected(entry=entry, value=value, approved_by="head"))

    def assigned(self, name: int, unit: str) -> None:
        self._add(
            name,
            AppealAssigned(
                unit=unit,
                main_executor="worker",
                co_executors=(),
                assigned_by="clerk",
                resolution=None,
                internal_due=None,
            ),
        )

    def _add(self, name: int, event: Event) -> None:
        case_id = case(name)
        version = self._versions[case_id] = self._versions.get(case_id, 0) + 1
        position = len(self.events) + 1
        self.events.append(
            Recorded(
                originator_id=case_id,
                originator_version=version,
                kind=CaseKind.APPEAL,
                event=event,
                event_id=uuid5(_IDS, f"event {position}"),
                owner=case_id,
                actor="clerk",
                unit="records",
                client="tests",
                command_id=uuid5(_IDS, f"command {position}"),
                correlation_id=case_id,
                recorded_at=datetime(2026, 7, 1, tzinfo=UTC),
                position=position,
            )
        )
