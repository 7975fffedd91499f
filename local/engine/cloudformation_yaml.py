"""Reads CloudFormation YAML with its short function tags (`!Ref`, `!Sub` ...) into plain data."""

from pathlib import Path
from typing import Any

import yaml


class TemplateError(ValueError):
    """The file is no YAML; the message says where."""


class _Loader(yaml.CSafeLoader):
    """A safe loader, the fast one, that also knows CloudFormation's tags."""


def _function(loader: yaml.CSafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has three kinds of node
        value = loader.construct_mapping(node, deep=True)
    if tag in {"Ref", "Condition"}:
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)


def load(path: Path) -> dict[str, Any]:
    """The document at `path`, with `!Ref X` as `{"Ref": "X"}` and so on.

    Raises:
        TemplateError: it is not YAML.
    """
    try:
        loaded: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506 - derives from SafeLoader
    except yaml.YAMLError as error:
        raise TemplateError(f"{path}: {' '.join(str(error).split())}") from error
    return loaded
