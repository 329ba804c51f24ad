"""The dashboards: each page a list of sections, drawn from what `api.dashboards` tells."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.response import Template
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record_look
from api.dashboard_pages import DashboardPage
from api.dashboards import Asked, dashboard
from api.figure_scope import scope_of
from api.lists import today_at
from api.pages.figures import Drawing, periods
from api.pages.places import PLACE
from api.pages.shell import page, words_for
from api.register_state import AppRequest, caller_of, register_of
from projections.positions import FAR_BEHIND

Section = str | tuple[str, ...]

SECTIONS: Mapping[DashboardPage, tuple[Section, ...]] = {
    DashboardPage.LEADERSHIP: (
        "now",
        "units",
        "course",
        ("answers", "media", "repeats", "holders"),
        "receptions",
        "kinds",
    ),
    DashboardPage.UNIT: (
        "now",
        "units",
        "course",
        ("officials", "answers", "repeats", "holders"),
        "kinds",
    ),
    DashboardPage.CONTROL: ("now", "units", ("control", "hearing_assignments", "holders")),
    DashboardPage.RECEPTION: ("receptions", ("by_official", "topics", "regions")),
    DashboardPage.MEDIA: ("media", "course", ("media_kinds", "outcomes", "topics")),
    DashboardPage.ANALYST: (
        "period_totals",
        "course",
        (
            "answers",
            "repeats",
            "appeal_kinds",
            "channels",
            "results",
            "topics",
            "regions",
            "applicants",
        ),
    ),
}
"""In the order in which they are read: what matters first. Several stand together as cards."""

BREAKDOWNS: Mapping[str, str] = {
    "officials": "by_official",
    "by_official": "by_official",
    "topics": "topics",
    "regions": "regions",
    "media_kinds": "media_kinds",
    "outcomes": "outcomes",
    "appeal_kinds": "kinds",
    "channels": "channels",
    "applicants": "applicants",
    "results": "results",
}
"""Sections that are nothing but a breakdown, each with what tells it; the others are templates."""

Unit = Annotated[str | None, QueryParameter(max_length=100)]
Since = Annotated[date | None, QueryParameter(name="from")]
Until = Annotated[date | None, QueryParameter(name="to")]
On = Annotated[date | None, QueryParameter()]


class UnitChoice(Struct, frozen=True):
    unit: str
    name: str


def _route(place: DashboardPage) -> HTTPRouteHandler:
    """The page of one place; who may open it stands in `api.pages.places`."""

    @get(
        f"/pages/{place}",
        operation_id=f"pages.{place}",
        opt={PLACE: str(place)},
        include_in_schema=False,
    )
    async def shown(
        request: AppRequest,
        unit: Unit = None,
        since: Since = None,
        until: Until = None,
        on: On = None,
    ) -> Template:
        register, caller = register_of(request), caller_of(request)
        asked = Asked(unit=unit or None, since=since, until=until, on=on)
        # Before the figures are asked for: a page is never of an earlier day than it says.
        day = today_at(register)
        told = await dashboard(register, caller, place, asked)
        await record_look(
            request,
            Action.COUNTS_READ,
            query=filters({"page": place.value, **asdict(asked)}),
            position=told.about.position,
        )
        names = register.names()
        return page(
            request,
            "dashboard.html",
            live=True,
            far_behind=FAR_BEHIND,
            told=told,
            about=told.about,
            day=day.isoformat(),
            sections=SECTIONS[place],
            breakdowns=BREAKDOWNS,
            names=names,
            own_unit=caller.actor.unit,
            units=units_offered(request),
            periods=periods(told.about.on),
            drawing=Drawing(words_for(request), names),
        )

    return shown


ROUTES: list[Any] = [_route(place) for place in DashboardPage]


def units_offered(request: AppRequest) -> list[UnitChoice]:
    """The units whose figures the reader may ask for, in the order of the reader's alphabet."""
    register, words = register_of(request), words_for(request)
    organisation = register.organisation()
    scope = scope_of(caller_of(request), organisation)
    offered = organisation.subtrees if scope.units is None else scope.units
    names = register.names()
    return words.sorted(
        [UnitChoice(unit, names.unit(unit)) for unit in offered], lambda choice: choice.name
    )
