"""`python -m tools.slim_layers .aws-sam/build`: makes the built layers smaller and quicker to load.

Part of `make build`. Left out is what no function can reach: types for editors, a second HTTP stack, parts of
libraries that nothing here names. Compiled ahead is what functions load: their folders are read-only on
Lambda, where Python would compile every module anew at each cold start.
"""

import argparse
import ast
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
RUNTIME_PYTHON: Final = ROOT / ".tools" / "runtime" / "bin" / "python"
DEVELOPMENT: Final = ROOT / ".venv" / "lib" / "python3.13" / "site-packages"
"""The locked libraries of the layers are among its own, in the same versions, for this processor."""

UNREACHABLE: Final = {
    "aws_lambda_powertools/event_handler": "the HTTP door is hostcart's own",
    "charset_normalizer": "of requests",
    "charset_normalizer-*.dist-info": "of requests",
    "dns": "of email-validator, for looking mail servers up, which nothing here does",
    "dnspython-*.dist-info": "of email-validator",
    "pycparser": "of cffi, for compiling C",
    "pycparser-*.dist-info": "of cffi",
    "requests": "the payment adapter speaks over urllib3; Stripe's SDK does without",
    "requests-*.dist-info": "of Stripe's SDK",
    "stripe/events": "notifications of Stripe's API v2, which nothing here receives",
    "stripe/params": "types of parameters, for checking code",
}
PATTERNS: Final = ("**/*.pyi", "**/py.typed", "cffi/*.h")
_MISSING: Final = 2

# Run by the functions' Python with the layers on its path: names the files behind what hostcart can load.
_LOAD: Final = """
import importlib, sys
for name in sys.argv[1].split():
    importlib.import_module(name)
import stripe
services = stripe.StripeClient("sk_none").v1
for path in sys.argv[2].split():
    found = services
    for part in path.split("."):
        found = getattr(found, part)
for module in list(sys.modules.values()):
    if getattr(module, "__file__", None):
        print(module.__file__)
"""


def main(arguments: list[str] | None = None) -> int:
    """Slim the build in place; 2 when there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the folder that `sam build` wrote")
    build: Path = parser.parse_args(arguments).build.resolve()
    dependencies = build / "DependenciesLayer" / "python"
    hostcart = build / "HostcartLayer" / "python"
    if not dependencies.is_dir() or not hostcart.is_dir():
        print(f"{build} holds no build", file=sys.stderr)
        return _MISSING
    prune(dependencies)
    compile_ahead([*used(dependencies, hostcart), *hostcart.rglob("*.py"), *build.glob("*Function/*.py")])
    return 0


def prune(packages: Path) -> None:
    """Take out what is unreachable."""
    for pattern in (*UNREACHABLE, *PATTERNS):
        for path in packages.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def used(dependencies: Path, hostcart: Path) -> list[Path]:
    """The dependencies' modules that functions load. Libraries built for another processor cannot be loaded
    here: the same versions in the development environment tell which modules of theirs are."""
    if _runs_here(dependencies):
        return [path for path in loaded(dependencies, hostcart) if path.is_relative_to(dependencies)]
    with tempfile.TemporaryDirectory() as folder:
        alike = _alike(dependencies, Path(folder))
        there = [path.relative_to(alike) for path in loaded(alike, hostcart) if path.is_relative_to(alike)]
    return [dependencies / path for path in there if (dependencies / path).is_file()]


def _alike(dependencies: Path, folder: Path) -> Path:
    """The folder, with what the dependencies have, in its form for this processor."""
    for name in {path.name.partition(".")[0] for path in dependencies.iterdir()}:
        for path in (DEVELOPMENT / name, *DEVELOPMENT.glob(f"{name}.*")):
            if path.exists():
                (folder / path.name).symlink_to(path)
    return folder


def _runs_here(dependencies: Path) -> bool:
    here = platform.machine()
    return all(f"-{here}-" in path.name for path in dependencies.glob("pydantic_core/*.so"))


def loaded(dependencies: Path, hostcart: Path) -> list[Path]:
    """The source files of all modules that hostcart imports, at its top or within a function."""
    sources = [path.read_text() for path in sorted(hostcart.rglob("*.py"))]
    modules = sorted({name for source in sources for name in imported(source)})
    services = sorted({match for source in sources for match in re.findall(r"\bv1\.([a-z_.]+)\(", source)})
    done = subprocess.run(  # noqa: S603 - the runtime's own Python on our own code
        [RUNTIME_PYTHON, "-P", "-s", "-c", _LOAD, " ".join(modules), " ".join(services)],
        env={"PYTHONPATH": f"{dependencies}:{hostcart}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in done.stdout.splitlines() if line.endswith(".py")]


def imported(source: str) -> Iterator[str]:
    """The modules that a source imports, but not those for type checking alone."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            yield node.module
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def compile_ahead(sources: list[Path]) -> None:
    """Bytecode beside each source, wherever this process keeps its own; Python takes it without looking at
    the source's date."""
    here = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run(  # noqa: S603 - the runtime's own Python
        [RUNTIME_PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-i", "-"],
        env=here,
        input="\n".join(map(str, sources)),
        text=True,
        check=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
