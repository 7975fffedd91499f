"""Parses a state machine's definition once instead of once for every execution.

Replaced: `AmazonStateLanguageParser.parse`. moto runs its ANTLR grammar over the whole definition, which
takes longer than most of an execution's tasks. The parse tree is kept; the evaluation components, which
executions may change, are built anew from it each time, as before.
"""

import threading
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

DEFINITIONS = 16
"""So many definitions are kept."""


def install() -> None:
    """Apply to every execution that starts afterwards."""
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
