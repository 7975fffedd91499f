"""Planted bugs: each changes one place of the real code or definition, and the simulation has to notice.

A mutant is a text in the source of one function, and what stands there instead. That the text is there
exactly once, that every module got the changed function, and that the changed function ran, is checked too.
"""

import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.simulation import doors, executions
from tests.simulation.asl import Machine
from tests.simulation.explore import Explorer, Finding
from tests.simulation.scenarios import SCENARIOS

type Json = dict[str, Any]


class NotAppliedError(Exception):
    """The mutant is not in the code it was made for: it proves nothing."""


@dataclass(frozen=True)
class Mutant:
    """`old` in the source of `target` (`module:function` or `module:Class.method`, below hostcart) is `new`.

    It is caught in `scenario` with up to `faults` faults, of these `kinds` if they are named.
    """

    name: str
    target: str
    old: str
    new: str
    scenario: str
    faults: int = 1
    kinds: frozenset[str] | None = None


@dataclass(frozen=True)
class DefinitionMutant:
    """A change of the state machine's definition."""

    name: str
    change: Callable[[Json], None]
    scenario: str
    faults: int = 1
    kinds: frozenset[str] | None = None


def _drop_catch(state: str) -> Callable[[Json], None]:
    def change(definition: Json) -> None:
        del definition["States"][state]["Catch"]

    return change


def _close_before_refund(definition: Json) -> None:
    for catcher in definition["States"]["ProvisionSite"]["Catch"]:
        catcher["Next"] = "CloseOrder"


def _never_suspend(definition: Json) -> None:
    choices = definition["States"]["PaymentOutcome"]["Choices"]
    choices[:] = [choice for choice in choices if choice["Next"] != "SuspendSite"]


