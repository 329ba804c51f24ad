"""What the running server holds, made once at start and shared by its routes."""

from asyncio import Lock
from collections.abc import Callable
from datetime import date
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from msgspec import Struct
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import AsyncConnectionPool

from api.documents import Documents
from api.repeats_composition import Repeats
from api.tokens import Bearer, TokenChecker
from application.access import Organisation
from application.caller import Caller
from application.desk import Desk
from application.orders import Order, Receipt
from domain.calendar import WorkingCalendar
from domain.due import Terms
from infra.access_records import AccessLog
from infra.calendar_feeds import CalendarFeeds
from infra.deputising import Deputies
from infra.group_commit import GroupCommit
from infra.keys import KeyRing, PersonKey
from infra.organisation import Entry, entry_of
from infra.proofs import Proofs
from infra.settings import Settings
from infra.view_export import Exports
from projections.telling import Names

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


class Register(Struct, frozen=True, kw_only=True):
    """The parts of the server. ``organisation`` and ``names`` give what was last read.

    ``terms`` are those of an organisation as known on a day, or else the desk's; ``calendar``
    gives the one of a version, where it is still known. ``connect`` opens a connection for what
    reads long, and ``previewing`` lets one preview do so at a time.
    """

    settings: Settings
    desk: Desk
    group: GroupCommit[Order, Receipt]
    pool: Pool
    accesses: AccessLog
    keys: KeyRing
    tokens: TokenChecker
    documents: Documents
    calendar_feeds: CalendarFeeds
    deputies: Deputies
    proofs: Proofs
    organisation: Callable[[], Organisation]
    names: Callable[[], Names]
    terms: Callable[[str | None, date | None], Terms]
    calendar: Callable[[str], WorkingCalendar | None]
    connect: Callable[[], Connection[TupleRow]]
    previewing: Lock
    repeats: Repeats
    exports: Exports

    async def entry_of(self, official: str) -> Entry | None:
        """What the official or client is entered with at this moment."""
        async with self.pool.connection() as conn:
            return await entry_of(conn, official)

    async def keys_of(self, owners: set[UUID]) -> dict[UUID, PersonKey]:
        """The keys of persons, for opening what they seal."""
        if not owners:
            return {}
        async with self.pool.connection() as conn:
            return await self.keys_over(conn, owners)

    async def keys_over(
        self, conn: AsyncConnection[TupleRow], owners: set[UUID]
    ) -> dict[UUID, PersonKey]:
        """The same over a connection that is at hand."""
        if not owners:
            return {}
        cursor = conn.cursor(binary=True, row_factory=tuple_row)
        await cursor.execute(
            "SELECT owner, wrapped FROM karguzar.person_keys WHERE owner = ANY(%b)",
            (list(owners),),
        )
        return self.keys.unwrap(await cursor.fetchall())


AppRequest = Request[Bearer, str, State]


def register_of(request: AppRequest) -> Register:
    register: Register = request.app.state.register
    return register


def caller_of(request: AppRequest) -> Caller:
    """Who asks, acting for the official named in On-Behalf-Of, if any."""
    return request.user.caller(request.headers.get("on-behalf-of"))
