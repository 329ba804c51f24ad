"""What decisions may say was shown is just what likeness is told by."""

from msgspec import convert

from application.matter_likeness import CANNOT_TELL, CODES
from application.person_levels import LEVELS
from application.person_likeness import COMMON, RARE
from application.repeat_candidates import WITHHELD, Models
from domain.evidence_codes import EvidenceCode, ModelName
from infra.repeats.models import matters_model, people_model


def test_the_codes_of_decisions_are_those_that_likeness_is_told_by() -> None:
    of_people = {f"{sort}-{level}" for sort, levels in LEVELS.items() for level in levels[1:]}
    told = of_people | {RARE, COMMON, *CODES, CANNOT_TELL, WITHHELD}
    assert {code.value for code in EvidenceCode} == told


def test_decisions_take_the_name_of_the_shipped_models() -> None:
    name = Models(people=people_model(), matters=matters_model()).name
    assert convert(name, ModelName) == name
