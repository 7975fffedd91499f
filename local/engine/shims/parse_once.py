"""Parses a state machine's definition, and its paths, once instead of once for every execution.

Replaced: `AmazonStateLanguageParser.parse`, the `parse` of paths in two of moto's modules, and the text of
a parse tree's nodes. moto runs its ANTLR grammar over the whole definition, and builds a parser for every
path that a state evaluates, which takes longer than most of an execution's tasks. Parse trees and parsed
paths do not change and are kept; the evaluation components, which executions may change, are built anew
from the tree each time, as before.
"""

import threading
from functools import lru_cache
from typing import Any

from antlr4.RuleContext import RuleContext
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.asl.utils import json_path

DEFINITIONS = 16
"""So many definitions are kept."""
PATHS = 1024
"""So many paths are kept, of each of the two dialects that moto uses."""


def install() -> None:
    """Apply to every execution that starts afterwards."""
    _keep_trees()
    _keep_texts()
    for module in (json_path, result_path):
        namespace: Any = module
        namespace.parse = lru_cache(maxsize=PATHS)(namespace.parse)


def _keep_trees() -> None:
    parser: Any = AmazonStateLanguageParser
    original = parser.parse
    lock = threading.Lock()

    @lru_cache(maxsize=DEFINITIONS)
    def tree_of(definition: str) -> Any:
        return original(definition)[1]

    def parse(definition: str) -> tuple[Any, Any]:
        with lock:
            tree = tree_of(definition)
        return Preprocessor().visit(tree), tree

    parser.parse = staticmethod(parse)


def _keep_texts() -> None:
    context: Any = RuleContext
    original = context.getText

    def text_of(node: Any) -> str:
        # while the parser still adds to a node, its text is not asked for
        if "_kept_text" not in node.__dict__:
            node._kept_text = original(node)  # noqa: SLF001 - an attribute of ours
        text: str = node._kept_text  # noqa: SLF001
        return text

    context.getText = text_of
