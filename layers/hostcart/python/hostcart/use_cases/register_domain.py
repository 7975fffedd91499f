"""Register or transfer the name, once, and set it up; whatever was lost is looked up, never sent blindly."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hostcart.domain.cancellation import refuse_cancellation
from hostcart.domain.cart import (
    Cart,
    Domain,
    DomainAction,
    DomainStatus,
    TaskName,
    attempt_domain,
    deliver_domain,
    reprice_domain,
    require_running,
)
from hostcart.domain.contacts_registrar import registrar_contacts, registry_requirements
from hostcart.domain.domain_names import normalise
from hostcart.domain.domain_secrets import DomainSecrets, from_bytes
from hostcart.domain.reconciliation import Verdict
from hostcart.domain.registration import (
    RegisteredDomain,
    RegistrationRequest,
    TransferRequest,
    TransferStatus,
)
from hostcart.domain.tlds import get as tld_of
from hostcart.ports import (
    CartStore,
    Cipher,
    ClaimTakenError,
    Clock,
    ConflictError,
    DnsZones,
    Metrics,
    MisconfiguredError,
    OutcomeUnknownError,
    RefusedError,
    Registrar,
    UnavailableError,
)
from hostcart.use_cases.domain_attempt import DomainTiming, Seen, domain_of, first_attempt, look
from hostcart.use_cases.domain_quote import price_now
from hostcart.use_cases.errors import DomainFailedError, OrderCancelledError, TaskError, domain_failure
from hostcart.use_cases.saving import change, load
from hostcart.use_cases.waiting import heed

_CANCELLED_BEFORE: Final = f"transfer_{TransferStatus.CANCELED.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDomainPorts:
    carts: CartStore
    registrar: Registrar
    zones: DnsZones
    cipher: Cipher
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """`wait_seconds` is when to look again while the name is not ours yet."""

    ready: bool
    wait_seconds: int


def register_domain(
    account_id: str, cart_token: str, *, timing: DomainTiming, ports: RegisterDomainPorts
) -> Registration:
    """Asks the registrar once, then how far it is. Repeatable with any of its answers lost.

    Raises DomainFailedError when the name will not be ours, OrderCancelledError when it was given up for the
    customer, and the ports' UnavailableError to be retried.
    """
    cart = load(ports.carts, account_id, cart_token)
    if domain_of(cart).status is DomainStatus.ACTIVE:
        return Registration(ready=True, wait_seconds=0)
    require_running(cart, TaskName.REGISTER_DOMAIN)
    cart = heed(ports.carts, cart)
    if domain_of(cart).attempt == 0:
        if cart.opened.cancelling:
            raise OrderCancelledError
        secrets = _secrets(cart, ports)
        cart = _send(_begin(cart, ports), secrets, ports)
    return _follow(cart, timing, ports)


def _begin(cart: Cart, ports: RegisterDomainPorts) -> Cart:
    """The zone first, as some registries want working nameservers; then the record of the attempt."""
    zone = ports.zones.ensure(cart.domain.name, account_id=cart.account.id, reference=cart.opened.id)
    domain = first_attempt(cart, ports.registrar, ports.clock.now())
    try:
        return _record(cart, replace(domain, zone_id=zone.id, nameservers=zone.nameservers), ports)
    except UnavailableError:
        _drop_zone_of_failed(cart, ports)
        raise


def _drop_zone_of_failed(cart: Cart, ports: RegisterDomainPorts) -> None:
    """A step that was held up may have made the zone anew behind the compensation that removed it."""
    current = load(ports.carts, cart.account.id, cart.token)
    if current.opened.failure is not None:
        ports.zones.delete(cart.domain.name, reference=cart.opened.id)


def _record(cart: Cart, domain: Domain, ports: RegisterDomainPorts) -> Cart:
    """Stores the attempt before it is made, and makes the claim firm with it."""
    try:
        return ports.carts.save_claimed(attempt_domain(cart, domain, ports.clock.now()))
    except ClaimTakenError as taken:
        raise DomainFailedError("domain_lost") from taken
    except ConflictError:
        raise UnavailableError("contended") from None


def _secrets(cart: Cart, ports: RegisterDomainPorts) -> DomainSecrets:
    """Opened before an attempt is recorded: what fails here must not count as one."""
    sealed = ports.carts.load_sealed(cart.account.id, cart.token).item
    if sealed is None:
        raise MisconfiguredError("contacts_missing")
    return from_bytes(ports.cipher.open(sealed, account_id=cart.account.id, cart_token=cart.token))


def _send(cart: Cart, secrets: DomainSecrets, ports: RegisterDomainPorts) -> Cart:
    """One call that may cost money. Only the first one's refusal proves that nothing happened."""
    try:
        if cart.domain.action is DomainAction.REGISTER:
            ports.registrar.register(_registration(cart, secrets))
        else:
            ports.registrar.start_transfer(
                TransferRequest(name=cart.domain.name, price=cart.domain.to_pay, auth_code=secrets.auth_code)
            )
    except OutcomeUnknownError as unknown:
        ports.metrics.count("RegistrarOutcomeUnknown", action=cart.domain.action, code=unknown.code)
    except (UnavailableError, MisconfiguredError):
        _take_back(cart, ports)  # nothing happened
        raise
    except RefusedError as refused:
        return _refused(cart, refused, ports)
    return cart


