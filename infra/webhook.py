"""Notices as signed HTTP requests to a program of the department."""

import asyncio
import hmac
import ssl
import time
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import httpx
from msgspec import Struct, json

from infra.delivery import NotSent
from infra.letter import Notice, link_to
from infra.outbox import Channel

SECONDS = 10.0
"""The longest wait for a connection, and for each part of the answer."""
_IN_ALL = 3


class Told(Struct, frozen=True, kw_only=True):
    """The body of a request. ``working_days_left`` is as of ``given_at``, negative when overdue."""

    notice_id: UUID
    case_id: UUID
    number: str
    kind: str
    clock: str
    stage: str
    step: str
    due_on: date
    working_days_left: int
    official: str
    role: str
    given_at: datetime
    link: str | None


class Webhook:
    """POSTs each notice; any answer of 200 to 299 means taken. Redirects are not followed."""

    channel: Channel = "webhook"

    def __init__(
        self,
        url: str,
        secret: bytes,
        public_url: str | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._secret = secret
        self._public_url = public_url
        self._clock = clock
        # The machine's own authorities: departments have their own. No proxy of the environment
        # comes between.
        self._authorities = ssl.create_default_context()

    def send(self, notice: Notice) -> None:
        """Raises NotSent."""
        body = json.encode(told(notice, self._public_url))
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Karguzar",
            "Karguzar-Notice-Id": str(notice.notice_id),
            "Karguzar-Timestamp": timestamp,
            "Karguzar-Signature": signature(self._secret, timestamp, body),
        }
        try:
            status = asyncio.run(self._post(body, headers))
        except (httpx.HTTPError, TimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        if not 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
            raise NotSent(f"http-{status}")

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        client = httpx.AsyncClient(timeout=SECONDS, verify=self._authorities, trust_env=False)
        async with (
            asyncio.timeout(_IN_ALL * SECONDS),
            client,
            client.stream("POST", self._url, content=body, headers=headers) as answer,
        ):
            return answer.status_code


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over the timestamp, a full stop and the body.

    The timestamp is in seconds since 1970: a receiver refuses old ones, so that nobody can send
    a request again that was listened to.
    """
    return hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


def told(notice: Notice, public_url: str | None) -> Told:
    return Told(
        notice_id=notice.notice_id,
        case_id=notice.case_id,
        number=notice.number,
        kind=notice.kind,
        clock=notice.clock,
        stage=notice.stage,
        step=notice.step,
        due_on=notice.due_on,
        working_days_left=notice.working_days_left,
        official=notice.official,
        role=notice.role,
        given_at=notice.given_at,
        link=link_to(public_url, notice.case_id),
    )
