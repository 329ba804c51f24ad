"""What a request is refused for before its body is read: its media type, and its query's names."""

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from api.problems import MediaTypeNotTaken, UnknownParameter

_UTF8 = frozenset({"", "utf-8", "utf8"})


def require_known_query(
    connection: ASGIConnection,  # type: ignore[type-arg]
    handler: BaseRouteHandler,
) -> None:
    """Refuse a parameter that the route doesn't have: ignored, a misspelt filter would widen the
    list."""
    if not connection.scope["query_string"]:
        return
    known = _query_names(connection, handler)
    unknown = sorted(connection.query_params.keys() - known)
    if unknown:
        offered = f"these are: {', '.join(sorted(known))}" if known else "it takes none"
        raise UnknownParameter(f"{len(unknown)} of the query's names are not known here; {offered}")


def require_json(
    connection: ASGIConnection,  # type: ignore[type-arg]
    _: BaseRouteHandler,
) -> None:
    """Refuse a body that isn't announced as JSON in UTF-8."""
    media_type, _, rest = connection.headers.get("content-type", "").partition(";")
    name, _, charset = rest.strip().partition("=")
    if media_type.strip().lower() != "application/json" or (
        name.lower() == "charset" and charset.strip('" ').lower() not in _UTF8
    ):
        raise MediaTypeNotTaken(MediaTypeNotTaken.__doc__)


def _query_names(
    connection: ASGIConnection,  # type: ignore[type-arg]
    handler: BaseRouteHandler,
) -> frozenset[str]:
    names: dict[int, frozenset[str]] = connection.app.state.query_names
    if not names:
        for route in connection.app.routes:
            if isinstance(route, HTTPRoute):
                for known, parameters in route.route_handler_map.values():
                    names[id(known)] = frozenset(
                        parameter.field_alias for parameter in parameters.expected_query_params
                    )
    return names[id(handler)]