MUTANTS: Final[tuple[Mutant | DefinitionMutant, ...]] = (
    Mutant(
        "the subscription is created without an idempotency key",
        "adapters.stripe_subscriptions:_create_under",
        '"billing_cycle_anchor": end}, {"idempotency_key": key}',
        '"billing_cycle_anchor": end}, {}',
        "site/card",
    ),
    Mutant(
        "credit is given back without an idempotency key",
        "adapters.stripe_refunds:_credit_under",
        '{"idempotency_key": key}',
        "{}",
        "site/fails",
    ),
    Mutant(
        "the point of no return of a site is not checked",
        "domain.cart:deliver_site",
        "refuse_cancelled(cart)",
        "pass",
        "site/card",
    ),
    Mutant(
        "the point of no return of a domain is not checked",
        "domain.cancellation:is_cancellable",
        "return domain.attempt == 0",
        "return True",
        "register/card",
    ),
    Mutant(
        "the refund is decided before the void",
        "use_cases.refund_payment:_settle",
        "invoice = _closed_invoice(cart, ports.payments)",
        "invoice = ports.payments.get_invoice(cart.payment.invoice_id); "
        "invoice = invoice if _closed_invoice(cart, ports.payments) and invoice.status == 'paid' else None",
        "site/3ds never",
    ),
    Mutant(
        "an execution has a random name",
        "adapters.sfn_workflow:SfnWorkflow.start",
        "name=cart_token,",
        "name=cart_token + __import__('uuid').uuid4().hex,",
        "site/card",
    ),
    Mutant(
        "a registration is sent again without asking first",
        "use_cases.register_domain:register_domain",
        "if domain_of(cart).attempt == 0:",
        "if True:",
        "register/card",
    ),
    Mutant(
        "a subscription is created without looking for it first",
        "use_cases.activate_subscription:_find_or_create",
        "payments.find_subscription(",
        "None and payments.find_subscription(",
        "site/card",
        2,
        frozenset({"crash_after", "keys_expire"}),
    ),
    Mutant(
        "a status may move backwards",
        "domain.transitions:advance",
        "if target != current and target not in table[current]:",
        "if False:",
        "site/3ds",
        2,
        frozenset({"zombie_long", "visit"}),
    ),
    Mutant(
        "the callback is marked before it is sent",
        "use_cases.send_callback:send_callback",
        "status = _deliver(cart, ports)",
        "status = CallbackStatus.DELIVERED; cart = change(ports.carts, cart, lambda current: "
        "settle_callback(current, status, ports.clock.now())); status = _deliver(cart, ports)",
        "site/card",
    ),
    Mutant(
        "each delivery of the callback has an id of its own",
        "use_cases.send_callback:_deliver",
        'message_id=f"msg_{order.id}"',
        "message_id=f\"msg_{order.id}_{order.updated_at}_{__import__('uuid').uuid4()}\"",
        "site/card",
    ),
    Mutant(
        "the claim stays a lease",
        "adapters.dynamodb_claims:DynamoClaims.make_firm",
        '"REMOVE lease_until, ',
        '"REMOVE ',
        "register/card",
    ),
    Mutant(
        "a cart is written over any version",
        "adapters.dynamodb_carts:DynamoCarts._update",
        '"ConditionExpression": "#version = :expected"',
        '"ConditionExpression": "attribute_exists(#version) OR #version = :expected"',
        "site/card",
    ),
    Mutant(
        "capacity is not given back",
        "use_cases.saving:change",
        "released = cart.slot if changed.slot is None else None",
        "released = None",
        "site/stolen",
        0,
    ),
    Mutant(
        "a failed order keeps its claim",
        "use_cases.close_order:close_order",
        "drop_claim=failed and isinstance(cart.item, DomainItem)",
        "drop_claim=False",
        "register/stolen",
        0,
    ),
    Mutant(
        "the order's view is not rendered from its facts",
        "adapters.dynamodb_carts:_attributes",
        "_json(views.order_view(cart))",
        "_json(views.cart_view(cart))",
        "site/card",
        0,
    ),
    Mutant(
        "a site has a random id",
        "use_cases.provision_site:_spec",
        "id=cart.opened.id,",
        "id=str(__import__('uuid').uuid4()),",
        "site/card",
    ),
    Mutant(
        "a price that fell is forgotten before the purchase",
        "use_cases.register_domain:_registration",
        "price=item.to_pay,",
        "price=item.registrar_price,",
        "register/cheaper",
        0,
    ),
    Mutant(
        "a price that fell is refused",
        "use_cases.domain_quote:_unless_dearer",
        "price > item.registrar_price",
        "price != item.registrar_price",
        "register/cheaper",
        0,
    ),
    Mutant(
        "an older attempt takes a newer one back",
        "use_cases.register_domain:_take_back",
        "if (domain.attempt, domain.attempt_at) != (ours.attempt, ours.attempt_at):",
        "if False:",
        "register/card",
    ),
    Mutant(
        "the subscription bills before the paid term ends",
        "use_cases.activate_subscription:_create",
        "paid_through=renewal.first_bill",
        "paid_through=renewal.began + _SOONEST",
        "site/card",
        0,
    ),
    Mutant(
        "the renewal stays with the card that was declined",
        "use_cases.activate_subscription:_method",
        "if payment.paid_with is None:",
        "if True:",
        "site/declined",
        0,
    ),
    Mutant(
        "no operator is told of an order that was paid in vain",
        "use_cases.refund_payment:_tell_of_undelivered",
        "metrics.count(",
        "(lambda *_, **__: None)(",
        "site/fails",
        0,
    ),
    Mutant(
        "an order that was paid in vain is told of when it is stored already",
        "use_cases.refund_payment:_settle",
        """    if refund is not None:
        _tell_of_undelivered(cart, ports.metrics)
    now = ports.clock.now()
    settled = change(ports.carts, cart, lambda current: settle_failed_payment(current, payment, now))
""",
        """    now = ports.clock.now()
    settled = change(ports.carts, cart, lambda current: settle_failed_payment(current, payment, now))
    if refund is not None:
        _tell_of_undelivered(cart, ports.metrics)
""",
        "site/fails",
        1,
        frozenset({"crash_after"}),
    ),
    Mutant(
        "the site stays behind a refund",
        "use_cases.refund_payment:_remove",
        "ports.sites.delete(cart.opened.id)",
        "pass",
        "site/fails",
        0,
    ),
    Mutant(
        "the cause of a failure quotes what failed",
        "entry.task:task_door",
        "raise undone(error.code) from None",
        'raise TaskRetryError(f\'{error.code} {__import__("hostcart.wiring").wiring.carts()'
        ".load_sealed(task.account_id, task.cart_token).callback[::-1]}') from None",
        "site/card",
    ),
    Mutant(
        "an event is marked as seen before its effect",
        "adapters.dynamodb_waits:DynamoWaits.mark_news_once",
        'transact(self._client, [event, {"Update": mark}])',
        'transact(self._client, [event]); transact(self._client, [{"Update": mark}])',
        "site/3ds",
        0,
    ),
    Mutant(
        "an event is taken as often as it comes",
        "adapters.dynamodb_waits:DynamoWaits.mark_news_once",
        '"ConditionExpression": "attribute_not_exists(pk)",',
        "",
        "site/3ds",
        1,
        frozenset({"doubled"}),
    ),
    Mutant(
        "the reconciler brings nothing on its way again",
        "use_cases.reconcile_orders:_resume",
        "run.ports.executions.resume(execution, account_id=cart.account.id, cart_token=cart.token)",
        "pass",
        "register/card",
    ),
    Mutant(
        "a refund that came back is looked at by nobody",
        "use_cases.recheck_refund:_look",
        "if cart.order is None or not is_given_back(cart):",
        "if True:",
        "site/fails, refund returns",
        0,
    ),
    Mutant(
        "a lost webhook about a refund is missed for good",
        "use_cases.reconcile_money:_look_at",
        "if cart is None:",
        "if True:",
        "site/fails, refund returns",
        3,
        frozenset({"lost"}),
    ),
    Mutant(
        "a disputed payment is refunded until it succeeds",
        "adapters.stripe_refunds:_to_method",
        "if refused.code != _DISPUTED:",
        "if True:",
        "site/fails, disputed",
        0,
    ),
    Mutant(
        "a dispute is told to nobody",
        "use_cases.recheck_refund:judge_dispute",
        "if dispute is None:",
        "if True:",
        "site/disputed",
        0,
    ),
    Mutant(
        "a transfer that was cancelled before counts as not stopped",
        "use_cases.register_domain:_cancel",
        "if after.decision.reason != _CANCELLED_BEFORE:",
        "if True:",
        "transfer/card",
        2,
        frozenset({"cancel", "dup"}),
    ),
    Mutant(
        "a site that is paid after all stays suspended",
        "use_cases.provision_site:_resumed",
        "ports.sites.resume(site.id)",
        "pass",
        "site/trusted fails then paid",
        0,
    ),
    Mutant(
        "a suspension is stored only when it is answered",
        "use_cases.suspend_site:suspend_site",
        "lambda current: domain.ask_for_suspension(current, now) if _due(current) else current,",
        "lambda current: current,",
        "site/trusted fails then paid",
        2,
        frozenset({"visit", "zombie_long"}),
    ),
    Mutant(
        "a paid order ends while its site may still be suspended",
        "use_cases.provision_site:_resumed",
        "max(asked + _SUSPENSION_IS_OVER - now, timedelta(0))",
        "timedelta(0)",
        "site/trusted fails then paid",
        2,
        frozenset({"visit", "late"}),
    ),
    Mutant(
        "a site is said to be suspended before it is",
        "use_cases.suspend_site:suspend_site",
        "        ports.sites.suspend(site.id)",
        "        change(ports.carts, cart, lambda current: domain.suspend_site(current, now)); "
        "ports.sites.suspend(site.id)",
        "site/trusted fails then paid",
        0,
    ),
    Mutant(
        "a suspended site is not said to be suspended",
        "use_cases.suspend_site:suspend_site",
        "cart = change(ports.carts, cart, lambda current: domain.suspend_site(current, now))",
        "pass",
        "site/trusted fails then paid",
        0,
    ),
    Mutant(
        "a site stays where the debit came to nothing",
        "use_cases.refund_payment:_remove",
        "ports.sites.delete(cart.opened.id)",
        "pass",
        "site/trusted never paid",
        0,
    ),
    DefinitionMutant("a late failure suspends nothing", _never_suspend, "site/trusted fails then paid", 0),
    DefinitionMutant("a task has no catch", _drop_catch("ProvisionSite"), "site/fails", 0),
    DefinitionMutant("a failed delivery is closed without a refund", _close_before_refund, "site/fails", 0),
)


