"""Where notices are sent to, as the settings put it."""

from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

SMTP_FORM = "smtp://user:password@host:587?from=register@example.gov"
_PORTS = {"smtp": 587, "smtps": 465}
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class AddressInvalid(ValueError):
    """The setting doesn't have the form asked for. Its value is never repeated."""


class Relay(Struct, frozen=True, kw_only=True):
    """A mail server that takes our mail. ``tls`` none is for a relay that has none to offer."""

    host: str
    port: int
    tls: Literal["starttls", "from-the-start", "none"]
    sender: str
    user: str | None = None
    password: str | None = None

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("host", self.host), ("port", self.port), ("tls", self.tls)]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Relay({fields})"


def relay_from(url: str) -> Relay:
    """``smtp:`` begins with STARTTLS and refuses to go on without; ``smtps:`` is TLS at once.

    ``?tls=off`` sends in the clear, and then a password is for this machine only.
    Raises AddressInvalid.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise AddressInvalid(f"must look like {SMTP_FORM}.") from None
    senders, tls = query.pop("from", []), query.pop("tls", ["on"])
    if (
        parts.scheme not in _PORTS
        or not host
        or query
        or tls not in (["on"], ["off"])
        or len(senders) != 1
        or not _is_address(senders[0])
        or (parts.path, parts.fragment) not in (("", ""), ("/", ""))
        or (parts.username is None) != (parts.password is None)
    ):
        raise AddressInvalid(f"must look like {SMTP_FORM}.")
    clear = tls == ["off"]
    if clear and parts.scheme == "smtps":
        raise AddressInvalid("says both smtps and tls=off: choose one.")
    if clear and parts.password and host not in _LOCAL:
        raise AddressInvalid("would send its password in the clear: leave tls=off out.")
    return Relay(
        host=host,
        port=port or _PORTS[parts.scheme],
        tls="none" if clear else "starttls" if parts.scheme == "smtp" else "from-the-start",
        sender=senders[0],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def web_address(url: str) -> str:
    """An http or https address without a user, query or fragment. Raises AddressInvalid."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
        parts = urlsplit("")
    if not fits or parts.query or parts.fragment or "@" in parts.netloc:
        raise AddressInvalid("must be a plain address such as https://example.gov/karguzar.")
    return url.rstrip("/")


def _is_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and " " not in text
    return plain and bool(name and at and domain)
