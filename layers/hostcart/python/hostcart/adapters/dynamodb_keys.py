"""The table's keys. Everything of an account lives under `ACCOUNT#<id>`.

ACCOUNT#<id>           ACCOUNT         the account, as the provider loaded it
ACCOUNT#<id>           COUNTER         last_number: the account's newest order number
ACCOUNT#<id>           CART#<token>    a cart and its order; `number` once the order is open
ACCOUNT#<id>           SEALED#<token>  what the cart was ordered with and nobody may see: callback, contacts
USER#<id>              USER            a user
KEY#<sha256>           KEY             an API key, found by its digest
CATALOGUE              CATALOGUE       plans, variants, locations
EVENT#stripe#<id>      EVENT           an event that was taken, by the processor's id; `expires_at`
DOMAIN#<A-label name>  CLAIM           holder, lease_until, `expires_at`: who has the name; firm without lease
SLOT#<location>#<variant>  SLOT        total, taken: where capacity is counted
RATE#<system>#<seconds>    <start>     calls to an outside system in a window of the clock and in its parts
RECONCILER             CURSORS         how far the reconciler's sweeps are
RECONCILER             FINDING#<kind>#<id>  what it found and could not mend
index orders_by_number: pk, number     the list of an account's orders
index open_work: open_shard, open_since    carts that are owed something; nothing else
"""

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from hostcart.domain.catalogue import Slot

type Key = "dict[str, AttributeValueTypeDef]"
ORDERS_INDEX: Final = "orders_by_number"
WORK_INDEX: Final = "open_work"
WORK_SHARDS: Final = 8
"""So many partitions take the writes of the index: one takes a thousand a second."""
FINDING_PREFIX: Final = "FINDING#"


def account(account_id: str) -> Key:
    return _key(f"ACCOUNT#{account_id}", "ACCOUNT")


def counter(account_id: str) -> Key:
    return _key(f"ACCOUNT#{account_id}", "COUNTER")


def cart(account_id: str, token: str) -> Key:
    return _key(f"ACCOUNT#{account_id}", f"CART#{token}")


def sealed(account_id: str, token: str) -> Key:
    return _key(f"ACCOUNT#{account_id}", f"SEALED#{token}")


def token_of(item: Key) -> str:
    """The token in a cart's key."""
    return item["sk"]["S"].removeprefix("CART#")


def account_of(item: Key) -> str:
    """The account in a cart's key."""
    return item["pk"]["S"].removeprefix("ACCOUNT#")


def work_shard(cart_token: str) -> str:
    """The partition of the index open_work in which a cart is."""
    return str(int(cart_token[0], 16) % WORK_SHARDS)


def reconciler_cursors() -> Key:
    return _key("RECONCILER", "CURSORS")


def finding(kind: str, subject_id: str) -> Key:
    return _key("RECONCILER", f"{FINDING_PREFIX}{kind}#{subject_id}")


def user(user_id: str) -> Key:
    return _key(f"USER#{user_id}", "USER")


def api_key(key: str) -> Key:
    """Keys have 128 random bits or more, so that a plain digest tells nothing of them."""
    return _key(f"KEY#{hashlib.sha256(key.encode()).hexdigest()}", "KEY")


def catalogue() -> Key:
    return _key("CATALOGUE", "CATALOGUE")


def payment_event(event_id: str) -> Key:
    return _key(f"EVENT#stripe#{event_id}", "EVENT")


def claim(name: str) -> Key:
    return _key(f"DOMAIN#{name}", "CLAIM")


def slot(slot_: "Slot") -> Key:
    return _key(f"SLOT#{slot_.location}#{slot_.variant}", "SLOT")


def rate_window(system: str, seconds: int, start: int) -> Key:
    """A window is an item of its own: `start` is its first second, Unix time."""
    return _key(f"RATE#{system}#{seconds}", str(start))


def _key(pk: str, sk: str) -> Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
