from collections import Counter
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.documents import Documents
from api.retention_composition import make_retention
from application.desk import Desk
from application.orders import NamedCaseMissing
from domain.appeal import AppealRegistered
from domain.applicant import Represented
from domain.assignment import Source
from domain.case import CaseKind
from domain.destruction import (
    AlreadyProposed,
    DestructionCarriedOut,
    DestructionCompleted,
    ErasureReasonMissing,
    NotDueYet,
    PersonUnknown,
    ProposeDestruction,
    WithdrawDestruction,
)
from domain.keeping import ContentGone, HoldFromDestruction
from domain.record import AddNote, NoteAdded
from domain.repeat import ConfirmRepeat, WithdrawRepeatDecision
from projections import READ_MODELS
from projections.history import tell, tell_all
from projections.runner import Runner
from projections.telling import LANGUAGES, Names
from tests.application.destructions import (
    LATER,
    OTHER,
    PERSON,
    RULES,
    WORDS,
    appeal_of,
    approved,
    carried_out_in,
    destroyed,
    destruction_desk,
    erasure_proposed,
    key_owners,
    left_in_files,
    left_in_tables,
    proposed,
    withdrawn,
    years_later,
)
from tests.desks import recorded_by
from tests.domain.spec import BAKU, NOON
from tests.orders import (
    CONTROLLER,
    HEAD,
    REGISTRAR,
    add_note,
    give_assignment,
    order,
    register_appeal,
)
from tests.projections.logs import reader_of, run_out, runner_for, tracking_in

STAYS = ["Yasəmən küçəsi"]
NAMES = Names(officials={}, units={}, time_zone=BAKU)


@pytest.fixture
def runner(desk: Desk, database: str) -> Runner:
    return runner_for(desk, database, tracking_in(database), READ_MODELS)


def counts(database: str) -> Counter[Any]:
    with psycopg.connect(database) as conn:
        rows = conn.execute(
            "SELECT unit, kind, state FROM read_models.register WHERE kind = 'appeal'"
        )
        return Counter(rows.fetchall())


def test_after_two_approvals_nothing_personal_of_the_cases_is_left_in_the_database(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    neighbour = appeal_of(desk, OTHER, "Yasəmən küçəsi")
    for each in (case, neighbour):
        withdrawn(desk, each)
    run_out(runner)
    assert left_in_tables(database, ["Qızılgül bağçası"]) == {
        ("read_models.register_1", "Qızılgül bağçası")
    }
    assert left_in_files(database, WORDS)
    log_before = _states(database)
    before = counts(database)

    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, case))

    assert left_in_tables(database, WORDS) == set()
    assert left_in_files(database, WORDS) == set()
    assert {word for _, word in left_in_tables(database, STAYS)} == set(STAYS)
    assert counts(database) == before
    assert _states(database)[: len(log_before)] == log_before
    events = [r for r in recorded_by(desk) if r.originator_id == case]
    assert [r.event.__struct_config__.tag for r in events][-1] == "content-destroyed"
    for language in LANGUAGES:
        told = " ".join(entry.sentence for entry in tell_all(events, language, NAMES))
        assert not any(word in told for word in WORDS)
    others = [r for r in recorded_by(desk) if r.originator_id == neighbour]
    assert "Yasəmən küçəsi" in str(others)


def test_a_second_round_does_nothing(desk: Desk, database: str, runner: Runner) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    destruction = proposed(desk, case)
    destroyed(desk, database, runner, destruction)
    before = _states(database)
    destruction_desk(desk, database).round()
    assert _states(database) == before
    completed = recorded_by(desk)[-1].event
    assert isinstance(completed, DestructionCompleted)
    assert (completed.keys, completed.kept) == (1, 0)


def test_a_key_that_another_case_needs_stays_and_the_destroyed_case_stays_sealed_all_the_same(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    appeal_of(desk, PERSON, "Yasəmən küçəsi")
    run_out(runner)
    destroyed(desk, database, runner, proposed(desk, case))

    carried_out = carried_out_in(desk)
    assert carried_out.owners == (case,)
    assert carried_out.kept == (PERSON.id,)
    assert left_in_tables(database, ["Qızılgül bağçası"]) == set()
    assert {table for table, _ in left_in_tables(database, STAYS)} == {"read_models.register_2"}
    rows = desk.log.cases([case])
    opened = desk.event_mapper.read_all(rows, reader_of(desk).keys_of)
    assert not any(word in str(opened) for word in WORDS)


def test_the_last_case_of_a_person_takes_their_key_with_it(
    desk: Desk, database: str, runner: Runner
) -> None:
    first, second = appeal_of(desk, PERSON), appeal_of(desk, PERSON)
    withdrawn(desk, first)
    withdrawn(desk, second)
    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, first))
    assert PERSON.id in key_owners(database)
    destroyed(desk, database, runner, proposed(desk, second))
    assert PERSON.id not in key_owners(database)
    assert left_in_files(database, WORDS) == set()


