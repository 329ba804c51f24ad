from pathlib import Path

import pytest

from api.commands import command_name
from api.rights_page import rights_page
from application.caller import Role
from application.rights import RIGHTS
from domain.case import CaseKind
from domain.kinds import KINDS, Kind
from domain.reply import SignReply

PAGE = Path(__file__).parent.parent / "docs" / "rights.md"


def test_the_page_of_rights_is_up_to_date() -> None:
    assert PAGE.read_text() == rights_page(), "run python -m api.rights_page > docs/rights.md"


def cells(section: str, row: str) -> list[str]:
    """The cells of a row, by its first one, in the section with this heading."""
    text = rights_page().partition(f"# {section}\n")[2].partition("\n#")[0]
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {row} |")]
    return [cell.strip() for cell in line.split("|")[2:-1]]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.resource)
def test_each_command_has_a_dot_under_each_of_its_roles_and_no_other(kind: Kind) -> None:
    section = kind.resource.replace("-", " ").capitalize()
    roles = cells(section, "command")
    for command in kind.commands:
        dots = cells(section, f"`{command_name(command)}`")
        given = {role for role, dot in zip(roles, dots, strict=True) if dot}
        assert given == RIGHTS[kind.kind][command], command


def test_only_the_signatory_signs() -> None:
    assert RIGHTS[CaseKind.APPEAL][SignReply] == {Role.SIGNATORY}
    assert cells("Appeals", "`sign-reply`").count("●") == 1


def test_sight_is_told_as_the_rule_has_it() -> None:
    heads = cells("Who sees which case", "role")
    leader = dict(zip(heads, cells("Who sees which case", "`leader`"), strict=True))
    assert leader["other unit"] == "●"
    assert leader["confidential, other unit"] == ""
    assert set(cells("Who sees which case", "`administrator`")) == {""}
    assert set(cells("Who sees which case", "`auditor`")) == {"●"}