def caught(mutant: Mutant | DefinitionMutant) -> list[Finding]:
    """What the simulation finds with the mutant in place. Raises NotAppliedError when it is not."""
    with pytest.MonkeyPatch.context() as patch:
        ran = _plant(mutant, patch)
        with doors.wired():
            explorer = Explorer(SCENARIOS[mutant.scenario], mutant.faults, findings=1, only=mutant.kinds)
            found = explorer.explore().findings
        if not ran:
            raise NotAppliedError(f"{mutant.name}: the changed code did not run")
        return found


def _plant(mutant: Mutant | DefinitionMutant, patch: pytest.MonkeyPatch) -> list[int]:
    """Grows when the changed code runs."""
    if isinstance(mutant, DefinitionMutant):
        return _plant_definition(mutant, patch)
    owner, name, original = _located(mutant.target)
    source = textwrap.dedent(inspect.getsource(original))
    if source.count(mutant.old) != 1:
        raise NotAppliedError(f"{mutant.name}: {source.count(mutant.old)} times in {mutant.target}")
    ran: list[int] = []
    changed = _compiled(source.replace(mutant.old, mutant.new), name, original, ran)
    patch.setattr(owner, name, changed)
    for module, attribute in list(_holders(original)):
        patch.setattr(module, attribute, changed)
    return ran


