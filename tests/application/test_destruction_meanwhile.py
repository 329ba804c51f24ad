"""What happens between the looks of a destruction, and what keeps it from harm."""

from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import structs

from api.documents import Documents
from api.retention_composition import clean_up
from application.desk import Desk
from application.rounds import Rounds
from domain.case import CaseKind, Person
from domain.destruction import (
    ApproveDestruction,
    DestructionCarriedOut,
    DestructionCompleted,
    RefuseDestruction,
    Stage,
    WithdrawDestruction,
)
from domain.keeping import ContentGone
from infra.destruction import NotRewritten, destroy_keys
from infra.keys import PersonKey
from projections import READ_MODELS
from projections.runner import Runner
from tests.application.destructions import (
    FIRST,
    OTHER,
    PERSON,
    WORDS,
    appeal_of,
    approved,
    carried_out_in,
    destroyed,
    destruction_desk,
    erasure_proposed,
    key_owners,
    proposed,
    withdrawn,
    years_later,
)
from tests.desks import recorded_by
from tests.orders import CONTROLLER, order
from tests.projections.logs import reader_of, run_out, runner_for, tracking_in

CONTENT = b"scan"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def runner(desk: Desk, database: str) -> Runner:
    return runner_for(desk, database, tracking_in(database), READ_MODELS)


def noticed(desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch, then: Any) -> None:
    """A round during which *then* happens between the look at the register and the log's lock."""
    together = Desk.execute_together

    def later(self: Desk, *given: Any) -> Any:
        then()
        return together(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "execute_together", later)
        destruction_desk(desk, database).round()


