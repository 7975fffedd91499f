"""Load a catalogue file into the table: python -m tools.load_catalogue FILE [--table NAME] [--dry-run]

Reads and checks the YAML file (its shape is in tools/catalogue_file.py), shows what changes against what is
loaded, and stores it. Sites that are taken stay counted. Where to is boto3's usual environment.
Exit: 0 done, 1 the file is at fault, 2 wrong usage or AWS out of reach.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.domain.catalogue import Catalogue
from hostcart.ports import MisconfiguredError
from rich.console import Console
from rich.table import Table

from tools import catalogue_file, command
from tools.catalogue_changes import Change, changes


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.load_catalogue",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="check and compare, store nothing")
    command.add_table_option(parser)
    options = parser.parse_args(arguments)
    console = Console()

    def body() -> None:
        catalogue = catalogue_file.load(options.file)
        store = DynamoCatalogue(command.dynamodb(), command.table_of(options))
        found = changes(_loaded(store), catalogue)
        _show(console, found)
        if options.dry_run:
            console.print(f"{options.file.name} is valid (version {catalogue.version}); nothing was stored.")
            return
        store.replace(catalogue)
        console.print(f"Loaded {options.file.name} as version {catalogue.version}.")

    return command.run(body)


def _loaded(store: DynamoCatalogue) -> Catalogue | None:
    try:
        return store.catalogue()
    except MisconfiguredError:
        return None  # the first load


def _show(console: Console, found: Sequence[Change]) -> None:
    if not found:
        console.print("Nothing differs from what is loaded.")
        return
    table = Table("what", "loaded", "file")
    for change in found:
        table.add_row(
            change.path, change.before or "-", change.after or "[red]removed[/red]", style=_style(change)
        )
    console.print(table)


def _style(change: Change) -> str:
    if change.after is None:
        return "red"
    return "green" if change.before is None else "yellow"


if __name__ == "__main__":
    sys.exit(main())
