"""What can happen at a boundary, and where it applies.

A boundary is one call to the outside by a running function. Each fault has a word; what it does is in
`World.meet`. `_before` and `_after` say whether the call had its effect.
"""

from functools import lru_cache
from typing import Final

CRASHES: Final = ("crash_before", "crash_after")
# The function is not told; something else happens at that moment.
DELIVERIES: Final = ("dup", "zombie", "zombie_long")
_WRITE_TO_TABLE: Final = ("conflict", "throttle", "timeout_before", "timeout_after", "repeated")
_TRANSACTION: Final = ("conflict", "throttle", "timeout_before", "timeout_after")
_OUTSIDE_READ: Final = ("timeout_before", "error_before", "throttle", "denied")
_OUTSIDE_WRITE: Final = (
    "timeout_before",
    "timeout_after",
    "error_before",
    "error_after",
    "late",
    "throttle",
    "denied",
    "refused",
)
_WEBHOOK: Final = ("lost", "doubled", "delayed")
_KEYED: Final = ("kept_before", "kept_after", "in_use", "lock")
_OUTSIDE: Final = {
    "sites.get": _OUTSIDE_READ,
    "sites.put": tuple(kind for kind in _OUTSIDE_WRITE if kind != "late"),
    "sites.suspend": _OUTSIDE_WRITE,
    "sites.resume": _OUTSIDE_WRITE,
    "sites.delete": ("timeout_before", "timeout_after", "error_before", "throttle", "denied"),
    "zones.list": ("error_before", "denied"),
    "zones.exists": ("error_before", "denied"),
    "zones.ensure": ("error_before", "error_after", "denied"),
    "zones.delete": ("error_before", "error_after", "denied"),
    "callbacks.deliver": ("timeout_before", "timeout_after", "throttle", "refused"),
    "kms.seal": ("throttle", "denied"),
    "kms.open": ("throttle", "denied"),
    "features.check": ("throttle",),
    "registrar.register": (*_OUTSIDE_WRITE, "sniped", "cheaper"),
    "registrar.start_transfer": (*_OUTSIDE_WRITE, "cheaper"),
    "registrar.cancel_transfer": tuple(kind for kind in _OUTSIDE_WRITE if kind != "late"),
    "registrar.set_contacts": tuple(kind for kind in _OUTSIDE_WRITE if kind != "late"),
    "registrar.set_nameservers": tuple(kind for kind in _OUTSIDE_WRITE if kind != "late"),
}
_NATURAL: Final = frozenset({"void_invoice", "delete", "cancel"})  # sent without a key of ours
# A refusal that the processor cannot mean: money is there, the request is good, and no operator could help.
_NEVER_REFUSED: Final = frozenset({"retrieve", "list", "void_invoice", "delete", "cancel"})


# After these the processor may have something to report.
_REPORTED: Final = frozenset(
    {"stripe.invoices.finalize_invoice", "stripe.invoices.pay", "stripe.invoices.void_invoice"}
)


@lru_cache(maxsize=1024)
def kinds(name: str, invocation: str) -> tuple[str, ...]:
    """The faults of a boundary; `invocation` is task, post, hook, cancel, sweep or network."""
    if invocation == "network":
        return _WEBHOOK
    deliveries = DELIVERIES if invocation == "task" else ("dup",)
    return (*CRASHES, *_of_call(name), *deliveries, *_actions(name))


def _of_call(name: str) -> tuple[str, ...]:
    system, _, call = name.partition(".")
    if system == "db":
        return _of_table(call)
    if system == "stripe":
        return _of_stripe(call.rpartition(".")[2])
    if system == "sfn":
        return ("throttle", "timeout_before", "timeout_after")
    return _OUTSIDE.get(name, _OUTSIDE_READ)


def _of_table(call: str) -> tuple[str, ...]:
    verb, _, records = call.partition(" ")
    if verb in {"get", "read", "query", "scan"}:
        return ("throttle", "timeout_before", *(() if verb == "get" else ("stale",)))
    contended = ("contended",) if "CART" in records and verb != "put" else ()
    return (*(_TRANSACTION if verb == "transact" else _WRITE_TO_TABLE), *contended)


def _of_stripe(verb: str) -> tuple[str, ...]:
    if verb in {"retrieve", "list"}:
        return _OUTSIDE_READ
    found = tuple(kind for kind in _OUTSIDE_WRITE if kind != "refused" or verb not in _NEVER_REFUSED)
    if verb in _NATURAL:
        return tuple(kind for kind in found if kind not in {"late"})
    return (*found, *_KEYED, *(("declined", "stolen") if verb == "pay" else ()))


def _actions(name: str) -> tuple[str, ...]:
    """What clients and others do at this moment; a write is the moment that may matter."""
    writes = not name.startswith(("db.get", "db.read", "db.query", "kms", "features"))
    if not writes:
        return ()
    actions = ("repeat", "visit", "cancel")
    if not name.startswith("stripe."):
        return (*actions, "sweep") if name.startswith(("sfn", "sites", "registrar")) else actions
    return (*actions, "sweep", "keys_expire", *(("early",) if name in _REPORTED else ()))
