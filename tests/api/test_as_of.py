"""As of: what the register knew, and when; asked over HTTP of a real server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.bodies import NOWHERE, appeal, begun, done, now, on, read, refused
from tests.api.conftest import As
from tests.api.serving import Server

ASSIGNED = {"unit": "pensions", "main_executor": "mammadov"}


def topic() -> str:
    """One that no other test's cases have."""
    return f"as-of-{uuid4().hex[:12]}"


@pytest.fixture
def position(as_: As) -> Callable[[], int]:
    """The log's last position, with the lists brought there."""

    def last() -> int:
        found = int(read(as_("auditor"), "positions")["position"])
        read(as_("auditor"), "cases", limit=1, as_of=found)
        return found

    return last


def begun_and_assigned(as_: As, **changes: Any) -> tuple[str, int, int]:
    """A case, its position as registered and that as assigned."""
    registrar = as_("registrar")
    answer = registrar.post("/api/v1/appeals", json=appeal(**changes))
    assert answer.status_code == 201, answer.text
    case = answer.json()["id"]
    assigned = done(registrar, f"appeals/{case}/assign-appeal", ASSIGNED)
    return case, answer.json()["position"], assigned["position"]


def test_a_case_is_read_as_it_was_known(as_: As) -> None:
    case, registered, assigned = begun_and_assigned(as_)
    auditor = as_("auditor")
    then = read(auditor, f"cases/{case}", as_of=registered)
    assert (then["version"], then["position"]) == (1, registered)
    assert then["standing"]["stage"] == "registered"
    assert then["as_of"]["position"] == registered
    assert then["as_of"]["on"] == on()
    assert read(auditor, f"appeals/{case}", as_of=assigned)["standing"]["stage"] == "assigned"
    now_read = read(auditor, f"cases/{case}")
    assert (now_read["standing"]["stage"], now_read["as_of"]) == ("assigned", None)
    told = read(auditor, f"cases/{case}/history", as_of=registered)
    assert [entry["event"] for entry in told["entries"]] == ["appeal-registered"]
    assert len(read(auditor, f"cases/{case}/history")["entries"]) == 2
    clocks = read(auditor, f"cases/{case}/deadlines", as_of=registered)
    assert clocks["as_of"]["position"] == registered
    due = {clock["clock"]: clock["due"] for clock in clocks["clocks"]}
    assert due["answer"] == then["standing"]["due"]["on"]


def test_an_instant_means_what_was_recorded_by_then(as_: As) -> None:
    case, registered, assigned = begun_and_assigned(as_)
    auditor = as_("auditor")
    entries = read(auditor, f"cases/{case}/history")["entries"]
    first, second = (datetime.fromisoformat(entry["at"]) for entry in entries)
    between = first + (second - first) / 2
    for instant, version in ((first, 1), (between, 1), (second, 2)):
        found = read(auditor, f"cases/{case}", as_of=instant.isoformat())
        assert found["version"] == version
        assert datetime.fromisoformat(found["as_of"]["known_at"]) == instant
    in_baku = second.astimezone(now().tzinfo).isoformat()
    assert read(auditor, f"cases/{case}", as_of=in_baku)["position"] == assigned
    blank = auditor.get(f"/api/v1/cases/{case}?as_of={in_baku}")
    assert blank.json()["position"] == assigned
    local = second.astimezone(now().tzinfo).replace(tzinfo=None).isoformat()
    assert read(auditor, f"cases/{case}", as_of=local)["position"] == assigned
    today = auditor.get(f"/api/v1/cases/{case}", params={"as_of": str(now().date())})
    refused(today, 404, "case-not-yet-registered")
    early = auditor.get(
        f"/api/v1/cases/{case}", params={"as_of": (first - timedelta(hours=1)).isoformat()}
    )
    refused(early, 404, "case-not-yet-registered")
    earlier = auditor.get(f"/api/v1/cases/{case}", params={"as_of": registered - 1})
    refused(earlier, 404, "case-not-yet-registered")


