"""For those who run it: alive, ready, metrics, positions."""

from typing import Any

import psycopg
import psycopg_pool
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from api.language import language_of
from api.metrics import exposition
from api.problem_responses import answers
from api.problems import problem_types
from api.refusals import LANGUAGES
from api.register_state import AppRequest, register_of
from projections import READ_MODELS
from projections.groups import PACES, Group
from projections.notices import not_sent
from projections.positions import ReadModelPosition, StoppedRound, positions, stopped_rounds

_GROUPS = {model.name: model.group for model in READ_MODELS}


class Live(Struct):
    status: str


class LogProof(Struct, kw_only=True):
    """``hashed`` of the log's ``events`` are in its tree, ``signed`` under its newest checkpoint.

    ``signed`` is null where nothing is signed.
    """

    events: int
    hashed: int
    signed: int | None


class Ready(Struct, kw_only=True):
    """``status`` is ready or not-ready; why stands in ``database`` and ``read_models``.

    ``stopped_rounds`` are shown and don't take the server out of service: with the tree
    (log-tree) or the checkpoints among them, the log's proof stands still until somebody looks.
    """

    status: str
    database: str
    read_models: list[ReadModelPosition]
    proof: LogProof | None
    stopped_rounds: list[StoppedRound]


class Positions(Struct, kw_only=True):
    position: int
    read_models: list[ReadModelPosition]


@get(
    "/live",
    operation_id="system.live",
    tags=["system"],
    summary="The process answers",
    opt={"public": True},
    responses=answers(Live),
)
async def live() -> Live:
    return Live("live")


@get(
    "/ready",
    operation_id="system.ready",
    tags=["system"],
    summary="The database is reached and no read model is far behind or stopped",
    opt={"public": True},
    responses={
        **answers(Ready),
        503: ResponseSpec(
            data_container=Ready, description="Not ready; says why", generate_examples=False
        ),
    },
)
async def ready(request: AppRequest) -> Response[Ready]:
    register = register_of(request)
    try:
        async with register.pool.connection(timeout=2) as conn:
            models = await positions(conn)
            rounds = await stopped_rounds(conn)
            hashed = await register.proofs.tree_size(conn)
            signed = await register.proofs.checkpoint(conn)
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        answer = Ready(
            status="not-ready",
            database="unreachable",
            read_models=[],
            proof=None,
            stopped_rounds=[],
        )
        return Response(answer, status_code=503)
    fine = models and all(m.stopped is None and not too_far_behind(m) for m in models)
    status = "ready" if fine else "not-ready"
    answer = Ready(
        status=status,
        database="reached",
        read_models=models,
        proof=LogProof(
            events=max((model.head for model in models), default=0),
            hashed=hashed,
            signed=signed[0] if signed else None,
        ),
        stopped_rounds=rounds,
    )
    return Response(answer, status_code=200 if fine else 503)


def too_far_behind(model: ReadModelPosition) -> bool:
    """Policies and outbox are followed with the near ones."""
    return model.behind > PACES[_GROUPS.get(model.name, Group.NEAR)].behind_limit


@get(
    "/metrics",
    operation_id="system.metrics",
    tags=["system"],
    summary="Figures for Prometheus",
    opt={"public": True},
    media_type="text/plain",
)
async def metrics(request: AppRequest) -> Response[bytes]:
    register = register_of(request)
    try:
        async with register.pool.connection(timeout=2) as conn:
            models, notices = await positions(conn), await not_sent(conn)
            rounds = await stopped_rounds(conn)
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        models, notices, rounds = [], [], []
    page, media_type = exposition(models, notices, register.pool.get_stats(), rounds)
    return Response(page, media_type=media_type)


@get(
    "/positions",
    operation_id="system.positions",
    tags=["system"],
    summary="How far each read model has come",
    responses=answers(Positions, 400, 401, 503),
)
async def read_positions(request: AppRequest) -> Positions:
    async with register_of(request).pool.connection() as conn:
        models = await positions(conn)
    return Positions(position=max((m.head for m in models), default=0), read_models=models)


@get(
    "/problems",
    operation_id="system.problems",
    tags=["system"],
    summary="Every type of problem and what it means",
    opt={"public": True},
)
async def problems(request: AppRequest) -> dict[str, Any]:
    return problem_types(language_of(request, LANGUAGES))
