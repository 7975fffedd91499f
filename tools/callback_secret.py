"""Print an account's callback secret: python -m tools.callback_secret ACCOUNT [--secret ARN]

The `whsec_...` with which the account's owner verifies callbacks by any Standard Webhooks library. It is
derived from the master in Secrets Manager; nothing is stored.
Exit: 0 done, 2 wrong usage, the secret is missing or AWS out of reach.
"""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from hostcart.adapters.secrets import Secrets
from hostcart.adapters.webhook_signature import account_secret
from hostcart.ports import PortError

from tools import command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.callback_secret",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("account", help="the account's id")
    parser.add_argument(
        "--secret",
        default=os.environ.get("CALLBACK_SIGNING_SECRET_ARN"),
        help="name or ARN of the master; default: $CALLBACK_SIGNING_SECRET_ARN",
    )
    options = parser.parse_args(arguments)

    def body() -> None:
        if not options.account.isdecimal():
            raise command.CannotRunError("An account's id is a number.")
        if not options.secret:
            raise command.CannotRunError(
                "Name the master secret with --secret or in the environment variable"
                " CALLBACK_SIGNING_SECRET_ARN."
            )
        sys.stdout.write(_derive(options.secret, options.account) + "\n")

    return command.run(body)


def _derive(secret: str, account_id: str) -> str:
    try:
        return account_secret(Secrets().member(secret, "current"), account_id)
    except PortError as error:
        raise command.CannotRunError(f"The master secret cannot be used: {error.code}.") from None


if __name__ == "__main__":
    sys.exit(main())
