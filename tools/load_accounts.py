"""Load accounts, users and API keys: python -m tools.load_accounts FILE [--new-key OWNER ...] [--dry-run]

Reads and checks the YAML file (its shape is in tools/accounts_file.py) and stores each record over what
was there; records that are not in the file stay. `--new-key user:<username>` or `--new-key account:<id>`
makes a key for an owner in the file and prints it once: only its digest is stored.
Exit: 0 done, 1 the file is at fault, 2 wrong usage or AWS out of reach.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from pathlib import Path

from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.domain.accounts import ApiKey

from tools import accounts_file, api_keys, command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.load_accounts", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--new-key", action="append", default=[], metavar="OWNER")
    parser.add_argument("--dry-run", action="store_true", help="check the file, store nothing")
    command.add_table_option(parser)
    options = parser.parse_args(arguments)

    def body() -> None:
        content = accounts_file.load(options.file)
        owners = _owners(content, options.new_key)
        directory = DynamoDirectory(command.dynamodb(), command.table_of(options))
        _check_accounts(content, directory)
        if options.dry_run:
            sys.stdout.write(f"{options.file.name} is valid; nothing was stored.\n")
            return
        store(content, directory)
        sys.stdout.write(
            f"Stored {len(content.accounts)} accounts, {len(content.users)} users and "
            f"{len(content.api_keys)} API keys; revoked {len(content.revoked_api_keys)}.\n"
        )
        for name, owner in owners:
            key = api_keys.generate(owner.kind)
            directory.put_api_key(key, owner)
            sys.stdout.write(f"{name}: {key}\n")

    return command.run(body)


def store(content: accounts_file.Accounts, directory: DynamoDirectory) -> None:
    """Writes every record and deletes the revoked keys."""
    for account in content.accounts:
        directory.put_account(account)
    for user in content.users:
        directory.put_user(user)
    for key, record in content.api_keys.items():
        directory.put_api_key(key, record)
    for key in content.revoked_api_keys:
        directory.delete_api_key(key)


def _owners(content: accounts_file.Accounts, names: Iterable[str]) -> list[tuple[str, ApiKey]]:
    found = []
    for name in names:
        if name not in content.owners:
            raise command.CannotRunError(
                f"{name} is not in the file: an owner is user:<username> or account:<id>."
            )
        found.append((name, content.owners[name]))
    return found


def _check_accounts(content: accounts_file.Accounts, directory: DynamoDirectory) -> None:
    """An account that somebody refers to is in the file or in the table."""
    known = {account.snapshot.id for account in content.accounts}
    parents = {a.snapshot.parent_id for a in content.accounts if a.snapshot.parent_id is not None}
    named = parents.union(*(user.account_ids for user in content.users))
    unknown = sorted(id_ for id_ in named - known if directory.account(id_) is None)
    if unknown:
        raise command.CannotRunError(
            f"The file refers to accounts that are neither in it nor in the table: {', '.join(unknown)}."
        )


if __name__ == "__main__":
    sys.exit(main())
