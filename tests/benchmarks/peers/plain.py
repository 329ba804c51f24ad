"""The plain peer: one row a request in one table, and no history."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

from litestar import Litestar, post
from litestar.datastructures import State
from msgspec import Struct, to_builtins
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from domain.appeal import RegisterAppeal
from infra.settings import settings_from
from tests.benchmarks.peers.tokens import checking_tokens

TABLE = """
CREATE TABLE IF NOT EXISTS appeals (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    channel text NOT NULL,
    applicant jsonb NOT NULL,
    topic text NOT NULL,
    region text,
    social_category text,
    subject text NOT NULL,
    body text,
    sheets integer NOT NULL,
    enclosures jsonb NOT NULL,
    confidential boolean NOT NULL,
    received_at timestamptz NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now()
)
"""
INSERT = """
INSERT INTO appeals (id, kind, channel, applicant, topic, region, social_category, subject, body,
                     sheets, enclosures, confidential, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING position, registered_at
"""


class Registered(Struct):
    id: UUID
    position: int
    registered_at: datetime


@post("/api/v1/appeals")
async def register(data: RegisterAppeal, state: State) -> Registered:
    appeal_id = uuid4()
    async with state.pool.connection() as conn:
        cursor = await conn.execute(
            INSERT,
            (
                appeal_id,
                data.kind.value,
                data.channel.value,
                Jsonb(to_builtins(data.applicant)),
                data.topic,
                data.region,
                data.social_category,
                data.subject,
                data.text,
                data.sheets,
                Jsonb(to_builtins(data.enclosures)),
                data.confidential,
                data.received_at,
            ),
        )
        position, registered_at = await cursor.fetchone()
    return Registered(appeal_id, position, registered_at)


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    async with AsyncConnectionPool(
        str(settings_from(os.environ).database_url), min_size=16, max_size=16, open=False
    ) as pool:
        async with pool.connection() as conn:
            await conn.execute(TABLE)
        app.state.pool = pool
        yield


def build() -> Litestar:
    return Litestar(
        [register], lifespan=[_pool], middleware=[checking_tokens()], openapi_config=None
    )
