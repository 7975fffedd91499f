"""Answers a failed function as API Gateway does: 502 through the DEFAULT_5XX gateway response, without its
stack trace.

Replaced: `_lambda_proxy_response`, `_invoke_lambda_proxy_v1` and `_gateway_error_response` of
`ministack.services.apigateway_v1`, which put the function's error payload into the body.
"""

from typing import Any

from ministack.services import apigateway_v1

BAD_GATEWAY = 502


class _FunctionFailed(Exception):  # noqa: N818 - never leaves this module
    """The function did not return a proxy response."""


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
            return apigateway_v1._gw_error("DEFAULT_5XX", "Internal server error")  # noqa: SLF001

    def gateway_error(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = render(error, request)
        is_function_error = error.response_type == "DEFAULT_5XX" and status == 500  # noqa: PLR2004
        return (BAD_GATEWAY if is_function_error else status), headers, body

    apigateway_v1._lambda_proxy_response = proxy_response  # noqa: SLF001
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_proxy  # noqa: SLF001
    apigateway_v1._gateway_error_response = gateway_error  # noqa: SLF001
