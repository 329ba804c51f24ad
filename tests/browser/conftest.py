from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser

from application.caller import Role
from application.demo import seed_demo
from application.demo_cast import DEMO_CALLERS
from infra.jurisdiction import terms_of
from tests.api.bodies import now
from tests.api.serving import Server, served
from tests.browser.visiting import Visit, browsing, missing
from tests.desks import MASTER_KEY, migrated_database, new_desk

CASES = 150
Visiting = Callable[[Role | None], Visit]


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Not for the whole run: while it stands no other test can run an event loop."""
    lacking = missing()
    if lacking:
        request.config.get_terminal_writer().line(f"\nNot tested in a browser. {lacking}.")
        pytest.skip(lacking)
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def agency(postgres: str, server_dir: Path, browser: Browser) -> Iterator[Server]:  # noqa: ARG001
    """A server over the demo's last months; only where there is a browser to look at it."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "agency",
            conninfo,
            fill=_demo,
            master_key=b64encode(MASTER_KEY).decode(),
            wait_seconds="10",
        ) as server,
    ):
        auditor = server.client(token_of(server, Role.AUDITOR))
        last = server.log_position()
        read = auditor.get("/api/v1/cases", params={"limit": 1, "wait_for": last})
        assert read.status_code == 200, read.text
        yield server


@pytest.fixture(scope="module")
def visiting(browser: Browser, agency: Server) -> Iterator[Visiting]:
    """Somebody of the demo with this role at the pages, signed in once; without a role nobody."""
    visits: dict[Role | None, Visit] = {}

    def visit(role: Role | None) -> Visit:
        if role not in visits:
            visits[role] = Visit(browser, agency.base)
            if role:
                visits[role].sign_in(role, DEMO_CALLERS[role][0])
        return visits[role]

    yield visit
    for each in visits.values():
        each.close()


def token_of(server: Server, role: Role) -> str:
    official, unit = DEMO_CALLERS[role]
    return server.issuer.issue(official, unit, [role])


def _demo(conninfo: str) -> None:
    desk = new_desk(conninfo, terms_of("az"))
    with psycopg.connect(conninfo, autocommit=True) as conn:
        seed_demo(desk, conn, today=now().date(), cases=CASES)
    desk.close()
