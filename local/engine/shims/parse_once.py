"""Parses a state machine's definition, and its paths, once instead of once for every execution.

Replaced: `AmazonStateLanguageParser.parse`, the `parse` of paths in two of moto's modules, and the text of
a parse tree's nodes. moto runs its ANTLR grammar over the whole definition, and builds a parser for every
path that a state evaluates, which takes longer than most of an execution's tasks. Parse trees and parsed
paths do not change and are kept; the evaluation components, which executions may change, are built anew
from the tree each time, as before.
"""

import threading
from functools import lru_cache
from typing import Any, Final

from antlr4.RuleContext import RuleContext
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.asl.utils import json_path

DEFINITIONS: Final = 16
"""So many definitions are kept."""
PATHS: Final = 1024
"""So many paths are kept, of each of the two dialects that moto uses."""

_PARSE: Final[Any] = AmazonStateLanguageParser.parse
_TEXT: Final[Any] = RuleContext.getText
_LOCK: Final = threading.Lock()
_PATH: Final = lru_cache(maxsize=PATHS)(vars(json_path)["parse"])
_RESULT_PATH: Final = lru_cache(maxsize=PATHS)(vars(result_path)["parse"])


def install() -> None:
    """Apply to every execution that starts afterwards; any number of times."""
    owners: list[tuple[Any, str, Any]] = [
        (AmazonStateLanguageParser, "parse", staticmethod(_program)),
        (RuleContext, "getText", _text),
        (json_path, "parse", _PATH),
        (result_path, "parse", _RESULT_PATH),
    ]
    for owner, name, ours in owners:
        setattr(owner, name, ours)


def _program(definition: str) -> tuple[Any, Any]:
    with _LOCK:
        tree = _tree(definition)
    return Preprocessor().visit(tree), tree


@lru_cache(maxsize=DEFINITIONS)
def _tree(definition: str) -> Any:
    return _PARSE(definition)[1]


def _text(node: Any) -> str:
    # while the parser still adds to a node, its text is not asked for
    if "_kept_text" not in node.__dict__:
        node._kept_text = _TEXT(node)  # noqa: SLF001 - an attribute of ours
    text: str = node._kept_text  # noqa: SLF001
    return text
