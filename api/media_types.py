"""The media type of an answer, by Accept, out of those that an address offers."""

from collections.abc import Sequence

from api.problems import MediaTypeNotOffered
from api.register_state import AppRequest

_WEIGHED_LEAST = -1.0


def chosen(request: AppRequest, offered: Sequence[str]) -> str:
    """The one of *offered* that the reader likes best, the first among equals and without Accept.

    Raises MediaTypeNotOffered.
    """
    accepted = [_weighed(part) for part in request.headers.get("accept", "").split(",") if part]
    if not accepted:
        return offered[0]
    best = max(offered, key=lambda media_type: _weight(media_type, accepted))
    if _weight(best, accepted) <= 0:
        raise MediaTypeNotOffered(f"This address answers with one of: {', '.join(offered)}")
    return best


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = part.strip().lower().split(";")
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key.strip() == "q":
            try:
                return name.strip(), float(value)
            except ValueError:
                return name.strip(), _WEIGHED_LEAST
    return name.strip(), 1.0


def _weight(media_type: str, accepted: Sequence[tuple[str, float]]) -> float:
    """That of the closest range which the type is in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    weights = dict(reversed(accepted))
    return next((weights[name] for name in ranges if name in weights), 0.0)
