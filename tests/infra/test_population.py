"""The file with the people of the regions."""

from pathlib import Path

import pytest

from infra.population import PopulationInvalid, read_population
from infra.settings import SettingsInvalid, settings_from

GOOD = 'source = "Yearbook"\n[people.baku]\n2024 = 2000\n2026 = 2100\n[people.ganja]\n2027 = 300\n'


def test_a_year_added_later_changes_no_earlier_report(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(GOOD)
    second.write_text(GOOD.replace("2026 =", "2025 = 2050\n2026 ="))
    people = read_population(first)
    assert [dict(people.of(year)) for year in (2023, 2024, 2027)] == [
        {},
        {"baku": 2000},
        {"baku": 2100, "ganja": 300},
    ]
    assert read_population(second).of(2024) == people.of(2024)


@pytest.mark.parametrize(
    "text",
    ["", 'source = ""\n[people]\n', GOOD.replace("2000", "0"), GOOD + "[more]\n", "not = toml ="],
    ids=["empty", "no-source", "nobody", "more", "no-toml"],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.toml"
    file.write_text(text)
    with pytest.raises(PopulationInvalid, match="people"):
        read_population(file)
    environ = {"KARGUZAR_POPULATION_FILE": str(file), "KARGUZAR_DATA_DIR": str(tmp_path)}
    with pytest.raises(SettingsInvalid, match="KARGUZAR_POPULATION_FILE"):
        settings_from(environ)
