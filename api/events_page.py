"""The page of all events: who gives rise to them, who reacts, how they are told.

Made from the code by ``python -m api.events_page > docs/events.md``.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType, UnionType
from typing import Any, TypeGuard, get_args

from application.policies import POLICIES
from application.rights import RIGHTS
from domain import keeping
from domain.case import Command, Event
from domain.kinds import KINDS, Kind
from projections import READ_MODELS
from projections.telling import language

Function = Callable[..., Any]

_BEFORE = """\
# Events and commands

Made by `python -m api.events_page > docs/events.md`; a test fails when it is stale.

Recorded by: the commands on which `decide` may record the event, read from its code.
A command or event with a module in brackets is shared by several kinds of case.
In the sentences, `[...]` is told only when it applies.
"""


def events_page() -> str:
    """The page, in Markdown."""
    return "\n".join([_BEFORE, *(_section(kind) for kind in KINDS.values())])


def recorded_by(kind: Kind) -> dict[type[Event], tuple[type[Command], ...]]:
    """For each event of the kind of case the commands that may record it, in their order."""
    of_any_kind = get_args(keeping.KeepingCommand)
    found = {
        command: events_of(keeping.decide if command in of_any_kind else kind.decide, command)
        for command in kind.commands
    }
    return {
        event: tuple(command for command in kind.commands if event in found[command])
        for event in kind.events
    }


def events_of(function: Function, command: type[Command]) -> set[type[Event]]:
    """The events that *function*, or any domain function it calls, may make for this command.

    Only branches on the type of ``command`` are told apart; of any others both may be taken.
    """
    found: set[type[Event]] = set()
    waiting, seen = [function], {function}
    while waiting:
        at = waiting.pop()
        for called in _called(at, command):
            if _is_event(called):
                found.add(called)
            elif _is_of_the_domain(called) and called not in seen:
                seen.add(called)
                waiting.append(called)
    return found


def _called(function: Function, command: type[Command]) -> Iterator[Any]:
    scope = inspect.unwrap(function).__globals__
    for node in _reached(_body(function), scope, command):
        if isinstance(node, ast.Call):
            yield _named(node.func, scope)


@cache
def _body(function: Function) -> list[ast.stmt]:
    (definition,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - the domain's are all functions
    return definition.body


def _reached(
    nodes: Iterable[ast.AST], scope: dict[str, Any], command: type[Command]
) -> Iterator[ast.AST]:
    for node in nodes:
        yield node
        if isinstance(node, ast.Match) and _is_the_command(node.subject):
            yield from _reached(_fitting_case(node, scope, command), scope, command)
        elif isinstance(node, ast.If) and (types := _types_asked_for(node.test, scope)):
            taken = node.body if command in types else node.orelse
            yield from _reached(taken, scope, command)
        else:
            yield from _reached(ast.iter_child_nodes(node), scope, command)


def _fitting_case(
    match: ast.Match, scope: dict[str, Any], command: type[Command]
) -> Iterable[ast.stmt]:
    for case in match.cases:
        types = [
            _named(pattern.cls, scope)
            for pattern in ast.walk(case.pattern)
            if isinstance(pattern, ast.MatchClass)
        ]
        if command in types or not types:
            return case.body
    return ()


def _types_asked_for(test: ast.expr, scope: dict[str, Any]) -> tuple[Any, ...]:
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, asked]) if _is_the_command(
            subject
        ):
            named = _named(asked, scope)
            return get_args(named) if isinstance(named, UnionType) else (named,)
        case _:
            return ()


def _is_the_command(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "command"


def _named(node: ast.expr, scope: dict[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return scope.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            module = scope.get(name)
            return getattr(module, attribute, None) if isinstance(module, ModuleType) else None
        case _:
            return None


def _is_event(called: Any) -> TypeGuard[type[Event]]:
    return isinstance(called, type) and issubclass(called, Event)


def _is_of_the_domain(called: Any) -> TypeGuard[Function]:
    return inspect.isfunction(called) and called.__module__.startswith("domain.")


def _section(kind: Kind) -> str:
    recorded = recorded_by(kind)
    return "\n".join(
        [
            f"## {kind.resource.replace('-', ' ').capitalize()}",
            "",
            "| event | version | recorded by | policies that react | read models | sentence |",
            "|---|---|---|---|---|---|",
            *(_event_row(kind, event, recorded[event]) for event in kind.events),
            "",
            "| command | roles |",
            "|---|---|",
            *(_command_row(kind, command) for command in kind.commands),
            "",
        ]
    )


def _event_row(kind: Kind, event: type[Event], commands: Iterable[type[Command]]) -> str:
    name = str(event.__struct_config__.tag)
    return _row(
        f"`{name}`{_shared(kind, event)}",
        str(event.VERSION),
        ", ".join(command.__name__ for command in commands),
        ", ".join(policy.name for policy in POLICIES if policy.takes is event),
        ", ".join(model for model, takes in _taken().items() if event in takes),
        language("en").sentences[name].outline,
    )


def _command_row(kind: Kind, command: type[Command]) -> str:
    roles = sorted(RIGHTS[kind.kind][command])
    return _row(f"{command.__name__}{_shared(kind, command)}", ", ".join(roles) or "policies only")


def _shared(kind: Kind, declared: type) -> str:
    """The module of what several kinds of case have in common."""
    if declared.__module__ == kind.begins.__module__:
        return ""
    return f" ({declared.__module__.removeprefix('domain.')})"


@cache
def _taken() -> dict[str, frozenset[type[Event]]]:
    return {model.name: import_module(f"projections.{model.name}").TAKES for model in READ_MODELS}


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') or '-' for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(events_page())
