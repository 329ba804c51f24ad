"""Appeals answered some working days after registration, to be counted under another term."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import psycopg

from application.desk import Desk
from domain.answer_term import ExtendTerm
from domain.appeal import AppealKind, ForwardAppeal
from domain.case import CaseKind, Command
from domain.rule import Unit
from domain.what_if import Replay, replay
from projections import READ_MODELS
from projections.closed_clocks import answered_cases, count_answered
from tests.domain.spec import BAKU, NOON, PLAIN_CALENDAR, PLAIN_TERMS
from tests.orders import SYSTEM, assign_appeal, caller, order, register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

TODAY = NOON.astimezone(BAKU).date()
FIRST, LAST = date(2020, 1, 1), date(2030, 12, 31)
ALL_ROLES = caller("aliyev", "records", *SYSTEM.roles)


class Office:
    """Appeals that were answered by being forwarded, some working days after registration."""

    def __init__(self, desk: Desk, database: str) -> None:
        self.desk, self.database = desk, database
        self._tracking = tracking_in(database)
        self._runner = runner_for(desk, database, self._tracking, READ_MODELS)

    def answered(
        self,
        working_days: int,
        *,
        unit: str | None = None,
        extended: int | None = None,
        kind: AppealKind = AppealKind.APPLICATION,
    ) -> UUID:
        self._at(TODAY)
        case = self.desk.execute(register_appeal(kind=kind)).id
        if unit:
            self.desk.execute(assign_appeal(case, unit=unit))
        if extended:
            self._does(
                case,
                ExtendTerm(reason="Əlavə sorğu", applicant_notified_on=TODAY, length=extended),
            )
        on = PLAIN_CALENDAR.add_working_days(TODAY, working_days)
        self._at(on)
        self._does(
            case,
            ForwardAppeal(
                body="Səhiyyə Nazirliyi",
                letter_number="7/15",
                letter_date=on,
                reason="Səlahiyyətimizə aid deyil",
                applicant_notified_on=on,
            ),
        )
        run_out(self._runner)
        return case

    def open(self) -> None:
        self._at(TODAY)
        self.desk.execute(register_appeal())
        run_out(self._runner)

    def counted(
        self,
        length: int,
        unit: Unit | None = None,
        rule: str = "az-a-gen",
        first: date = FIRST,
        last: date = LAST,
    ) -> Replay:
        counted = replay(PLAIN_TERMS, rule, length, unit)
        with psycopg.connect(self.database, autocommit=True) as conn:
            found = 0
            for case in answered_cases(conn, self.desk.event_mapper.read, rule, first, last):
                counted.take(case)
                found += 1
            assert found == count_answered(conn, first, last)
        return counted

    def close(self) -> None:
        self._tracking.datastore.close()

    def _does(self, case: UUID, command: Command) -> None:
        self.desk.execute(order(CaseKind.APPEAL, case, command, ALL_ROLES))

    def _at(self, day: date) -> None:
        noon = datetime.combine(day, time(8), UTC)
        self.desk.clock = lambda: noon
