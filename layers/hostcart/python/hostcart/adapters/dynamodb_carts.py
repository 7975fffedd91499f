"""Carts with their orders in the table (port CartStore): one item each, written only over its version."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.aws_errors import aws_errors
from hostcart.adapters.dynamodb_claims import DynamoClaims
from hostcart.adapters.dynamodb_errors import is_condition_failure, is_conflict
from hostcart.adapters.dynamodb_sales import SALE, DynamoSales, entry_of
from hostcart.adapters.dynamodb_transactions import TransactionRefusedError, transact
from hostcart.adapters.dynamodb_waits import DynamoWaits
from hostcart.adapters.dynamodb_work_index import OUT, of_cart
from hostcart.adapters.packing import pack, unpack
from hostcart.ports import (
    CapacityExhaustedError,
    CartExistsError,
    ClaimTakenError,
    ConflictError,
    OrderPage,
    Sealed,
    StoredView,
)

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from hostcart.domain.cart import Cart
    from hostcart.domain.catalogue import Slot
    from hostcart.domain.sales import Sale

type Item = "dict[str, AttributeValueTypeDef]"


class DynamoCarts:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._claims = DynamoClaims(client, table)
        self._sales = DynamoSales(client, table, self.load)
        self._waits = DynamoWaits(client, table)

    # --- writes -----------------------------------------------------------------------------------

    def create(self, cart: "Cart", sealed: Sealed) -> None:
        item = cart_item(cart)
        held = self._claims.take(cart) if _claims_name(cart) else self._taken_slot(cart)
        beside = [write for write in (held, self._put_sealed(cart, sealed)) if write is not None]
        if not beside:
            self._put_new(item)
            return
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        try:
            transact(self._client, [put, *beside])
        except TransactionRefusedError as refused:
            if 0 in refused.failed:
                raise CartExistsError from refused
            raise (ClaimTakenError if _claims_name(cart) else CapacityExhaustedError) from refused

    def discard(self, cart: "Cart") -> None:
        delete: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": self._table,
                "Key": keys.cart(cart.account.id, cart.token),
                "ConditionExpression": "#version = :expected",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":expected": {"N": str(cart.version)}},
            }
        }
        sealed: TransactWriteItemTypeDef = {
            "Delete": {"TableName": self._table, "Key": keys.sealed(cart.account.id, cart.token)}
        }
        writes = [delete, sealed, *([] if cart.slot is None else [self._give_back(cart.slot)])]
        self._write(writes, dropping=cart if _claims_name(cart) else None)

    def open_order(self, cart: "Cart") -> "Cart":
        stored = _next(cart)
        number = cart.opened.number
        count: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": keys.counter(cart.account.id),
                "UpdateExpression": "SET last_number = :number",
                "ConditionExpression": "attribute_not_exists(last_number)"
                if number == 1
                else "last_number = :previous",
                "ExpressionAttributeValues": {":number": {"N": str(number)}}
                | ({} if number == 1 else {":previous": {"N": str(number - 1)}}),
            }
        }
        try:
            transact(self._client, [{"Update": self._update(cart, stored)}, count])
        except TransactionRefusedError as refused:
            raise ConflictError from refused
        return stored

    def save(
        self,
        cart: "Cart",
        *,
        sealed_password: bytes | None = None,
        release: "Slot | None" = None,
        drop_claim: bool = False,
    ) -> "Cart":
        stored = _next(cart)
        update = self._update(cart, stored, sealed_password)
        if release is not None or drop_claim:
            writes: list[TransactWriteItemTypeDef] = [{"Update": update}]
            writes += [] if release is None else [self._give_back(release)]
            self._write(writes, dropping=cart if drop_claim else None)
            return stored
        with aws_errors("database"):
            try:
                self._client.update_item(**update)
            except self._client.exceptions.ClientError as error:
                if is_condition_failure(error) or is_conflict(error):
                    raise ConflictError from error
                raise
        return stored

    def save_claimed(self, cart: "Cart") -> "Cart":
        stored = _next(cart)
        try:
            transact(self._client, [{"Update": self._update(cart, stored)}, self._claims.make_firm(cart)])
        except TransactionRefusedError as refused:
            raise (ConflictError if 0 in refused.failed else ClaimTakenError) from refused
        return stored

    def renew_claim(self, cart: "Cart", until: "datetime") -> None:
        self._claims.renew(cart, until)

    def mark_news(self, account_id: str, token: str) -> str | None:
        return self._waits.mark_news(account_id, token)

    def mark_news_once(self, account_id: str, token: str, *, event_id: str, until: "datetime") -> bool:
        return self._waits.mark_news_once(account_id, token, event_id, until)

    def task_token_with_news(self, account_id: str, token: str) -> str | None:
        item = self._get(account_id, token, "news, task_token", consistent=True) or {}
        return item["task_token"]["S"] if {"news", "task_token"} <= item.keys() else None

    def clear_news(self, cart: "Cart") -> "Cart":
        self._waits.clear_news(cart.account.id, cart.token)
        return replace(cart, news=False)

    def store_task_token(self, account_id: str, token: str, task_token: str) -> bool:
        return self._waits.store_task_token(account_id, token, task_token)

    # --- reads ------------------------------------------------------------------------------------

    def load(self, account_id: str, token: str) -> "Cart | None":
        from hostcart.adapters.records import decode
        from hostcart.domain.cart import Cart

        item = self._get(account_id, token, "texts, version, news", consistent=True)
        if item is None:
            return None
        cart = decode(Cart, texts_of(item).facts)
        return replace(cart, version=int(item["version"]["N"]), news="news" in item)

    def load_sealed(self, account_id: str, token: str) -> Sealed:
        with aws_errors("database"):
            item = self._client.get_item(
                TableName=self._table, Key=keys.sealed(account_id, token), ConsistentRead=True
            ).get("Item", {})
        return Sealed(callback=_bytes(item, "callback"), item=_bytes(item, "item"))

    def forget_contacts(self, cart: "Cart") -> None:
        from hostcart.domain.cart import CallbackStatus

        self._remove_sealed(cart, "item", alone=cart.callback is CallbackStatus.NONE)

    def forget_callback(self, cart: "Cart") -> None:
        self._remove_sealed(cart, "callback", alone=not _claims_name(cart) or cart.undelivered)

    def is_claimed(self, name: str, at: "datetime") -> bool:
        return self._claims.held(name, at)

    def registration(self, account_id: str, number: int) -> "tuple[Cart, Sealed] | None":
        with aws_errors("database"):
            found = self._client.query(
                TableName=self._table,
                IndexName=keys.ORDERS_INDEX,
                KeyConditionExpression="pk = :pk AND #number = :number",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":pk": keys.counter(account_id)["pk"],
                    ":number": {"N": str(number)},
                },
            )["Items"]
        if not found:
            return None
        token = keys.token_of(found[0])
        cart = self.load(account_id, token)
        if cart is None or not cart.owns_registration(number):
            return None
        return cart, self.load_sealed(account_id, token)

    def last_number(self, account_id: str) -> int:
        with aws_errors("database"):
            answer = self._client.get_item(
                TableName=self._table, Key=keys.counter(account_id), ConsistentRead=True
            )
        return int(answer["Item"]["last_number"]["N"]) if "Item" in answer else 0

    def cart_view(self, account_id: str, token: str) -> StoredView | None:
        item = self._get(account_id, token, "texts, version, terminal")
        if item is None:  # asked for once more, so that a poll that follows a link at once never answers 404
            item = self._get(account_id, token, "texts, version, terminal", consistent=True)
        return None if item is None else _view(item, texts_of(item).cart_view)

    def order_view(self, account_id: str, token: str) -> StoredView | None:
        for consistent in (False, True):  # the cheaper read first, see `cart_view`
            names = "texts, version, terminal, sealed_password"
            item = self._get(account_id, token, names, consistent=consistent)
            body = None if item is None else texts_of(item).order_view
            if item is not None and body is not None:
                return _view(item, body)
        return None

    def list_orders(self, account_id: str, *, page: int, per_page: int) -> OrderPage:
        """One read of the counter and one query of just this page: any page costs the same."""
        total = self.last_number(account_id)
        newest = total - (page - 1) * per_page
        if newest < 1:
            return OrderPage(orders=(), total=total)
        oldest = max(1, newest - per_page + 1)
        with aws_errors("database"):
            answer = self._client.query(
                TableName=self._table,
                IndexName=keys.ORDERS_INDEX,
                KeyConditionExpression="pk = :pk AND #number BETWEEN :oldest AND :newest",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":pk": keys.counter(account_id)["pk"],
                    ":oldest": {"N": str(oldest)},
                    ":newest": {"N": str(newest)},
                },
                ScanIndexForward=False,
            )
        entries = [entry_of(item) for item in answer["Items"]]
        for entry in entries:
            entry.pop(SALE, None)
        return OrderPage(orders=tuple(entries), total=total)

    def sales(self, account_id: str, *, first: int, last: int) -> "list[Sale]":
        return self._sales.between(account_id, first, last)

    # --- building blocks --------------------------------------------------------------------------

    def _get(self, account_id: str, token: str, names: str, *, consistent: bool = False) -> Item | None:
        with aws_errors("database"):
            return self._client.get_item(
                TableName=self._table,
                Key=keys.cart(account_id, token),
                ProjectionExpression=names,
                ConsistentRead=consistent,
            ).get("Item")

    def _write(self, writes: "list[TransactWriteItemTypeDef]", *, dropping: "Cart | None" = None) -> None:
        """All or nothing, with the cart's claim given up; one that is somebody else's by now stays theirs."""
        dropped = [] if dropping is None else [self._claims.drop(dropping)]
        try:
            transact(self._client, [*writes, *dropped])
        except TransactionRefusedError as refused:
            if refused.failed != {len(writes)}:
                raise ConflictError from refused
            self._write(writes)

    def _put_sealed(self, cart: "Cart", sealed: Sealed) -> "TransactWriteItemTypeDef | None":
        """An item of its own: it is the larger half, and every write of the cart would be billed for it."""
        if sealed == Sealed():
            return None
        item: Item = dict(keys.sealed(cart.account.id, cart.token))
        if sealed.callback is not None:
            item["callback"] = {"B": sealed.callback}
        if sealed.item is not None:
            item["item"] = {"B": sealed.item}
        return {"Put": {"TableName": self._table, "Item": item}}

    def _remove_sealed(self, cart: "Cart", name: str, *, alone: bool) -> None:
        """`alone`: nothing else is sealed with the cart any more."""
        where: Any = {"TableName": self._table, "Key": keys.sealed(cart.account.id, cart.token)}
        with aws_errors("database"):
            if alone:
                self._client.delete_item(**where)
                return
            try:
                self._client.update_item(
                    **where,
                    UpdateExpression="REMOVE #name",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={"#name": name},
                )
            except self._client.exceptions.ClientError as error:
                if not is_condition_failure(error):
                    raise

    def _put_new(self, item: Item) -> None:
        with aws_errors("database"):
            try:
                self._client.put_item(
                    TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
            except self._client.exceptions.ClientError as error:
                if is_condition_failure(error):
                    raise CartExistsError from error
                raise

    def _update(self, cart: "Cart", stored: "Cart", sealed_password: bytes | None = None) -> Any:
        """Sets all that follows from the facts; what is sealed stays unless given, or of no use any more."""
        changed = _attributes(stored)
        if sealed_password is not None:
            changed["sealed_password"] = {"B": sealed_password}
        return {
            "TableName": self._table,
            "Key": keys.cart(cart.account.id, cart.token),
            "UpdateExpression": "SET "
            + ", ".join(f"#{name} = :{name}" for name in changed)
            + _removed(stored),
            "ConditionExpression": "#version = :expected",
            "ExpressionAttributeNames": {f"#{name}": name for name in changed},
            "ExpressionAttributeValues": {f":{name}": value for name, value in changed.items()}
            | {":expected": {"N": str(cart.version)}},
        }

    def _taken_slot(self, cart: "Cart") -> "TransactWriteItemTypeDef | None":
        if cart.slot is None:
            return None
        return self._count(cart.slot, step=1, condition="taken < #total", names={"#total": "total"})

    def _give_back(self, slot: "Slot") -> "TransactWriteItemTypeDef":
        return self._count(slot, step=-1, condition="attribute_exists(pk)", names={})

    def _count(
        self, slot: "Slot", *, step: int, condition: str, names: dict[str, str]
    ) -> "TransactWriteItemTypeDef":
        update: Any = {
            "TableName": self._table,
            "Key": keys.slot(slot),
            "UpdateExpression": "SET taken = taken + :step",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":step": {"N": str(step)}},
        }
        return {"Update": update | ({"ExpressionAttributeNames": names} if names else {})}


class Texts(NamedTuple):
    """What a cart's item holds as text: the facts, and the views that follow from them."""

    facts: str
    cart_view: str
    order_view: str | None = None


