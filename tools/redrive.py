"""Bring an order's ended execution on its way again: python -m tools.redrive TOKEN [--fresh] [--local FILE]

TOKEN is the cart's token, or the order's id. The execution goes on at the state that failed; where the
service cannot do that, and with --fresh, a new one runs from the beginning (TOKEN-2, TOKEN-3, ...) with the
present definition. Either does only what is missing.
Exit: 0 it runs (again), 1 there is nothing to resume, 2 wrong usage or AWS out of reach.
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence

from hostcart import wiring
from hostcart.domain.tokens import is_token
from hostcart.ports_reconcile import Executions, ExecutionStatus

from tools import command, deployment

NOTHING = 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(
        prog="python -m tools.redrive", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("token", help="the cart's token or the order's id")
    parser.add_argument("--fresh", action="store_true", help="start a new execution from the beginning")
    parser.add_argument("--account", help="the account's id; needed when the order never had an execution")
    deployment.add_options(parser)
    options = parser.parse_args(arguments)
    said: list[str | None] = []

    def body() -> None:
        token = options.token.replace("-", "").lower()
        if not is_token(token):
            raise command.CannotRunError("A token has 32 hexadecimal digits.")
        deployment.connect(options)
        said.append(redrive(token, options, wiring.executions()))

    code = command.run(body)
    if code:
        return code
    sys.stdout.write(f"{said[0] or 'There is nothing to resume: its execution runs or has succeeded.'}\n")
    return command.OK if said[0] else NOTHING


def redrive(token: str, options: Namespace, executions: Executions) -> str | None:
    """What was done, or None when there is nothing to do."""
    execution = executions.latest(token)
    if execution is None and not options.account:
        raise command.CannotRunError("The order never had an execution: name its account with --account.")
    if execution is not None:
        succeeded = execution.status is ExecutionStatus.SUCCEEDED and not options.fresh
        if execution.status is ExecutionStatus.RUNNING or succeeded:
            return None
    account = options.account or (execution.account_id if execution is not None else "")
    name = executions.resume(execution, account_id=account, cart_token=token, fresh=options.fresh)
    if execution is not None and name == execution.name:
        return f"Execution {name} goes on where it failed."
    return f"Execution {name} runs from the beginning."


if __name__ == "__main__":
    sys.exit(main())
