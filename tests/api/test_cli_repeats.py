# ruff: noqa: RUF001 - letters of several alphabets are what it is about
import csv
import gzip
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli_repeats import repeats

ROWS = [
    ("Nümunəyeva", "Leyla", "Sınaq qızı", "1980-03-14", "0501234567", "Bakı, Sınaq küç. 12/4"),
    ("Нумунаева", "Лейла", "", "14.03.1980", "+994 50 123 45 67", ""),
    ("Nümunəyeva", "Rəna", "Sınaq qızı", "1980-03-14", "0501234567", "Bakı, Sınaq küç. 12/4"),
    ("Örnek", "Mehmet", "", "1970-05-06", "=cmd()", "Yoxlama 7"),
]
HEADINGS = {
    "az": "Soyadı,Adı,Ata adı,Doğum tarixi,Telefon,Ünvan",
    "tr": "SOYADI;ADI;Baba adı;Doğum Tarihi;Cep Telefonu;Adres",
    "ka": "გვარი\tსახელი\tმამის სახელი\tდაბადების თარიღი\tტელეფონი\tმისამართი",
    "ru": "Фамилия,Имя,Отчество,Дата рождения,Телефон,Адрес",
    "en": "Surname|First name|Patronymic|Date of birth|Phone|Address",
}


def listed(path: Path, heading: str, encoding: str = "utf-8") -> Path:
    separator = next(sign for sign in ",;\t|" if sign in heading)
    lines = [heading, *(separator.join(f'"{cell}"' for cell in row) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def match(*args: str | Path) -> Result:
    return CliRunner().invoke(repeats, ["match-people", "--processes", "1", *map(str, args)])


def pairs(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("language", sorted(HEADINGS))
def test_usual_headings_are_understood_in_each_language(tmp_path: Path, language: str) -> None:
    out = tmp_path / "pairs.csv"
    result = match(listed(tmp_path / "list.csv", HEADINGS[language]), "--out", out, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(told["columns"]) == {"surname", "name", "patronymic", "born", "phone", "address"}
    assert told["rows"] == len(ROWS)
    same = [pair for pair in pairs(out) if pair["verdict"] == "same"]
    assert [(pair["line"], pair["other_line"]) for pair in same] == [("2", "3")]


def test_the_pairs_are_readable_by_their_owner_alone_and_say_why(tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    result = match(listed(tmp_path / "list.csv", HEADINGS["az"]), "--out", out, "--language", "az")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "personal data" in result.output
    assert "surname: Soyadı" in result.output
    (same,) = [pair for pair in pairs(out) if pair["verdict"] == "same"]
    assert "doğum tarixi eynidir +" in same["reasons"]
    assert not (tmp_path / "pairs.csv.part").exists()


def test_one_column_may_hold_the_whole_name_and_several_the_address(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "SAA,Kim,City,Street\nNümunəyeva Leyla Sınaq qızı,5AB12X7,Bakı,Sınaq 12\n"
        "Лейла Нумунаева,5АВ12Х7,Bakı,Sınaq 12\n",
        encoding="utf-8",
    )
    out = tmp_path / "pairs.csv"
    result = match(file, "--columns", "whole-name=SAA,fin=Kim,address=City+Street", "--out", out)
    assert result.exit_code == 0, result.output
    assert "address: City + Street" in result.output
    assert [pair["verdict"] for pair in pairs(out)] == ["same"]


def test_a_zipped_list_and_an_old_encoding_are_read(tmp_path: Path) -> None:
    zipped = tmp_path / "list.csv.gz"
    plain = listed(tmp_path / "list.csv", HEADINGS["en"])
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    assert match(zipped, "--out", tmp_path / "a.csv").exit_code == 0
    turkish = tmp_path / "turkish.csv"
    turkish.write_text("Soyadı;Adı\nÖrnek;Işıl\nORNEK;IŞIL\n", encoding="cp1254")
    refused = match(turkish, "--out", tmp_path / "b.csv")
    assert refused.exit_code == 2
    assert "--encoding cp1254" in refused.output
    assert match(turkish, "--out", tmp_path / "b.csv", "--encoding", "cp1254").exit_code == 0


@pytest.mark.parametrize(
    ("content", "args", "says"),
    [
        (b"", (), "is empty"),
        (b"PK\x03\x04rest", (), "save the list as CSV"),
        (b"a,b\n1,2\n", (), "--columns surname="),
        (b"Name\nx\n", ("--columns", "name=Nmae"), "has no column 'Nmae'"),
        (b"Name\nx\n", ("--columns", "nom=Name"), "is one of surname, name"),
        (b"Name\nx\n", ("--encoding", "klingon"), "is no encoding"),
    ],
    ids=["empty", "spreadsheet", "no names", "no such column", "no such field", "no encoding"],
)
def test_a_list_that_cant_be_read_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, args: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    result = match(file, "--out", tmp_path / "pairs.csv", *args)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
    assert not (tmp_path / "pairs.csv").exists()


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    out.write_text("mine")
    assert match(listed(tmp_path / "list.csv", HEADINGS["en"]), "--out", out).exit_code == 2
    assert out.read_text() == "mine"
