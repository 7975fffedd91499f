"""What time brings: late registrations and refusals, transfers that go through their phases."""

from typing import Final

from local.sandboxes.http import Json
from local.sandboxes.registrar.contacts import account_contacts
from local.sandboxes.registrar.orders import refund
from local.sandboxes.registrar.store import Store

DAY: Final = 86_400
YEAR: Final = 365 * DAY
PRIVACY_PRICE: Final = 499
# (from this part of the duration on, phrase of v4, word of its successor); cancelable until SUBMITTED
_PHASES: Final = (
    (0.0, "Retrieving Email", "pending"),
    (0.15, "Pending Your Approval", "pending_new_auth_code"),
    (0.3, "Pending Unlock", "pending_unlock"),
    (0.5, "Transfer Submitted ETA: {days} day(s)", "pending_transfer"),
    (0.9, "Transfer Submitted ETA: {days} day(s)", "pending_insert"),
)
_SUBMITTED: Final = 0.5
_ENDS: Final = {
    "completed": "Completed",
    "rejected": "Rejected",
    "failed": "Failed",
    "canceled": "Canceled",
}
_AGE_AT_TRANSFER: Final = 400 * DAY
_LEFT_AT_TRANSFER: Final = 200 * DAY


def settle(store: Store) -> bool:
    """Do everything whose time has come; whether anything was."""
    changed = False
    for domain in list(store.domains.values()):
        if domain["status"] == "registering" and domain["due"] <= store.now():
            _decide(store, domain)
            changed = True
    for transfer in store.transfers.values():
        if transfer["ended"] is None and _progress(store, transfer) >= 1:
            _end(store, transfer)
            changed = True
    return changed


def phase(store: Store, transfer: Json) -> str:
    """The status text of a transfer, in the vocabulary of the settings."""
    core = store.settings["core_statuses"]
    if transfer["ended"] is not None:
        ended: str = transfer["ended"]
        return ended if core else _ENDS[ended]
    progress = _progress(store, transfer)
    phrase, word = next((phrase, word) for start, phrase, word in reversed(_PHASES) if progress >= start)
    left = transfer["seconds"] * (1 - progress)
    return word if core else phrase.format(days=max(1, round(left / DAY)))


def cancelable(store: Store, transfer: Json) -> bool:
    """Whether the registry has not been asked yet; a rejected transfer can be cancelled too."""
    if transfer["ended"] is not None:
        return bool(transfer["ended"] == "rejected")
    return _progress(store, transfer) < _SUBMITTED


def _progress(store: Store, transfer: Json) -> float:
    if transfer["outcome"] == "stuck":
        return 0.0
    elapsed: float = store.now() - transfer["created"]
    return elapsed / transfer["seconds"] if transfer["seconds"] > 0 else 1.0


def _decide(store: Store, domain: Json) -> None:
    if domain["outcome"] == "refused":
        del store.domains[domain["name"]]
        refund(store, domain["order"])
        return
    domain.update(status="active", created=domain["due"], expires=domain["due"] + domain["years"] * YEAR)


def _end(store: Store, transfer: Json) -> None:
    transfer["ended"] = transfer["outcome"]
    if transfer["outcome"] != "completed":
        refund(store, transfer["order"])
        return
    now = store.now()
    store.domains[transfer["name"]] = {
        "name": transfer["name"],
        "status": "active",
        "order": transfer["order"],
        "created": transfer["created"] - _AGE_AT_TRANSFER,
        "expires": now + _LEFT_AT_TRANSFER + YEAR,
        "contacts": account_contacts(),
        "nameservers": ["ns1.previous-host.example", "ns2.previous-host.example"],
        "privacy": transfer["privacy"],
        "locked": True,
        "autorenew": False,
        "years": 1,
        "requirements": {},
    }
