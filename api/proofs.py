"""Signed checkpoints of the log, and proofs that an auditor checks without trusting us.

They tell hashes and counts, never what an event says.
"""

from base64 import b64encode
from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from msgspec import Struct

from api.problem_responses import answers, problem_responses
from api.problems import NoCheckpoint, OutsideTree
from api.register_state import AppRequest, caller_of, register_of
from application.access import ROLES_NEEDED, Forbidden
from application.caller import Role

SEE_PROOFS = frozenset({Role.AUDITOR, Role.CONTROLLER, Role.LEADER})
_NOTE = "text/plain"
_EXAMPLE = (
    "register.agency.example\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— register.agency.example Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

Size = Annotated[int, QueryParameter(ge=1, le=2**53, description="How many events it is over")]
Position = Annotated[int, QueryParameter(ge=1, le=2**53, description="Of the event in the log")]
OfCheckpoint = Annotated[
    int | None,
    QueryParameter(ge=1, le=2**53, description="How many events; else those of the checkpoint"),
]


class InclusionProof(Struct, kw_only=True):
    """RFC 6962, 2.1.1; hashes in base64. ``leaf_index`` is the position less one."""

    position: int
    leaf_index: int
    size: int
    leaf_hash: str
    root: str
    proof: list[str]


class ConsistencyProof(Struct, kw_only=True):
    """RFC 6962, 2.1.2; hashes in base64."""

    from_size: int
    to_size: int
    from_root: str
    to_root: str
    proof: list[str]


@get(
    "/proofs/checkpoint",
    operation_id="proofs.checkpoint",
    tags=["proofs"],
    summary="The newest signed checkpoint of the log, a C2SP tlog-checkpoint",
    media_type=_NOTE,
    responses={
        200: ResponseSpec(
            data_container=str,
            description="The signed note",
            media_type=_NOTE,
            generate_examples=False,
            examples=[Example(summary="answer", value=_EXAMPLE)],
        ),
        **problem_responses(400, 401, 403, 404, 503),
    },
)
async def checkpoint(request: AppRequest) -> Response[str]:
    _require_right(request)
    register = register_of(request)
    async with register.pool.connection() as conn:
        newest = await register.proofs.checkpoint(conn)
    if newest is None:
        raise NoCheckpoint(NoCheckpoint.__doc__)
    return Response(newest[1], media_type=_NOTE)


@get(
    "/proofs/inclusion",
    operation_id="proofs.inclusion",
    tags=["proofs"],
    summary="That an event is in the log, under a checkpoint's root",
    responses=answers(InclusionProof, 400, 401, 403, 404, 422, 503),
)
async def inclusion(
    request: AppRequest, position: Position, size: OfCheckpoint = None
) -> InclusionProof:
    _require_right(request)
    register = register_of(request)
    async with register.pool.connection() as conn:
        if size is None:
            newest = await register.proofs.checkpoint(conn)
            if newest is None:
                raise NoCheckpoint(NoCheckpoint.__doc__)
            size = newest[0]
        elif size > await register.proofs.tree_size(conn):
            raise OutsideTree(OutsideTree.__doc__)
        if position > size:
            raise OutsideTree(OutsideTree.__doc__)
        found = await register.proofs.inclusion(conn, position - 1, size)
    return InclusionProof(
        position=position,
        leaf_index=position - 1,
        size=size,
        leaf_hash=_base64(found.leaf),
        root=_base64(found.root),
        proof=[_base64(hash_) for hash_ in found.hashes],
    )


@get(
    "/proofs/consistency",
    operation_id="proofs.consistency",
    tags=["proofs"],
    summary="That the log over some events is the beginning of the log over more",
    responses=answers(ConsistencyProof, 400, 401, 403, 422, 503),
)
async def consistency(
    request: AppRequest,
    from_: Annotated[
        int, QueryParameter(name="from", ge=1, le=2**53, description="Events of the older one")
    ],
    to: Size,
) -> ConsistencyProof:
    _require_right(request)
    register = register_of(request)
    async with register.pool.connection() as conn:
        if from_ > to or to > await register.proofs.tree_size(conn):
            raise OutsideTree(OutsideTree.__doc__)
        found = await register.proofs.consistency(conn, from_, to)
    return ConsistencyProof(
        from_size=from_,
        to_size=to,
        from_root=_base64(found.old_root),
        to_root=_base64(found.new_root),
        proof=[_base64(hash_) for hash_ in found.hashes],
    )


def _require_right(request: AppRequest) -> None:
    if not caller_of(request).roles & SEE_PROOFS:
        raise Forbidden(ROLES_NEEDED, SEE_PROOFS)


def _base64(hash_: bytes) -> str:
    return b64encode(hash_).decode()


ROUTES: list[Any] = [checkpoint, inclusion, consistency]
