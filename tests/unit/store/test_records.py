"""Directory, catalogue, cipher and workflow on moto."""

import json
import time
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest
from hostcart.adapters import dynamodb_keys as keys
from hostcart.adapters.dynamodb_catalogue import DynamoCatalogue
from hostcart.adapters.dynamodb_directory import DynamoDirectory
from hostcart.adapters.kms_cipher import KmsCipher
from hostcart.adapters.records import decode, encode
from hostcart.adapters.sfn_workflow import SfnWorkflow
from hostcart.domain.accounts import ApiKey, CredentialKind
from hostcart.domain.cart import Cart
from hostcart.domain.catalogue import Location, Occupancy, Slot
from hostcart.ports import MisconfiguredError, UnavailableError
from pydantic import TypeAdapter, ValidationError

from tests.fakes.histories import history
from tests.fakes.table import TABLE
from tests.fakes.world import ACCOUNT, CATALOGUE, PDX, USER, account, user
from tests.unit.domain.carts import STEPS, new_cart
from tests.unit.store.stubs import ExecutionExistsError, StubClient, client_error

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb.client import DynamoDBClient

EXTENDIFY = Slot(location="pdx", variant="extendify")


# --- records ----------------------------------------------------------------------------------------


HISTORIES = [history(seed, seed + 1).cart for seed in range(100)]


@pytest.mark.parametrize("cart", [new_cart(), new_cart(user=None, slot=None), *STEPS.values(), *HISTORIES])
def test_a_cart_comes_back_as_it_went(cart: Cart) -> None:
    assert decode(Cart, encode(cart)) == cart


@pytest.mark.parametrize("cart", [new_cart(user=None, slot=None), *STEPS.values()])
def test_what_was_written_in_full_is_read_too(cart: Cart) -> None:
    assert decode(Cart, TypeAdapter(Cart).dump_json(cart).decode()) == cart


def _defaults(kind: Any) -> dict[str, object]:
    """The defaults of a record's class and of the records in it, by `Class.field`."""
    found: dict[str, object] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            found[f"{kind.__name__}.{field.name}"] = field.default
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(getattr(hint, "__value__", hint)), *get_args(hint)):
            if is_dataclass(inner):
                found |= _defaults(inner)
    return found


def test_the_defaults_that_stored_carts_leave_out_stay_as_they_are() -> None:
    """Whoever changes one of them changes what is stored already: add a field instead."""
    changed = {
        "Cart.news": False,
        "Cancellation.refused": False,
        "SiteItem.deliver_while_processing": False,
        "Site.suspended": False,
        "Payment.attempt": 1,
        "Payment.amount_charged": 0,
        "Payment.credit_applied": 0,
        "Payment.amount_refunded": 0,
        "Payment.credit_refunded": 0,
        "SiteItem.kind": "site",
        "DomainItem.kind": "domain",
        "Domain.status": "pending",
        "Domain.nameservers": (),
        "Domain.attempt": 0,
        "Domain.settled_items": (),
        "Domain.cancel_refused": False,
    }
    found = _defaults(Cart)
    assert {name: value for name, value in found.items() if value is not None} == changed
    assert "Order.failure" in found  # the walk reaches what is nested


def test_what_stands_at_its_default_is_not_stored() -> None:
    stored = json.loads(encode(new_cart()))
    assert not {"order", "usd_rate"} & set(stored)
    assert stored["account"]["parent_id"] is None  # it has no default
    in_euro = json.loads(encode(new_cart(usd_rate="0.92")))
    assert in_euro == stored | {"usd_rate": "0.92"}


@pytest.mark.parametrize("text", ["", "{}", "null", "[]"])
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(ValidationError):
        decode(Cart, text)


# --- directory ---------------------------------------------------------------------------------------


def test_accounts_and_users_are_found_by_id(dynamodb: "DynamoDBClient") -> None:
    directory = DynamoDirectory(dynamodb, TABLE)
    poor = account(stripe_customer_id=None, parent_id="10000009", billing_contact_missing=("email",))
    directory.put_account(poor)
    directory.put_user(user())
    assert directory.account(ACCOUNT) == poor
    assert directory.user(USER) == user()
    assert directory.account(USER) is None
    assert directory.user(ACCOUNT) is None


