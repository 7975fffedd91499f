"""YAML files whose faults are told by path and line."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError

type FieldPath = tuple[str | int, ...]

_PLAIN_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_SENTENCES: Final = {"missing": "is missing", "extra_forbidden": "is not a known field"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where; `line` counts from 1."""

    path: FieldPath
    line: int
    message: str

    def sentence(self, name: str) -> str:
        """`catalogue.yaml, line 7, plans.basic.prices.usd: message.`"""
        where = ".".join(str(part) for part in self.path)
        return f"{name}, line {self.line}{', ' + where if where else ''}: {self.message}."


class FileFaultError(Exception):
    """The file cannot be used; `faults` are in the order of their lines and quote no values."""

    def __init__(self, name: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        self.sentences = tuple(fault.sentence(name) for fault in self.faults)
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content as plain values, with the line of every key and list entry."""

    name: str
    data: Any
    digest: str
    lines: dict[FieldPath, int] = field(repr=False)

    def fault(self, path: FieldPath, message: str) -> Fault:
        """A fault at the path, or at the nearest thing around it that is in the file."""
        nearest = path
        while nearest not in self.lines and nearest:
            nearest = nearest[:-1]
        return Fault(path, self.lines.get(nearest, 1), message)


def read(path: Path) -> Source:
    """Raises FileFaultError for what is no YAML, uses a key twice or hides a number's value; OSError."""
    raw = path.read_bytes()
    walker = _Walker()
    try:
        loader = yaml.SafeLoader(raw.decode())
        root = loader.get_single_node()
        data = None if root is None else walker.value(loader, root, (), ())
    except UnicodeDecodeError:
        raise FileFaultError(path.name, [Fault((), 1, "the file is not UTF-8 text")]) from None
    except yaml.YAMLError as error:
        raise FileFaultError(path.name, [_syntax_fault(error)]) from None
    if walker.faults:
        raise FileFaultError(path.name, walker.faults)
    return Source(path.name, data, hashlib.sha256(raw).hexdigest(), walker.lines)


def validate[M: BaseModel](source: Source, model: type[M]) -> M:
    """The model of the file's content. Raises FileFaultError with every fault at once."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise FileFaultError(source.name, _faults_of(source, error)) from None


def _faults_of(source: Source, error: ValidationError) -> Iterator[Fault]:
    for found in error.errors(include_input=False, include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        yield source.fault(path, _SENTENCES.get(found["type"], found["msg"]))


def _syntax_fault(error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    return Fault((), mark.line + 1 if mark else 1, getattr(error, "problem", None) or "the file is not YAML")


class _Walker:
    """Turns nodes into values and notes where each one stands."""

    def __init__(self) -> None:
        self.lines: dict[FieldPath, int] = {}
        self.faults: list[Fault] = []

    def value(
        self, loader: yaml.SafeLoader, node: yaml.Node, path: FieldPath, around: tuple[yaml.Node, ...]
    ) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node in around:
            return self._wrong(node, path, "an alias may not point to what holds it")
        if node.tag not in _COLLECTIONS and not isinstance(node, yaml.ScalarNode):
            return self._wrong(node, path, "a tag has no meaning here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, path, (*around, node))
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(loader, child, (*path, position), (*around, node))
                for position, child in enumerate(node.value)
            ]
        return self._scalar(loader, node, path)

    def _mapping(
        self,
        loader: yaml.SafeLoader,
        node: yaml.MappingNode,
        path: FieldPath,
        around: tuple[yaml.Node, ...],
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if key_node.tag != "tag:yaml.org,2002:str":
                self._wrong(key_node, path, f'a key must be text: write "{key}" in quotes')
                continue
            if key in values:
                first = self.lines[(*path, key)]
                self._wrong(key_node, (*path, key), f"is there twice, the first time in line {first}")
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            values[key] = self.value(loader, value_node, (*path, key), around)
        return values

    def _scalar(self, loader: yaml.SafeLoader, node: yaml.Node, path: FieldPath) -> Any:
        if node.tag == "tag:yaml.org,2002:int" and not _PLAIN_INTEGER.fullmatch(node.value):
            # YAML reads 13:00 as 780 and 0100 as 64.
            return self._wrong(node, path, "write the number in plain digits, or text in quotes")
        try:
            return loader.construct_object(node, deep=True)
        except ValueError:
            return self._wrong(node, path, "is not a date that exists")

    def _wrong(self, node: yaml.Node, path: FieldPath, message: str) -> None:
        self.faults.append(Fault(path, node.start_mark.line + 1, message))
