"""DNS zones on Route 53 (ports DnsZones and ZoneInventory)."""

import re
from typing import TYPE_CHECKING, Any, Final

from hostcart.adapters.aws_errors import aws_errors
from hostcart.ports import UnavailableError, Zone
from hostcart.ports_reconcile import ListedZone, Page

if TYPE_CHECKING:
    from mypy_boto3_route53.client import Route53Client
    from mypy_boto3_route53.type_defs import HostedZoneTypeDef, ResourceRecordSetOutputTypeDef

_TTL_SECONDS: Final = 300
_MARK: Final = re.compile(r"hostcart order of account ([0-9]{1,20})")
_PAGE: Final = "100"
_OWN: Final = frozenset({"SOA", "NS"})  # Route 53's own at the apex go with the zone


class Route53Zones:
    """`parking_address` is the IPv4 address that a new name points to."""

    def __init__(self, client: "Route53Client", parking_address: str) -> None:
        self._client = client
        self._parking = parking_address

    def ensure(self, name: str, *, account_id: str, reference: str) -> Zone:
        with aws_errors("dns"):
            zone_id = self._create(name, account_id, reference)
            nameservers = self._client.get_hosted_zone(Id=zone_id)["DelegationSet"]["NameServers"]
            self._park(zone_id, name)
        return Zone(id=zone_id, nameservers=tuple(server.lower().rstrip(".") for server in nameservers))

    def delete(self, name: str, *, reference: str) -> None:
        with aws_errors("dns"):
            zone_id = self._find(name, reference)
            if zone_id is None:
                return
            try:
                records = self._client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
                self._delete_records(zone_id, [record for record in records if record["Type"] not in _OWN])
                self._client.delete_hosted_zone(Id=zone_id)
            except self._client.exceptions.NoSuchHostedZone:
                return

    def listed(self, *, after: str | None) -> Page[ListedZone]:
        more: Any = {} if after is None else {"Marker": after}
        with aws_errors("dns"):
            page = self._client.list_hosted_zones(MaxItems=_PAGE, **more)
        zones = tuple(filter(None, map(_listed, page["HostedZones"])))
        return Page(entries=zones, after=page.get("NextMarker") if page["IsTruncated"] else None)

    def exists(self, name: str, *, reference: str) -> bool:
        with aws_errors("dns"):
            return self._find(name, reference) is not None

    def _create(self, name: str, account_id: str, reference: str) -> str:
        """AWS refuses a second zone under one reference: then the first is looked up."""
        try:
            created = self._client.create_hosted_zone(
                Name=name,
                CallerReference=reference,
                HostedZoneConfig={"Comment": f"hostcart order of account {account_id}"},
            )
            return _bare_id(created["HostedZone"])
        except self._client.exceptions.HostedZoneAlreadyExists:
            found = self._find(name, reference)
            if found is None:
                raise UnavailableError("dns_zone_not_listed_yet") from None
            return found

    def _find(self, name: str, reference: str) -> str | None:
        """The zone made under the reference: others of the name may be somebody else's."""
        for zone in self._client.list_hosted_zones_by_name(DNSName=name)["HostedZones"]:
            if zone["CallerReference"] == reference:
                return _bare_id(zone)
        return None

    def _park(self, zone_id: str, name: str) -> None:
        self._client.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {
                            "Name": name,
                            "Type": "A",
                            "TTL": _TTL_SECONDS,
                            "ResourceRecords": [{"Value": self._parking}],
                        },
                    }
                ]
            },
        )

    def _delete_records(self, zone_id: str, records: "list[ResourceRecordSetOutputTypeDef]") -> None:
        if records:
            self._client.change_resource_record_sets(
                HostedZoneId=zone_id,
                ChangeBatch={
                    "Changes": [{"Action": "DELETE", "ResourceRecordSet": record} for record in records]
                },
            )


def _listed(zone: "HostedZoneTypeDef") -> ListedZone | None:
    """A zone of ours; without the mark it is somebody else's."""
    mark = _MARK.fullmatch(zone.get("Config", {}).get("Comment", ""))
    if mark is None:
        return None
    return ListedZone(
        name=zone["Name"].removesuffix("."), reference=zone["CallerReference"], account_id=mark[1]
    )


def _bare_id(zone: "HostedZoneTypeDef") -> str:
    return zone["Id"].removeprefix("/hostedzone/")
