"""Where each reader begins: at their role's page, or where all is listed that is open to them."""

from typing import Any

from litestar import get
from litestar.response import Redirect, Template

from api.pages.shell import page, start_of
from api.register_state import AppRequest


@get("/", operation_id="pages.start", include_in_schema=False)
async def start(request: AppRequest) -> Redirect | Template:
    place = start_of(request)
    return Redirect(place.path, status_code=303) if place else page(request, "start.html")


ROUTES: list[Any] = [start]
