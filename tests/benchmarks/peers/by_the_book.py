"""The `eventsourcing` peer, as its documentation shows it."""

from collections.abc import Mapping
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from eventsourcing.utils import get_topic
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier


class Appeal(Aggregate):
    class Registered(Aggregate.Created):
        content: dict[str, Any]

    @event(Registered)
    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content


class Appeals(Application[UUID]):
    def register(self, content: dict[str, Any]) -> Appeal:
        appeal = Appeal(content=content)
        self.save(appeal)
        return appeal


class AppealList(PostgresTrackingRecorder):
    """One row an appeal; an upsert for each event, in a transaction with its position."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.table = f"{self.tracking_table_name}_appeals"
        name = Identifier(self.datastore.schema, self.table)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (id uuid PRIMARY KEY, kind text, channel text, "
                "topic text, region text, subject text, received_at timestamptz)"
            ).format(name)
        )
        self.upsert = SQL(
            "INSERT INTO {} (id, kind, channel, topic, region, subject, received_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET "
            "kind = excluded.kind, channel = excluded.channel, topic = excluded.topic, "
            "region = excluded.region, subject = excluded.subject, "
            "received_at = excluded.received_at"
        ).format(name)

    def put(self, appeal_id: UUID, content: Mapping[str, Any], tracking: Tracking) -> None:
        names = ("kind", "channel", "topic", "region", "subject", "received_at")
        values = (appeal_id, *(content[name] for name in names))
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self.upsert, values, prepare=True)
            self._insert_tracking(cursor, tracking)


class AppealListProjection(Projection[AppealList]):
    name = "appeal_list"
    topics = (get_topic(Appeal.Registered),)

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        raise NotImplementedError(domain_event, tracking)

    @process_event.register
    def _(self, domain_event: Appeal.Registered, tracking: Tracking) -> None:
        self.view.put(domain_event.originator_id, domain_event.content, tracking)


def environment(conninfo: str) -> dict[str, str]:
    """The library's PostgreSQL persistence with its default settings."""
    given = conninfo_to_dict(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given["host"]),
        "POSTGRES_PORT": str(given["port"]),
        "POSTGRES_USER": str(given["user"]),
        "POSTGRES_PASSWORD": "",
    }
