"""Log lines that carry no personal data, whatever the code or a library tries to say."""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TextIO
from uuid import UUID

import msgspec
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

# A field stands here only if its values can never tell who somebody is. `path` is the route with
# its parameters unfilled; `error` is a type's name; `actor_client` is a program, not a person.
ALLOWED = frozenset(
    {
        "actor_client",
        "attempt",
        "batch",
        "bytes",
        "case_id",
        "cause_id",
        "command",
        "command_id",
        "correlation_id",
        "count",
        "environment",
        "error",
        "event",
        "event_id",
        "frames",
        "host",
        "kind",
        "lag",
        "level",
        "library",
        "method",
        "path",
        "pid",
        "policy",
        "port",
        "position",
        "read_model",
        "refusal",
        "request_id",
        "seconds",
        "status",
        "table",
        "timestamp",
        "version",
        "waiting",
        "where",
        "worker",
        "workers",
    }
)
MAX_LENGTH = 200
MAX_FRAMES = 40
ROOT = Path(__file__).resolve().parent.parent
TYPE_NAME = re.compile(r"[A-Za-z_][\w.]*")


def configure_logging(level: str, *, console: bool, stream: TextIO | None = None) -> None:
    """JSON lines, or coloured ones for a person at a terminal; to standard error by default.

    Of the libraries' own messages only the place in the code is kept: they may quote data.
    """
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(_json)
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_type_and_frames,
            only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_LibraryLines()]
    root.setLevel(max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_dead_thread
    if not console:
        sys.excepthook = _log_dying_process


def only_type_and_frames(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    error = _exception(line.pop("exc_info", None)) or line.get("error")
    if isinstance(error, BaseException):
        line["error"] = type(error).__qualname__
        line["frames"] = list(_frames(error))[:MAX_FRAMES]
    elif isinstance(error, type):
        line["error"] = error.__qualname__
    return line


def only_allowed(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    kept = {name: _plain(name, value) for name, value in line.items() if name in ALLOWED}
    return {name: value for name, value in kept.items() if value is not None}


def _plain(name: str, value: object) -> object:
    match value:
        case bool() | int() | float():
            return value
        case UUID() | date():
            return value.isoformat() if isinstance(value, date) else str(value)
        case list() if name == "frames":
            return value
        case str() if name == "error":
            return value if TYPE_NAME.fullmatch(value) else None
        case str() if name == "path":
            return value.partition("?")[0][:MAX_LENGTH]
        case str():
            return value[:MAX_LENGTH]
        case _:
            return None


def _exception(exc_info: ExcInfo | BaseException | bool | None) -> BaseException | None:  # noqa: FBT001
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1]
    return sys.exc_info()[1] if exc_info else None


def _frames(error: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        if current is not error:
            yield f"from {type(current).__qualname__}"
        for frame, line in traceback.walk_tb(current.__traceback__):
            yield f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_qualname}"
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        cause = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if cause is not None:
            waiting.append(cause)


def _short(filename: str) -> str:
    """Without the directories above: a home directory bears a name."""
    for above in ("site-packages/", f"{ROOT}/"):
        if above in filename:
            return filename.rpartition(above)[2]
    return Path(filename).name


class _LibraryLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library message",
            library=record.name,
            where=f"{_short(record.pathname)}:{record.lineno} {record.funcName}",
            exc_info=record.exc_info,
        )


def _log_dying_process(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    structlog.get_logger().critical("process ends", exc_info=error)


def _log_dead_thread(ended: threading.ExceptHookArgs) -> None:
    if not isinstance(ended.exc_value, SystemExit):
        structlog.get_logger().error("thread ends", exc_info=ended.exc_value)


def _json(line: EventDict, **_: object) -> str:
    return msgspec.json.encode(line).decode()
