"""REST API (v1) proxy events."""

from typing import Any


def event(
    method: str = "GET",
    resource: str = "/api/orders",
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    authorizer: dict[str, str] | None = None,
    base64: bool = False,
) -> dict[str, Any]:
    """As API Gateway sends it: absent maps are null."""
    return {
        "resource": resource,
        "path": resource,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()} or None,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": None,
        "pathParameters": path,
        "stageVariables": None,
        "requestContext": {
            "requestId": "req-1",
            "resourcePath": resource,
            "httpMethod": method,
            "stage": "prod",
            "authorizer": authorizer,
        },
        "body": body,
        "isBase64Encoded": base64,
    }
