"""What a request is refused for before its body is read: its media type, and its query's names.

Before-request hooks, not guards: for each guard the framework copies the route.
"""

from litestar.routes import HTTPRoute

from api.even_times import note_time
from api.problems import MediaTypeNotTaken, UnknownParameter
from api.register_state import AppRequest

_UTF8 = frozenset({"", "utf-8", "utf8"})


async def known_query(request: AppRequest) -> None:
    """Refuse a parameter that the route doesn't have.

    Were it ignored, a misspelt filter would widen the list.
    """
    note_time(request.scope)
    if unknown := unknown_names(request):
        raise UnknownParameter(unknown)


def unknown_names(request: AppRequest) -> str | None:
    """What to say of parameters that the route doesn't have, if there are any."""
    if not request.scope["query_string"]:
        return None
    known = _query_names(request).values()
    unknown = request.query_params.keys() - {*known}
    if not unknown:
        return None
    offered = f"these are: {', '.join(sorted(known))}" if known else "it takes none"
    return f"{len(unknown)} of the query's names are not known here; {offered}"


async def known_query_and_json(request: AppRequest) -> None:
    """Refuse also a body that isn't announced as JSON in UTF-8."""
    await known_query(request)
    media_type, _, rest = request.headers.get("content-type", "").partition(";")
    name, _, charset = rest.strip().partition("=")
    if media_type.strip().lower() != "application/json" or (
        name.lower() == "charset" and charset.strip('" ').lower() not in _UTF8
    ):
        raise MediaTypeNotTaken(MediaTypeNotTaken.__doc__)


def _query_names(request: AppRequest) -> dict[str, str]:
    """The names in the query, by those of the handler's parameters."""
    names: dict[int, dict[str, str]] = request.app.state.query_names
    if not names:
        for route in request.app.routes:
            if isinstance(route, HTTPRoute):
                for handler, parameters in route.route_handler_map.values():
                    names[id(handler)] = {
                        parameter.field_name: parameter.field_alias
                        for parameter in parameters.expected_query_params
                    }
    return names[id(request.route_handler)]
