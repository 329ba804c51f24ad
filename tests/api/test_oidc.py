"""Tokens of a real issuer: a certified OpenID provider, found by discovery."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.tokens import IssuerAway, TokenChecker, TokenRefused
from infra import issuer_keys
from infra.issuer_keys import IssuerKeys, IssuerNotUsable, published
from tests.api.bodies import appeal, begun, read, refused
from tests.api.issuers import Issuer, issuing, missing
from tests.api.serving import PEOPLE, Person, Server, enter, served
from tests.desks import migrated_database

RESOURCES = ("urn:karguzar", "urn:karguzar:rs256", "urn:karguzar:eddsa")


@pytest.fixture(scope="module")
def issuer(request: pytest.FixtureRequest) -> Iterator[Issuer]:
    _require_installed(request)
    with issuing() as running:
        yield running


@pytest.fixture
def rotating(request: pytest.FixtureRequest) -> Iterator[Issuer]:
    """One of its own, whose keys may change."""
    _require_installed(request)
    with issuing() as running:
        yield running


def _require_installed(request: pytest.FixtureRequest) -> None:
    lacking = missing()
    if lacking:
        request.config.get_terminal_writer().line(f"\nNot tested with an issuer. {lacking}.")
        pytest.skip(lacking)


@pytest.fixture(scope="module")
def trusting(postgres: str, server_dir: Path, issuer: Issuer) -> Iterator[Server]:
    """A server that takes this issuer's tokens and no others."""
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "oidc", conninfo, token_issuer=issuer.url) as server,
    ):
        enter(conninfo, [Person("call-centre", "records", frozenset())], "client")
        yield server