def test_one_persons_data_goes_from_all_cases_and_the_others_in_them_stay(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = uuid4()
    together = Represented(person=PERSON, representative=OTHER, authority="Etibarnamə")
    desk.execute(register_appeal(case, applicant=together, subject="Qızılgül bağçası"))
    withdrawn(desk, case)
    run_out(runner)
    before = counts(database)
    destroyed(desk, database, runner, erasure_proposed(desk, PERSON.id or case))

    gone = ["Zülfüqarov", "Əjdər", "7ZULFU4", "+994-50-5550123", "Qızılgül bağçası"]
    assert left_in_tables(database, gone) == set()
    assert left_in_files(database, gone) == set()
    assert counts(database) == before
    registered = next(r for r in recorded_by(desk) if r.originator_id == case)
    assert "Qəmbərova" in str(registered.event)
    assert not any(word in str(registered.event) for word in gone)


def test_an_erasure_waits_while_a_case_that_names_the_person_is_open(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    erasure = erasure_proposed(desk, PERSON.id or case)
    destroyed(desk, database, runner, erasure)
    assert PERSON.id in key_owners(database)
    withdrawn(desk, case)
    destruction_desk(desk, database).round()
    assert PERSON.id not in key_owners(database)


def test_whoever_comes_again_after_an_erasure_gets_a_new_key_that_opens_nothing_old(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    destroyed(desk, database, runner, erasure_proposed(desk, PERSON.id or case))
    appeal_of(desk, PERSON, "Yasəmən küçəsi")
    assert PERSON.id in key_owners(database)
    old = [r for r in recorded_by(desk) if r.originator_id == case]
    assert not any(word in str(old) for word in WORDS)
    destruction_desk(desk, database).round()
    assert PERSON.id in key_owners(database), "a carried out destruction deletes no later key"


def test_what_is_recorded_after_an_erasure_belongs_to_the_case_and_the_erased_stay_erased(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    destroyed(desk, database, runner, erasure_proposed(desk, PERSON.id or case))
    desk.execute(add_note(case, "Arxivə verildi", by=HEAD))
    asked = order(CaseKind.APPEAL, case, AddNote(text="Ona aid", person_id=PERSON.id), HEAD)
    desk.execute(asked)
    content = b"akt"
    digest = sha256(content).hexdigest()
    Documents(desk).store(case, PERSON.id or case, digest, "text/plain", content)
    assert Documents(desk).read(case, digest) == ("text/plain", content)
    assert PERSON.id not in key_owners(database)
    history = recorded_by(desk)
    told = [r.event.text for r in history if isinstance(r.event, NoteAdded)]
    assert told == ["[sealed]", "Arxivə verildi", "Ona aid"]
    (begun,) = (r for r in history if isinstance(r.event, AppealRegistered))
    names = Names({}, {}, BAKU)
    assert "müraciət edən: [silinib];" in tell(begun, "az", names).sentence
    assert "applicant: [erased];" in tell(begun, "en", names).sentence


def test_a_case_that_was_held_or_hung_on_meanwhile_is_spared(
    desk: Desk, database: str, runner: Runner
) -> None:
    held, hung, going = (appeal_of(desk, PERSON) for _ in range(3))
    for case in (held, hung, going):
        withdrawn(desk, case)
    years_later(desk)
    destruction = proposed(desk, held, hung, going)
    hold = HoldFromDestruction(reason="Məhkəmə işi")
    desk.execute(order(CaseKind.APPEAL, held, hold, HEAD))
    desk.execute(
        give_assignment(source=Source.APPEAL, source_case=hung, by=HEAD, due_on=LATER.date())
    )
    destroyed(desk, database, runner, destruction)
    carried_out = carried_out_in(desk)
    assert carried_out.cases == (going,)
    assert {(each.case_id, each.why) for each in carried_out.spared} == {
        (held, "held-back"),
        (hung, "hung-on"),
    }
    assert PERSON.id in carried_out.kept


@pytest.mark.parametrize("at", ["before the keys", "before cleaning", "before the end"])
def test_what_was_interrupted_is_finished_by_the_next_round(
    desk: Desk, database: str, runner: Runner, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    approved(desk, proposed(desk, case))
    run_out(runner)

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        where = {
            "before the keys": ("application.destruction_desk.destroy_keys", kill),
            "before cleaning": ("tests.application.destructions.clean_up", kill),
            "before the end": ("application.destruction_desk.CompleteDestruction", kill),
        }[at]
        patched.setattr(*where)
        with pytest.raises(Killed):
            destruction_desk(desk, database).round()
    carried_out = any(isinstance(r.event, DestructionCarriedOut) for r in recorded_by(desk))
    assert carried_out == (PERSON.id not in key_owners(database)) == (at != "before the keys")
    destruction_desk(desk, database).round()
    completed = recorded_by(desk)[-1].event
    assert isinstance(completed, DestructionCompleted)
    assert completed.keys == 1
    assert left_in_files(database, WORDS) == set()


def test_nothing_is_recorded_any_more_in_a_destroyed_case(
    desk: Desk, database: str, runner: Runner
) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, case))
    with pytest.raises(ContentGone):
        desk.execute(add_note(case))
    with pytest.raises(ContentGone):
        desk.execute(give_assignment(source=Source.APPEAL, source_case=case, by=HEAD))


def test_what_was_decided_on_a_destroyed_appeal_stands(
    desk: Desk, database: str, runner: Runner
) -> None:
    earlier, case = appeal_of(desk, PERSON), appeal_of(desk, PERSON)
    desk.execute(order(CaseKind.APPEAL, case, ConfirmRepeat(earlier=earlier), REGISTRAR))
    withdrawn(desk, case)
    years_later(desk)
    destroyed(desk, database, runner, proposed(desk, case))
    withdraw = WithdrawRepeatDecision(earlier=earlier, reason="Səhv")
    with pytest.raises(ContentGone, match="nothing more can be recorded in it"):
        desk.execute(order(CaseKind.APPEAL, case, withdraw, REGISTRAR))


def test_the_application_deletes_no_key_that_no_recorded_destruction_names(
    desk: Desk, database: str
) -> None:
    case = appeal_of(desk, PERSON)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        for statement in ("DELETE FROM karguzar.person_keys", "DELETE FROM karguzar.documents"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT karguzar.destroy_keys(%s)", (case,))
    assert PERSON.id in key_owners(database)


def test_the_list_of_what_may_go_names_the_rule_and_leaves_out_what_has_to_stay(
    desk: Desk, runner: Runner
) -> None:
    going, held, running, chosen = (appeal_of(desk, PERSON) for _ in range(4))
    for case in (going, held, chosen):
        withdrawn(desk, case)
    desk.execute(order(CaseKind.APPEAL, held, HoldFromDestruction(reason="Arxiv"), HEAD))
    run_out(runner)
    retention = make_retention(desk)
    assert retention.due(set()) == []
    years_later(desk)
    (row,) = retention.due({chosen})
    assert (row.case_id, row.rule, str(row.may_go_on)) == (going, "keep-appeal", "2028-04-06")
    for case, why in ((running, "hasn't ended"), (held, "holds it")):
        with pytest.raises(NotDueYet, match=why):
            proposed(desk, case)


def test_a_case_may_not_go_before_its_day(desk: Desk) -> None:
    case = appeal_of(desk, PERSON)
    withdrawn(desk, case)
    desk.retention = RULES
    desk.clock = lambda: NOON + timedelta(days=700)
    with pytest.raises(NotDueYet, match="until 2028-04-06 by the rule keep-appeal"):
        proposed(desk, case)


def _states(database: str) -> list[Any]:
    with psycopg.connect(database) as conn:
        return conn.execute(
            "SELECT state FROM karguzar.register_events ORDER BY notification_id"
        ).fetchall()


def test_an_erasure_is_proposed_for_somebody_known_with_a_reason_and_once(desk: Desk) -> None:
    appeal_of(desk, PERSON)
    with pytest.raises(PersonUnknown):
        erasure_proposed(desk, OTHER.id or uuid4())
    with pytest.raises(ErasureReasonMissing):
        erasure_proposed(desk, PERSON.id or uuid4(), "")
    first = erasure_proposed(desk, PERSON.id or uuid4())
    with pytest.raises(AlreadyProposed):
        erasure_proposed(desk, PERSON.id or uuid4())
    withdrawal = WithdrawDestruction(reason="Səhvən")
    desk.execute(order(CaseKind.DESTRUCTION, first, withdrawal, CONTROLLER))
    erasure_proposed(desk, PERSON.id or uuid4())


def test_a_case_is_proposed_once_and_has_to_be_there(desk: Desk) -> None:
    case, neighbour = appeal_of(desk, PERSON), appeal_of(desk, OTHER)
    for each in (case, neighbour):
        withdrawn(desk, each)
    years_later(desk)
    with pytest.raises(NamedCaseMissing):
        proposed(desk, case, uuid4())
    together = [
        order(CaseKind.DESTRUCTION, uuid4(), ProposeDestruction(cases=cases), CONTROLLER)
        for cases in ((case,), (case, neighbour), (neighbour,))
    ]
    outcomes = desk.execute_batch(together)
    assert [isinstance(each, AlreadyProposed) for each in outcomes] == [False, True, False]
    with pytest.raises(AlreadyProposed):
        proposed(desk, neighbour)
