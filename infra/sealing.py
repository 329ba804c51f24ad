"""Which fields of an event are personal, and how they leave and re-enter its stored form.

A plan is compiled once per event type from the marks on its fields. Sealing takes the marked
values out of the event's plain form and groups them by the person whose key they go under.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct, inspect

from domain.case import Event, Person

SEALED = "[sealed]"
"""Stands for a personal text that was not, or can no longer be, opened."""

Plain = dict[str, Any]
PersonalParts = dict[UUID, dict[str, Any]]
"""Owner id -> dotted path in the event -> value."""


class Plan(Struct, frozen=True):
    """The personal fields of one struct: its own, and those of the structs inside it."""

    texts: tuple[str, ...]
    required: tuple[str, ...]
    children: tuple[tuple[str, "Node"], ...]
    person: bool

    @property
    def empty(self) -> bool:
        return not self.texts and not self.children


class Node(Struct, frozen=True):
    """A field that holds a struct, a list of them, or one of several told apart by a tag."""

    many: bool
    tag_field: str | None
    plans: dict[str, Plan]

    def plan(self, plain: Plain) -> Plan:
        return self.plans[plain[self.tag_field] if self.tag_field else ""]


def compile_plan(event_type: type[Event]) -> Plan:
    """The plan of an event type. Raises TypeError for a mark that sealing can't serve."""
    return _struct_plan(inspect.type_info(event_type))


def take_out(plan: Plan, plain: Plain, owner: UUID) -> PersonalParts:
    """Remove the personal values from *plain*; those outside a Person belong to *owner*.

    Ids in it are UUIDs still.
    """
    parts: PersonalParts = {}
    _take(plan, plain, owner, "", parts)
    return parts


def put_back(plain: Plain, values: dict[str, Any]) -> None:
    """Set each value at its dotted path; a path that ends with a dot is a whole Person's."""
    for path, value in values.items():
        *steps, last = path.split(".")
        at: Any = plain
        for step in steps:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if last:
            at[last] = value
        else:
            at.update(value)


def fill_sealed(plan: Plan, plain: Plain) -> None:
    """Give every required personal text that is missing its stand-in."""
    for name in plan.required:
        plain.setdefault(name, SEALED)
    for name, node in plan.children:
        for child in _children(plain.get(name), node):
            fill_sealed(node.plan(child), child)


def _take(plan: Plan, plain: Plain, owner: UUID, prefix: str, parts: PersonalParts) -> None:
    if plan.person:
        person = dict(plain)
        parts.setdefault(person.pop("id"), {})[prefix] = person
        for name in person:
            del plain[name]
        return
    for name in plan.texts:
        value = plain.pop(name, None)
        if value is not None:
            parts.setdefault(owner, {})[prefix + name] = value
        elif name in plan.required:
            plain[name] = None
    for name, node in plan.children:
        for index, child in enumerate(_children(plain.get(name), node)):
            inner = f"{prefix}{name}.{index}." if node.many else f"{prefix}{name}."
            _take(node.plan(child), child, owner, inner, parts)


def _children(value: Any, node: Node) -> list[Plain]:
    if value is None:
        return []
    return value if node.many else [value]


def _struct_plan(info: Any) -> Plan:
    texts, required, children = [], [], []
    for field in info.fields:
        kind, personal = _unwrap(field.type)
        if personal:
            texts.append(field.encode_name)
            if field.required:
                if not isinstance(kind, inspect.StrType):
                    msg = f"{info.cls.__name__}.{field.name}: a required personal field is a text"
                    raise TypeError(msg)
                required.append(field.encode_name)
        elif node := _node(kind):
            children.append((field.encode_name, node))
    if info.cls is Person and (required or children or len(texts) + 1 != len(info.fields)):
        raise TypeError("a Person is an id and optional personal fields, sealed as one")
    return Plan(tuple(texts), tuple(required), tuple(children), info.cls is Person)


def _unwrap(info: Any) -> tuple[Any, bool]:
    """The type without its metadata and None, and whether it is marked personal."""
    personal = False
    while True:
        if isinstance(info, inspect.Metadata):
            personal = personal or bool((info.extra or {}).get("personal"))
            info = info.type
        elif isinstance(info, inspect.UnionType) and info.includes_none:
            rest = [t for t in info.types if not isinstance(t, inspect.NoneType)]
            if len(rest) > 1:
                return inspect.UnionType(tuple(rest)), personal
            info = rest[0]
        else:
            return info, personal


def _node(kind: Any) -> Node | None:
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        item, personal = _unwrap(kind.item_type)
        if personal:
            msg = "personal items of a list: wrap each in a struct"
            raise TypeError(msg)
        inner = _node(item)
        return Node(many=True, tag_field=inner.tag_field, plans=inner.plans) if inner else None
    if isinstance(kind, inspect.StructType):
        plan = _struct_plan(kind)
        return None if plan.empty else Node(many=False, tag_field=None, plans={"": plan})
    if isinstance(kind, inspect.UnionType):
        structs = [t for t in kind.types if isinstance(t, inspect.StructType)]
        plans = {str(t.tag): _struct_plan(t) for t in structs}
        if any(not plan.empty for plan in plans.values()):
            return Node(many=False, tag_field=structs[0].tag_field, plans=plans)
    return None
