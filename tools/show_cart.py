"""Print what is stored of a cart: python -m tools.show_cart ACCOUNT TOKEN [--table NAME]

Its facts and the views that clients read, as JSON; the console shows them packed. Secrets stay sealed.
Exit: 0 done, 2 wrong usage, there is no such cart or AWS out of reach.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_carts import texts_of
from hostcart.domain.tokens import token_of

from tools import command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.show_cart", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("account", help="the account's id")
    parser.add_argument("token", help="the cart's token, or the order's id")
    command.add_table_option(parser)
    options = parser.parse_args(arguments)

    def body() -> None:
        table, token = command.table_of(options), token_of(options.token) or options.token
        shown = json.dumps(_stored(table, options.account, token), indent=2, ensure_ascii=False)
        sys.stdout.write(shown + "\n")

    return command.run(body)


def _stored(table: str, account_id: str, token: str) -> dict[str, Any]:
    with aws_errors("database"):
        item = (
            command.dynamodb()
            .get_item(TableName=table, Key=keys.cart(account_id, token), ConsistentRead=True)
            .get("Item")
        )
    if item is None:
        raise command.CannotRunError(f"Account {account_id} has no cart {token}.")
    texts = texts_of(item)
    found = {name: json.loads(text) for name, text in texts._asdict().items() if text is not None}
    return {"version": int(item["version"]["N"]), **found}


if __name__ == "__main__":
    sys.exit(main())
