"""The OpenAPI document is true for whatever it allows, and for much that it doesn't."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from application.caller import Role
from tests.api.bodies import (
    appeal,
    assignment,
    begun,
    calendar_decision,
    cause,
    destruction,
    finding,
    identity,
    inquiry,
    of_somebody_forgotten,
    of_two_signatories,
    read,
    reception,
    unit_report,
)
from tests.api.serving import Person, Server, served
from tests.desks import migrated_database


def no_fault_of_ours(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Whoever waits for a position that never comes is told so with 503."""
    if response.status_code == 503 and "wait_for" in (case.query or {}):
        return None
    return not_a_server_error(ctx, response, case)


CHECKS = [
    no_fault_of_ours,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ALL_ROLES = frozenset(Role) - {Role.SYSTEM}
EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1}
BOUNDED = settings(
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def open_to_all(postgres: str, server_dir: Path) -> Iterator[Server]:
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "schemathesis", conninfo, wait_seconds="0.1") as server,
    ):
        yield server


@pytest.fixture(scope="module")
def anyone(open_to_all: Server) -> httpx.Client:
    """Somebody with all roles at once."""
    return open_to_all.client(open_to_all.token(Person("director", "agency", ALL_ROLES)))


@pytest.fixture(scope="module")
def cases(anyone: httpx.Client) -> dict[str, str]:
    bodies: dict[str, dict[str, Any]] = {
        "appeals": appeal(),
        "receptions": reception(),
        "media-inquiries": inquiry(),
        "assignments": assignment(),
        "calendar-decisions": calendar_decision(),
        "destructions": destruction(),
        "findings": finding(),
        "causes": cause(),
        "unit-reports": unit_report(),
    }
    begun(anyone, "appeals", of_somebody_forgotten())
    signed = begun(anyone, "appeals", of_two_signatories())
    bodies["identities"] = identity(signed)
    ids = {resource: begun(anyone, resource, body) for resource, body in bodies.items()}
    return {**ids, "cases": ids["appeals"], "threads": ids["receptions"]}


def one_of_many(label: str) -> bool:
    """A command to a case: all of them go through one route and one decoder."""
    return label.startswith("POST ") and "{case_id}/" in label


@pytest.mark.parametrize("mode", EXAMPLES)
@pytest.mark.timeout(240)
def test_every_operation_answers_as_the_document_says(
    open_to_all: Server, anyone: httpx.Client, cases: dict[str, str], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_url(f"{open_to_all.base}/schema/openapi.json", timeout=60)
    headers = {"Authorization": anyone.headers["authorization"]}
    failures: list[str] = []
    asked: set[str] = set()
    for number, result in enumerate(schema.get_all_operations()):
        assert isinstance(result, Ok)
        operation = result.ok()
        if mode is GenerationMode.NEGATIVE and one_of_many(operation.label) and number % 4:
            continue

        @seed(20260406)
        @settings(BOUNDED, max_examples=EXAMPLES[mode])
        @given(case=operation.as_strategy(generation_mode=mode))
        def conforms(case: Any) -> None:
            asked.add(case.operation.label)
            resource = case.operation.path.removeprefix("/api/v1/").split("/")[0]
            if "case_id" in case.path_parameters and resource in cases:
                case.path_parameters["case_id"] = cases[resource]
            if "appeal_id" in case.path_parameters:
                case.path_parameters["appeal_id"] = cases["appeals"]
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            conforms()
        except BaseExceptionGroup as group:
            failures += [f"{operation.label}: {failure}" for failure in group.exceptions]
        except Unsatisfiable:
            # An operation that takes nothing can't be asked anything wrong.
            assert mode is GenerationMode.NEGATIVE
    assert not failures, "\n\n".join(failures)
    assert len(asked) > 80


def test_afterwards_nothing_has_come_to_a_stop(open_to_all: Server, anyone: httpx.Client) -> None:
    position = read(anyone, "positions")["position"]
    assert position == open_to_all.log_position()
    for path in ("cases", "work", "deadlines"):
        assert anyone.get(f"/api/v1/{path}", params={"limit": 200}).status_code == 200
    open_to_all.wait_until_ready()
    assert "consumer-stopped" not in open_to_all.log.read_text()
    assert "unexpected-error" not in open_to_all.log.read_text()
