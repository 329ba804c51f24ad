"""Who may do and see what: the table of rights, and sight in Python and in SQL alike."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from psycopg.sql import SQL

from application.access import (
    CaseHidden,
    Forbidden,
    Organisation,
    may_see,
    require_right,
    require_sight,
    sight_sql,
)
from application.caller import Caller, Role
from application.rights import RIGHTS
from domain import cause, finding, record, unit_report
from domain.appeal import NoteMergedAppeal, RegisterAppeal
from domain.case import ANSWERING_FOR_FILES, Actor, CaseKind, RegistrationNumber
from domain.destruction import CarryOutDestruction, CompleteDestruction, Destruction, Ground
from domain.keeping import DestroyContent
from domain.kinds import KINDS
from domain.notice import GiveDeadlineNotice
from domain.recalculation import RecomputeDueDates
from tests.desks import ORGANISATION
from tests.orders import caller

UNITS = ("agency", "social", "pensions", "press", "region-ganja", "dissolved")
OFFICIALS = ("aliyev", "quliyev", "huseynova")

trees = st.permutations(UNITS[:5]).flatmap(
    lambda units: st.tuples(*(st.integers(0, max(n - 1, 0)) for n in range(len(units)))).map(
        lambda above: Organisation.of(
            {unit: units[above[n]] if n else None for n, unit in enumerate(units)}
        )
    )
)
callers = st.builds(
    Caller,
    st.builds(
        Actor,
        official=st.sampled_from(OFFICIALS),
        unit=st.sampled_from(UNITS),
        client=st.just("tests"),
        on_behalf_of=st.none() | st.sampled_from(OFFICIALS),
    ),
    st.frozensets(st.sampled_from(Role), max_size=3),
)


class Case(Struct, frozen=True):
    units: frozenset[str]
    workers: frozenset[str]
    confidential: bool


cases = st.builds(
    Case,
    st.frozensets(st.sampled_from(UNITS), max_size=3),
    st.frozensets(st.sampled_from(OFFICIALS), max_size=2),
    st.booleans(),
)


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres) as conn:
        conn.execute(
            "CREATE TEMP TABLE cases "
            "(id int, units text[], workers text[], confidential bool) ON COMMIT PRESERVE ROWS"
        )
        yield conn


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(caller=callers, cases=st.lists(cases, min_size=1, max_size=12), organisation=trees)
def test_lists_show_exactly_what_may_be_read_alone(
    connection: psycopg.Connection, caller: Caller, cases: list[Case], organisation: Organisation
) -> None:
    condition, values = sight_sql(caller, organisation)
    connection.execute("TRUNCATE cases")
    connection.cursor().executemany(
        "INSERT INTO cases VALUES (%s, %s, %s, %s)",
        [(n, [*c.units], [*c.workers], c.confidential) for n, c in enumerate(cases)],
    )
    shown = connection.execute(
        SQL("SELECT id FROM cases WHERE {} ORDER BY id").format(SQL(condition)),
        values,
    ).fetchall()
    assert [n for (n,) in shown] == [
        n for n, case in enumerate(cases) if may_see(caller, case, organisation)
    ]


@given(organisation=trees, unit=st.sampled_from(UNITS))
def test_a_subtree_is_the_unit_and_the_subtrees_below_it(
    organisation: Organisation, unit: str
) -> None:
    subtree = organisation.subtree(unit)
    assert unit in subtree
    assert all(organisation.subtree(below) <= subtree for below in subtree)


OPEN = Case(frozenset({"pensions"}), frozenset({"mammadov"}), confidential=False)
CONFIDENTIAL = Case(frozenset({"pensions"}), frozenset({"mammadov"}), confidential=True)


@pytest.mark.parametrize(
    ("who", "sees_open", "sees_confidential"),
    [
        (caller("mammadov", "press", Role.EXECUTOR), True, True),
        (caller("deputy", "press", Role.EXECUTOR, on_behalf_of="mammadov"), True, True),
        (caller("other", "pensions", Role.EXECUTOR), True, False),
        (caller("other", "social", Role.UNIT_HEAD), True, False),
        (caller("other", "press", Role.UNIT_HEAD), False, False),
        (caller("other", "press", Role.LEADER), True, False),
        (caller("other", "press", Role.AUDITOR), True, True),
        (caller("other", "press", Role.SYSTEM), True, True),
        (caller("mammadov", "pensions", Role.ADMINISTRATOR), False, False),
        (caller("mammadov", "pensions", Role.ANALYST), False, False),
        (caller("mammadov", "pensions"), False, False),
        (caller("other", "pensions", Role.ADMINISTRATOR, Role.EXECUTOR), True, False),
    ],
)
def test_who_sees_what(who: Caller, sees_open: bool, sees_confidential: bool) -> None:
    assert may_see(who, OPEN, ORGANISATION) is sees_open
    assert may_see(who, CONFIDENTIAL, ORGANISATION) is sees_confidential


def test_a_hidden_case_is_told_of_like_one_that_is_not_there() -> None:
    with pytest.raises(CaseHidden, match="no such case"):
        require_sight(caller("other", "press", Role.EXECUTOR), OPEN, ORGANISATION)


AUDITORS_DO = {
    CaseKind.FINDING: {
        finding.OpenFinding,
        finding.NameAnswerer,
        finding.AcceptAnswer,
        finding.RejectAnswer,
        finding.ProposeRemedy,
        finding.WithdrawFinding,
        finding.CloseFinding,
        record.CorrectEntry,
    },
    CaseKind.CAUSE: {
        cause.NameCause,
        cause.AddCauseEvidence,
        cause.WithdrawCauseEvidence,
        cause.ProposeRemoval,
        cause.CloseCause,
        cause.WithdrawCause,
    },
    CaseKind.UNIT_REPORT: {
        unit_report.VerifyAgain,
        unit_report.AcceptUnitReport,
        unit_report.DisputeUnitReport,
    },
}
"""They say what is wrong; what is done about it, others decide and report."""


class TestRights:
    @pytest.mark.parametrize("kind", CaseKind)
    def test_name_exactly_the_commands_of_each_kind(self, kind: CaseKind) -> None:
        assert set(RIGHTS[kind]) == set(KINDS[kind].commands)

    def test_are_never_given_to_those_who_only_look(self) -> None:
        lookers = {Role.AUDITOR, Role.ANALYST, Role.ADMINISTRATOR, Role.SYSTEM}
        for kind, rights in RIGHTS.items():
            to_lookers = {command: roles & lookers for command, roles in rights.items()}
            given = {command: roles for command, roles in to_lookers.items() if roles}
            assert given == {command: {Role.AUDITOR} for command in AUDITORS_DO.get(kind, ())}

    def test_leave_only_what_policies_do_without_a_role(self) -> None:
        nobody = {c for rights in RIGHTS.values() for c, roles in rights.items() if not roles}
        assert nobody == {
            CarryOutDestruction,
            CompleteDestruction,
            DestroyContent,
            GiveDeadlineNotice,
            NoteMergedAppeal,
            RecomputeDueDates,
            unit_report.VerifyUnitReport,
        }

    def test_say_which_role_is_missing(self) -> None:
        with pytest.raises(Forbidden, match=r"one of these roles: registrar$"):
            require_right(caller("other", "press", Role.EXECUTOR), CaseKind.APPEAL, RegisterAppeal)


def test_a_destruction_is_seen_in_other_units_by_those_alone_who_propose_or_decide() -> None:
    case = Destruction(
        number=RegistrationNumber(book="d", year=2026, sequence=1),
        ground=Ground.RETENTION,
        cases=(),
        person=None,
        proposers=frozenset({"controller"}),
        units=frozenset({"agency", ANSWERING_FOR_FILES}),
        workers=frozenset({"controller"}),
    )
    seen_by = {
        role for role in Role if may_see(caller("other", "region-ganja", role), case, ORGANISATION)
    }
    assert seen_by == {
        Role.AUDITOR,
        Role.CONTROLLER,
        Role.LEADER,
        Role.SIGNATORY,
        Role.SYSTEM,
        Role.UNIT_HEAD,
    }
