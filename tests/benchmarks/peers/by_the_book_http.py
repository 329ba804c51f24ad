"""The `eventsourcing` peer behind the same HTTP."""

import os
from uuid import UUID

from litestar import Litestar, post
from litestar.datastructures import State
from msgspec import Struct, to_builtins

from domain.appeal import RegisterAppeal
from infra.settings import settings_from
from tests.benchmarks.peers.by_the_book import Appeals, environment
from tests.benchmarks.peers.tokens import checking_tokens


class Registered(Struct):
    id: UUID
    version: int


@post("/api/v1/appeals", sync_to_thread=True)
def register(data: RegisterAppeal, state: State) -> Registered:
    appeal = state.appeals.register(to_builtins(data))
    return Registered(appeal.id, appeal.version)


def build() -> Litestar:
    app = Litestar([register], middleware=[checking_tokens()], openapi_config=None)
    app.state.appeals = Appeals(environment(str(settings_from(os.environ).database_url)))
    return app
