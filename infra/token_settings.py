"""Settings of tokens and of how often somebody may ask, read with the others."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

TOKEN_NAMES = frozenset(
    {
        "KARGUZAR_REFUSED_TOKENS_PER_MINUTE",
        "KARGUZAR_REQUESTS_PER_MINUTE",
        "KARGUZAR_TOKEN_DEPUTY_CLAIM",
        "KARGUZAR_TOKEN_KEYS_SECONDS",
        "KARGUZAR_TOKEN_OFFICIAL_CLAIM",
        "KARGUZAR_TOKEN_ROLES_CLAIM",
        "KARGUZAR_TOKEN_ROLE_PREFIX",
        "KARGUZAR_TOKEN_UNIT_CLAIM",
        "KARGUZAR_TRUSTED_PROXIES",
    }
)
DEVELOPMENT_ISSUER = "karguzar-development"
_CLAIM = re.compile(r"[^\s.]+(\.[^\s.]+)*")
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class TokenSettings(Struct, frozen=True, kw_only=True):
    """The claims by their names in the issuer's tokens; ``a.b`` is the field b of the claim a.

    ``role_prefix`` marks the roles that are meant for the register; all others are passed over.
    ``keys_seconds`` lie between two looks at the issuer's keys. The limits are those of one
    worker process. ``trusted_proxies`` tell whose request they pass on.
    """

    official_claim: str
    unit_claim: str
    roles_claim: str
    deputy_claim: str
    role_prefix: str
    keys_seconds: int
    requests_per_minute: int
    refused_tokens_per_minute: int
    trusted_proxies: tuple[str, ...]


def read_token_settings(
    given: Mapping[str, str], wrong: list[str], issuer: str, *, production: bool
) -> TokenSettings:
    """Add a sentence to *wrong* for each setting that can't be used."""

    def whole(name: str, default: int, low: int, high: int) -> int:
        value = given.get(name, str(default))
        if value.isascii() and value.isdecimal() and low <= int(value) <= high:
            return int(value)
        wrong.append(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
        return default

    def text(name: str, default: str, fits: Callable[[str], object], form: str) -> str:
        value = given.get(name, default)
        if value and not fits(value):
            wrong.append(f"{name} must be {form}, not {value!r}.")
        return value

    def claim(name: str, default: str) -> str:
        return text(name, default, _CLAIM.fullmatch, "a claim's name, such as realm_access.roles")

    if production:
        wrong += _gaps(issuer, has_file="KARGUZAR_JWKS_FILE" in given)
    proxies = text("KARGUZAR_TRUSTED_PROXIES", "", _addresses, "addresses with commas between them")
    return TokenSettings(
        official_claim=claim("KARGUZAR_TOKEN_OFFICIAL_CLAIM", "sub"),
        unit_claim=claim("KARGUZAR_TOKEN_UNIT_CLAIM", "unit"),
        roles_claim=claim("KARGUZAR_TOKEN_ROLES_CLAIM", "roles"),
        deputy_claim=claim("KARGUZAR_TOKEN_DEPUTY_CLAIM", "may_act_for"),
        role_prefix=given.get("KARGUZAR_TOKEN_ROLE_PREFIX", ""),
        keys_seconds=whole("KARGUZAR_TOKEN_KEYS_SECONDS", 300, 10, 86_400),
        requests_per_minute=whole("KARGUZAR_REQUESTS_PER_MINUTE", 600_000, 1, 1_000_000_000),
        refused_tokens_per_minute=whole("KARGUZAR_REFUSED_TOKENS_PER_MINUTE", 120, 1, 1_000_000),
        trusted_proxies=tuple(_addresses(proxies) or ()),
    )


def is_discoverable(issuer: str) -> bool:
    """Whether the issuer's name is an address at which its configuration can be asked for."""
    try:
        parts = urlsplit(issuer)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _gaps(issuer: str, *, has_file: bool) -> list[str]:
    """What is missing in production. Without TLS somebody on the way could give other keys."""
    if issuer == DEVELOPMENT_ISSUER:
        return ["KARGUZAR_TOKEN_ISSUER must name your own token issuer in production."]
    if has_file:
        return []
    if not is_discoverable(issuer):
        return ["KARGUZAR_JWKS_FILE must name the issuer's keys, for its name is no address."]
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        return ["KARGUZAR_TOKEN_ISSUER must begin with https:, for its keys are asked of it."]
    return []


def _addresses(value: str) -> list[str] | None:
    try:
        return [str(ip_address(part.strip())) for part in value.split(",") if part.strip()]
    except ValueError:
        return None
