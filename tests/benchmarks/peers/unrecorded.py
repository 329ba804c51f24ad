"""Our own server, which puts nothing on record for one client: no setting of the product can."""

import os

from litestar import Litestar

from api import app
from domain.access_record import AccessRecord
from infra.access_records import AccessLog
from infra.settings import settings_from

CLIENT = "unrecorded"


class _AccessLogForOthers(AccessLog):
    async def write(self, record: AccessRecord) -> None:
        if record.by.client != CLIENT:
            await super().write(record)


def build() -> Litestar:
    app.AccessLog = _AccessLogForOthers  # type: ignore[misc]
    settings = settings_from(os.environ)
    return app.build_app(settings, os.environ["KARGUZAR_DATABASE_URL"])
