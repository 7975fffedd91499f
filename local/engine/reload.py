"""`python -m local reload`: brings edits of handlers, layer, template and definition to the running stack.

The workers run out of a copy of the build, so an edit of a handler needs only its files copied and workers
that start anew. A changed template, definition or requirements file needs a build and an update of the stack.
"""

import filecmp
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any

from local.engine import (
    aws,
    bootstrap,
    cloudformation_yaml,
    import_check,
    invoke,
    lifecycle,
    staging,
    translation,
)
from local.engine.import_check import LoadError
from local.engine.lifecycle import StackError
from local.engine.translation import Function
from local.engine.workspace import ROOT, Workspace

Say = Callable[[str], None]

_OF_AN_OUTER_MAKE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})


class Changed(Enum):
    """How far an edit reaches."""

    FUNCTIONS = "functions"
    LAYERS = "layers"
    STACK = "stack"


def reload(workspace: Workspace, name: str | None, say: Say) -> int:
    """Copy what changed and restart the workers of `name`; all workers when None or a layer changed.

    Raises:
        StackError: nothing runs, a build failed, or handlers cannot be loaded now; the message says where.
    """
    began = time.monotonic()
    stack = lifecycle.running(workspace)
    only = invoke.find(workspace, name) if name else None
    reach = sync(workspace, say)
    if reach is Changed.STACK:
        stack = lifecycle.redeploy(workspace, stack)
    functions = translation.functions(workspace.template, workspace.staged)
    if only and reach is Changed.FUNCTIONS:
        functions = {only.logical_id: functions[only.logical_id]}
    wanted = list(functions.values())
    _restart(workspace, stack, wanted)
    _refuse_broken(workspace, import_check.failures(workspace, stack, wanted))
    say(f"{len(wanted)} function(s) reloaded in {time.monotonic() - began:.1f} s")
    return 0


def sync(workspace: Workspace, say: Say) -> Changed:
    """Bring the sources of the template into the build; how far the changes reach.

    Raises:
        StackError: a build was needed and failed.
    """
    built, source = workspace.template, ROOT / "template.yaml"
    if built.parent.parent.parent != ROOT:  # deployed from its sources: nothing to copy
        return Changed.LAYERS
    if _needs_build(source, built):
        _build(say)
        return Changed.STACK
    reach = Changed.FUNCTIONS
    for kind, origin, target in _folders(source, built, workspace.staged):
        if _copy(origin, target, say) and kind == translation.LAYER:
            reach = Changed.LAYERS
    return reach


def _restart(workspace: Workspace, stack: dict[str, Any], functions: list[Function]) -> None:
    client = aws.client("lambda", stack["aws_endpoint"], max_pool_connections=16)

    def restart(function: Function) -> None:
        name = stack["functions"][function.logical_id]
        package = bootstrap.package(function, workspace.runtime_python)
        version = client.update_function_code(FunctionName=name, ZipFile=package, Publish=True)["Version"]
        for alias in client.list_aliases(FunctionName=name)["Aliases"]:
            client.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=version)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(restart, functions))


def _refuse_broken(workspace: Workspace, failures: Mapping[str, LoadError]) -> None:
    """Name each error once, with the functions that it breaks: one in a layer breaks them all."""
    broken: dict[LoadError, list[str]] = {}
    for logical_id, error in failures.items():
        broken.setdefault(error, []).append(logical_id)
    if broken:
        lines = [
            f"{', '.join(names)} cannot be loaded:\n  {_shown(workspace, error)}"
            for error, names in broken.items()
        ]
        raise StackError("\n".join(lines))


def _shown(workspace: Workspace, error: LoadError) -> str:
    """`file:line: error`, with the file that a developer edits rather than the running copy of it."""
    if error.file is None:
        return error.message
    file, source = error.file, ROOT / "template.yaml"
    for _, origin, copy in _folders(source, workspace.template, workspace.staged):
        if file.is_relative_to(copy):
            file = origin / file.relative_to(copy)
            break
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return f"{shown}:{error.line}: {error.message}"


def _needs_build(source: Path, built: Path) -> bool:
    """Whether more changed than files that can be copied."""
    machines = (ROOT / "statemachine").glob("*")
    newest = max(path.stat().st_mtime for path in (source, *machines))
    if newest > built.stat().st_mtime:
        return True
    for _, origin, target in _folders(source, built, built.parent):
        ours, theirs = origin / "requirements.txt", target / "requirements.txt"
        if ours.exists() and not (theirs.exists() and filecmp.cmp(ours, theirs, shallow=False)):
            return True
    return False


def _folders(source: Path, built: Path, copies: Path) -> Iterator[tuple[str, Path, Path]]:
    """Resource type, source folder and its copy below `copies` of everything that the build copied."""
    wanted, present = cloudformation_yaml.load(source), cloudformation_yaml.load(built)
    for logical_id, resource in wanted["Resources"].items():
        field = {translation.FUNCTION: "CodeUri", translation.LAYER: "ContentUri"}.get(resource["Type"])
        if field is None or logical_id not in present["Resources"]:
            continue
        origin = (source.parent / resource["Properties"][field]).resolve()
        target = (copies / present["Resources"][logical_id]["Properties"][field]).resolve()
        if (target / "python").is_dir() and not (origin / "python").is_dir():
            target /= "python"  # where the build puts a layer's sources
        if origin != target:
            yield resource["Type"], origin, target


def _copy(origin: Path, target: Path, say: Say) -> bool:
    """Copy files that differ; whether there were any."""
    changed = False
    for path in origin.rglob("*"):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        there = target / path.relative_to(origin)
        if not there.exists() or not filecmp.cmp(path, there, shallow=False):
            staging.replace(path, there)
            say(f"changed {path.relative_to(ROOT)}")
            changed = True
    return changed


def _build(say: Say) -> None:
    """`make build`, which also makes the layers small: what reloads is what `make up` would start."""
    say("template, definition or requirements changed: building")
    environment = {name: value for name, value in os.environ.items() if name not in _OF_AN_OUTER_MAKE}
    done = subprocess.run(
        ["make", "--silent", "build"],  # noqa: S607 - the make that the project is used with
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"make build failed:\n{done.stdout[-2000:]}")
