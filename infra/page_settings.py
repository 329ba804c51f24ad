"""Settings of the pages, read with the others."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from infra.token_settings import is_discoverable

PAGE_NAMES = frozenset(
    {
        "KARGUZAR_PAGES_CLIENT_ID",
        "KARGUZAR_PAGES_CLIENT_SECRET",
        "KARGUZAR_PAGES_CLIENT_SECRET_FILE",
        "KARGUZAR_PAGES_RESOURCE",
        "KARGUZAR_PAGES_SCOPE",
    }
)
_CLIENT, _SECRET = "KARGUZAR_PAGES_CLIENT_ID", "KARGUZAR_PAGES_CLIENT_SECRET"
_SCOPE, _RESOURCE = "KARGUZAR_PAGES_SCOPE", "KARGUZAR_PAGES_RESOURCE"


class PageSettings(Struct, frozen=True, kw_only=True):
    """How the pages sign in with the token issuer. `client_id` None: they don't.

    Without `client_secret` the client is a public one. `resource` asks for tokens for the register
    where the issuer gives them by RFC 8707.
    """

    client_id: str | None
    client_secret: str | None
    scope: str
    resource: str | None

    def __repr__(self) -> str:
        secret = "'(hidden)'" if self.client_secret else "None"
        return (
            f"PageSettings(client_id={self.client_id!r}, client_secret={secret}, "
            f"scope={self.scope!r}, resource={self.resource!r})"
        )


def read_page_settings(
    given: Mapping[str, str],
    wrong: list[str],
    issuer: str,
    public_url: str | None,
    *,
    production: bool,
) -> PageSettings:
    """Add a sentence to *wrong* for each setting that can't be used."""
    client_id, secret = given.get(_CLIENT), given.get(_SECRET)
    if file := given.get(f"{_SECRET}_FILE"):
        if secret:
            wrong.append(f"{_SECRET} and {_SECRET}_FILE are both set: keep one.")
        try:
            secret = Path(file).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            wrong.append(f"{_SECRET}_FILE must name a file that can be read, not {file!r}.")
    if client_id is None:
        wrong += [
            f"{name} needs {_CLIENT} beside it." for name in sorted(given.keys() & PAGE_NAMES)
        ]
    elif not is_discoverable(issuer):
        wrong.append(f"{_CLIENT} needs a KARGUZAR_TOKEN_ISSUER that is an address.")
    elif production and public_url is None:
        wrong.append(
            f"{_CLIENT} needs KARGUZAR_PUBLIC_URL, to which the issuer sends readers back."
        )
    elif production and urlsplit(public_url or "").scheme != "https":
        wrong.append("KARGUZAR_PUBLIC_URL must begin with https:, for the pages keep a session.")
    return PageSettings(
        client_id=client_id,
        client_secret=secret,
        scope=given.get(_SCOPE, "openid"),
        resource=given.get(_RESOURCE),
    )
