"""Zones on Route 53: one for each order, with a parking record, and none left behind."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from hostcart.adapters.route53_zones import Route53Zones
from hostcart.ports import MisconfiguredError, UnavailableError
from hostcart.ports_reconcile import ListedZone
from moto import mock_aws

from tests.fakes.table import set_environment

if TYPE_CHECKING:
    from mypy_boto3_route53.client import Route53Client

NAME: Final = "example.com"
PARKING: Final = "192.0.2.1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Route53Client]":
    set_environment(monkeypatch)
    with mock_aws():
        yield boto3.client("route53")


@pytest.fixture
def zones(client: "Route53Client") -> Route53Zones:
    return Route53Zones(client, PARKING)


def listed(client: "Route53Client") -> list[str]:
    return [zone["Name"] for zone in client.list_hosted_zones()["HostedZones"]]


def records(client: "Route53Client", zone_id: str) -> dict[tuple[str, str], Any]:
    found = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return {(record["Name"], record["Type"]): record for record in found}


class Refusing:
    """The client, with one call that raises."""

    def __init__(self, client: "Route53Client", call: str, code: str) -> None:
        self._client, self._call, self._code = client, call, code

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            return self._refuse
        return getattr(self._client, name)

    def _refuse(self, **_: Any) -> None:
        kind = getattr(self._client.exceptions, self._code, ClientError)
        raise kind({"Error": {"Code": self._code, "Message": ""}}, self._call)


def test_a_zone_has_its_own_records_and_the_parking_address(
    zones: Route53Zones, client: "Route53Client"
) -> None:
    zone = zones.ensure(NAME, account_id="17", reference="order-1")
    assert len(zone.nameservers) >= 2
    assert all(server == server.lower().rstrip(".") for server in zone.nameservers)
    found = records(client, zone.id)
    assert set(found) == {(f"{NAME}.", "SOA"), (f"{NAME}.", "NS"), (f"{NAME}.", "A")}
    assert found[f"{NAME}.", "A"]["ResourceRecords"] == [{"Value": PARKING}]


def test_a_second_try_finds_the_first_zone(client: "Route53Client") -> None:
    """AWS refuses a second zone under one reference."""
    first = Route53Zones(client, PARKING).ensure(NAME, account_id="17", reference="order-1")
    again: Any = Refusing(client, "create_hosted_zone", "HostedZoneAlreadyExists")
    assert Route53Zones(again, PARKING).ensure(NAME, account_id="17", reference="order-1") == first
    assert listed(client) == [f"{NAME}."]


def test_a_zone_that_is_not_listed_yet_is_waited_for(client: "Route53Client") -> None:
    early: Any = Refusing(client, "create_hosted_zone", "HostedZoneAlreadyExists")
    with pytest.raises(UnavailableError, match="dns_zone_not_listed_yet"):
        Route53Zones(early, PARKING).ensure(NAME, account_id="17", reference="order-1")


def test_a_failed_order_takes_its_zone_with_it(zones: Route53Zones, client: "Route53Client") -> None:
    zone = zones.ensure(NAME, account_id="17", reference="order-1")
    client.change_resource_record_sets(
        HostedZoneId=zone.id,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {
                        "Name": f"www.{NAME}",
                        "Type": "A",
                        "TTL": 60,
                        "ResourceRecords": [{"Value": "192.0.2.9"}],
                    },
                }
            ]
        },
    )
    zones.delete(NAME, reference="order-1")
    assert listed(client) == []
    zones.delete(NAME, reference="order-1")  # gone already


def test_the_zone_of_another_order_stays(zones: Route53Zones, client: "Route53Client") -> None:
    kept = zones.ensure(NAME, account_id="17", reference="order-1")
    zones.delete(NAME, reference="order-2")
    assert listed(client) == [f"{NAME}."]
    other = zones.ensure(NAME, account_id="17", reference="order-2")
    assert other.id != kept.id
    zones.delete(NAME, reference="order-2")
    assert [zone["Id"] for zone in client.list_hosted_zones()["HostedZones"]] == [f"/hostedzone/{kept.id}"]


def test_a_zone_that_somebody_deletes_meanwhile_is_gone(client: "Route53Client") -> None:
    Route53Zones(client, PARKING).ensure(NAME, account_id="17", reference="order-1")
    racing: Any = Refusing(client, "delete_hosted_zone", "NoSuchHostedZone")
    Route53Zones(racing, PARKING).delete(NAME, reference="order-1")


@pytest.mark.parametrize(
    ("code", "error"),
    [("Throttling", UnavailableError), ("AccessDenied", MisconfiguredError)],
)
def test_what_aws_refuses(client: "Route53Client", code: str, error: type[Exception]) -> None:
    refusing: Any = Refusing(client, "create_hosted_zone", code)
    with pytest.raises(error):
        Route53Zones(refusing, PARKING).ensure(NAME, account_id="17", reference="order-1")


def test_only_zones_with_our_mark_are_listed(zones: Route53Zones, client: "Route53Client") -> None:
    client.create_hosted_zone(Name="by-hand.example", CallerReference="b1a7c0de-0000-4000-8000-000000000000")
    zones.ensure(NAME, account_id="17", reference="order-1")
    page = zones.listed(after=None)
    assert page.entries == (ListedZone(name=NAME, reference="order-1", account_id="17"),)
    assert page.after is None
    assert zones.exists(NAME, reference="order-1")
    assert not zones.exists(NAME, reference="order-2")
