"""Waiting until a read model has seen a command's position."""

from typing import Annotated

from litestar.params import QueryParameter

from api.register_state import Register
from projections.positions import wait_for as wait_until_seen

WaitFor = Annotated[
    int | None,
    QueryParameter(ge=0, le=1 << 62, description="Wait until this position, a command's, is seen"),
]


async def wait(register: Register, position: int | None, *names: str) -> None:
    """Return once the read models have seen *position*. Raises ReadModelBehind."""
    if position is not None:
        await wait_until_seen(register.pool, position, names, register.settings.wait_seconds)
