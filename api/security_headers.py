"""Headers that every answer carries, so that no program on the way shows or keeps it elsewhere."""

from litestar.types import Message, Scope

_EVERYWHERE = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_CLOSED = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_PAGE = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'"
    ),
)
"""The page of all requests begins with a script of its own, written into it by the framework."""
_OF_PAGES = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
)
_FOUND = 200
_NOT_KEPT = (b"cache-control", b"no-store")

_ANSWER = [*_EVERYWHERE, _CLOSED]
_KEPT_BY_NOBODY = [*_ANSWER, _NOT_KEPT]
_OF_THE_PAGE = [*_EVERYWHERE, _PAGE]
_BY_DIGEST = [*_OF_THE_PAGE, (b"cache-control", b"public, max-age=31536000, immutable")]
_A_PAGE = [*_EVERYWHERE, _OF_PAGES, _NOT_KEPT]
_PAGES = ("/pages", "/sign-")


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Nothing is to be kept but what says so itself, and files: for long where named by digest."""
    if message["type"] != "http.response.start":
        return
    path: str = scope["path"]
    said = {name for name, _ in message["headers"]}
    if path.startswith(("/schema", "/assets/")):
        named = scope["query_string"].startswith(b"v=") and message["status"] == _FOUND
        more = _BY_DIGEST if named else _OF_THE_PAGE
    elif path == "/" or path.startswith(_PAGES):
        more = _A_PAGE
    elif b"cache-control" in said:
        more = _ANSWER
    else:
        more = _KEPT_BY_NOBODY
    message["headers"] = [*message["headers"], *(each for each in more if each[0] not in said)]
