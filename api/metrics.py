"""What Prometheus is told; no label ever holds anything about a person."""

import os
from collections.abc import Mapping, Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from domain.case import CaseKind
from projections.notices import NotSent
from projections.positions import ReadModelPosition, StoppedRound

COMMANDS = Counter("karguzar_commands_total", "Commands by outcome", ["kind", "outcome"])
BATCH_SIZE = Histogram(
    "karguzar_batch_commands", "Commands in a batch", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
BATCH_SECONDS = Histogram(
    "karguzar_batch_seconds",
    "Seconds a batch took, commit included",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


RECORDED = {kind: COMMANDS.labels(kind, "recorded") for kind in CaseKind}


def batch_done(size: int, seconds: float) -> None:
    BATCH_SIZE.observe(size)
    BATCH_SECONDS.observe(seconds)


def exposition(
    positions: list[ReadModelPosition],
    notices: list[NotSent],
    pool: Mapping[str, int],
    rounds: Sequence[StoppedRound] = (),
) -> tuple[bytes, str]:
    """The page for Prometheus: the counters of all workers, and gauges read just now."""
    counters = CollectorRegistry()
    if _MULTIPROCESS in os.environ:
        multiprocess.MultiProcessCollector(counters)  # type: ignore[no-untyped-call]
        page = generate_latest(counters)
    else:
        page = generate_latest()
    now = CollectorRegistry()
    lag = Gauge(
        "karguzar_read_model_lag_events",
        "Events a read model is behind the log",
        ["read_model"],
        registry=now,
        multiprocess_mode="mostrecent",
    )
    stopped = Gauge(
        "karguzar_read_model_stopped", "1 when stopped at an event", ["read_model"], registry=now
    )
    for position in positions:
        lag.labels(position.name).set(position.behind)
        stopped.labels(position.name).set(int(position.stopped is not None))
    stopped_round = Gauge(
        "karguzar_round_stopped",
        "1 when work at intervals doesn't get on: log-tree, checkpoints and others",
        ["round"],
        registry=now,
    )
    for name in ("log-tree", "checkpoints"):
        stopped_round.labels(name).set(0)
    for each in rounds:
        stopped_round.labels(each.name).set(1)
    unsent = Gauge(
        "karguzar_notices_not_sent",
        "Notices that wait to be sent, have failed for good or were no longer needed",
        ["channel", "state"],
        registry=now,
    )
    for channel in notices:
        unsent.labels(channel.channel, "waiting").set(channel.waiting)
        unsent.labels(channel.channel, "failed").set(channel.failed)
        unsent.labels(channel.channel, "no-longer-needed").set(channel.not_needed)
    connections = Gauge(
        "karguzar_pool", "The pool that reads use, by psycopg's names", ["figure"], registry=now
    )
    for figure, value in pool.items():
        connections.labels(figure).set(value)
    return page + generate_latest(now), CONTENT_TYPE_LATEST
