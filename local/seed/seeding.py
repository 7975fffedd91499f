"""The steps of seeding, in order: catalogue, products, customers, accounts, history, tokens."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.kms_cipher import KmsCipher
from hostcart.adapters.webhook_signature import account_secret
from hostcart.domain.accounts import CredentialKind
from hostcart.domain.catalogue import Catalogue

from local.engine import aws
from local.engine.lifecycle import StackError
from local.engine.parameters import AUDIENCE
from local.sandboxes.login import LoginKeys, mint_oauth_token, mint_session_token
from local.seed.accounts import ACCOUNTS, account_id, accounts_file, user_id
from local.seed.history import ORDERS, seed_history
from local.seed.processor import Processor
from local.seed.state import Billing, SeedState
from tools import api_keys, catalogue_file, load_accounts
from tools.accounts_file import Accounts, records

CATALOGUE: Final = Path(__file__).with_name("catalogue.yaml")
HISTORY: Final = "history"
READ_SCOPE: Final = "billing:read"
OTHER_SCOPE: Final = "sites:read"
# The one key that is the same everywhere: the example event of the authorizer carries it.
EXAMPLE_KEY: Final = "hcu_local-stack-only-example-events0"
_TOKEN_SECONDS: Final = 30 * 86_400


def seed_stack(stack: Mapping[str, Any], state_dir: Path) -> dict[str, dict[str, str]]:
    """All of it; see `local.seed.seed`."""
    secrets: Mapping[str, str] = json.loads((state_dir / "secrets.json").read_text())
    endpoint = stack["aws_endpoint"]
    dynamodb = aws.client("dynamodb", endpoint)
    catalogue = catalogue_file.load(CATALOGUE)
    DynamoCatalogue(dynamodb, stack["table"]).replace(catalogue)
    state = SeedState.load(state_dir)
    try:
        _ensure_billing(state, Processor(secrets["stripe_api_key"], stack["stripe_url"]), catalogue)
        _ensure_keys(state)
    finally:
        state.save(state_dir)  # what was made is not made twice, even when a later step fails
    content = records(accounts_file(state.billing, state.keys))
    directory = DynamoDirectory(dynamodb, stack["table"])
    load_accounts.store(content, directory)
    directory.put_api_key(EXAMPLE_KEY, content.owners["user:ready"])
    if past := past_orders(os.environ):
        _seed_history(stack, content, catalogue, past)
    login = LoginKeys.load(state_dir / "sandboxes")
    master = secrets["callback_signing_secret"]
    return {
        seed.name: {
            "id": account_id(seed.name),
            "username": seed.name,
            "user_key": state.keys[seed.name][0],
            "account_key": state.keys[seed.name][1],
            "callback_secret": account_secret(master, account_id(seed.name)),
            **_tokens(login, stack["login_url"], user_id(seed.name)),
        }
        for seed in ACCOUNTS
    }


def _ensure_billing(state: SeedState, processor: Processor, catalogue: Catalogue) -> None:
    processor.ensure_products([*catalogue.plans.values(), *catalogue.tlds.values()])
    for seed in ACCOUNTS:
        known = state.billing.get(seed.name, Billing())
        state.billing[seed.name] = processor.ensure_billing(seed, known)


def _ensure_keys(state: SeedState) -> None:
    for seed in ACCOUNTS:
        if seed.name not in state.keys:
            state.keys[seed.name] = (
                api_keys.generate(CredentialKind.API_KEY),
                api_keys.generate(CredentialKind.ACCOUNT_KEY),
            )


def past_orders(environment: Mapping[str, str]) -> int:
    """How many past orders are wanted: `HOSTCART_PAST_ORDERS`, or all.

    Raises:
        StackError: the variable is no number of orders.
    """
    text = environment.get("HOSTCART_PAST_ORDERS", str(ORDERS))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(ORDERS)) and int(text) <= ORDERS):
        raise StackError(f"HOSTCART_PAST_ORDERS={text}: give a number from 0 to {ORDERS}")
    return int(text)


def seed_past_orders(stack: Mapping[str, Any], state_dir: Path, orders: int = ORDERS) -> None:
    """Give the account `history` of a seeded stack that many past orders, unless it has orders."""
    state = SeedState.load(state_dir)
    content = records(accounts_file(state.billing, state.keys))
    _seed_history(stack, content, catalogue_file.load(CATALOGUE), orders)


def _seed_history(stack: Mapping[str, Any], content: Accounts, catalogue: Catalogue, orders: int) -> None:
    (account,) = (found for found in content.accounts if found.snapshot.id == account_id(HISTORY))
    (user,) = (found for found in content.users if found.snapshot.id == user_id(HISTORY))
    endpoint = stack["aws_endpoint"]
    seed_history(
        # Checking thousands of items that the store's own builder made would double the time.
        aws.client("dynamodb", endpoint, parameter_validation=False),
        stack["table"],
        KmsCipher(aws.client("kms", endpoint), _data_key(stack)),
        account=account,
        user=user,
        plan=catalogue.plans["basic"],
        orders=orders,
    )


def _data_key(stack: Mapping[str, Any]) -> str:
    """The stack's one KMS key."""
    cloudformation = aws.client("cloudformation", stack["aws_endpoint"])
    resources = cloudformation.describe_stack_resources(StackName=stack["stack_name"])["StackResources"]
    (key,) = (entry for entry in resources if entry["ResourceType"] == "AWS::KMS::Key")
    return str(key["PhysicalResourceId"])


def _tokens(keys: LoginKeys, login_url: str, subject: str) -> dict[str, str]:
    claims: dict[str, Any] = {"audience": AUDIENCE, "subject": subject, "expires_in": _TOKEN_SECONDS}
    oauth = {**claims, "issuer": f"{login_url}/oauth"}
    return {
        "session_token": mint_session_token(keys, issuer=f"{login_url}/session", **claims),
        "oauth_read_token": mint_oauth_token(keys, scope=READ_SCOPE, **oauth),
        "oauth_other_token": mint_oauth_token(keys, scope=OTHER_SCOPE, **oauth),
    }
