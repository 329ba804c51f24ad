"""The analysts' views over HTTP: which there are, and their rows as JSON, CSV, XLSX or Parquet."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from litestar import get
from litestar.background_tasks import BackgroundTask
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct
from msgspec.structs import asdict

from api.access_records import Action, filters, record
from api.lists import Word
from api.media_types import chosen
from api.problem_responses import answers, problem_responses
from api.register_state import AppRequest, caller_of, register_of
from api.waiting import WaitFor, wait
from application.analytics import require_analytics
from infra.row_formats import Column, Format
from infra.view_export import Asked, Export, purpose_of
from projections.analytics import POSITION, VIEWS, RowFilter, View, ViewName, query_of

MEDIA_TYPES: Mapping[str, Format] = {
    "application/json": Format.JSON,
    "text/csv": Format.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format.XLSX,
    "application/vnd.apache.parquet": Format.PARQUET,
}
POSITION_HEADER = "Karguzar-Position"
_EXAMPLE = {
    "view": "units",
    "position": 10,
    "rows": [{"unit": "pensions", "parent": "agency", "name": "Pensiya şöbəsi"}],
}


class ColumnDescribed(Struct, frozen=True, kw_only=True):
    """``holds`` is the column's type in PostgreSQL."""

    name: str
    holds: str
    says: str


class ViewDescribed(Struct, frozen=True, kw_only=True):
    """``filters`` are the names that the view takes in a query, beside ``limit``."""

    name: str
    says: str
    columns: list[ColumnDescribed]
    filters: list[str]


class Views(Struct, frozen=True, kw_only=True):
    views: list[ViewDescribed]


async def row_filter(
    *,
    kind: Word = None,
    unit: Word = None,
    topic: Word = None,
    since: Annotated[
        date | None,
        QueryParameter(name="from", description="Business time: rows of this day and later"),
    ] = None,
    until: Annotated[
        date | None, QueryParameter(name="to", description="Business time: rows up to this day")
    ] = None,
    limit: Annotated[
        int | None, QueryParameter(ge=1, le=1 << 40, description="All rows, if left out")
    ] = None,
) -> RowFilter:
    """Each of a view's own columns; a view without one refuses it."""
    return RowFilter(kind=kind, unit=unit, topic=topic, since=since, until=until, limit=limit)


@get(
    "/analytics",
    operation_id="analytics.list",
    tags=["analytics"],
    summary="The views for analysts, with what their columns mean",
    responses=answers(Views, 400, 401, 403, 503),
)
async def views(request: AppRequest) -> Views:
    require_analytics(caller_of(request))
    return Views(views=[_described(view) for view in VIEWS.values()])


@get(
    "/analytics/{view:str}",
    operation_id="analytics.rows",
    tags=["analytics"],
    summary="The rows of a view, as JSON, CSV, XLSX or Parquet by Accept; in no order",
    dependencies={"wanted": Provide(row_filter)},
    responses={
        200: ResponseSpec(
            data_container=dict[str, Any],
            description=(
                f"As JSON. {', '.join([*MEDIA_TYPES][1:])} by Accept. The header {POSITION_HEADER} "
                "has the position that the rows are true for"
            ),
            generate_examples=False,
            examples=[Example(summary="answer", value=_EXAMPLE)],
        ),
        **problem_responses(400, 401, 403, 404, 406, 422, 503),
    },
)
async def rows(
    request: AppRequest, view: ViewName, *, wanted: RowFilter, wait_for: WaitFor = None
) -> Stream:
    register, caller = register_of(request), caller_of(request)
    require_analytics(caller)
    media_type = chosen(request, [*MEDIA_TYPES])
    asked = asked_of(VIEWS[view], wanted, MEDIA_TYPES[media_type])
    await wait(register, wait_for, *VIEWS[view].models)
    async with register.pool.connection() as conn:
        purpose = await purpose_of(conn, caller.actor.official)
    export = await register.exports.begin(asked, purpose)
    try:
        await record(
            request,
            Action.ANALYTICS_READ,
            query=filters(asdict(wanted)) | {"view": str(view), "format": str(asked.format)},
            position=export.position,
        )
    except BaseException:
        export.close()
        raise
    headers = {
        POSITION_HEADER: str(export.position),
        "Content-Disposition": f'attachment; filename="{view}.{asked.format}"',
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept",
    }
    # Whoever goes away leaves the rows half read: nothing else would end their process at once.
    return Stream(
        export.chunks(),
        media_type=media_type,
        headers=headers,
        background=BackgroundTask(_end, export),
    )


async def _end(export: Export) -> None:
    """A function that isn't a coroutine would be called in another thread than the pipe's."""
    export.close()


ROUTES: list[Any] = [views, rows]


def asked_of(view: View, wanted: RowFilter, written_as: Format) -> Asked:
    """What is read of a view, in the form that it is written in."""
    query = query_of(view.name, wanted)
    return Asked(
        view=view.name,
        says=view.says,
        columns=[Column(each.name, each.holds, each.says) for each in view.columns],
        query=query.text,
        position=POSITION,
        values={**query.values, "models": [*query.models]},
        format=written_as,
    )


def _described(view: View) -> ViewDescribed:
    columns = [
        ColumnDescribed(name=each.name, holds=each.holds, says=each.says) for each in view.columns
    ]
    names = {each.name for each in columns}
    spans = ["from", "to"] if view.day else []
    return ViewDescribed(
        name=view.name,
        says=view.says,
        columns=columns,
        filters=[name for name in ("kind", "unit", "topic") if name in names] + spans,
    )
