"""DynamoDB Local as the tests start it: it counts capacity, and it is reachable from this machine alone."""

import socket
from typing import Any

import boto3
import pytest

from tests.own_address import own_address


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


@pytest.mark.enable_socket  # it connects to this machine's own address
def test_it_refuses_connections_from_another_interface(dynamodb_local: str) -> None:
    outside = own_address()
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
