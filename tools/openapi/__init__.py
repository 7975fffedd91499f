"""The OpenAPI document, made from the contract: `python -m tools.openapi`."""
