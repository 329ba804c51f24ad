from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.serving import PEOPLE, Server, served
from tests.desks import migrated_database

As = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def server(postgres: str, server_dir: Path) -> Iterator[Server]:
    """One server for all tests that leave it as they found it; a short wait for positions."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "api",
            conninfo,
            wait_seconds="3",
            max_body_bytes="50000",
            refused_tokens_per_minute="100000",
        ) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def as_(server: Server) -> As:
    """The client of one of PEOPLE, by the name of their part."""
    clients = {name: server.client(server.token(person)) for name, person in PEOPLE.items()}
    return clients.__getitem__


@pytest.fixture
def unchanged(server: Server) -> Iterator[None]:
    """Nothing may be recorded while the test runs."""
    before = server.log_position()
    yield
    assert server.log_position() == before, "something was recorded"
