"""Give a build the revision that belongs to its deployment's parameters.

    python -m tools.revision .aws-sam/build/template.yaml -- [arguments of sam deploy]

SAM publishes a version of a function when the function's text in the template changes; the value of a
parameter is no part of that text. The revision is: it is a hash of samconfig.toml, of the defaults and of
the arguments, so that a deployment with another value publishes anew, and one with the same values does not.
Answers to `--guided` are not known yet, so such a deployment always publishes. Exit: 0 written; 2 no build.
"""

import hashlib
import re
import secrets
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_CONFIGURATION: Final = _ROOT / "samconfig.toml"
_LINE: Final = re.compile(r"(Description: (?:&revision )?Revision )[0-9a-f]+\b")
_PARAMETERS: Final = re.compile(r"^Parameters:\n(?:[ \n].*\n?)*", re.MULTILINE)
_GUIDED: Final = frozenset({"--guided", "-g"})
_DIGITS: Final = 12
_CANNOT_RUN: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the revision into the built template."""
    parser = ArgumentParser(
        prog="python -m tools.revision", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("template", type=Path, help="what `sam build` wrote; changed in place")
    parser.add_argument("--config", type=Path, default=_CONFIGURATION, help="samconfig.toml")
    given, deploy = _split(sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(given)
    text = options.template.read_text() if options.template.is_file() else ""
    if not _LINE.search(text):
        print(f"{options.template} is no build of template.yaml: run `make build`", file=sys.stderr)
        return _CANNOT_RUN
    config = options.config.read_text() if options.config.is_file() else ""
    revision = revision_of(text, config, deploy)
    options.template.write_text(_LINE.sub(rf"\g<1>{revision}", text))
    print(f"revision {revision}")
    return 0


def revision_of(template: str, config: str, deploy: Sequence[str]) -> str:
    """Twelve hexadecimal digits: the same for the same parameters, others for any other."""
    defaults = _PARAMETERS.search(template)
    parts = [defaults[0] if defaults else "", config, *deploy, *_files(deploy)]
    if _GUIDED & set(deploy):
        parts.append(secrets.token_hex(8))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and those after the first `--`."""
    here = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:here]), list(arguments[here + 1 :])


def _files(deploy: Sequence[str]) -> Iterator[str]:
    """What is in the files that the arguments name (another configuration, a file of parameters)."""
    for argument in deploy:
        path = Path(argument.rpartition("=")[2].removeprefix("file://"))
        if path.is_file():
            yield path.read_text()


if __name__ == "__main__":
    raise SystemExit(main())
