"""Acting for another official, as the register lets one: from, until, and not a moment longer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.bodies import appeal, begun, done, read, refused
from tests.api.conftest import As
from tests.api.serving import Server, fresh_key

DEPUTIES = "/api/v1/deputies"
REASON = "Məzuniyyət"
FOR_THE_HEAD = {"On-Behalf-Of": "huseynova"}


def moment(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def deputising(**changes: Any) -> dict[str, Any]:
    """The executor of pensions acts for its head, from a minute ago for a day."""
    return {
        "deputy": "mammadov",
        "principal": "huseynova",
        "starts_at": moment(minutes=-1),
        "ends_at": moment(days=1),
        "reason": REASON,
        **changes,
    }


def entered(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = client.post(DEPUTIES, json=deputising(**changes))
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def ended(client: httpx.Client, identity: str) -> httpx.Response:
    return client.post(f"{DEPUTIES}/{identity}/end", json={"reason": "Qayıtdı"})


@pytest.fixture(autouse=True)
def none_left(as_: As) -> Iterator[None]:
    """Nobody deputises for anybody any more when the test is done."""
    yield
    for row in read(as_("administrator"), "deputies", limit=200)["rows"]:
        if row["ended_at"] is None:
            ended(as_("administrator"), row["id"])


@pytest.fixture
def case(as_: As) -> str:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    done(
        registrar,
        f"appeals/{case}/assign-appeal",
        {"unit": "pensions", "main_executor": "huseynova"},
    )
    return case


def accept(client: httpx.Client, case: str) -> httpx.Response:
    return client.post(f"/api/v1/appeals/{case}/accept-appeal", json={}, headers=FOR_THE_HEAD)


def test_a_deputy_acts_until_it_is_taken_away_and_the_event_names_both(as_: As, case: str) -> None:
    executor, administrator = as_("executor"), as_("administrator")
    refused(accept(executor, case), 403, "not-a-deputy")
    one = entered(administrator)
    assert accept(executor, case).status_code == 200
    entry = read(executor, f"cases/{case}/history")["entries"][-1]
    assert (entry["who"]["id"], entry["on_behalf_of"]["id"]) == ("mammadov", "huseynova")
    answer = ended(administrator, one["id"])
    assert (answer.status_code, answer.json()["ended_by"]) == (200, "admin")
    path = f"/api/v1/appeals/{case}"
    refused(executor.get(path, headers=FOR_THE_HEAD), 403, "not-a-deputy")
    refused(ended(administrator, one["id"]), 409, "deputising-has-ended")


def test_nor_before_it_starts(as_: As, case: str) -> None:
    entered(as_("administrator"), starts_at=moment(hours=1))
    refused(accept(as_("executor"), case), 403, "not-a-deputy")


def test_it_is_for_this_deputy_and_this_official_only(as_: As) -> None:
    one = entered(as_("administrator"))
    headers = {"On-Behalf-Of": "director"}
    refused(as_("executor").get("/api/v1/cases", headers=headers), 403, "not-a-deputy")
    refused(as_("press").get("/api/v1/cases", headers=FOR_THE_HEAD), 403, "not-a-deputy")
    assert ended(as_("administrator"), one["id"]).status_code == 200


def test_a_units_head_names_deputies_for_the_unit_and_nobody_else_does(as_: As) -> None:
    head = as_("head")
    for_a_colleague = deputising(deputy="aliyev", principal="mammadov")
    answer = head.post(DEPUTIES, json=for_a_colleague)
    assert answer.status_code == 201, answer.text
    assert ended(head, answer.json()["id"]).status_code == 200
    refused(head.post(DEPUTIES, json=deputising(principal="director")), 403, "forbidden")
    for who in ("registrar", "executor", "controller", "signatory", "auditor", "leader"):
        refused(as_(who).post(DEPUTIES, json=for_a_colleague), 403, "forbidden")


def test_nobody_makes_themselves_a_deputy(as_: As) -> None:
    head, administrator = as_("head"), as_("administrator")
    own = deputising(deputy="huseynova", principal="mammadov")
    refused(head.post(DEPUTIES, json=own), 422, "own-deputising")
    refused(administrator.post(DEPUTIES, json=deputising(deputy="admin")), 422, "own-deputising")
    themselves = deputising(deputy="huseynova")
    refused(administrator.post(DEPUTIES, json=themselves), 422, "deputy-of-themselves")


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": moment(minutes=-1), "starts_at": moment(hours=-1)},
        {"ends_at": moment(minutes=1), "starts_at": moment(hours=1)},
        {"ends_at": moment(days=367)},
    ],
)
def test_it_has_an_end_that_is_not_past_and_not_far(as_: As, changes: dict[str, str]) -> None:
    answer = as_("administrator").post(DEPUTIES, json=deputising(**changes))
    refused(answer, 422, "deputising-not-fitting")


def test_both_are_officials_and_times_have_an_offset(as_: As) -> None:
    administrator = as_("administrator")
    unknown = deputising(deputy="nobody-known")
    refused(administrator.post(DEPUTIES, json=unknown), 422, "unknown-official")
    local = deputising(ends_at="2030-01-01T00:00:00")
    refused(administrator.post(DEPUTIES, json=local), 422, "not-valid")
    refused(administrator.post(DEPUTIES, json=deputising(reason="")), 422, "not-valid")


def test_the_same_key_enters_it_once(as_: As) -> None:
    administrator, key, body = as_("administrator"), fresh_key(), deputising()
    answers = [administrator.post(DEPUTIES, json=body, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    other = administrator.post(DEPUTIES, json=deputising(reason="Xəstəlik"), headers=key)
    refused(other, 422, "key-used-before")
    assert ended(administrator, answers[0].json()["id"]).status_code == 200


def test_one_at_a_time_for_the_same_two_so_that_ending_it_ends_it(as_: As, case: str) -> None:
    executor, administrator = as_("executor"), as_("administrator")
    one = entered(administrator)
    for times in ({}, {"starts_at": moment(hours=2), "ends_at": moment(days=3)}):
        again = administrator.post(DEPUTIES, json=deputising(**times))
        refused(again, 409, "deputising-overlaps")
    entered(administrator, starts_at=one["ends_at"], ends_at=moment(days=3))
    entered(administrator, deputy="aliyev")
    assert ended(administrator, one["id"]).status_code == 200
    refused(accept(executor, case), 403, "not-a-deputy")
    entered(administrator, ends_at=one["ends_at"])


def test_its_history_stays_and_is_seen_by_those_concerned(as_: As) -> None:
    administrator = as_("administrator")
    one = entered(administrator)
    ended(administrator, one["id"])

    def rows(who: str, **query: Any) -> set[str]:
        return {row["id"] for row in read(as_(who), "deputies", limit=200, **query)["rows"]}

    for who in ("administrator", "auditor", "executor", "head"):
        assert one["id"] in rows(who), who
    for who in ("registrar", "press", "leader", "ganja"):
        assert one["id"] not in rows(who), who
        refused(ended(as_(who), one["id"]), 404, "no-such-deputising")
    assert one["id"] not in rows("auditor", official="director")
    assert one["id"] not in rows("auditor", at=moment())
    assert one["id"] in rows("auditor", at=one["entered_at"])


def test_it_did_not_hold_before_it_was_entered_whenever_it_is_said_to_have_started(
    as_: As,
) -> None:
    before = moment()
    one = entered(as_("administrator"), starts_at=moment(days=-3))

    def held(at: str) -> bool:
        found = read(as_("auditor"), "deputies", limit=200, at=at)["rows"]
        return one["id"] in [row["id"] for row in found]

    assert [held(moment(days=-2)), held(before), held(one["entered_at"])] == [False, False, True]
    ended(as_("administrator"), one["id"])


def test_pages_lead_through_all_of_them(as_: As) -> None:
    administrator = as_("administrator")
    made = [
        entered(administrator, starts_at=moment(days=day), ends_at=moment(days=day + 1))
        for day in (6, 4, 2)
    ]
    first = read(administrator, "deputies", limit=2)
    second = read(administrator, "deputies", limit=2, cursor=first["cursor"])
    found = [row["id"] for row in [*first["rows"], *second["rows"]]]
    assert found[:3] == [one["id"] for one in reversed(made)]
    stranger = as_("press").get(DEPUTIES, params={"cursor": first["cursor"]})
    refused(stranger, 400, "cursor-invalid")


@pytest.mark.parametrize("table", ["deputies", "deputies_ended"])
@pytest.mark.parametrize(
    "change", ["UPDATE karguzar.{} SET reason = 'x'", "DELETE FROM karguzar.{}"]
)
def test_nothing_in_it_is_ever_changed(server: Server, table: str, change: str) -> None:
    with (
        psycopg.connect(server.conninfo) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(change.format(table))
