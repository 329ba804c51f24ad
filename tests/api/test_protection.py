"""What every answer says to browsers and caches, and how often somebody may ask."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.limits import PerMinute, TooManyRequests
from tests.api.bodies import NOWHERE, appeal, begun, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server, served
from tests.desks import migrated_database

REFUSED, REQUESTS = 3, 40


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/live", 200),
        ("/problems", 200),
        ("/nowhere", 404),
        ("/api/v1/cases", 401),
        ("/calendar/unknown.ics", 404),
        ("/schema", 200),
        ("/schema/openapi.json", 200),
        ("/assets/swagger-ui/swagger-ui.css", 200),
    ],
)
def test_every_answer_is_shown_nowhere_else_and_taken_for_what_it_is(
    server: Server, path: str, status: int
) -> None:
    answer = server.public.get(path, follow_redirects=True)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    for name in ("x-content-type-options", "content-security-policy", "cache-control"):
        assert len(answer.headers.get_list(name)) <= 1


def test_nothing_of_a_case_is_kept_on_the_way(as_: As) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    for path in (f"cases/{case}", f"cases/{case}/history", "cases", f"cases/{NOWHERE}"):
        assert registrar.get(f"/api/v1/{path}").headers["cache-control"] == "no-store", path
    note = registrar.post(f"/api/v1/appeals/{case}/add-note", json={"text": "Zəng"})
    assert note.headers["cache-control"] == "no-store"


def test_the_page_of_all_requests_takes_scripts_from_here_only(server: Server) -> None:
    page = server.public.get("/schema", follow_redirects=True)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["script-src"] == policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["connect-src"] == "'self'"
    assert 'src="http' not in page.text
    assert server.public.get("/live").headers["content-security-policy"] == (
        "default-src 'none'; frame-ancestors 'none'"
    )


def test_a_hidden_case_answers_as_an_unknown_one(as_: As) -> None:
    case = begun(as_("registrar"), "appeals", appeal())
    for path in ("cases/{}", "appeals/{}", "cases/{}/history", "cases/{}/thread", "threads/{}"):
        hidden, unknown = (
            as_("ganja").get(f"/api/v1/{path.format(one)}") for one in (case, NOWHERE)
        )
        assert _said(hidden) == _said(unknown), path


def _said(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    headers = [(name, value) for name, value in answer.headers.items() if name != "date"]
    return answer.status_code, answer.content, headers


def test_a_minute_ends_and_counts_anew() -> None:
    now = [0.0]
    limit = PerMinute(2, clock=lambda: now[0])
    for name in ("a", "a", "b"):
        limit.take(name)
    with pytest.raises(TooManyRequests) as refusal:
        limit.take("a")
    assert refusal.value.seconds == 60
    now[0] = 59.9
    with pytest.raises(TooManyRequests) as refusal:
        limit.take("a")
    assert refusal.value.seconds == 1
    limit.take("b")
    now[0] = 60.0
    limit.take("a")


@pytest.fixture(scope="module")
def strict(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server that lets nobody ask often, behind a proxy that tells whose request it is."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "strict",
            conninfo,
            refused_tokens_per_minute=str(REFUSED),
            requests_per_minute=str(REQUESTS),
            trusted_proxies="127.0.0.1",
        ) as server,
    ):
        yield server


def test_who_sends_bad_tokens_is_told_to_wait_and_nobody_else_is(strict: Server) -> None:
    def sent(address: str, token: str) -> httpx.Response:
        headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}
        return strict.public.get("/api/v1/positions", headers=headers)

    for _ in range(REFUSED):
        refused(sent("192.0.2.1", "bad"), 401, "token-refused")
    answer = sent("192.0.2.1", "bad")
    refused(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    refused(sent("192.0.2.2", "bad"), 401, "token-refused")
    good = strict.token(PEOPLE["auditor"])
    assert sent("192.0.2.1", good).status_code == 200, "a good token is never held back for them"
    without = strict.public.get("/api/v1/positions", headers={"X-Forwarded-For": "192.0.2.1"})
    refused(without, 401, "token-refused")


def test_a_client_that_asks_too_often_waits_and_others_go_on(strict: Server) -> None:
    busy = strict.client(strict.token(PEOPLE["registrar"]))
    answers = [busy.get("/api/v1/positions") for _ in range(REQUESTS + 1)]
    assert {answer.status_code for answer in answers[:REQUESTS]} == {200}
    problem = refused(answers[-1], 429, "too-many-requests")
    assert problem["detail"].startswith("Too many requests in this minute: wait ")
    other = strict.client(strict.token(PEOPLE["registrar"], client="another-program"))
    assert other.get("/api/v1/positions").status_code == 200
