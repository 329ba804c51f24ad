"""Reads a list of people from any register's CSV: which column is which, and its rows."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from msgspec import Struct

from application.person_pairs import FIELDS, Row
from domain.spelling import fold, sounds

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_SEPARATORS = ",;\t|"
_WHOLE = "whole-name"
COLUMNS = (*FIELDS, _WHOLE)
"""What a column can hold. A whole name goes where there are no columns for its parts."""

_HEADINGS = MappingProxyType(
    {
        "surname": "soyad soyadi soyisim gvari familiya surname last_name family_name lastname",
        "name": "ad adi isim saxeli sakheli imya name first_name given_name firstname forename",
        "patronymic": "ata_adi atasinin_adi atasi patronimik baba_adi baba mamis_saxeli"
        " mamis_sakheli otchestvo patronymic fathers_name father_name middle_name",
        "born": "dogum_tarixi dogum_tarihi dogulub dogum_ili tevellud tevelludu"
        " dabadebis_tarigi dabadebis_tarighi dabadebis_dge data_rozhdeniya birth_date birthdate"
        " date_of_birth dob born birthday",
        "phone": "telefon tel telefoni telefon_no telefon_nomresi elaqe_nomresi mobil mobil_telefon"
        " cep_telefonu cep mobiluri nomer_telefona phone phone_number mobile telephone",
        "fin": "fin fin_kod fin_kodu tckn tc_kimlik_no t_c_kimlik_no kimlik_no piradi_nomeri"
        " piradi_n lichny_nomer pin id_number personal_number national_id soc_sec_id",
        "email": "e_poct epoct elektron_poct e_posta eposta elfosta el_fosta pochta"
        " elektronnaya_pochta email e_mail mail",
        "address": "unvan unvani yasayis_yeri qeydiyyat_unvani adres adresi ikametgah misamarti"
        " adress mesto_zhitelstva address home_address",
        _WHOLE: "tam_ad soyad_ad soyad_ad_ata_adi soyadi_adi_atasinin_adi s_a_a saa ad_soyad"
        " adi_soyadi isim_soyisim saxeli_gvari sakheli_gvari gvari_saxeli gvari_sakheli"
        " saxeli_da_gvari fio f_i_o familiya_imya_otchestvo full_name fullname whole_name"
        " applicant muraciet_eden erizeci zayavitel",
    }
)
"""What such columns are called in Azerbaijani, Turkish, Georgian, Russian and English, folded."""


class ListUnreadable(Exception):
    """The list can't be read, or not as it was said: a sentence that tells what to do."""


class PeopleList(Struct, frozen=True, kw_only=True):
    """A file, and how it is read.

    ``columns``: the places in a row of what each field is made of.
    """

    path: Path
    encoding: str
    separator: str
    header: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]

    def rows(self) -> Iterator[Row]:
        """Every row's fields. The first row is line 2 unless cells hold line breaks."""
        for _, row in self.lines():
            yield row

    def lines(self) -> Iterator[tuple[int, Row]]:
        places = [self.columns.get(field, ()) for field in FIELDS]
        whole = self.columns.get(_WHOLE, ())
        if whole:
            places[FIELDS.index("name")] = whole
        for line, cells in _cells(self.path, self.encoding, self.separator):
            if line > 1 and cells:
                yield (
                    line,
                    tuple(
                        " ".join(cells[at].strip() for at in of_field if at < len(cells))
                        for of_field in places
                    ),
                )

    @property
    def told(self) -> dict[str, str]:
        """Which columns each field is read from, to be shown."""
        return {
            field: " + ".join(self.header[at] for at in places)
            for field, places in self.columns.items()
        }


def people_list(
    path: Path,
    *,
    columns: str | None = None,
    encoding: str = "utf-8-sig",
    separator: str | None = None,
) -> PeopleList:
    """How the file is read: as ``columns`` says, else by what its columns are called.

    ``columns`` is like ``surname=Soyad,address=City+Street``. Raises ListUnreadable.
    """
    separator = separator or _separator(path, encoding)
    header = next((cells for _, cells in _cells(path, encoding, separator)), [])
    if not header:
        raise ListUnreadable(f"{path} is empty: its first line has to name the columns.")
    found = _said(columns, header, path) if columns else _guessed(header)
    if not {"surname", "name", _WHOLE} & set(found):
        raise ListUnreadable(
            f"{path}: no column seems to hold names. Its columns are {', '.join(header)}. Say which"
            " is which: --columns surname=…,name=…,born=… or --columns whole-name=…."
        )
    if _WHOLE in found:
        found = {field: at for field, at in found.items() if field not in {"surname", "name"}}
    return PeopleList(
        path=path,
        encoding=encoding,
        separator=separator,
        header=tuple(header),
        columns=found,
    )


def _guessed(header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    meant = {
        sounds(heading.replace("_", " ")): field
        for field, headings in _HEADINGS.items()
        for heading in headings.split()
    }
    found: dict[str, tuple[int, ...]] = {}
    for at, heading in enumerate(header):
        field = meant.get(sounds(fold(heading)))
        if field:
            found.setdefault(field, (at,))
    if {"surname", "name"} <= set(found):
        found.pop(_WHOLE, None)
    return found


def _said(columns: str, header: Sequence[str], path: Path) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for part in columns.split(","):
        field, is_said, names = part.partition("=")
        if not is_said or field.strip() not in COLUMNS:
            raise ListUnreadable(
                f"--columns: {part!r} isn't FIELD=COLUMN, where FIELD is one of"
                f" {', '.join(COLUMNS)}."
            )
        places = []
        for name in names.split("+"):
            if name.strip() not in header:
                raise ListUnreadable(
                    f"{path} has no column {name.strip()!r}: it has {', '.join(header)}."
                )
            places.append(list(header).index(name.strip()))
        found[field.strip()] = tuple(places)
    return found


def _separator(path: Path, encoding: str) -> str:
    with _opened(path, encoding) as text:
        first = text.readline()
    return max(_SEPARATORS, key=first.count)


def _cells(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    line = 1
    with _opened(path, encoding) as text:
        reader = csv.reader(text, delimiter=separator)
        try:
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise ListUnreadable(
                f"{path}:{line}: {error}. If another sign separates the columns, say so:"
                " --separator ';'."
            ) from error
        except UnicodeDecodeError as error:
            raise ListUnreadable(
                f"{path}:{line}: is not {encoding.removesuffix('-sig')}. Save it as UTF-8, or say"
                " what it is: --encoding cp1254 (Turkish), cp1251 (Russian, Azerbaijani Cyrillic)."
            ) from error


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open("rb") as file:
            begin = file.read(4)
        if begin == _ZIP:
            raise ListUnreadable(f"{path} is a spreadsheet or a ZIP: save the list as CSV.")
        if begin[:2] == _GZIP:
            with gzip.open(path, "rt", encoding=encoding, newline="") as text:
                yield text
        else:
            with path.open(encoding=encoding, newline="") as text:
                yield text
    except LookupError as error:
        raise ListUnreadable(f"{encoding} is no encoding known here: try cp1254.") from error
    except UnicodeDecodeError as error:
        raise ListUnreadable(
            f"{path} is not {encoding.removesuffix('-sig')}. Save it as UTF-8, or say what it is:"
            " --encoding cp1254 (Turkish), cp1251 (Russian, Azerbaijani Cyrillic)."
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise ListUnreadable(f"{path} can't be read: {type(error).__name__}.") from error
