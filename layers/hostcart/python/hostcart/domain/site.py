"""A site at the provisioner."""

from dataclasses import dataclass, field
from enum import StrEnum

from hostcart.contract.statuses import Term


class ProvisionStatus(StrEnum):
    PROVISIONING = "provisioning"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """What is asked of the provisioner; `id` is the order's uuid, so that asking twice makes one site."""

    id: str
    account_id: str
    name: str
    variant: str
    location: str
    plan: str
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAccess:
    ipaddr: str
    username: str
    port: int
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedSite:
    """What the provisioner says; `ssh` is there when ready, `failure_code` when failed."""

    id: str
    status: ProvisionStatus
    name: str
    domain: str
    ssh: SshAccess | None
    failure_code: str | None