def test_a_key_is_found_by_itself_and_not_stored(dynamodb: "DynamoDBClient") -> None:
    directory = DynamoDirectory(dynamodb, TABLE)
    record = ApiKey(kind=CredentialKind.ACCOUNT_KEY, name="example", user_id=None, account_id=ACCOUNT)
    directory.put_api_key("hca_secret", record)
    assert directory.api_key("hca_secret") == record
    assert directory.api_key("hca_other") is None
    assert "hca_secret" not in json.dumps(dynamodb.scan(TableName=TABLE)["Items"])
    directory.delete_api_key("hca_secret")
    assert directory.api_key("hca_secret") is None


# --- catalogue ------------------------------------------------------------------------------------------


def test_before_the_first_load_an_operator_is_asked_for(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(MisconfiguredError, match="catalogue_missing"):
        DynamoCatalogue(dynamodb, TABLE).catalogue()


def test_the_catalogue_comes_back_as_it_went(dynamodb: "DynamoDBClient") -> None:
    store = DynamoCatalogue(dynamodb, TABLE)
    store.replace(CATALOGUE)
    assert store.catalogue() == CATALOGUE
    assert sorted(store.occupancy([PDX, EXTENDIFY]), key=lambda found: found.total) == [
        Occupancy(slot=EXTENDIFY, total=0, taken=0),
        Occupancy(slot=PDX, total=2, taken=0),
    ]


def test_a_new_catalogue_keeps_what_is_taken(dynamodb: "DynamoDBClient") -> None:
    store = DynamoCatalogue(dynamodb, TABLE)
    store.replace(CATALOGUE)
    dynamodb.update_item(
        TableName=TABLE,
        Key=keys.slot(PDX),
        UpdateExpression="SET taken = :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    smaller = Location(name="pdx", title="Portland", capacity={"vanilla": 1})
    store.replace(replace(CATALOGUE, version="v2", locations={"pdx": smaller}))
    assert store.catalogue().version == "v2"
    assert list(store.occupancy([PDX])) == [Occupancy(slot=PDX, total=1, taken=2)]


def test_a_warm_function_reads_the_catalogue_once_in_30_seconds(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    operator, warm = DynamoCatalogue(dynamodb, TABLE), DynamoCatalogue(dynamodb, TABLE)
    operator.replace(CATALOGUE)
    warm.catalogue()
    operator.replace(replace(CATALOGUE, version="v2"))
    now[0] += 29.9
    assert warm.catalogue().version == "v1"
    now[0] += 0.2
    assert warm.catalogue().version == "v2"


def test_slots_are_asked_for_a_hundred_at_a_time(dynamodb: "DynamoDBClient") -> None:
    store = DynamoCatalogue(dynamodb, TABLE)
    locations = {
        name: Location(name=name, title=name, capacity={"vanilla": 5})
        for name in map("l{}".format, range(150))
    }
    store.replace(replace(CATALOGUE, locations=locations))
    slots = [Slot(location=name, variant="vanilla") for name in locations]
    assert {found.slot for found in store.occupancy(slots)} == set(slots)
    assert list(store.occupancy([])) == []
    assert list(store.occupancy([Slot(location="nowhere", variant="vanilla")])) == []


class Throttled:
    """Leaves some keys unprocessed in each round."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.asked: list[int] = []

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - the SDK's name
        wanted = RequestItems["t"]["Keys"]
        self.asked.append(len(wanted))
        served = wanted if len(self.asked) > self.rounds else wanted[:1]
        items = [{**key, "total": {"N": "2"}, "taken": {"N": "1"}} for key in served]
        rest = wanted[len(served) :]
        return {"Responses": {"t": items}, "UnprocessedKeys": {"t": {"Keys": rest}} if rest else {}}


def test_what_was_left_unprocessed_is_asked_for_again() -> None:
    client: Any = Throttled(rounds=2)
    slots = [Slot(location=f"l{number}", variant="vanilla") for number in range(5)]
    assert [found.slot for found in DynamoCatalogue(client, "t").occupancy(slots)] == slots
    assert client.asked == [5, 4, 3]


def test_a_table_that_stays_throttled_is_unavailable() -> None:
    client: Any = Throttled(rounds=99)
    slots = [Slot(location=f"l{number}", variant="vanilla") for number in range(9)]
    with pytest.raises(UnavailableError):
        DynamoCatalogue(client, "t").occupancy(slots)
    assert client.asked == [9, 8, 7, 6, 5]


# --- cipher -----------------------------------------------------------------------------------------------


def test_a_secret_opens_for_its_own_cart_only(dynamodb: "DynamoDBClient", session: "boto3.Session") -> None:
    client = session.client("kms")
    cipher = KmsCipher(client, client.create_key()["KeyMetadata"]["KeyId"])
    sealed = cipher.seal(b"password", account_id=ACCOUNT, cart_token="a")
    assert b"password" not in sealed
    assert cipher.open(sealed, account_id=ACCOUNT, cart_token="a") == b"password"
    for account_id, cart_token in ((ACCOUNT, "b"), ("10000002", "a")):
        with pytest.raises(MisconfiguredError, match="encryption_refused"):
            cipher.open(sealed, account_id=account_id, cart_token=cart_token)


@pytest.mark.parametrize("length", [40, 4000, 4001, 200_000])
def test_a_secret_of_any_length_opens_again(
    dynamodb: "DynamoDBClient", session: "boto3.Session", length: int
) -> None:
    del dynamodb
    client = session.client("kms")
    cipher = KmsCipher(client, client.create_key()["KeyMetadata"]["KeyId"])
    secret = (b"contact " * (length // 8 + 1))[:length]
    sealed = cipher.seal(secret, account_id=ACCOUNT, cart_token="a")
    assert len(secret) < 8 or secret not in sealed
    assert cipher.open(sealed, account_id=ACCOUNT, cart_token="a") == secret
    with pytest.raises(MisconfiguredError, match="encryption_refused"):
        cipher.open(sealed, account_id=ACCOUNT, cart_token="b")


def test_a_long_secret_that_was_changed_does_not_open(
    dynamodb: "DynamoDBClient", session: "boto3.Session"
) -> None:
    del dynamodb
    client = session.client("kms")
    cipher = KmsCipher(client, client.create_key()["KeyMetadata"]["KeyId"])
    sealed = cipher.seal(b"x" * 5000, account_id=ACCOUNT, cart_token="a")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(MisconfiguredError, match="encryption_refused"):
        cipher.open(changed, account_id=ACCOUNT, cart_token="a")
    with pytest.raises(MisconfiguredError, match="encryption_form_unknown"):
        cipher.open(b"?" + sealed, account_id=ACCOUNT, cart_token="a")


@pytest.mark.usefixtures("dynamodb")
def test_a_key_that_is_gone_is_an_operators_matter(session: "boto3.Session") -> None:
    with pytest.raises(MisconfiguredError, match="encryption_missing"):
        KmsCipher(session.client("kms"), "0b7c9f0e-5a3d-4c21-9f6e-2d1a8b7c6e5f").seal(
            b"x", account_id=ACCOUNT, cart_token="a"
        )


# --- workflow -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("dynamodb")
def test_an_execution_is_named_by_its_cart_and_carries_ids_only(session: "boto3.Session") -> None:
    client = session.client("stepfunctions")
    arn = client.create_state_machine(
        name="fulfil",
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/states",
    )["stateMachineArn"]
    workflow = SfnWorkflow(client, arn)
    for _ in range(2):
        workflow.start(account_id=ACCOUNT, cart_token="0" * 32)
    (execution,) = client.list_executions(stateMachineArn=arn)["executions"]
    assert execution["name"] == "0" * 32
    described = client.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"account_id": ACCOUNT, "cart_token": "0" * 32}


def test_a_second_start_changes_nothing() -> None:
    exists = ExecutionExistsError(client_error("ExecutionAlreadyExists").response, "StartExecution")
    client: Any = StubClient(exists)
    SfnWorkflow(client, "arn").start(account_id=ACCOUNT, cart_token="0" * 32)
    assert client.calls == ["start_execution"]


def test_a_state_machine_that_is_not_there_is_an_operators_matter() -> None:
    client: Any = StubClient(client_error("StateMachineDoesNotExist"))
    with pytest.raises(MisconfiguredError, match="workflow_missing"):
        SfnWorkflow(client, "arn").start(account_id=ACCOUNT, cart_token="0" * 32)


@pytest.mark.parametrize("code", ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"])
def test_a_wait_that_has_ended_needs_no_waking(code: str) -> None:
    client: Any = StubClient(client_error(code))
    SfnWorkflow(client, "arn").wake("task-token")
    assert client.calls == ["send_task_success"]


def test_a_wait_that_could_not_be_ended_is_told() -> None:
    client: Any = StubClient(client_error("ThrottlingException"))
    with pytest.raises(UnavailableError, match="workflow_unavailable"):
        SfnWorkflow(client, "arn").wake("task-token")
