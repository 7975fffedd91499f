"""Response bodies of the registrar API (`/v4`), field for field. `domain/registrar_view.py` renders them.

As the registrar does, it leaves out a field that is zero or has no value.
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hostcart.contract.responses import Maybe, Timestamp
from hostcart.contract.statuses import Interval, SaleItemStatus, SaleKind, SaleStatus


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _left_out(name: str, description: str) -> Any:
    """A field that is left out, not null, when there is nothing to say."""
    return Field(default=None, alias=name, description=description, json_schema_extra=_drop_default)


Int32 = Annotated[int, Field(ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]
_FLOAT: Final[dict[str, Any]] = {"format": "float"}
Amount = Annotated[float, Field(gt=0, examples=[12.99], json_schema_extra=_FLOAT)]
Rate = Annotated[float, Field(gt=0, examples=[0.92], json_schema_extra=_FLOAT)]
DecimalText = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$"), Field(examples=["12.99"])]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["USD"])]


class _Response(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RegistrarOrderItem(_Response):
    """What was sold. Amounts are in the order's currency."""

    id: Int32 = Field(description="Unique in the account.")
    status: SaleItemStatus
    name: str = Field(description="The domain as an A-label, or the site's name.", examples=["example.com"])
    tld: Maybe[str] = _left_out("tld", "Of domains only.")
    type: SaleKind = Field(description="`site` is hostcart's own.")
    price: Maybe[Amount] = _left_out("price", "What was charged for it.")
    quantity: Int32
    duration: Int32
    interval: Interval


class RegistrarOrderItemDetails(RegistrarOrderItem):
    """An item of one order: tells the original price too."""

    original_price: Maybe[Amount] = _left_out("originalPrice", "Before discounts.")


class _Order(_Response):
    id: Int32
    create_date: Timestamp = Field(alias="createDate")
    status: SaleStatus = Field(
        description="Of orders in progress initialized (not paid yet), review (the customer must act) or"
        " started (paid, in delivery)."
    )
    currency: CurrencyCode
    auth_amount: Maybe[Amount] = _left_out("authAmount", "All that is authorised is captured at once.")
    total_capture: Maybe[Amount] = _left_out("totalCapture", "What was taken, account credit included.")
    total_refund: Maybe[Amount] = _left_out("totalRefund", "What was given back.")
    final_amount: Maybe[DecimalText] = _left_out("finalAmount", "totalCapture less totalRefund.")
    currency_rate: Maybe[Rate] = _left_out(
        "currencyRate", "From US dollars to the order's currency, when the order was placed."
    )


class RegistrarOrder(_Order):
    """An order in the list."""

    order_items: list[RegistrarOrderItem] = Field(alias="orderItems")


class RegistrarOrderDetails(_Order):
    """One order."""

    registrar: Maybe[str] = _left_out("registrar", "Where the domains of the order are registered.")
    order_items: list[RegistrarOrderItemDetails] = Field(alias="orderItems")


class RegistrarOrderList(_Response):
    """A page of orders."""

    parent_account_id: Maybe[Int32] = _left_out("parentAccountId", "Of an account that has a parent.")
    orders: list[RegistrarOrder]
    next_page: Maybe[Int32] = _left_out("nextPage", "Only if another page follows.")
    last_page: Maybe[Int32] = _left_out("lastPage", "Only if another page follows.")


class RegistrarError(_Response):
    """A refusal; the status tells which."""

    message: str = Field(examples=["Invalid Argument"])
    details: Maybe[str] = _left_out("details", "Which argument is at fault, and how.")
