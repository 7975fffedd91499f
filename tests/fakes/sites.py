"""The port Sites in memory, as docs/site-provisioner.md describes a provisioner."""

from dataclasses import dataclass, field

from hostcart.domain.site import ProvisionedSite, ProvisionStatus, SiteSpec, SshAccess
from hostcart.ports import PortError, RefusedError

PASSWORD = "correct-horse-battery"


@dataclass
class FakeSites:
    """A site is ready once `polls_until_ready` questions after its PUT were answered."""

    polls_until_ready: int = 0
    ends_failed: bool = False
    without_ssh: bool = False
    refusal: PortError | None = None
    specs: dict[str, SiteSpec] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    puts: int = 0
    _asked: dict[str, int] = field(default_factory=dict)

    @property
    def live(self) -> set[str]:
        """Ids of sites that exist."""
        return set(self.specs) - self.deleted

    def put(self, spec: SiteSpec) -> ProvisionedSite:
        self.puts += 1
        if self.refusal is not None:
            raise self.refusal
        if spec.id in self.deleted:
            raise RefusedError("site_deleted")
        if self.specs.setdefault(spec.id, spec) != spec:
            raise RefusedError("site_conflict")
        return self._site(spec.id)

    def get(self, site_id: str) -> ProvisionedSite | None:
        if site_id not in self.live:
            return None
        self._asked[site_id] = self._asked.get(site_id, 0) + 1
        return self._site(site_id)

    def suspend(self, site_id: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.suspended.add(site_id)

    def resume(self, site_id: str) -> None:
        if self.refusal is not None or site_id not in self.live:
            raise self.refusal or RefusedError("site_not_found")
        self.suspended.discard(site_id)

    def delete(self, site_id: str) -> None:
        self.deleted.add(site_id)

    def _site(self, site_id: str) -> ProvisionedSite:
        ready = self._asked.get(site_id, 0) >= self.polls_until_ready
        status = ProvisionStatus.READY if ready else ProvisionStatus.PROVISIONING
        if ready and self.ends_failed:
            status = ProvisionStatus.FAILED
        access = SshAccess(ipaddr="203.0.113.10", username="site1", port=22, password=PASSWORD)
        return ProvisionedSite(
            id=site_id,
            status=status,
            name=self.specs[site_id].name,
            domain="my-blog.sites.example",
            ssh=access if status is ProvisionStatus.READY and not self.without_ssh else None,
            failure_code="disk_full" if status is ProvisionStatus.FAILED else None,
        )
