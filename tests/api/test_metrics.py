from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.bodies import appeal, begun, done, read
from tests.api.conftest import As
from tests.api.serving import Server

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def figures(server: Server) -> Samples:
    answer = server.public.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


@pytest.fixture
def before(server: Server, as_: As) -> Samples:
    case = begun(as_("registrar"), "appeals", appeal())
    done(as_("registrar"), f"appeals/{case}/add-note", {"text": "Zəng edildi"})
    return figures(server)


def test_commands_are_counted_by_kind_and_outcome(server: Server, as_: As, before: Samples) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    assert _close(registrar, case).status_code == 409
    after = figures(server)
    for outcome in ("recorded", "refused"):
        name = {"kind": "appeal", "outcome": outcome}
        counted = of(after, "karguzar_commands_total", **name)
        assert counted == of(before, "karguzar_commands_total", **name) + 1


def test_batches_are_counted_with_their_sizes_and_seconds(
    server: Server, as_: As, before: Samples
) -> None:
    begun(as_("registrar"), "appeals", appeal())
    after = figures(server)
    for name in ("karguzar_batch_commands", "karguzar_batch_seconds"):
        assert of(after, f"{name}_count") == of(before, f"{name}_count") + 1
        assert of(after, f"{name}_sum") > of(before, f"{name}_sum")
    assert of(after, "karguzar_batch_commands_bucket", le="+Inf") >= 1


def test_the_lag_of_each_read_model_is_shown(as_: As, before: Samples) -> None:
    names = {model["name"] for model in read(as_("auditor"), "positions")["read_models"]}
    shown = {
        dict(labels)["read_model"]: value
        for (name, labels), value in before.items()
        if name == "karguzar_read_model_lag_events"
    }
    assert shown.keys() == names >= {"register", "work", "parties", "threads", "due_dates"}
    for name in names:
        assert of(before, "karguzar_read_model_stopped", read_model=name) == 0


def test_the_pool_is_shown(before: Samples) -> None:
    assert of(before, "karguzar_pool", figure="pool_size") >= 1
    assert of(before, "karguzar_pool", figure="pool_max") == 8


def _close(client: httpx.Client, case: str) -> httpx.Response:
    body: dict[str, Any] = {"result": "satisfied"}
    return client.post(f"/api/v1/appeals/{case}/close-appeal", json=body)
