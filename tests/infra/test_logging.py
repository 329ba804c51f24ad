import json
import logging
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from uuid import UUID

import pytest
import structlog

from infra.logging import configure_logging

NAME = "Aygün Məmmədova"
CASE = UUID("0192f0c1-7d4e-7a3b-9c55-0a1b2c3d4e5f")


class Lines:
    def __init__(self) -> None:
        self.stream = StringIO()

    def last(self) -> dict[str, object]:
        line: dict[str, object] = json.loads(self.stream.getvalue().splitlines()[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    written = Lines()
    configure_logging("info", console=False, stream=written.stream)
    yield written
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


def fail_over_a_name() -> None:
    raise ValueError(NAME)


def test_a_line_says_what_happened_to_which_case(lines: Lines) -> None:
    structlog.get_logger().info("command recorded", case_id=CASE, position=41, seconds=0.002)
    line = lines.last()
    assert line.pop("timestamp")
    assert line == {
        "event": "command recorded",
        "level": "info",
        "case_id": str(CASE),
        "position": 41,
        "seconds": 0.002,
    }


def test_a_name_under_an_unknown_field_never_reaches_the_line(lines: Lines) -> None:
    structlog.get_logger().info("visit registered", visitor=NAME, person={"name": NAME})
    assert "Aygün" not in lines.stream.getvalue()


def test_a_structure_under_a_known_field_never_reaches_the_line(lines: Lines) -> None:
    structlog.get_logger().info("visit registered", kind={"name": NAME}, table=[NAME])
    assert "Aygün" not in lines.stream.getvalue()


def test_an_exception_is_its_type_and_where_it_came_from(lines: Lines) -> None:
    try:
        fail_over_a_name()
    except ValueError:
        structlog.get_logger().exception("command failed")
    line = lines.last()
    frames = line["frames"]
    assert line["error"] == "ValueError"
    assert isinstance(frames, list)
    assert frames[-1].startswith("tests/infra/test_logging.py:")
    assert frames[-1].endswith(" fail_over_a_name")


def test_a_name_in_an_exception_never_reaches_the_line(lines: Lines) -> None:
    try:
        try:
            fail_over_a_name()
        except ValueError as error:
            message = f"no such person: {NAME}"
            raise ExceptionGroup(message, [error, KeyError(NAME)]) from error
    except ExceptionGroup as group:
        structlog.get_logger().exception("command failed", error=group)
    assert "Aygün" not in lines.stream.getvalue()
    assert "from KeyError" in str(lines.last()["frames"])


def test_an_exceptions_text_is_not_taken_for_its_type(lines: Lines) -> None:
    structlog.get_logger().error("command failed", error=f"no such person: {NAME}")
    assert "error" not in lines.last()


def test_a_path_loses_what_was_searched_for(lines: Lines) -> None:
    structlog.get_logger().info("answered", path=f"/api/v1/cases?name={NAME}")
    assert lines.last()["path"] == "/api/v1/cases"


def test_of_a_librarys_message_only_the_place_is_kept(lines: Lines) -> None:
    logging.getLogger("some.library").warning("Key (name)=(%s) already exists", NAME)
    line = lines.last()
    assert "Aygün" not in lines.stream.getvalue()
    assert line["library"] == "some.library"
    assert str(line["where"]).startswith("tests/infra/test_logging.py:")


def test_a_thread_that_dies_tells_no_name(lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=fail_over_a_name)
    thread.start()
    thread.join()
    assert "Aygün" not in lines.stream.getvalue() + capfd.readouterr().err
