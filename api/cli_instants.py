"""Instants as they are given on the command line, all in one way."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from api.instants import InstantNotReadable, instant_of
from infra.settings import Settings

_EXAMPLES = (
    "2026-03-01T09:00:00Z, 2026-03-01T09:00+04:00, or on the department's clock 2026-03-01T09:00, "
    "or a day, 2026-03-01, from its midnight"
)
_POSITION = re.compile(r"[1-9][0-9]{0,17}")


class Instant(click.ParamType[datetime]):
    """An instant; without an offset from UTC it is in the department's time, a day its midnight."""

    name = "instant"

    def convert(
        self,
        value: str | datetime,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        settings = ctx.find_object(Settings) if ctx else None
        zone = ZoneInfo(settings.time_zone) if settings else UTC
        try:
            return instant_of(value, zone)
        except InstantNotReadable:
            self.fail(f"{value!r} is no instant, such as {_EXAMPLES}.", param, ctx)


class PositionOrInstant(click.ParamType[str]):
    """Recorded time, written as the API takes it: a position as it is, an instant in UTC."""

    name = "position or instant"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if _POSITION.fullmatch(value):
            return value
        try:
            return Instant().convert(value, param, ctx).isoformat()
        except click.BadParameter:
            self.fail(
                f"{value!r} is neither a position from 1 nor an instant, such as {_EXAMPLES}.",
                param,
                ctx,
            )
