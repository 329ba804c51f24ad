"""An example of each command for the API's documentation, made from its types."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from msgspec import inspect

from domain.case import Command
from domain.cause import AdoptRemoval, NameCause, ProposeRemoval
from domain.deputising import EnterDeputy
from domain.destruction import ProposeDestruction
from domain.finding import OpenFinding
from domain.identity import DecideIdentity
from domain.unit_report import (
    CorrectUnitReport,
    DisputeUnitReport,
    SubmitUnitReport,
    VerifyUnitReport,
)

_BY_NAME: dict[str, Any] = {
    "model": "people-2 matters-1",
    "subject": "Yaşa görə əmək pensiyasının yenidən hesablanması",
    "text": "Pensiyamın məbləği düzgün hesablanmayıb. Yenidən baxılmasını xahiş edirəm.",
    "matter": "Əlilliyin qiymətləndirilməsi",
    "topic": "pensions",
    "region": "baku",
    "social_category": "pensioner",
    "reason": "Əlavə sənədlər tələb olunur",
    "surname": "Nümunə",
    "name": "Ad",
    "patronymic": "Ata adı",
    "fin": "0AAAA00",
    "phone": "+994000000000",
    "email": "applicant@example.com",
    "address": "Bakı şəhəri",
    "unit": "pensions",
    "official": "executor",
    "main_executor": "executor",
    "signatory": "signatory",
    "approved_by": "unit-head",
    "entry": "topic",
    "value": "benefits",
    "body": "Dövlət Sosial Müdafiə Fondu",
    "outlet": "Xəbər agentliyi",
    "letter_number": "12/34",
    "url": "https://example.com/article",
    "leaf_hash": "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    "root": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    "from_root": "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    "to_root": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    "proof": "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
    "media_type": "application/pdf",
    "digest": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
    "sha256": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
}
_ID = "00000000-0000-4000-8000-000000000001"
_OTHER_ID = "00000000-0000-4000-8000-000000000002"
_CASE_ID = "00000000-0000-7000-8000-000000000003"
_OTHER_CASE_ID = "00000000-0000-7000-8000-000000000004"
_PLAIN: dict[type[inspect.Type], Any] = {
    inspect.AnyType: "Mətn",
    inspect.BoolType: False,
    inspect.DateTimeType: "2026-04-06T09:30:00+04:00",
    inspect.DictType: {},
    inspect.FloatType: 2.5,
    inspect.TimeType: "18:00:00",
    inspect.UUIDType: _ID,
}
_LIST = (inspect.VarTupleType, inspect.ListType, inspect.FrozenSetType, inspect.SetType)
_FIGURES = [
    {"figure": "appeal.received", "value": 42},
    {"figure": "appeal.received", "breakdown": "channel=post", "value": 17},
]
_FITTING: dict[type[Command], dict[str, Any]] = {
    EnterDeputy: {
        "principal": "unit-head",
        "starts_at": "2030-04-08T09:00:00+04:00",
        "ends_at": "2030-04-22T18:00:00+04:00",
        "reason": "Əmək məzuniyyəti",
    },
    OpenFinding: {
        "text": "Müraciətin icra müddəti pozulub, uzadılması barədə qərar yoxdur.",
        "answer_due_on": "2030-04-08",
    },
    DecideIdentity: {
        "persons": [_ID, _OTHER_ID],
        "because": [_CASE_ID, _OTHER_CASE_ID],
        "evidence": [{"code": "given-same", "weight": 4.5}],
    },
    NameCause: {
        "kind": "unclear-answer",
        "title": "Rədd cavabında əsas göstərilmir",
        "description": "Vətəndaşlar cavabı anlamadıqları üçün yenidən müraciət edirlər.",
        "topics": ["pensions"],
    },
    ProposeRemoval: {
        "text": "Rədd cavabının nümunəsi hazırlansın.",
        "unit": "pensions",
        "due_on": "2030-04-08",
    },
    AdoptRemoval: {"due_on": "2030-04-08"},
    SubmitUnitReport: {"unit": "pensions", "period": "2026-03", "figures": _FIGURES},
    CorrectUnitReport: {"figures": _FIGURES},
    VerifyUnitReport: {"counted": _FIGURES},
    DisputeUnitReport: {"answer_due_on": "2030-04-08"},
    ProposeDestruction: {"ground": "request", "person": _ID, "reason": "12/34 nömrəli ərizə"},
}
"""What the types alone don't say: fields that have to fit each other, or the day of today."""
_LEFT_OUT = frozenset({"id", "on_behalf_of", "legacy_number", "internal_due_on"})


def example_of(command: type[Command]) -> dict[str, Any]:
    """A body with the required fields, and those optional ones that most requests have."""
    value = _value("", inspect.type_info(command))
    assert isinstance(value, dict)  # noqa: S101 - a command is an object
    return value | _FITTING.get(command, {})


def example_answer(answer: Any) -> Any:
    """An answer of this type, or of the first where there are several, with all its fields."""
    if get_origin(answer) in (Union, UnionType):
        answer = get_args(answer)[0]
    return _value("", inspect.type_info(answer), whole=True)


def _value(name: str, info: Any, *, whole: bool = False) -> Any:
    if isinstance(info, inspect.Metadata):
        return _value(name, info.type, whole=whole)
    if isinstance(info, inspect.UnionType):
        options = [t for t in info.types if not isinstance(t, inspect.NoneType)]
        return _value(name, options[0], whole=whole)
    if isinstance(info, inspect.StructType):
        return _struct(info, whole=whole)
    if isinstance(info, _LIST):
        return [_value(name, info.item_type, whole=whole)]
    if isinstance(info, inspect.EnumType):
        return next(iter(info.cls)).value
    if isinstance(info, inspect.LiteralType):
        return info.values[0]
    if isinstance(info, inspect.IntType):
        return max(info.ge or 1, 1)
    if isinstance(info, inspect.DateType):
        return "1970-01-01" if name == "birth_date" else "2026-04-06"
    if isinstance(info, inspect.StrType):
        return _BY_NAME.get(name, "executor" if info.pattern and "a-z" in info.pattern else "Mətn")
    return _PLAIN[type(info)]


def _struct(info: inspect.StructType, *, whole: bool) -> dict[str, Any]:
    value = {info.tag_field: info.tag} if info.tag_field else {}
    for field in info.fields:
        usual = field.encode_name in _BY_NAME and field.name not in _LEFT_OUT
        if whole or field.required or usual:
            value[field.encode_name] = _value(field.name, field.type, whole=whole)
    return value