def _located(target: str) -> tuple[Any, str, Any]:
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(f"hostcart.{module_name}")
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    return owner, name, inspect.unwrap(getattr(owner, name))


def _compiled(source: str, name: str, original: Any, ran: list[int]) -> Any:
    space = sys.modules[original.__module__].__dict__
    made: Json = {}
    text = f"from __future__ import annotations\n{source}"
    exec(compile(text, original.__code__.co_filename, "exec"), space, made)  # noqa: S102 - our own source
    function = made[name]

    def counted(*args: Any, **named: Any) -> Any:
        ran.append(1)
        return function(*args, **named)

    return counted


def _holders(original: Any) -> Iterator[tuple[Any, str]]:
    """Modules that imported the function by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("hostcart.", "simulated_")):
            for attribute, value in list(vars(module).items()):
                if value is original:
                    yield module, attribute


def _plant_definition(mutant: DefinitionMutant, patch: pytest.MonkeyPatch) -> list[int]:
    ran: list[int] = []

    def machine(parameters: tuple[tuple[str, str], ...]) -> Machine:
        definition = doors.template().changed(dict(parameters)).definition()
        before = repr(definition)
        mutant.change(definition)
        if repr(definition) != before:
            ran.append(1)
        return Machine(definition)

    patch.setattr(executions, "machine", machine)
    return ran


@contextmanager
def planted(mutant: Mutant | DefinitionMutant) -> Iterator[None]:
    """The mutant in place, for a look at its story."""
    with pytest.MonkeyPatch.context() as patch:
        _plant(mutant, patch)
        with doors.wired():
            yield
