"""A case is never given to a unit or an official that nobody has entered."""

from typing import Any

import httpx
import pytest

from tests.api.bodies import appeal, assignment, begun, on, reception, refused
from tests.api.conftest import As


@pytest.fixture(scope="module")
def case(as_: As) -> str:
    return begun(as_("registrar"), "appeals", appeal())


def assign(client: httpx.Client, case: str, **changes: Any) -> httpx.Response:
    body = {"unit": "pensions", "main_executor": "mammadov", **changes}
    return client.post(f"/api/v1/appeals/{case}/assign-appeal", json=body)


@pytest.mark.usefixtures("unchanged")
def test_an_unknown_unit_is_refused_and_the_right_one_proposed(as_: As, case: str) -> None:
    problem = refused(assign(as_("registrar"), case, unit="pension"), 422, "unknown-unit")
    assert problem["detail"] == "There is no unit 'pension': did you mean 'pensions'?"


@pytest.mark.usefixtures("unchanged")
def test_an_unknown_official_is_refused_and_the_right_one_proposed(as_: As, case: str) -> None:
    answer = assign(as_("registrar"), case, main_executor="mamedov")
    problem = refused(answer, 422, "unknown-official")
    assert problem["detail"] == "There is no official 'mamedov': did you mean 'mammadov'?"
    answer = assign(as_("registrar"), case, co_executors=["valiyev", "nobody"])
    refused(answer, 422, "unknown-official")


@pytest.mark.usefixtures("unchanged")
def test_names_inside_parts_and_in_what_begins_a_case_are_looked_at_too(as_: As) -> None:
    other = {"official": "nobody", "unit": "social", "due_on": on(5)}
    controller = as_("controller")
    answer = controller.post("/api/v1/assignments", json=assignment(co_executors=[other]))
    refused(answer, 422, "unknown-official")
    answer = as_("clerk").post("/api/v1/receptions", json=reception(unit="receptoin"))
    refused(answer, 422, "unknown-unit")


def test_who_may_not_see_the_case_learns_nothing_about_units(as_: As, case: str) -> None:
    refused(assign(as_("ganja"), case, unit="pension"), 404, "no-such-case")


def test_who_may_not_give_the_command_learns_nothing_about_units(as_: As, case: str) -> None:
    refused(assign(as_("auditor"), case, unit="pension"), 403, "forbidden")


def test_both_refusals_are_listed_among_the_problems(as_: As) -> None:
    listed = as_("registrar").get("/problems").json()
    assert listed["/problems/unknown-unit"]["status"] == 422
    assert listed["/problems/unknown-official"]["status"] == 422
