"""References to what the API has at another path (RFC 3986), for headers that clients follow."""

from urllib.parse import urljoin

from hostcart.entry.http import Request


def reference_to(request: Request, path: str) -> str:
    """`path`, from `/api/...`, as seen from the address that was called.

    The API itself does not know what lies before `/api`: the stage, or a custom domain's mapping. Relative
    where the gateway does not tell the address.
    """
    to_the_root = "../" * (request.resource.count("/") - 1)
    return urljoin(request.url, to_the_root + path.removeprefix("/"))