def _refused(cart: Cart, refused: RefusedError, ports: RegisterDomainPorts) -> Cart:
    """The first one's refusal ends the order, unless the registrar only wants less money by now."""
    first = domain_of(cart).attempt == 1
    if first:
        _take_back(cart, ports)
    cheaper = _cheaper(cart, ports) if refused.code == "price_refused" else None
    if cheaper is not None and first:
        raise UnavailableError("price_fell") from refused  # the retry begins anew
    if cheaper is not None:
        return cheaper
    ports.metrics.count("RegistrarRefused", action=cart.domain.action, code=refused.code)
    if first:
        raise DomainFailedError(domain_failure(refused.code)) from refused
    return cart


def _cheaper(cart: Cart, ports: RegisterDomainPorts) -> Cart | None:
    """The cart with what the registrar asks now, within the quote; None when it is no other, or above it."""
    try:
        price = price_now(cart.domain, ports.registrar)
    except DomainFailedError:
        return None
    if price == cart.domain.to_pay:
        return None
    now = ports.clock.now()
    return change(ports.carts, cart, lambda current: reprice_domain(current, price, now))


def _take_back(cart: Cart, ports: RegisterDomainPorts) -> None:
    """The attempt did not take place.

    Raises UnavailableError when it was given up meanwhile and another followed, whose end is still open.
    """
    ours, now = domain_of(cart), ports.clock.now()

    def how(current: Cart) -> Cart:
        domain = domain_of(current)
        if (domain.attempt, domain.attempt_at) != (ours.attempt, ours.attempt_at):
            raise UnavailableError("superseded")
        return attempt_domain(current, replace(domain, attempt=ours.attempt - 1), now)

    change(ports.carts, cart, how)


def _registration(cart: Cart, secrets: DomainSecrets) -> RegistrationRequest:
    item = cart.domain
    tld = tld_of(item.suffix)
    return RegistrationRequest(
        name=item.name,
        years=item.years,
        contacts=registrar_contacts(secrets.contacts, tld),
        nameservers=domain_of(cart).nameservers,
        price=item.to_pay,
        purchase_type=item.purchase_type,
        requirements=registry_requirements(secrets.contacts, tld, normalise(item.name)),
    )


def _follow(cart: Cart, timing: DomainTiming, ports: RegisterDomainPorts) -> Registration:
    now = ports.clock.now()
    seen = look(cart, ports.registrar, timing, now)
    if seen.decision.verdict is Verdict.CANCEL:
        cart, seen = _cancel(cart, seen, timing, ports)
    if seen.decision.overdue:
        ports.metrics.count("DomainsOverdue", action=cart.domain.action, reason=seen.decision.reason)
    match seen.decision.verdict:
        case Verdict.ADOPT if seen.domain is not None:
            _set_up(cart, seen.domain, ports)
            _deliver(cart, seen.domain, ports)
            return Registration(ready=True, wait_seconds=0)
        case Verdict.FAILED | Verdict.LOST:
            raise _failure(cart, seen.decision.reason, ports)
        case Verdict.RETRY:
            cart = _again(cart, timing, now, ports)
    return Registration(ready=False, wait_seconds=timing.wait(cart.domain, domain_of(cart), now))


