"""The file with the names of topics and regions."""

from pathlib import Path

import pytest

from infra.code_names import CodeNamesInvalid, read_code_names
from infra.reports.words import LANGUAGES
from infra.settings import SettingsInvalid, settings_from

GOOD = '[topic.water]\naz = "Su"\nen = "Water"\n[region."az-ba"]\naz = "Bakı"\n'


def test_a_code_without_a_name_in_the_language_stands_for_itself(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    file.write_text(GOOD)
    names = read_code_names(file)
    assert [names.name("topic", "water", language) for language in ("az", "en", "ka")] == [
        "Su",
        "Water",
        "water",
    ]
    assert names.name("region", "az-ba", "az") == "Bakı"
    assert names.name("region", "water", "az") == "water"


def test_the_demos_topics_and_regions_have_a_name_in_each_language() -> None:
    names = read_code_names()
    assert names.topic
    assert names.region
    for table in (names.topic, names.region):
        assert all(found.keys() == set(LANGUAGES) for found in table.values())


def test_an_installations_file_takes_the_place_of_the_demos(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    file.write_text(GOOD)
    environ = {"KARGUZAR_NAMES_FILE": str(file), "KARGUZAR_DATA_DIR": str(tmp_path)}
    names = read_code_names(settings_from(environ).names_file)
    assert names.name("topic", "pension", "az") == "pension"


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("az =", "de ="),
        GOOD.replace("water", "Water"),
        GOOD.replace('"Su"', '""'),
        GOOD.replace("topic", "topics"),
        "not = toml =",
    ],
    ids=["language", "code", "nameless", "more", "no-toml"],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "names.toml"
    file.write_text(text)
    with pytest.raises(CodeNamesInvalid, match="names"):
        read_code_names(file)
    environ = {"KARGUZAR_NAMES_FILE": str(file), "KARGUZAR_DATA_DIR": str(tmp_path)}
    with pytest.raises(SettingsInvalid, match="KARGUZAR_NAMES_FILE"):
        settings_from(environ)
