"""One route a command, made from the list in `domain.kinds`: the body is the command itself."""

import re
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter

from api.bodies import CommandRequest, decoder_of
from api.cases import require_document
from api.examples import example_of
from api.metrics import COMMANDS, RECORDED
from api.problem_responses import problem_responses
from api.problems import HeaderNotFitting, status_of
from api.register_state import AppRequest, Register, caller_of, register_of
from application.access import require_right
from application.orders import Order, Receipt, new_case_id
from domain.case import Actor, Command
from domain.kinds import KINDS, Kind
from domain.record import AttachDocument

_KEYS = UUID("6b617267-757a-6172-0000-69646b657973")
_VERSION = re.compile(r'^(?:W/)?"?(\d+)"?$')

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Send the same key with the same request again and it is carried out once",
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=40,
        description="The ETag you have seen; refused when the case has changed since",
    ),
]
OnBehalfOf = Annotated[
    str | None,
    HeaderParameter(
        name="On-Behalf-Of",
        max_length=64,
        description="The official you act for as deputy; the register or your token must allow it",
    ),
]


def command_name(command: type[Command]) -> str:
    """The last part of the command's address: ExtendTerm is extend-term."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", command.__name__).lower()


def command_id(actor: Actor, key: str | None) -> UUID:
    """The same id for the same key of the same official and client: a repeat is recognised."""
    if not key:
        return uuid4()
    return uuid5(_KEYS, f"{actor.client}\n{actor.official}\n{actor.on_behalf_of or ''}\n{key}")


def expected_version(if_match: str | None) -> int | None:
    """The version in an If-Match header; None for any."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.match(if_match.strip())
    if not found:
        raise HeaderNotFitting('If-Match takes an ETag of this case, such as "3"')
    return int(found[1])


def routes() -> list[HTTPRouteHandler]:
    """The routes of all commands of all kinds."""
    return [
        _begin(kind, command) if command is kind.begins else _proceed(kind, command)
        for kind in KINDS.values()
        for command in kind.commands
    ]


def _begin(kind: Kind, command: type[Command]) -> HTTPRouteHandler:
    async def begin(
        request: AppRequest,
        data: Any,
        idempotency_key: IdempotencyKey = None,
        on_behalf_of: OnBehalfOf = None,  # noqa: ARG001 - read by caller_of, shown in the schema
    ) -> Response[Receipt]:
        caller = caller_of(request)
        identity = command_id(caller.actor, idempotency_key)
        order = Order(
            kind=kind.kind,
            case_id=kind.case_id_of(data) if kind.case_id_of else new_case_id(),
            command=data,
            by=caller,
            command_id=identity,
        )
        receipt = await carried_out(register_of(request), order)
        location = f"/api/v1/{kind.resource}/{receipt.id}"
        return answered(receipt, 201, {"Location": location})

    return _route(begin, kind, command, f"/{kind.resource}", 201)


def _proceed(kind: Kind, command: type[Command]) -> HTTPRouteHandler:
    async def proceed(
        request: AppRequest,
        case_id: UUID,
        data: Any,
        idempotency_key: IdempotencyKey = None,
        if_match: IfMatch = None,
        on_behalf_of: OnBehalfOf = None,  # noqa: ARG001 - read by caller_of, shown in the schema
    ) -> Response[Receipt]:
        caller = caller_of(request)
        register = register_of(request)
        order = Order(
            kind=kind.kind,
            case_id=case_id,
            command=data,
            by=caller,
            command_id=command_id(caller.actor, idempotency_key),
            expected_version=expected_version(if_match),
        )
        if isinstance(data, AttachDocument):
            require_right(caller, kind.kind, command)
            await require_document(register, caller, case_id, data.document.sha256)
        receipt = await carried_out(register, order)
        return answered(receipt, 200, {})

    path = f"/{kind.resource}/{{case_id:uuid}}/{command_name(command)}"
    return _route(proceed, kind, command, path, 200)


async def carried_out(register: Register, order: Order) -> Receipt:
    """The receipt, after the order has been counted; raises what it was refused with."""
    try:
        receipt = await register.group.submit(order)
    except Exception as refusal:
        outcome = "refused" if status_of(type(refusal)) < 500 else "failed"  # noqa: PLR2004
        COMMANDS.labels(order.kind, outcome).inc()
        raise
    RECORDED[order.kind].inc()
    return receipt


def answered(receipt: Receipt, status: int, headers: dict[str, str]) -> Response[Receipt]:
    """The answer to a command, with the ETag of the case after it."""
    headers["ETag"] = f'"{receipt.version}"'
    return Response(receipt, status_code=status, headers=headers)


def _route(
    handler: Any, kind: Kind, command: type[Command], path: str, status: int
) -> HTTPRouteHandler:
    name = command_name(command)
    body = Body(examples=[Example(summary=name, value=example_of(command))])
    handler.__annotations__["data"] = Annotated[command, body]
    handler.__name__ = f"{name}-{kind.kind}".replace("-", "_")
    doc = " ".join((command.__doc__ or "").split()) if "__doc__" in command.__dict__ else ""
    return post(
        path,
        status_code=status,
        operation_id=f"{kind.resource}.{name}",
        tags=[kind.resource],
        request_class=CommandRequest,
        opt={"decode": decoder_of(command)},
        summary=name.replace("-", " ").capitalize(),
        description=doc or None,
        responses=problem_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
    )(handler)
