"""The units that only an older register has are entered below the mapping's own."""

from pathlib import Path

import psycopg

from tests.api.serving import UNITS, enter_organisation
from tests.api.test_master_key import IMPORT, karguzar
from tests.desks import MASTER_KEY


def units(conninfo: str) -> dict[str, str | None]:
    with psycopg.connect(conninfo) as conn:
        return dict(conn.execute("SELECT unit, parent FROM karguzar.units").fetchall())


def test_an_import_enters_the_units_that_its_cases_are_assigned_to(
    database: str, tmp_path: Path
) -> None:
    enter_organisation(database)
    ended = karguzar(database, MASTER_KEY, tmp_path, *IMPORT)
    assert ended.returncode == 0, ended.stderr
    new = {unit: parent for unit, parent in units(database).items() if unit not in UNITS}
    assert set(new.values()) == {"records"}
    assert "group-2" in new
    with psycopg.connect(database) as conn:
        log = conn.execute("SELECT convert_from(state, 'UTF8')::json FROM karguzar.register_events")
        named = {row[0]["data"].get("unit") for row in log} - {None}
    assert named <= units(database).keys()


def test_where_no_organisation_is_entered_none_is_begun(database: str, tmp_path: Path) -> None:
    assert karguzar(database, MASTER_KEY, tmp_path, *IMPORT).returncode == 0
    assert units(database) == {}


def test_a_mapping_whose_own_unit_is_unknown_is_refused_with_its_line(
    database: str, tmp_path: Path
) -> None:
    enter_organisation(database)
    with psycopg.connect(database) as conn:
        conn.execute("DELETE FROM karguzar.officials WHERE unit = 'records'")
        conn.execute("UPDATE karguzar.units SET unit = 'record' WHERE unit = 'records'")
    ended = karguzar(database, MASTER_KEY, tmp_path, *IMPORT)
    assert ended.returncode == 2
    assert "There is no unit 'records': did you mean 'record'?" in ended.stderr
    assert "karguzar organisation FILE; or copy the mapping" in ended.stderr
