"""The problems an operation may answer with, for the API's documentation."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from api.examples import example_answer
from api.problems import Problem

_DESCRIPTIONS = {
    400: "Not JSON, or a header, cursor or query that can't be read",
    401: "No good token",
    403: "Your role doesn't allow it",
    404: "No such case, or not for you to see",
    406: "None of the media types that you accept is offered",
    409: "Refused by a rule; the type names it",
    412: "The case has changed since",
    413: "Too large",
    415: "Not announced as JSON",
    422: "The request doesn't have the form asked for",
    429: "Too many requests in this minute; Retry-After says how long to wait",
    503: "The database is away, or a read model behind; try again",
}
_EXAMPLE = Example(
    summary="no-such-case",
    value={
        "type": "/problems/no-such-case",
        "title": "There is no such case, or you may not see it.",
        "status": 404,
        "detail": "There is no such case, or you may not see it.",
    },
)


def answers(answer: Any, *problems: int) -> dict[int, ResponseSpec]:
    """What a reading operation answers with: an example of it, and its problems."""
    example = Example(summary="answer", value=example_answer(answer))
    good = ResponseSpec(
        data_container=answer, description="As asked", generate_examples=False, examples=[example]
    )
    return {200: good, **problem_responses(*problems)}


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """Whatever asks for a token also refuses those who aren't entered, or ask too often."""
    if 401 in statuses:  # noqa: PLR2004 - no good token
        statuses = tuple(sorted({*statuses, 403, 429}))
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_DESCRIPTIONS[status],
            media_type="application/problem+json",
            generate_examples=False,
            examples=[_EXAMPLE] if status == 404 else None,  # noqa: PLR2004 - not found
        )
        for status in statuses
    }
