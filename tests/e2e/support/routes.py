"""The API's routes as the template has them, so that no table of a test can miss one."""

from typing import Final

from tests.sam_template import Template

REFUSING: Final = "RefuseMethodFunction"
_ROUTES: Final = tuple(Template().routes())

AUTHORISED: Final = sorted((method, path) for _, method, path, event in _ROUTES if "Auth" not in event)
"""(method, path) of those behind the authorizer; the others say in the template that they stand outside."""

REFUSED: Final = sorted((method, path) for function, method, path, _ in _ROUTES if function == REFUSING)
"""(method, path) of those that are answered with 405."""


def allowed(path: str) -> set[str]:
    """The methods that a path has."""
    return {method for function, method, other, _ in _ROUTES if other == path and function != REFUSING}