class Checking:
    """A checker of the issuer's tokens, with a clock that the test moves and counted looks."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.looks = 0
        self.away = False
        self.keys = IssuerKeys(url, 300, clock=lambda: self.now)
        self.checker = TokenChecker(self.keys, url, "karguzar")

        def counted(issuer: str) -> list[dict[str, object]]:
            self.looks += 1
            if self.away:
                raise httpx.ConnectError("nobody answers")
            return published(issuer)

        monkeypatch.setattr(issuer_keys, "published", counted)

    async def good(self, token: str) -> bool:
        try:
            await self.checker.check(f"Bearer {token}")
        except TokenRefused:
            return False
        return True


@pytest.fixture
def checking(rotating: Issuer, monkeypatch: pytest.MonkeyPatch) -> Checking:
    return Checking(rotating.url, monkeypatch)


def going(scenario: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario()

    asyncio.run(run())


def test_an_official_signs_in_and_registers_an_appeal(issuer: Issuer, trusting: Server) -> None:
    token = issuer.official_token("aliyev", unit="records", roles=["registrar"])
    registrar = trusting.client(token)
    case = begun(registrar, "appeals", appeal())
    (entry,) = read(registrar, f"cases/{case}/history")["entries"]
    assert (entry["who"]["id"], entry["client"]) == ("aliyev", "reception-desk")


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_program_acts_as_itself_in_the_unit_it_is_entered_with(
    issuer: Issuer, trusting: Server, resource: str
) -> None:
    program = trusting.client(issuer.client_token(resource=resource))
    case = begun(program, "appeals", appeal())
    (entry,) = read(program, f"cases/{case}/history")["entries"]
    assert (entry["who"]["id"], entry["client"]) == ("call-centre", "call-centre")
    assert read(program, f"appeals/{case}")["began"]["registering_unit"] == "records"


def test_who_is_not_entered_is_told_so_in_the_same_words(issuer: Issuer, trusting: Server) -> None:
    tokens = [
        issuer.client_token("stray"),
        issuer.official_token("nobody", unit="records", roles=["registrar"]),
        issuer.official_token("call-centre", unit="records", roles=["registrar"]),
    ]
    problems = [
        refused(trusting.client(token).get("/api/v1/cases"), 403, "not-entered") for token in tokens
    ]
    assert problems[0] == problems[1] == problems[2]


def test_a_program_entered_as_an_official_is_not_taken_for_one(
    issuer: Issuer, trusting: Server
) -> None:
    enter(trusting.conninfo, [Person("stray", "records", frozenset())])
    refused(trusting.client(issuer.client_token("stray")).get("/api/v1/cases"), 403, "not-entered")


def test_a_token_for_another_service_or_of_another_issuer_is_refused(
    issuer: Issuer, trusting: Server
) -> None:
    elsewhere = issuer.client_token(resource="urn:elsewhere")
    refused(trusting.client(elsewhere).get("/api/v1/cases"), 401, "token-refused")
    development = trusting.token(PEOPLE["registrar"])
    refused(trusting.client(development).get("/api/v1/cases"), 401, "token-refused")


def test_a_new_key_is_taken_as_soon_as_a_token_names_it(
    rotating: Issuer, checking: Checking
) -> None:
    async def scenario() -> None:
        old = rotating.client_token()
        assert await checking.good(old)
        rotating.rotate(keep_old=True)
        new = rotating.client_token()
        checking.now += 11
        assert await checking.good(new)
        assert await checking.good(old)
        assert checking.looks == 2

    going(scenario)


def test_a_removed_key_is_refused_from_the_next_look_on_also_where_it_was_remembered(
    rotating: Issuer, checking: Checking
) -> None:
    async def scenario() -> None:
        old = rotating.client_token()
        assert await checking.good(old)
        rotating.rotate(keep_old=False)
        assert await checking.good(old)
        checking.now += 11
        assert await checking.good(rotating.client_token())
        assert not await checking.good(old)

    going(scenario)


def test_made_up_key_ids_do_not_drive_the_register_to_the_issuer(
    rotating: Issuer, checking: Checking
) -> None:
    async def scenario() -> None:
        good = rotating.client_token()
        head, _, rest = good.partition(".")
        forged = [f"{other}.{rest}" for other in _heads(20)]
        assert await checking.good(good)
        checking.now += 11
        answers = await asyncio.gather(*(checking.good(token) for token in forged))
        assert not any(answers)
        assert head not in forged
        assert checking.looks == 2

    going(scenario)


def _heads(number: int) -> list[str]:
    import jwt  # noqa: PLC0415 - only to write headers

    return [
        jwt.encode({}, "0" * 32, algorithm="HS256", headers={"kid": f"forged-{n}"}).partition(".")[
            0
        ]
        for n in range(number)
    ]


def test_the_keys_stay_while_the_issuer_is_away(rotating: Issuer, checking: Checking) -> None:
    async def scenario() -> None:
        token = rotating.client_token()
        assert await checking.good(token)
        checking.away = True
        rotating.rotate(keep_old=True)
        checking.now += 11
        assert not await checking.good(rotating.client_token())
        assert checking.looks == 2
        assert await checking.good(token)

    going(scenario)


def test_before_the_keys_were_ever_read_nobody_can_be_judged(
    rotating: Issuer, checking: Checking
) -> None:
    async def scenario() -> None:
        token = rotating.client_token()
        checking.away = True
        with pytest.raises(IssuerAway):
            await checking.good(token)
        checking.away = False
        checking.now += 11
        assert await checking.good(token)

    going(scenario)


def test_following_looks_at_start_and_whoever_comes_meanwhile_waits_for_it(
    checking: Checking,
) -> None:
    async def scenario() -> None:
        following = asyncio.create_task(checking.keys.follow())
        await checking.keys.look_again()
        following.cancel()
        assert len(checking.keys.current or {}) == 3

    going(scenario)


def test_the_configuration_has_to_name_the_issuer_that_is_set(issuer: Issuer) -> None:
    with pytest.raises(IssuerNotUsable, match="another issuer"):
        published(issuer.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(httpx.HTTPError):
        published(f"{issuer.url}/nowhere")
