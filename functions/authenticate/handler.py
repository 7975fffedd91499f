"""The authorizer of the REST API: who is calling; answers are cached by the gateway"""

from typing import Any

from hostcart import wiring
from hostcart.entry.ahead import load_ahead
from hostcart.entry.identity import context_of
from hostcart.entry.observability import logger
from hostcart.use_cases.authenticate import UnauthenticatedError, authenticate_bearer

load_ahead([wiring.for_authenticate], rarely=[wiring.tokens, logger])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A policy for the whole stage, as one cached answer serves every route; a denial becomes 401."""
    stage = _stage_arn(event["methodArn"])
    try:
        caller = authenticate_bearer(event.get("authorizationToken") or "", wiring.for_authenticate())
    except UnauthenticatedError:
        logger().info("unauthenticated")
        return _policy("anonymous", "Deny", stage)
    policy = _policy(caller.user_id or caller.account_ids[0], "Allow", stage)
    return {**policy, "context": context_of(caller)}


def _policy(principal: str, effect: str, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }


def _stage_arn(method_arn: str) -> str:
    """`arn:aws:execute-api:region:account:api/stage/GET/path` -> `.../api/stage/*`"""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
