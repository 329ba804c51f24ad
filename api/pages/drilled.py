"""The cases behind a figure: as many as it says, where the reader may see them all."""

from typing import Any

from litestar import get
from litestar.di import Provide
from litestar.response import Template
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.dashboards import Asked, Value, asked_of, cases_behind
from api.lists import Cursor
from api.pages.figures import LIST, value_name
from api.pages.places import PLACES, may_open
from api.pages.shell import Link, page, start_of, words_for
from api.register_state import AppRequest, caller_of, register_of
from domain.case import CaseKind
from projections.figures import FIGURES, Days, Figure
from projections.figures_told import Dimension, FigureCase, Narrowing
from projections.instants import recorded_at

_ROWS = 50


class CaseLine(Struct, frozen=True, kw_only=True):
    """A row with the names of what it has in codes."""

    row: FigureCase
    unit: str
    official: str | None
    topic: str | None
    outcome: str | None


@get(
    LIST,
    operation_id="pages.list",
    dependencies={"asked": Provide(asked_of)},
    include_in_schema=False,
)
async def drilled(
    request: AppRequest,
    *,
    asked: Asked,
    figure: Figure,
    kind: CaseKind | None = None,
    dimension: Dimension | None = None,
    value: Value = None,
    cursor: Cursor = None,
) -> Template:
    register, caller, words = register_of(request), caller_of(request), words_for(request)
    narrowed = Narrowing(kind=kind, dimension=dimension, value=value)
    told = await cases_behind(
        register, caller, figure, asked, narrowed=narrowed, cursor=cursor, limit=_ROWS
    )
    async with register.pool.connection() as conn:
        known_at = await recorded_at(conn, told.position)
    await record(
        request,
        Action.LIST_READ,
        cases=list(dict.fromkeys(row.case_id for row in told.rows)),
        query=filters({"figure": figure.value, **asdict(asked), **asdict(narrowed)}),
        position=told.position,
    )
    names = register.names()
    listed = f"figures.lists.{figure}"
    narrowing = [
        *([names.unit(asked.unit)] if asked.unit else []),
        *([words.kind(kind)] if kind else []),
        *([value_name(dimension, value or "", words, names)] if dimension else []),
    ]
    return page(
        request,
        "drilled.html",
        title=words(listed) if words.has(listed) else words(f"figures.names.{figure}"),
        narrowing=narrowing,
        asked=asked,
        of_period=FIGURES[figure].days is Days.PERIOD,
        lines=[
            CaseLine(
                row=row,
                unit=names.unit(row.unit),
                official=names.official(row.official) if row.official else None,
                topic=value_name("topic", row.topic, words, names) if row.topic else None,
                outcome=value_name("outcome", row.outcome, words, names) if row.outcome else None,
            )
            for row in told.rows
        ],
        cursor=told.cursor,
        back=_back(request),
        position=told.position,
        known_at=known_at,
    )


ROUTES: list[Any] = [drilled]


def _back(request: AppRequest) -> Link | None:
    """Where the reader's figures are: their own start, or the first place open to them."""
    caller = caller_of(request)
    place = start_of(request) or next((each for each in PLACES if may_open(caller, each)), None)
    return Link(place.name, place.path) if place else None