def test_a_key_stays_that_a_case_needs_which_was_begun_while_the_register_was_looked_at(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    approved(desk, proposed(desk, case))
    run_out(runner)
    noticed(desk, database, monkeypatch, lambda: appeal_of(desk, PERSON, "Yasəmən küçəsi"))
    assert PERSON.id in carried_out_in(desk).owners
    assert PERSON.id in key_owners(database)
    assert "Yasəmən küçəsi" in str(recorded_by(desk))
    completed = recorded_by(desk)[-1].event
    assert isinstance(completed, DestructionCompleted)
    assert completed.kept == 1


def test_a_key_stays_that_a_document_in_another_case_needs(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = appeal_of(desk, PERSON), appeal_of(desk, OTHER)
    withdrawn(desk, case)
    years_later(desk)
    approved(desk, proposed(desk, case))
    run_out(runner)
    stored = partial(
        Documents(desk).store, other, PERSON.id or other, DIGEST, "text/plain", CONTENT
    )
    noticed(desk, database, monkeypatch, stored)
    assert Documents(desk).read(other, DIGEST) == ("text/plain", CONTENT)


def test_an_erasure_starts_again_when_something_was_sealed_for_the_person_meanwhile(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    erasure = erasure_proposed(desk, PERSON.id or case)
    approved(desk, erasure)
    run_out(runner)
    begun: list[UUID] = []
    noticed(desk, database, monkeypatch, lambda: begun.append(appeal_of(desk, PERSON)))
    assert destruction_desk(desk, database).standings()[erasure].state.stage is Stage.APPROVED
    assert "Zülfüqarov" in str(recorded_by(desk))
    withdrawn(desk, begun[0])
    run_out(runner)
    destruction_desk(desk, database).round()
    assert not any(word in str(recorded_by(desk)) for word in WORDS)
    completed = recorded_by(desk)[-1].event
    assert isinstance(completed, DestructionCompleted)
    assert (completed.keys, completed.kept) == (1, 0)


def test_what_was_said_of_an_erasure_goes_with_it(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    erasure = erasure_proposed(desk, PERSON.id or case, reason="Əjdər Zülfüqarovun ərizəsi")
    assert "Əjdər Zülfüqarovun ərizəsi" in str(recorded_by(desk))
    destroyed(desk, database, runner, erasure)
    assert isinstance(recorded_by(desk)[-1].event, DestructionCompleted)
    assert "Zülfüqarov" not in str(recorded_by(desk))


def test_no_document_is_put_into_a_destroyed_case(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, during = appeal_of(desk, PERSON), appeal_of(desk, PERSON)
    withdrawn(desk, case)
    withdrawn(desk, during)
    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, case))
    documents = Documents(desk)
    with pytest.raises(ContentGone):
        documents.store(case, PERSON.id or case, DIGEST, "text/plain", CONTENT)

    second = proposed(desk, during)
    seal = PersonKey.seal

    def destroyed_meanwhile(*given: Any) -> bytes:
        monkeypatch.undo()
        destroyed(desk, database, runner, second)
        return seal(*given)

    monkeypatch.setattr(PersonKey, "seal", destroyed_meanwhile)
    with pytest.raises(ContentGone):
        documents.store(during, PERSON.id or during, DIGEST, "text/plain", CONTENT)
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT count(*) FROM karguzar.documents").fetchone() == (0,)
    assert PERSON.id not in key_owners(database)


def test_a_document_is_sealed_anew_when_its_key_was_erased_meanwhile(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    erasure = erasure_proposed(desk, PERSON.id or case)
    seal = PersonKey.seal

    def erased_meanwhile(*given: Any) -> bytes:
        monkeypatch.undo()
        destroyed(desk, database, runner, erasure)
        return seal(*given)

    monkeypatch.setattr(PersonKey, "seal", erased_meanwhile)
    assert Documents(desk).store(case, PERSON.id or case, DIGEST, "text/plain", CONTENT)
    assert Documents(desk).read(case, DIGEST) == ("text/plain", CONTENT)


def test_a_destroyed_case_stays_sealed_however_few_of_its_events_are_read(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    upto = desk.log.max_notification_id() or 0
    withdrawn(desk, case)
    years_later(desk)
    appeal_of(desk, PERSON, "Yasəmən küçəsi")
    destroyed(desk, database, runner, proposed(desk, case))
    assert PERSON.id in key_owners(database)
    reader = reader_of(desk)
    for rows in (desk.log.cases_between(case, case, upto), desk.log.tail(0, 1)):
        opened = str(desk.event_mapper.read_all(rows, reader.keys_of))
        assert str(case) in opened
        assert not any(word in opened for word in WORDS)
    begun = str(reader.cases_begun(0, upto, upto))
    assert str(case) in begun
    assert not any(word in begun for word in WORDS)


def test_what_has_ended_costs_the_next_round_nothing(
    desk: Desk, database: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    waiting = destruction_desk(desk, database).waiting
    destroyed(desk, database, runner, proposed(desk, case))
    known = [Person(id=uuid4(), surname="Quliyev") for _ in range(2)]
    for person in known:
        appeal_of(desk, person)
    withdrawn_proposal, refused = (erasure_proposed(desk, p.id or case) for p in known)
    for each, command, by in (
        (withdrawn_proposal, WithdrawDestruction(reason="Səhv"), CONTROLLER),
        (refused, RefuseDestruction(reason="Səhv"), FIRST),
    ):
        desk.execute(order(CaseKind.DESTRUCTION, each, command, by))
    monkeypatch.setattr(desk, "fold", None)
    assert not waiting()


def test_no_key_goes_by_a_destruction_that_two_people_did_not_approve(
    desk: Desk, database: str
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    erasure = erasure_proposed(desk, PERSON.id or case)
    desk.execute(order(CaseKind.DESTRUCTION, erasure, ApproveDestruction(), FIRST))
    recorded = next(r for r in recorded_by(desk) if r.originator_id == erasure)
    forged = structs.replace(
        recorded,
        event=DestructionCarriedOut(cases=(case,), owners=(PERSON.id or case,)),
        originator_version=3,
        event_id=uuid4(),
        reason=None,
    )
    desk.log.insert_events([desk.event_mapper.to_stored_event(forged)])
    with (
        psycopg.connect(database, autocommit=True) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="two people"),
    ):
        destroy_keys(conn, erasure)
    assert PERSON.id in key_owners(database)


def test_a_backup_that_reads_the_keys_is_not_waited_for_and_nothing_long_was_done(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt: list[object] = []

    def rebuild(*given: object, even_if_counts_differ: bool) -> None:
        assert even_if_counts_differ, "an erased person's rows go"
        rebuilt.append(given)

    monkeypatch.setattr("api.retention_composition.rebuild", rebuild)
    with psycopg.connect(database) as backup:
        backup.execute("LOCK karguzar.person_keys IN ACCESS SHARE MODE")
        with pytest.raises(NotRewritten):
            clean_up(database, desk)
        assert rebuilt == []
    clean_up(database, desk)
    assert len(rebuilt) == 1


def test_a_costly_round_is_tried_ever_less_often(database: str) -> None:
    def fails() -> None:
        raise NotRewritten

    rounds = Rounds(
        "test", fails, tracking_in(database), seconds=7, leads=lambda: True, backs_off=True
    )
    assert [rounds.round() for _ in range(5)] == [7, 10, 30, 60, 60]