@pytest.mark.parametrize(
    "path", [f"cases/{NOWHERE}", "cases", "counts?by=kind", f"cases/{NOWHERE}/history"]
)
@pytest.mark.parametrize(
    ("as_of", "problem"),
    [
        ("", "as-of-not-readable"),
        ("0", "as-of-not-readable"),
        ("-1", "as-of-not-readable"),
        ("yesterday", "as-of-not-readable"),
        ("100.5", "as-of-not-readable"),
        ("2026-02-30", "as-of-not-readable"),
        ("20260301T090000Z", "as-of-not-readable"),
        ("999999999999", "as-of-ahead"),
        ("2199-01-01T00:00:00+04:00", "as-of-ahead"),
    ],
)
def test_a_time_that_cannot_be_is_refused(as_: As, path: str, as_of: str, problem: str) -> None:
    query = httpx.QueryParams(path.partition("?")[2]).set("as_of", as_of)
    answer = as_("auditor").get(f"/api/v1/{path.partition('?')[0]}", params=query)
    refused(answer, 422, problem)


def test_a_list_is_read_as_it_was_known(as_: As, position: Callable[[], int]) -> None:
    mine = topic()
    cases = [begun_and_assigned(as_, topic=mine) for _ in range(4)]
    position()
    auditor = as_("auditor")
    for count, (_, registered, assigned) in enumerate(cases, 1):
        then = read(auditor, "appeals", topic=mine, as_of=registered)
        assert len(then["rows"]) == count
        assert then["position"] == then["as_of"]["position"] == registered
        registered_then = read(auditor, "cases", topic=mine, state="registered", as_of=registered)
        (row,) = registered_then["rows"]
        assert (row["case_id"], row["since_position"]) == (cases[count - 1][0], registered)
        assert row["until_position"] == assigned
        assert "subject" not in row
    last = cases[-1][2]
    pages, cursor = [], None
    while True:
        page = read(
            auditor,
            "cases",
            topic=mine,
            as_of=last,
            limit=3,
            **({"cursor": cursor} if cursor else {}),
        )
        pages += page["rows"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(row["case_id"] for row in pages) == sorted(case for case, _, _ in cases)
    listed_now = read(auditor, "cases", topic=mine)["rows"]
    assert [row["case_id"] for row in pages] == [row["case_id"] for row in listed_now]


def test_what_is_recorded_late_shows_the_two_times_apart(
    as_: As, server: Server, position: Callable[[], int]
) -> None:
    mine, registrar, auditor = topic(), as_("registrar"), as_("auditor")
    before = position()
    received = (now() - timedelta(days=90)).isoformat()
    case = begun(
        registrar,
        "appeals",
        appeal(topic=mine, received_at=received, registered_on=on(-90), legacy_number="köhnə-1"),
    )
    known = position()

    def counted(**query: Any) -> tuple[int, int]:
        query = {"by": "kind", "topic": mine, **query}
        found = read(auditor, "counts", **query)
        return found["total"], read(auditor, "counts", overdue=True, **query)["total"]

    # Recorded time: it was not known before it was entered, whatever day is asked for.
    assert counted(as_of=before, on=on(-60)) == (0, 0)
    assert counted(as_of=before) == (0, 0)
    # Business time: as known since, it was there on those days, and overdue from its due date on.
    assert counted(as_of=known, on=on(-91)) == (0, 0)
    assert counted(as_of=known, on=on(-90)) == (1, 0)
    assert counted(as_of=known, on=on(-60)) == (1, 1)
    assert counted(as_of=known) == counted() == (1, 1)
    assert counted(on=on(-90)) == (1, 0)
    listed = read(auditor, "cases", topic=mine, overdue=True, as_of=known, on=on(-89))
    assert listed["rows"] == []
    assert listed["as_of"]["on"] == on(-89)
    listed = read(auditor, "cases", topic=mine, overdue=True, as_of=known)
    assert [row["case_id"] for row in listed["rows"]] == [case]
    assert server.log_position() >= known


def test_a_case_that_is_confidential_now_stays_hidden_in_the_past(
    as_: As, position: Callable[[], int]
) -> None:
    mine, registrar = topic(), as_("registrar")
    case = begun(registrar, "appeals", appeal(topic=mine))
    done(registrar, f"appeals/{case}/assign-appeal", ASSIGNED)
    open_to_all = position()
    leader = as_("leader")
    assert read(leader, f"cases/{case}", as_of=open_to_all)["version"] == 2
    assert len(read(leader, "cases", topic=mine, as_of=open_to_all)["rows"]) == 1
    done(
        registrar,
        f"appeals/{case}/correct-entry",
        {
            "entry": "confidential",
            "value": "true",
            "reason": "Həssas məlumat",
            "approved_by": "huseynova",
        },
    )
    hidden = position()
    refused(leader.get(f"/api/v1/cases/{case}", params={"as_of": open_to_all}), 404, "no-such-case")
    assert read(leader, "cases", topic=mine, as_of=open_to_all)["rows"] == []
    assert read(leader, "counts", by="kind", topic=mine, as_of=open_to_all)["total"] == 0
    changed = read(leader, "changes", topic=mine, since=1, until=hidden)
    assert (changed["registered"], changed["closing"]) == (0, 0)
    assert len(read(as_("auditor"), "cases", topic=mine, as_of=open_to_all)["rows"]) == 1


def test_counts_by_two_columns_reconcile_with_their_total(
    as_: As, position: Callable[[], int]
) -> None:
    mine, registrar = topic(), as_("registrar")
    for channel in ("post", "post", "telephone"):
        begun(registrar, "appeals", appeal(topic=mine, channel=channel))
    begun_and_assigned(as_, topic=mine)
    here = position()
    found = read(as_("auditor"), "counts", by=["channel", "state"], topic=mine, as_of=here)
    groups = {
        (row["group"]["channel"], row["group"]["state"]): row["cases"] for row in found["rows"]
    }
    assert groups == {
        ("post", "registered"): 2,
        ("telephone", "registered"): 1,
        ("post", "assigned"): 1,
    }
    assert (found["total"], found["by"]) == (4, ["channel", "state"])
    assert found["as_of"]["position"] == here
    live = read(as_("auditor"), "counts", by="state", topic=mine)
    assert {row["group"]["state"]: row["cases"] for row in live["rows"]} == {
        "registered": 3,
        "assigned": 1,
    }
    assert live["position"] >= here
    refused(as_("auditor").get("/api/v1/counts"), 422, "not-valid")
    refused(as_("auditor").get("/api/v1/counts?by=subject"), 422, "not-valid")
    refused(as_("administrator").get("/api/v1/counts?by=kind"), 403, "forbidden")


def test_small_counts_are_not_told_to_analysts(as_: As, position: Callable[[], int]) -> None:
    mine, registrar = topic(), as_("registrar")
    for channel, cases in (("post", 7), ("telephone", 6), ("e-mail", 2)):
        for _ in range(cases):
            begun(registrar, "appeals", appeal(topic=mine, channel=channel))
    here = position()
    query: dict[str, Any] = {"by": "channel", "topic": mine, "as_of": here}
    told = read(as_("analyst"), "counts", **query)
    groups = {row["group"]["channel"]: row["cases"] for row in told["rows"]}
    assert groups == {"post": 7, "telephone": None, "e-mail": None}
    assert told["total"] == 15
    alone = read(as_("analyst"), "counts", **query, channel="e-mail")
    assert [row["cases"] for row in alone["rows"]] == [None]
    assert alone["total"] is None
    assert read(as_("auditor"), "counts", **query, channel="e-mail")["total"] == 2


def test_what_changed_since_the_briefing_reconciles_and_is_drilled_into(
    as_: As, position: Callable[[], int]
) -> None:
    mine, registrar, auditor = topic(), as_("registrar"), as_("auditor")
    standing = begun(registrar, "appeals", appeal(topic=mine))
    ended = begun(registrar, "appeals", appeal(topic=mine))
    briefing = position()
    done(registrar, f"appeals/{standing}/assign-appeal", ASSIGNED)
    done(
        registrar,
        f"appeals/{ended}/forward-appeal",
        {
            "body": "Səhiyyə Nazirliyi",
            "letter_number": "7/15",
            "letter_date": on(),
            "reason": "Səlahiyyətimizə aid deyil",
            "applicant_notified_on": on(),
        },
    )
    fresh = begun(registrar, "appeals", appeal(topic=mine))
    after = position()
    query: dict[str, Any] = {"topic": mine, "since": briefing}
    told = read(auditor, "changes", **query, until=after)
    assert told["opening"] == 2
    assert told["closing"] == 2
    assert (told["registered"], told["closed"], told["reopened"]) == (1, 1, 0)
    assert (told["entered"], told["left"]) == (0, 0)
    assert (told["state_changed"], told["unit_changed"], told["due_moved"]) == (2, 1, 0)
    assert told["since"]["position"] == briefing
    assert told["until"]["position"] == after

    def cases(change: str, **more: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = read(auditor, f"changes/{change}", **query, **more)["rows"]
        return rows

    assert [row["case_id"] for row in cases("registered", until=after)] == [fresh]
    (closed,) = cases("closed")
    assert (closed["case_id"], closed["before"]["state"], closed["after"]["state"]) == (
        ended,
        "registered",
        "forwarded",
    )
    (moved,) = cases("unit-changed")
    assert (moved["before"]["unit"], moved["after"]["unit"]) == ("records", "pensions")
    first = read(auditor, "changes/state-changed", **query, limit=1)
    second = read(auditor, "changes/state-changed", **query, limit=1, cursor=first["cursor"])
    both = {first["rows"][0]["case_id"], second["rows"][0]["case_id"]}
    assert (both, second["cursor"]) == ({standing, ended}, None)
    overdue = read(auditor, "changes", **query, on=on(60))
    assert (overdue["newly_overdue"], overdue["until"]["on"]) == (2, on(60))
    done(registrar, f"appeals/{ended}/close-appeal", {"result": "forwarded"})
    done(registrar, f"appeals/{ended}/reopen-appeal", {"reason": "Yeni hallar"})
    again = position()
    since_then = {"topic": mine, "since": after, "until": again}
    reopened = read(auditor, "changes", **since_then)
    assert (reopened["opening"], reopened["reopened"], reopened["closing"]) == (2, 1, 3)
    (row,) = read(auditor, "changes/reopened", **since_then)["rows"]
    assert row["case_id"] == ended
    in_unit = read(auditor, "changes", **query, until=after, unit="records")
    assert (in_unit["opening"], in_unit["left"], in_unit["closing"]) == (2, 1, 1)
    in_pensions = read(auditor, "changes", **query, until=after, unit="pensions")
    assert (in_pensions["opening"], in_pensions["entered"], in_pensions["closing"]) == (0, 1, 1)


def test_changes_of_one_case_name_the_events_responsible(as_: As) -> None:
    case, registered, assigned = begun_and_assigned(as_)
    auditor = as_("auditor")
    found = read(auditor, f"cases/{case}/changes", since=registered)
    differs = {each["field"]: each for each in found["differences"]}
    stage = differs["standing.stage"]
    assert (stage["before"], stage["after"]) == ("registered", "assigned")
    assert stage["positions"] == [assigned]
    assert [entry["event"] for entry in found["events"]] == ["appeal-assigned"]
    assert "standing.number" not in differs
    whole = read(auditor, f"cases/{case}/changes", since=1, until=assigned)
    assert whole["since"]["position"] == 1
    assert {each["before"] for each in whole["differences"]} == {None}
    assert len(whole["events"]) == 2
    none = read(auditor, f"cases/{case}/changes", since=assigned, until=assigned)
    assert (none["differences"], none["events"]) == ([], [])
    refused(
        auditor.get(f"/api/v1/cases/{case}/changes", params={"since": 1, "until": registered - 1}),
        404,
        "case-not-yet-registered",
    )


def test_a_span_that_runs_backwards_is_refused(as_: As, position: Callable[[], int]) -> None:
    here = position()
    auditor = as_("auditor")
    for path in ("changes", "changes/closed"):
        answer = auditor.get(f"/api/v1/{path}", params={"since": here, "until": 1})
        refused(answer, 422, "span-backwards")
        answer = auditor.get(f"/api/v1/{path}", params={"since": 1, "since_on": on(1)})
        refused(answer, 422, "span-backwards")
    refused(auditor.get("/api/v1/changes/anything?since=1"), 422, "not-valid")
    refused(auditor.get("/api/v1/changes?since=1&until=soon"), 422, "as-of-not-readable")
    refused(as_("analyst").get("/api/v1/changes?since=1"), 403, "forbidden")


def test_words_are_looked_for_in_the_past_in_subjects_of_now(
    as_: As, position: Callable[[], int]
) -> None:
    word = f"söz{uuid4().hex[:10]}"
    before = position()
    case, registered, assigned = begun_and_assigned(as_, subject=f"Pensiya {word}")
    position()
    auditor = as_("auditor")

    def found(at: int, **more: Any) -> list[tuple[str, str]]:
        rows = read(auditor, "cases", as_of=at, text=word, **more)["rows"]
        return [(row["case_id"], row["state"]) for row in rows]

    assert found(before) == []
    assert found(registered) == [(case, "registered")]
    assert found(assigned, open="true") == [(case, "assigned")]
    assert found(assigned, unit="records") == []
    assert read(auditor, "counts", by="state", as_of=registered, text=word)["total"] == 1
    refused(as_("analyst").get(f"/api/v1/cases?as_of={registered}&text={word}"), 403, "forbidden")


def test_what_waited_and_was_due_is_read_as_it_was_known(
    as_: As, position: Callable[[], int]
) -> None:
    case, registered, assigned = begun_and_assigned(as_, topic=topic())
    executor = as_("executor")
    accepted = done(executor, f"appeals/{case}/accept-appeal", {})["position"]
    position()

    def waiting(caller: httpx.Client, at: int, whose: str) -> list[tuple[str, str]]:
        told = read(caller, "work", as_of=at, whose=whose, limit=200)
        assert told["position"] == told["as_of"]["position"] == at
        rows = [row for row in told["rows"] if row["case_id"] == case]
        assert all(row["subject"] is None for row in rows)
        return [(row["duty"], row["state"]) for row in rows]

    registrar = as_("registrar")
    assert waiting(registrar, registered, "unit") == [("assign-appeal", "registered")]
    assert waiting(registrar, assigned, "unit") == []
    assert waiting(executor, registered, "mine") == []
    assert waiting(executor, assigned, "unit") == [("accept-appeal", "assigned")]
    assert waiting(executor, accepted, "mine") == [("do-appeal", "in-work")]
    auditor = as_("auditor")

    def clocks(at: int, **more: Any) -> dict[str, dict[str, Any]]:
        told = read(auditor, "deadlines", as_of=at, limit=200, official="mammadov", **more)
        return {row["due"]["clock"]: row for row in told["rows"] if row["due"]["case_id"] == case}

    assert clocks(registered) == {}
    answer = clocks(assigned)["answer"]
    assert (answer["subject"], answer["overdue"], answer["state"]) == (None, False, "assigned")
    late = clocks(assigned, on="2036-01-01")["answer"]
    assert (late["overdue"], late["due"]) == (True, answer["due"])
    days = {"due_from": answer["due"]["due_on"], "due_to": answer["due"]["due_on"]}
    counts = [
        {each["clock"]: each["count"] for each in told["days"]}.get("answer", 0)
        for told in (
            read(auditor, "deadlines/by-day", as_of=at, whose="all", **days)
            for at in (registered - 1, registered)
        )
    ]
    assert counts[1] == counts[0] + 1


def test_now_is_later_than_what_was_known_a_moment_ago(as_: As) -> None:
    before = datetime.now(UTC)
    found = read(as_("auditor"), "counts", by="kind")
    assert before <= datetime.fromisoformat(found["as_of"]["known_at"]) <= datetime.now(UTC)
