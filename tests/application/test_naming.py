"""A command names only units and officials that the organisation has."""

from datetime import date

import pytest
from msgspec import inspect

from application.access import Organisation
from application.naming import UnknownOfficial, UnknownUnit, named_in, require_known
from domain.appeal import AcceptAppeal, AssignAppeal
from domain.assignment import CoExecutor, GiveAssignment, Source
from domain.case import Command
from domain.information import AskForInformation
from domain.kinds import KINDS
from domain.media_inquiry import NameSpokesperson
from domain.reply import DraftReply

ORGANISATION = Organisation.of(
    {"agency": None, "records": "agency", "pensions": "agency"},
    {"mammadov": "pensions", "mammadova": "pensions", "director": "agency"},
)
DUE_ON = date(2026, 4, 20)
ASSIGN = AssignAppeal(unit="pensions", main_executor="mammadov", co_executors=("mammadova",))


def given(*co_executors: CoExecutor) -> GiveAssignment:
    return GiveAssignment(
        source=Source.MEETING,
        text="Arayış",
        unit="pensions",
        main_executor="mammadov",
        co_executors=co_executors,
        due_on=DUE_ON,
    )


def test_the_names_of_a_command_are_read_from_its_fields_tuples_and_parts() -> None:
    assert list(named_in(ASSIGN)) == [
        ("unit", "pensions"),
        ("official", "mammadov"),
        ("official", "mammadova"),
    ]
    other = CoExecutor(official="director", unit="agency", due_on=DUE_ON)
    assert sorted(named_in(given(other))) == [
        ("official", "director"),
        ("official", "mammadov"),
        ("unit", "agency"),
        ("unit", "pensions"),
    ]
    assert list(named_in(AskForInformation(question="Nə vaxt?", due_on=DUE_ON))) == []
    assert list(named_in(AcceptAppeal())) == []


def fields_of(command: type[Command]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(command)
    assert isinstance(info, inspect.StructType)
    return info.fields


def test_no_field_that_names_somebody_is_without_its_mark() -> None:
    words: tuple[str, ...] = ("unit", "official", "executor", "responsible", "deputy")
    words += ("initials_by", "signatory", "approved_by", "complained_of")
    unmarked = {
        f"{command.__name__}.{field.name}"
        for kind in KINDS.values()
        for command in kind.commands
        for field in fields_of(command)
        if any(word in field.name for word in words) and "'names'" not in str(field.type)
    }
    assert not unmarked


@pytest.mark.parametrize(
    "command",
    [
        ASSIGN,
        given(CoExecutor(official="mammadova", unit="pensions", due_on=DUE_ON)),
        NameSpokesperson(),
        AcceptAppeal(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_who_is_in_the_organisation_may_be_named(command: Command) -> None:
    require_known(command, ORGANISATION)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            AssignAppeal(unit="pension", main_executor="mammadov"),
            "There is no unit 'pension': did you mean 'pensions'?",
        ),
        (AssignAppeal(unit="x", main_executor="mammadov"), "There is no unit 'x'"),
        (
            AskForInformation(question="Nə vaxt?", due_on=DUE_ON, unit="record"),
            "There is no unit 'record': did you mean 'records'?",
        ),
        (
            given(CoExecutor(official="director", unit="agensy", due_on=DUE_ON)),
            "There is no unit 'agensy': did you mean 'agency'?",
        ),
    ],
)
def test_an_unknown_unit_is_refused_with_those_that_look_alike(
    command: Command, sentence: str
) -> None:
    with pytest.raises(UnknownUnit) as refused:
        require_known(command, ORGANISATION)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            AssignAppeal(unit="pensions", main_executor="mammadow"),
            "There is no official 'mammadow': did you mean 'mammadov' or 'mammadova'?",
        ),
        (
            DraftReply(text="Mətn", initials_by=("mammadov", "nobody"), signatory="director"),
            "There is no official 'nobody'",
        ),
        (
            given(CoExecutor(official="directer", unit="agency", due_on=DUE_ON)),
            "There is no official 'directer': did you mean 'director'?",
        ),
        (
            NameSpokesperson(official="pensions"),
            "There is no official 'pensions'",
        ),
    ],
)
def test_an_unknown_official_is_refused_with_those_that_look_alike(
    command: Command, sentence: str
) -> None:
    with pytest.raises(UnknownOfficial) as refused:
        require_known(command, ORGANISATION)
    assert str(refused.value) == sentence


def test_a_unit_is_no_official_though_none_is_entered() -> None:
    with pytest.raises(UnknownOfficial):
        require_known(ASSIGN, Organisation.of({"pensions": None}))


def test_where_no_organisation_is_entered_every_name_will_do() -> None:
    require_known(ASSIGN, Organisation.of({}))
