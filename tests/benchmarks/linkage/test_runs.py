"""The lists, the programs that search them, and what they need: as the benchmark has them."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.linkage.lists import appeals_list, people_list
from tests.benchmarks.linkage.runs import PEERS, ROOT, DidNotFinish, memory, ours, peer
from tests.made_people import make_appeals, make_people

HELD = 64 * 2**20


def test_our_people_are_found_by_the_program_that_is_measured_and_otherwise_without_id(
    tmp_path: Path,
) -> None:
    people = people_list(tmp_path, "people", make_people(300, 3))
    run = ours("people", people.file)
    found = people.found(run.left, run.right, run.score)
    score = found.at(float(run.told["threshold"]))
    assert score.precision > 0.9
    assert score.recall > 0.8
    assert run.rss_gib > 0
    assert not np.array_equal(run.score, ours("people", people.file, "--without-id").score)


def test_our_matters_are_found_by_the_program_that_is_measured(tmp_path: Path) -> None:
    appeals = appeals_list(tmp_path, "appeals", make_appeals(300, 3))
    run = ours("matters", appeals.file)
    found = appeals.found(run.left, run.right, run.score)
    assert found.at(float(run.told["threshold"])).f1 > 0.7


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    people = people_list(tmp_path, "people", make_people(10, 3))
    with pytest.raises(DidNotFinish, match="no result in 0 s"):
        ours("people", people.file, longest=0.01)


def test_a_program_that_fails_tells_why(tmp_path: Path) -> None:
    with pytest.raises(DidNotFinish, match=r"missing\.csv"):
        ours("people", tmp_path / "missing.csv")


def test_peers_that_are_not_installed_are_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.benchmarks.linkage.runs.PEERS_PYTHON", tmp_path / "python")
    with pytest.raises(DidNotFinish, match="make bench installs them"):
        peer("splink_people", tmp_path / "people.csv")


def test_peers_import_nothing_of_ours() -> None:
    for program in ("splink_people", "recordlinkage_people", "tfidf_matters"):
        text = (PEERS / f"{program}.py").read_text()
        found = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
        assert not {"tests", "domain", "application", "infra"} & {*found}, program


def test_febrl_comes_from_the_package_that_is_measured() -> None:
    [line] = (ROOT / "requirements-febrl.lock").read_text().splitlines()
    version, _, digest = line.partition(" --hash=")
    locked = (ROOT / "requirements-bench.lock").read_text()
    assert f"{version} \\\n" in locked
    assert digest in locked


def test_memory_is_that_of_the_processes_in_it() -> None:
    before, _ = memory(os.getpid())
    held = bytearray(b"x" * HELD)
    after, proportional = memory(os.getpid())
    assert after - before > HELD / 2
    assert 0 < proportional <= after
    del held
