from pathlib import Path

from tests.attacks import on_case_files, on_the_log
from tests.attacks.page import page

PAGE = Path(__file__).parents[1] / "docs" / "audit.md"


def test_the_page_of_attacks_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.attacks > docs/audit.md"


def test_every_attack_has_a_name_of_its_own_and_what_is_not_caught_a_reason() -> None:
    for attacks in (on_the_log.ATTACKS, on_case_files.ATTACKS):
        assert len({attack.name for attack in attacks}) == len(attacks)
        for attack in attacks:
            assert bool(attack.finds) != bool(attack.why), attack.name
            assert (attack.result == "tampered") == bool(attack.finds), attack.name
