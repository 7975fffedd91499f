"""Write the OpenAPI document: python -m tools.openapi [--check] [--output FILE]

Exit: 0 written, or with --check up to date; 1 the file is out of date.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.openapi.document import document

OUTPUT: Final = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.openapi", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    current = options.output.read_text() if options.output.exists() else None
    if current == text:
        sys.stdout.write(f"{options.output.name} is up to date.\n")
        return 0
    if options.check:
        sys.stderr.write(f"{options.output.name} is out of date: run `make openapi`.\n")
        return 1
    options.output.write_text(text)
    sys.stdout.write(f"{options.output.name} written.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
