"""Where the comparison of units' reports with the log is put together."""

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection

from api.composition import make_desk, make_tracking
from application.desk import Desk
from application.rounds import Rounds
from application.unit_report_desk import Counted, UnitReportDesk
from domain.claimed_figures import Figure
from domain.unit_report import UnitReport, period_of
from infra.eventstore import ROLE
from infra.settings import Settings
from projections.figures import Scope
from projections.known_organisation import organisation_known
from projections.positions import reached
from projections.report_figures import MODELS, figures_of

_SECONDS = 1.0


def make_unit_report_desk(settings: Settings, conninfo: str, desk: Desk) -> UnitReportDesk:
    """It counts as the unit's own report does: all below it too, without confidential cases.

    Whoever sees the unit's report sees the counts, and what they have over the unit's own figures
    would be its confidential cases.
    """
    zone = ZoneInfo(settings.time_zone)

    def count(report: UnitReport, position: int) -> Counted | None:
        return asyncio.run(_counted(conninfo, zone, report, position))

    return UnitReportDesk(desk, count)


async def _counted(
    conninfo: str, zone: ZoneInfo, report: UnitReport, position: int
) -> Counted | None:
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute(f"SET ROLE {ROLE}")
        as_of = await reached(conn, MODELS)
        if as_of < position:
            return None
        units = (await organisation_known(conn, as_of)).subtree(report.unit)
        scope = Scope(units=units, confidential=False)
        found = await figures_of(conn, period_of(report.period), scope, as_of, zone)
    return Counted(
        position=as_of,
        definition=found.definition,
        figures=tuple(
            Figure(
                figure=each.figure,
                breakdown=each.breakdown,
                value=int(found.number(each.figure, *_broken(each.breakdown)) or 0),
            )
            for each in report.figures
        ),
    )


def _broken(breakdown: str | None) -> tuple[str, str]:
    by, _, value = (breakdown or "").partition("=")
    return by, value


def make_unit_report_rounds(settings: Settings, conninfo: str, leads: Callable[[], bool]) -> Rounds:
    """The comparing, on a desk of its own."""
    reports = make_unit_report_desk(settings, conninfo, make_desk(settings, conninfo))
    return Rounds(
        "unit-reports",
        reports.round,
        make_tracking(conninfo),
        seconds=_SECONDS,
        leads=leads,
        backs_off=True,
    )
