"""Compares the reports of units with what the log says of the same period."""

from collections.abc import Callable, Sequence
from uuid import uuid5

import structlog
from msgspec import Struct

from application.caller import Caller, Role
from application.desk import Desk
from application.orders import KeyUsedBefore, Order, StaleVersion
from application.retention import standings_of
from domain.case import Actor
from domain.claimed_figures import Figure
from domain.unit_report import KIND, Stage, UnitReport, VerifiedBefore, VerifyUnitReport
from infra.unit_reports import Waiting, waiting_reports

CALLER = Caller(
    Actor(official="unit-report-verification", unit="register", client="karguzar-reports"),
    frozenset({Role.SYSTEM}),
)

log = structlog.get_logger()


class Counted(Struct, frozen=True):
    """The log's own figures as of ``position``, by version ``definition`` of what they count."""

    position: int
    definition: int
    figures: tuple[Figure, ...]


Count = Callable[[UnitReport, int], Counted | None]
"""What the log says of each figure that a report claims, as of that position or a later one; None
while the read models have not come so far."""


class UnitReportDesk:
    """Each version of a report is compared once, however many processes do it."""

    def __init__(self, desk: Desk, count: Count) -> None:
        self._desk = desk
        self._count = count
        self._done_to = 0
        """Nothing waits since a position up to this one."""

    def round(self) -> int:
        """Compare what waits; how many could be.

        Raises what one of them failed with after all others were compared.
        """
        with self._desk.log.datastore.get_connection() as conn:
            waiting = waiting_reports(conn, self._done_to)
        compared = self._compare(waiting)
        if compared == len(waiting) and waiting:
            self._done_to = waiting[-1].position
        return compared

    def _compare(self, waiting: Sequence[Waiting]) -> int:
        compared = 0
        failed: list[Exception] = []
        for each in waiting:
            try:
                if not self._compared(each):
                    break
            except Exception as error:
                log.exception(
                    "unit-report-not-verified",
                    case_id=str(each.case_id),
                    error=type(error).__name__,
                )
                failed.append(error)
            else:
                compared += 1
        if failed:
            raise failed[0]
        return compared

    def _compared(self, waiting: Waiting) -> bool:
        """False while the read models have not come so far."""
        standing = standings_of(self._desk, [waiting.case_id])[waiting.case_id]
        report: UnitReport = standing.state
        if report.stage is not Stage.AWAITING_VERIFICATION:
            return True
        counted = self._count(report, waiting.position)
        if counted is None:
            return False
        try:
            self._desk.execute(
                Order(
                    kind=KIND,
                    case_id=waiting.case_id,
                    command=VerifyUnitReport(
                        position=counted.position,
                        definition=counted.definition,
                        counted=counted.figures,
                    ),
                    by=CALLER,
                    command_id=uuid5(waiting.case_id, f"verify {standing.version}"),
                    expected_version=standing.version,
                )
            )
        except (KeyUsedBefore, StaleVersion, VerifiedBefore):
            return True  # by another process, or the unit has corrected it: then it waits anew
        log.info("unit-report-verified", case_id=str(waiting.case_id), position=counted.position)
        return True
