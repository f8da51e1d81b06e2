"""From a contract file to the typed model: every error names the file, the line and the fix."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from etl.contracts import standard
from etl.contracts.checks import read_check, read_freshness, read_relationship
from etl.contracts.located import Document, Refusal, Step, inside
from etl.contracts.model import Check, Contract, Relationship
from etl.contracts.properties import read_properties
from etl.contracts.settings import read_settings
from etl.errors import ContractError

_DOCS = "docs/contracts.md lists what a contract may say"
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


def read_contract(path: Path) -> Contract:
    """Read the contract of one dataset.

    `path`: a YAML file in the Open Data Contract Standard v3.1 with one schema object.
    Raises ContractError: the file is missing, no YAML, or asks for something that this project does not do; the message
    names the file, the line and the fix.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return parse_contract(text, path)


def parse_contract(text: bytes, path: Path) -> Contract:
    """Read the contract of one dataset from the text of its file.

    `text`: YAML, as `read_contract` takes it.
    Raises ContractError: as `read_contract` does.
    """
    document = None
    try:
        document = Document(text)
        return _contract(_standard(document.value))
    except Refusal as refusal:
        line = refusal.line if document is None else document.line(refusal.path)
        raise ContractError(f"{path}:{line or 1}: {refusal}") from refusal


def _standard(value: Any) -> standard.DataContract:
    try:
        return msgspec.convert(value, standard.DataContract)
    except msgspec.ValidationError as error:
        what, _, where = str(error).rpartition(" - at ")
        what, where = (what, where) if what else (where, "")
        path: tuple[Step, ...] = tuple(name or int(index) for name, index in _STEP.findall(where))
        if (unknown := _UNKNOWN.fullmatch(what)) is not None:
            raise Refusal(_advice_on_key(unknown[1], path), *path, unknown[1]) from error
        raise Refusal(f"{_place(path)}{what}{_choices(path)}. {_DOCS}", *path) from error


def _advice_on_key(key: str, path: tuple[Step, ...]) -> str:
    names = [one.encode_name for one in msgspec.structs.fields(_declared(path))]
    near = difflib.get_close_matches(key, names, n=1)
    advice = f"did you mean `{near[0]}`?" if near else f"remove it. Read are: {', '.join(names)}"
    return f"{_place(path)}nothing here reads `{key}`, so nobody would keep it; {advice}"


def _choices(path: tuple[Step, ...]) -> str:
    (hint,) = [one for one in [_declared(path)] if path] or [None]
    literals = [one for one in (hint, *get_args(hint)) if get_origin(one) is Literal]
    return f"; write {' or '.join(map(str, get_args(literals[0])))}" if literals else ""


def _declared(path: tuple[Step, ...]) -> Any:
    """Return the type that the structs of the standard have in a place."""
    declared: Any = standard.DataContract
    for step in path:
        if isinstance(step, str):
            hints = {one.encode_name: one.type for one in msgspec.structs.fields(next(_structs(declared)))}
            declared = hints[step]
    return next(_structs(declared), declared)


def _structs(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for argument in get_args(hint):
        yield from _structs(argument)


def _place(path: tuple[Step, ...]) -> str:
    """Say where something is as a reader of the file would count: `schema[1].properties[3]: `."""
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"{text.removeprefix('.')}: " if text else ""


def _contract(said: standard.DataContract) -> Contract:
    with inside("schema"):
        if len(said.schema) != 1:
            raise Refusal(f"schema has {len(said.schema)} objects; give each dataset a file of its own")
        with inside(0):
            dataset = said.schema[0]
            fields, field_checks, field_relationships = read_properties(dataset.properties, dataset.name)
            names = [field.name for field in fields]
            checks, relationships = _of_dataset(dataset, names)
            settings = read_settings(dataset.custom_properties, fields)
    return Contract(
        id=said.id,
        version=said.version,
        dataset=dataset.name,
        name=said.name,
        table=dataset.physical_name,
        description=dataset.description,
        purpose=said.description.purpose,
        usage=said.description.usage,
        limitations=said.description.limitations,
        domain=said.domain,
        fields=fields,
        tolerance=settings.tolerance,
        thresholds=settings.thresholds,
        window_column=settings.window_column,
        relationships=(*field_relationships, *relationships),
        checks=(*field_checks, *checks),
        freshness=read_freshness(said.sla_properties, dataset.name, fields),
        layout=settings.layout,
    )


def _of_dataset(dataset: standard.SchemaObject, names: list[str]) -> tuple[list[Check], list[Relationship]]:
    checks = []
    for index, declared in enumerate(dataset.quality):
        with inside("quality", index):
            checks.append(read_check(declared, None, names))
    relationships = []
    for index, related in enumerate(dataset.relationships):
        with inside("relationships", index):
            relationships.append(read_relationship(related, dataset.name, None, names))
    return checks, relationships
