"""The load generator: raw sockets and prepared requests, so that it leaves the cores to others."""

import asyncio
import itertools
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast
from uuid import uuid4

import psycopg
import uvloop
from msgspec import Raw, Struct, field, json


class Target(Struct, frozen=True):
    host: str
    port: int
    token: str


class Posts(Struct, frozen=True):
    """Requests of one path, each with one of the bodies and a key of its own."""

    target: Target
    path: str
    bodies: Sequence[bytes]

    def stream(self) -> Callable[[], bytes]:
        host = f"{self.target.host}:{self.target.port}"
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {self.target.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {str(uuid4())[:24]}"
        ).encode()
        tails = itertools.cycle(
            f"\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in self.bodies
        )
        numbers = itertools.count()
        return lambda: head + b"%012x" % next(numbers) + next(tails)


class Load(Struct):
    """What a run gave. Seconds; ``answers`` are each answer's time and position."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: list[tuple[float, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return percentile(self.latencies, share)


class Lags(Struct):
    """``lags`` of what somebody waits for, ``all_lags`` of all read models."""

    load: Load
    lags: list[float]
    all_lags: list[float]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way; *answered* hears each answer."""

    def __init__(self, answered: Callable[["_Connection", bytes, bytes], None]) -> None:
        self._answered = answered
        self._received = b""
        self.sent_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float | None = None) -> None:
        assert self.transport is not None
        self.sent_at = due or time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end].lower()
        start = head.find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self._received) < end + 4 + length:
            return
        body = self._received[end + 4 :]
        self._received = b""
        self._answered(self, head, body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._received or exc:
            self._answered(self, b"connection lost", str(exc).encode())


def closed_loop(posts: Posts, connections: int, seconds: float) -> Load:
    """Each connection sends its next request when it has the answer to the one before."""
    return uvloop.run(_closed_loop(posts, connections, seconds))


async def _closed_loop(posts: Posts, connections: int, seconds: float) -> Load:
    load, following = Load(), posts.stream()
    done = asyncio.get_running_loop().create_future()
    open_ones = connections

    def answered(connection: _Connection, head: bytes, body: bytes) -> None:
        nonlocal open_ones
        now = time.perf_counter()
        if _is_good(head):
            load.latencies.append(now - connection.sent_at)
        else:
            load.refused.append((head[:40] + b" " + body[:300]).decode(errors="replace"))
        if now < until and len(load.refused) < connections:
            connection.send(following())
            return
        open_ones -= 1
        if open_ones == 0 and not done.done():
            done.set_result(None)

    lines = await _connect(posts.target, connections, answered)
    started = time.perf_counter()
    until = started + seconds
    for line in lines:
        line.send(following())
    await done
    load.seconds = time.perf_counter() - started
    _close(lines)
    return load


def open_loop(
    posts: Posts, connections: int, rate: float, seconds: float, database: str, positions: str
) -> Lags:
    """Requests at a given rate, whatever the answers do, and how far behind them reads are.

    *positions* is the query that tells how far all read models have come, and those that somebody
    waits for. A lag is the time from the answer's arrival to the first look that finds its position
    there.
    """
    return uvloop.run(_open_loop(posts, connections, rate, seconds, database, positions))


async def _open_loop(
    posts: Posts, connections: int, rate: float, seconds: float, database: str, positions: str
) -> Lags:
    load, following = Load(), posts.stream()
    free: deque[_Connection] = deque()
    waiting: deque[float] = deque()
    near: list[tuple[float, int]] = []
    seen: list[tuple[float, int]] = []

    def answered(connection: _Connection, head: bytes, body: bytes) -> None:
        now = time.perf_counter()
        if _is_good(head):
            load.latencies.append(now - connection.sent_at)
            load.answers.append((now, _position(body)))
        else:
            load.refused.append((head[:40] + b" " + body[:300]).decode(errors="replace"))
        if waiting:
            connection.send(following(), waiting.popleft())
            return
        free.append(connection)
        if sent_all and len(free) == connections:
            quiet.set()

    async def look() -> None:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as conn:
            while not finished or seen[-1][1] < load.answers[-1][1]:
                row = await (await conn.execute(positions.encode())).fetchone()
                everything, waited_for = row or (0, 0)
                seen.append((time.perf_counter(), everything))
                near.append((time.perf_counter(), waited_for))
                if finished and time.perf_counter() > finished + 60:
                    break
                await asyncio.sleep(0.003)

    quiet = asyncio.Event()
    sent_all = False
    finished = 0.0
    lines = await _connect(posts.target, connections, answered)
    free.extend(lines)
    looking = asyncio.create_task(look())
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        if free:
            free.popleft().send(following(), due)
        else:
            waiting.append(due)
    sent_all = True
    if len(free) == connections:
        quiet.set()
    await quiet.wait()
    finished = time.perf_counter()
    load.seconds = finished - started
    await looking
    _close(lines)
    return Lags(load, _lags(load.answers, near), _lags(load.answers, seen))


def _lags(answers: Sequence[tuple[float, int]], seen: Sequence[tuple[float, int]]) -> list[float]:
    """Never negative: a read model may be ahead of the answer's way back."""
    reached = [position for _, position in seen]
    lags = []
    for at, position in answers:
        place = bisect_left(reached, position)
        lags.append(max(0.0, seen[place][0] - at) if place < len(seen) else float("inf"))
    return lags


class Walk(Struct):
    """A list read page by page: the seconds of each page, and the rows on the first."""

    seconds: list[float]
    rows: int


def walks(target: Target, starts: Sequence[str], pages: int) -> list[Walk]:
    """Each list from its first page on, following its cursors to at most the *pages*-th."""
    return uvloop.run(_walks(target, starts, pages))


async def _walks(target: Target, starts: Sequence[str], pages: int) -> list[Walk]:
    reader = _Reader(target)
    await reader.connect()
    walked = []
    for start in starts:
        walk, path = Walk([], 0), start
        while True:
            seconds, body = await reader.get(path)
            page = json.decode(body, type=_Page)
            walk.rows = walk.rows or len(page.rows)
            walk.seconds.append(seconds)
            if page.cursor is None or len(walk.seconds) == pages:
                break
            path = f"{start}&cursor={page.cursor}"
        walked.append(walk)
    reader.close()
    return walked


class _Page(Struct):
    rows: list[Raw]
    cursor: str | None


def reads(target: Target, paths: Sequence[str]) -> list[float]:
    """Each path read once, one after the other: the seconds of each."""
    return uvloop.run(_reads(target, paths))


async def _reads(target: Target, paths: Sequence[str]) -> list[float]:
    reader = _Reader(target)
    await reader.connect()
    seconds = [(await reader.get(path))[0] for path in paths]
    reader.close()
    return seconds


def reads_in_turns(targets: Sequence[Target], paths: Sequence[str]) -> list[list[float]]:
    """Each path read once by each reader: the seconds of each, by reader.

    Whoever was first at one path is last at the next.
    """
    return uvloop.run(_reads_in_turns(targets, paths))


async def _reads_in_turns(targets: Sequence[Target], paths: Sequence[str]) -> list[list[float]]:
    readers = [_Reader(target) for target in targets]
    for reader in readers:
        await reader.connect()
    seconds: list[list[float]] = [[] for _ in readers]
    turns = list(zip(readers, seconds, strict=True))
    for path in paths:
        for reader, spent in turns:
            spent.append((await reader.get(path))[0])
        turns.reverse()
    for reader in readers:
        reader.close()
    return seconds


class _Reader:
    """One connection that reads one thing after the other."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def connect(self) -> None:
        (self._line,) = await _connect(self._target, 1, self._hear)

    async def get(self, path: str) -> tuple[float, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self._line.send(_get(self._target, path))
        seconds, head, body = await self._answer
        if not _is_good(head):
            raise RuntimeError(f"{path}: {head[:40]!r} {body[:500]!r}")
        return seconds, body

    def close(self) -> None:
        _close([self._line])

    def _hear(self, connection: _Connection, head: bytes, body: bytes) -> None:
        self._answer.set_result((time.perf_counter() - connection.sent_at, head, body))


def _get(target: Target, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {target.host}:{target.port}\r\n"
        f"Authorization: Bearer {target.token}\r\n\r\n"
    ).encode()


async def _connect(
    target: Target, count: int, answered: Callable[[_Connection, bytes, bytes], None]
) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Connection(answered), target.host, target.port)
        for _ in range(count)
    ]
    return [connection for _, connection in made]


def _close(lines: Sequence[_Connection]) -> None:
    for line in lines:
        if line.transport is not None:
            line.transport.close()


def _is_good(head: bytes) -> bool:
    return head[9:10] == b"2"


def _position(body: bytes) -> int:
    start = body.index(b'"position":') + 11
    end = start
    while body[end : end + 1].isdigit():
        end += 1
    return int(body[start:end])