def texts_of(item: Item) -> Texts:
    """The texts of a cart's item."""
    return Texts(*unpack(bytes(item["texts"]["B"])))


def prepare() -> None:
    """Builds what reading and writing carts takes, for the life of the process."""
    from hostcart.adapters import records
    from hostcart.domain.cart import Cart

    records.prepare(Cart)


def cart_item(cart: "Cart", sealed_password: bytes | None = None) -> Item:
    """The whole item of a cart."""
    item: Item = {**keys.cart(cart.account.id, cart.token), **_attributes(cart), **of_cart(cart)}
    if sealed_password is not None:
        item["sealed_password"] = {"B": sealed_password}
    return item


def _claims_name(cart: "Cart") -> bool:
    from hostcart.domain.cart import DomainItem

    return isinstance(cart.item, DomainItem)


def _attributes(cart: "Cart") -> Item:
    """The facts and every view of them."""
    from hostcart.adapters.records import encode
    from hostcart.domain import views
    from hostcart.domain.sales import stored_sale

    texts = [encode(replace(cart, news=False)), _json(views.cart_view(cart))]
    if cart.order is not None:
        texts.append(_json(views.order_view(cart)))
    attributes: Item = {
        "version": {"N": str(cart.version)},
        "texts": {"B": pack(texts)},
        "terminal": {"BOOL": cart.order is not None and cart.order.status.terminal},
    }
    if cart.order is not None:
        attributes["number"] = {"N": str(cart.order.number)}
        entry = _json(views.list_entry(cart) | {SALE: stored_sale(cart)})
        attributes["entry"] = {"B": pack([entry])}
    return attributes


def _removed(stored: "Cart") -> str:
    """What goes with the write: its place in the index of open work, the password of a site that is gone."""
    removals = [] if stored.work_owed else [OUT]
    removals += ["sealed_password"] if stored.undelivered else []
    return f" REMOVE {', '.join(removals)}" if removals else ""


def _next(cart: "Cart") -> "Cart":
    return replace(cart, version=cart.version + 1)


def _json(view: dict[str, Any]) -> str:
    return json.dumps(view, separators=(",", ":"), ensure_ascii=False)


def _view(item: Item, body: str) -> StoredView:
    return StoredView(
        body=body,
        version=int(item["version"]["N"]),
        terminal=item["terminal"]["BOOL"],
        sealed_password=_bytes(item, "sealed_password"),
    )


def _bytes(item: Item, name: str) -> bytes | None:
    return bytes(item[name]["B"]) if name in item else None
