"""Answers a failed function as API Gateway does: through the DEFAULT_5XX gateway response, without its stack
trace, and with 502 unless that response has a status of its own.

Replaced: `_lambda_proxy_response`, `_invoke_lambda_proxy_v1` and `_gateway_error_response` of
`ministack.services.apigateway_v1`, which put the function's error payload into the body.
"""

from typing import Any

from ministack.services import apigateway_v1

BAD_GATEWAY = 502
_KIND = "DEFAULT_5XX"


class _FunctionFailed(Exception):  # noqa: N818 - never leaves this module
    """The function did not return a proxy response."""


def _own_status(request: dict[str, Any]) -> bool:
    """Whether the API gives the response a status. It is then that of all 5xx."""
    api, deployment = request["api_id"], request["stage"].get("deploymentId")
    deployed = apigateway_v1._deployed_gateway_responses.get(api, {}).get(deployment)  # noqa: SLF001
    if deployed is None:
        deployed = apigateway_v1._gateway_responses.get(api, {})  # noqa: SLF001
    return bool(deployed.get(_KIND, {}).get("statusCode"))


def install() -> None:
    """Apply to every REST API."""
    shape = apigateway_v1._lambda_proxy_response  # noqa: SLF001
    invoke = apigateway_v1._invoke_lambda_proxy_v1  # noqa: SLF001
    render = apigateway_v1._gateway_error_response  # noqa: SLF001

    def proxy_response(result: dict[str, Any]) -> Any:
        response, error = shape(result)
        body = result.get("body")
        if error or (not result.get("throttle") and not (isinstance(body, dict) and "statusCode" in body)):
            raise _FunctionFailed
        return response, None

    async def invoke_proxy(*args: Any, **named: Any) -> Any:
        try:
            return await invoke(*args, **named)
        except _FunctionFailed:
            return apigateway_v1._gw_error(_KIND, "Internal server error")  # noqa: SLF001

    def gateway_error(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = render(error, request)
        plain = error.response_type == _KIND and not _own_status(request)
        return (BAD_GATEWAY if plain else status), headers, body

    apigateway_v1._lambda_proxy_response = proxy_response  # noqa: SLF001
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_proxy  # noqa: SLF001
    apigateway_v1._gateway_error_response = gateway_error  # noqa: SLF001
