"""The seeded accounts, one for every situation that an order can meet."""

from dataclasses import dataclass, field
from typing import Any, Final

from hostcart.contract.statuses import MethodType

from local.seed.state import Billing
from tools.accounts_file import BILLING_CONTACT, AccountEntry, AccountsFile, BillingContact, UserEntry

DOMAINS: Final = "domain_registration"
CREATED: Final = "2024-06-01T09:00:00Z"
_FIRST_ACCOUNT: Final = 10_000_001
_FIRST_USER: Final = 20_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAccount:
    """An account, its user and what the payment processor knows of it.

    `card` is the processor's id of a test card, `iban` a test IBAN for SEPA debits; `balance` is the
    customer's balance in minor units, negative for credit. `entry` overrides fields of the account.
    """

    name: str
    card: str | None = "pm_card_visa"
    iban: str | None = None
    customer: bool = True
    balance: int = 0
    without_contact: tuple[str, ...] = ()
    entry: dict[str, Any] = field(default_factory=dict)


SEPA_SUCCEEDS: Final = "DE89370400440532013000"
SEPA_FAILS_LATE: Final = "DE78370400440532013004"

# New accounts go to the end: ids count from the first.
ACCOUNTS: Final = (
    SeedAccount(name="ready"),
    SeedAccount(name="credit", balance=-500),
    SeedAccount(name="sepa", card=None, iban=SEPA_SUCCEEDS, entry={"currency": "eur"}),
    SeedAccount(name="sepa_fails", card=None, iban=SEPA_FAILS_LATE, entry={"currency": "eur"}),
    SeedAccount(name="needs_3ds", card="pm_card_authenticationRequired"),
    SeedAccount(name="declined", card="pm_card_chargeCustomerFail"),
    SeedAccount(name="stolen", card="pm_sandbox_stolen_card"),
    SeedAccount(name="no_method", card=None),
    SeedAccount(name="no_contact", without_contact=("address", "postal_code")),
    SeedAccount(name="no_customer", card=None, customer=False),
    SeedAccount(name="trial", entry={"trial": True}),
    SeedAccount(name="blocked", entry={"may_order": False}),
    SeedAccount(name="no_flag", entry={"features": ()}),
    SeedAccount(name="empty"),
    SeedAccount(name="history"),
    SeedAccount(name="eur", entry={"currency": "eur"}),
    SeedAccount(name="child", entry={"parent_id": str(_FIRST_ACCOUNT)}),
    SeedAccount(name="small_rest", balance=-1280),  # beside the promised ones, for an example event
)


def account_id(name: str) -> str:
    return str(_FIRST_ACCOUNT + _position(name))


def user_id(name: str) -> str:
    return str(_FIRST_USER + _position(name))


def accounts_file(billing: dict[str, Billing], keys: dict[str, tuple[str, str]]) -> AccountsFile:
    """The accounts as an operator would write them; `keys` holds each one's user key and account key."""
    return AccountsFile(
        accounts={
            account_id(seed.name): _account(seed, billing[seed.name], keys[seed.name][1]) for seed in ACCOUNTS
        },
        users={user_id(seed.name): _user(seed, keys[seed.name][0]) for seed in ACCOUNTS},
    )


def contact(seed: SeedAccount) -> BillingContact:
    """The billing contact, without the fields that the account lacks.

    No value but the country's could be met by chance: where one is found, the contact has leaked.
    """
    known = {
        "name": "Ottilie Federspiel-Nordmann",
        "email": _email(seed),
        "address": "12 Schwanenhals-Allee",
        "city": "Wolkenbrunn am Hochsee",
        "postal_code": "D-10115-73921",
        "country": "DE",
    }
    return BillingContact(
        **{name: known[name] for name in BILLING_CONTACT if name not in seed.without_contact}
    )


def _account(seed: SeedAccount, billing: Billing, key: str) -> AccountEntry:
    fields: dict[str, Any] = {
        "name": seed.name,
        "currency": "usd",
        "billing_plan": "standard",
        "created_at": CREATED,
        "features": (DOMAINS,),
        "stripe_customer_id": billing.customer,
        "payment_method_id": billing.method,
        "payment_method_type": None if billing.method is None else _method_type(seed),
        "billing_contact": contact(seed),
        "api_keys": (key,),
    }
    return AccountEntry.model_validate({**fields, **seed.entry})


def _user(seed: SeedAccount, key: str) -> UserEntry:
    return UserEntry(
        username=seed.name,
        name=f"{seed.name} client",
        email=_email(seed),
        accounts=(account_id(seed.name),),
        api_keys=(key,),
    )


def _method_type(seed: SeedAccount) -> MethodType:
    return MethodType.CARD if seed.iban is None else MethodType.SEPA_DEBIT


def _email(seed: SeedAccount) -> str:
    return f"{seed.name.replace('_', '-')}@client.example"


def _position(name: str) -> int:
    return next(position for position, seed in enumerate(ACCOUNTS) if seed.name == name)