def _failure(cart: Cart, reason: str, ports: RegisterDomainPorts) -> TaskError:
    if cart.opened.cancelling:
        return OrderCancelledError()
    ports.metrics.count("DomainsFailed", reason=reason)
    return DomainFailedError(domain_failure(reason))


def _again(cart: Cart, timing: DomainTiming, now: datetime, ports: RegisterDomainPorts) -> Cart:
    """Nothing happened: one more attempt, but none for a customer who cancelled; the last may still show."""
    domain = domain_of(cart)
    if cart.opened.cancelling:
        if now >= (domain.attempt_at or now) + timing.late:
            raise OrderCancelledError
        return cart
    secrets = _secrets(cart, ports)
    again = replace(domain, attempt=domain.attempt + 1, attempt_at=now)
    return _send(_record(cart, again, ports), secrets, ports)


def _cancel(cart: Cart, seen: Seen, timing: DomainTiming, ports: RegisterDomainPorts) -> tuple[Cart, Seen]:
    """Has the transfer cancelled, so that it cannot complete behind a refund; then looks again.

    What is refused may have been cancelled by an earlier step, whose answer was lost or is late.
    """
    now = ports.clock.now()
    try:
        ports.registrar.cancel_transfer(cart.domain.name)
    except RefusedError:
        after = look(cart, ports.registrar, timing, now)
        if after.decision.reason != _CANCELLED_BEFORE:
            cart = change(ports.carts, cart, _refusal(cart, seen, now))
    after = look(cart, ports.registrar, timing, now)
    if after.decision.verdict is Verdict.FAILED:
        after = replace(after, decision=replace(after.decision, reason=seen.decision.reason))
    return cart, after


def _refusal(cart: Cart, seen: Seen, now: datetime) -> Callable[[Cart], Cart]:
    """What a refused cancellation means: the customer's came too late, ours is not tried again."""
    if cart.opened.cancelling and seen.decision.reason != "transfer_rejected":
        return lambda current: refuse_cancellation(current, now)
    refused = replace(domain_of(cart), cancel_refused=True)
    return lambda current: attempt_domain(current, refused, now)


def _set_up(cart: Cart, found: RegisteredDomain, ports: RegisterDomainPorts) -> None:
    """Contacts and nameservers as ordered. The name is ours already: a refusal is for an operator to mend."""
    name, nameservers = cart.domain.name, domain_of(cart).nameservers
    try:
        if cart.domain.action is DomainAction.TRANSFER:
            contacts = registrar_contacts(_secrets(cart, ports).contacts, tld_of(cart.domain.suffix))
            ports.registrar.set_contacts(name, contacts)
        if set(found.nameservers) != {server.lower().rstrip(".") for server in nameservers}:
            ports.registrar.set_nameservers(name, nameservers)
    except RefusedError as refused:
        ports.metrics.count("DomainSetupRefused", code=refused.code)


def _deliver(cart: Cart, found: RegisteredDomain, ports: RegisterDomainPorts) -> None:
    now = ports.clock.now()
    delivered = change(ports.carts, cart, lambda current: _delivered(current, found, now))
    started = delivered.opened.delivery_started_at
    if started is not None:
        ports.metrics.seconds("RegistrationTime", (now - started).total_seconds())


def _delivered(cart: Cart, found: RegisteredDomain, now: datetime) -> Cart:
    domain = domain_of(cart)
    if domain.status is DomainStatus.ACTIVE:
        return cart
    active = replace(
        domain,
        status=DomainStatus.ACTIVE,
        expires_at=found.expires_at,
        registration_id=cart.opened.number,
        delivered_at=now,
    )
    return deliver_domain(cart, active, now)
