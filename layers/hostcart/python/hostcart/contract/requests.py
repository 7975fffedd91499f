"""Request bodies. Unknown fields are refused by name, so that a typo never buys the wrong thing."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Control characters have no place in a name, nor what stands where a byte was not UTF-8 (the API Gateway
# replaces it before anybody can refuse it).
# Nor do the invisible marks that turn the direction of what follows.
_NAME_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]+$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
SiteName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_NAME_PATTERN)
]
HeaderValue = Annotated[
    str, StringConstraints(min_length=1, max_length=1900, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")
]
# Together with the authorization they stay below the 4,096 bytes that KMS encrypts directly.
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[\x21-\x7e]+$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class SiteFields(_Request):
    """The site to order; the four short names are listed by `GET /api/about`."""

    name: SiteName = Field(examples=["My blog"])
    variant: Text = Field(examples=["vanilla"])
    location: Text = Field(examples=["pdx"])
    plan: Text = Field(examples=["basic"])
    term: Text = Field(examples=["monthly"])


class CallbackFields(_Request):
    """Where to POST when the order is terminal; `authorization` is sent as the Authorization header."""

    url: Url = Field(examples=["https://client.example/hooks/orders"])
    authorization: HeaderValue | None = Field(default=None, examples=["Bearer 12345"])


class OrderRequest(_Request):
    """What every order may carry. `expected_total_cents`: refuse (409) when the price differs."""

    callback: CallbackFields | None = None
    expected_total_cents: Annotated[int, Field(ge=0, le=10**12)] | None = None


class SiteOrderRequest(OrderRequest):
    """`POST /api/orders`. `expected_total_cents`: refuse (409) when the price differs."""

    site: SiteFields
