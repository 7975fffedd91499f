"""DynamoDB Local as the tests start it: it counts capacity, and it is reachable from this machine alone."""

import socket
from typing import Any

import boto3
import pytest


@pytest.fixture
def client(dynamodb_local: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local,
        region_name="us-east-1",
        aws_access_key_id="smoke",
        aws_secret_access_key="test",
    )


def test_it_counts_capacity_by_dynamodbs_rule(client: Any) -> None:
    client.create_table(
        TableName="smoke",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    item = {"pk": {"S": "a"}, "filler": {"S": "x" * 2500}}
    written = client.put_item(TableName="smoke", Item=item, ReturnConsumedCapacity="TOTAL")
    read = client.get_item(TableName="smoke", Key={"pk": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    assert written["ConsumedCapacity"]["CapacityUnits"] == 3
    assert read["ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_it_refuses_connections_from_another_interface(dynamodb_local: str) -> None:
    outside = _own_address()
    if outside is None:
        pytest.skip("this machine has no address but the loopback's")
    port = int(dynamodb_local.rpartition(":")[2])
    with socket.create_connection((outside, port), timeout=5) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: outside\r\n\r\n")
        try:
            answer = caller.recv(100)
        except ConnectionResetError:
            answer = b""
    assert answer == b""


def _own_address() -> str | None:
    """An address of this machine's other than the loopback's; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address
