"""What the commands share: exit codes, sentences instead of stack traces, the table."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hostcart.ports import PortError

from tools.yaml_file import FileFaultError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from rich.console import Console

OK: Final = 0
FAULTY_FILE: Final = 1
CANNOT_RUN: Final = 2
_WIDTH: Final = 240


class CannotRunError(Exception):
    """The command cannot do its work for a reason outside the file; the text is a sentence."""


def run(body: Callable[[], None]) -> int:
    """Runs a command's body: 0 done, 1 the file is at fault, 2 wrong usage or AWS out of reach."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        body()
    except FileFaultError as error:
        return _say(FAULTY_FILE, *error.sentences)
    except CannotRunError as error:
        return _say(CANNOT_RUN, str(error))
    except OSError as error:
        return _say(CANNOT_RUN, f"Cannot use {error.filename or 'a file'}: {error.strerror or error}.")
    except (BotoCoreError, ClientError, PortError) as error:
        told = error.__cause__ or error  # an adapter's error is a code; AWS's own sentence is behind it
        return _say(CANNOT_RUN, f"AWS refused or was not reached: {str(told).rstrip('.')}.")
    return OK


def console() -> "Console":
    """Wide enough for every cell: what a table shows is the next command's argument."""
    from rich.console import Console

    found = Console(soft_wrap=True)
    found.width = max(found.width, _WIDTH)
    return found


def add_table_option(parser: ArgumentParser) -> None:
    parser.add_argument("--table", default=os.environ.get("TABLE_NAME"), help="default: $TABLE_NAME")


def table_of(options: Namespace) -> str:
    if not options.table:
        raise CannotRunError("Name the table with --table or in the environment variable TABLE_NAME.")
    return str(options.table)


def dynamodb() -> "DynamoDBClient":
    """A client by boto3's usual environment (region, credentials, AWS_ENDPOINT_URL)."""
    from hostcart.adapters import aws

    return aws.dynamodb()


def _say(code: int, *sentences: str) -> int:
    for sentence in sentences:
        sys.stderr.write(sentence + "\n")
    return code
