"""What a cold start pays for: handlers import no SDK, and a poll is answered without any model library."""

import json
import subprocess
import sys
from typing import Any, Final

import pytest

from tests.sam_template import ROOT, Template, folder_of

HEAVY: Final = frozenset(
    {
        "aws_lambda_powertools",
        "boto3",
        "botocore",
        "cryptography",
        "jwt",
        "phonenumbers",
        "pydantic",
        "requests",
        "stripe",
        "urllib3",
    }
)
# A body has to be parsed to be refused.
ALLOWED: Final = {"order_site": {"pydantic"}, "order_domain": {"pydantic"}}
LAYER: Final = ROOT / "layers" / "hostcart" / "python"
FOLDERS: Final = sorted(folder_of(name) for name in Template().functions)

_REPORT: Final = "\nimport json, sys; print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
_POLL: Final = """
import io, json, sys
from types import SimpleNamespace
from hostcart import wiring
from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.packing import pack
import handler
item = {"version": {"N": "1"}, "terminal": {"BOOL": True}}
item |= {"texts": {"B": pack(["{}", "{}", "{}"])}}
client = SimpleNamespace(
    get_item=lambda **_: {"Item": {**item, "last_number": {"N": "1"}}},
    query=lambda **_: {"Items": [{"entry": {"B": pack(["{}"])}}]},
)
wiring.carts = lambda: DynamoCarts(client, "table")
event = json.loads(sys.argv[1])
answer = handler.handler(event, None)
assert answer["statusCode"] == 200, answer
sys.stdout = sys.__stdout__
"""


def _loaded(folder: str, code: str, *arguments: str) -> set[str]:
    """The top-level modules of a fresh interpreter after the code."""
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'functions' / folder)!r}, {str(LAYER)!r}]\n"
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, "-P", "-c", path + code + _REPORT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_importing_a_handler_loads_nothing_heavy(folder: str) -> None:
    loaded = _loaded(folder, "import handler")
    assert "hostcart" in loaded
    assert loaded & HEAVY == ALLOWED.get(folder, set())


@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("get_cart", {"token": "0" * 32}),
        ("get_order", {"id": "00000000-0000-0000-0000-000000000000"}),
        ("list_orders", None),
    ],
)
def test_a_poll_loads_no_model_and_no_payment_library(folder: str, path: dict[str, str] | None) -> None:
    event: dict[str, Any] = {
        "headers": {"X-Auth-Account": "10000001"},
        "pathParameters": path,
        "requestContext": {
            "authorizer": {"kind": "account_key", "user_id": "", "accounts": "10000001", "scopes": ""}
        },
    }
    loaded = _loaded(folder, _POLL, json.dumps(event))
    assert loaded & HEAVY <= {"aws_lambda_powertools", "botocore"}  # the store itself is read by botocore


@pytest.mark.parametrize(
    ("build", "function"),
    [
        ("payments", "ChargePaymentFunction"),
        ("billing", "ReconcileFunction"),
    ],
)
def test_the_payment_sdk_comes_without_asyncio(build: str, function: str) -> None:
    environment = {key: value or "none" for key, value in Template().environment(function).items()}
    code = f"import os; os.environ |= {environment!r}\nfrom hostcart import wiring; wiring.{build}()"
    loaded = _loaded(folder_of(function), code)
    assert "stripe" in loaded
    assert "asyncio" not in loaded
    used = f"{code}\nimport stripe; stripe._http_client.asyncio.sleep"
    assert "asyncio" in _loaded(folder_of(function), used)


def test_what_is_loaded_is_noticed() -> None:
    assert _loaded("get_cart", "import handler, pydantic") & HEAVY == {"pydantic"}
