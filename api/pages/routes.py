"""All pages, a module a line, and what is asked of each request to one."""

from typing import Any

from litestar import Router

from api.pages import audit, case, claims, dashboards, drilled, events, reports, sign_in, start
from api.pages.entry import PAGE_HANDLERS, enter

PAGES: list[Any] = [
    *start.ROUTES,
    *dashboards.ROUTES,
    *drilled.ROUTES,
    *reports.ROUTES,
    *claims.ROUTES,
    *events.ROUTES,
    *case.ROUTES,
    *audit.ROUTES,
]


def page_routers() -> list[Router]:
    """The pages, which take the session and nothing else, and the way to get one."""
    common: dict[str, Any] = {"exception_handlers": PAGE_HANDLERS, "include_in_schema": False}
    return [
        Router("/", route_handlers=PAGES, before_request=enter, **common),
        Router("/", route_handlers=sign_in.ROUTES, before_request=sign_in.enter, **common),
    ]
