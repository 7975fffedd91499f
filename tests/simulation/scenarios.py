"""Which orders are simulated: what is bought, how it is paid, what the outside does by itself."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal

from hostcart.contract.statuses import MethodType
from hostcart.domain.accounts import Account, AccountSnapshot, User, UserSnapshot
from hostcart.domain.catalogue import Catalogue, DomainCharge, Slot, TldPrices

from tests.fakes.platform import START
from tests.fakes.world import CATALOGUE, CONTACT
from tests.simulation import stripe_model as stripe

type Json = dict[str, Any]
type Kind = Literal["site", "register", "transfer"]

ACCOUNT: Final = "10000001"
USER: Final = "20000001"
CUSTOMER: Final = "cus_1"
NAME: Final = "example.com"
KEY: Final = "the only key"
SLOT: Final = Slot(location="pdx", variant="vanilla")
AUTHORIZATION: Final = "Bearer callback-authorization-secret"
AUTH_CODE: Final = "auth-code-secret"
CALLBACK: Final = {"url": "https://client.example/hooks/path-secret", "authorization": AUTHORIZATION}
WEBHOOK_SECRET: Final = "whsec_webhook-signing-secret"
E_MAIL: Final = "private.person@client.example"
SECRETS: Final = (
    AUTHORIZATION,
    AUTH_CODE,
    E_MAIL,
    WEBHOOK_SECRET,
    "path-secret",
    "site-password-secret",
    str(CONTACT["email"]),
    str(CONTACT["street_address"]),
    str(CONTACT["phone"]),
)
_DAY: Final = 86_400
_HOUR: Final = 3600
_SOON: Final = 600


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One order.

    `method` is the saved method's behaviour, `balance` the customer's (credit is negative). `visits` are what
    the customer does on the hosted page, by seconds after the order. `plan` is the site's. `sites` and
    `registrar` are settings of those models, `parameters` the template's. `keyed`: the client sends an
    Idempotency-Key and repeats. `told`: the client wants a callback.
    """

    name: str
    kind: Kind = "site"
    method: str = stripe.CARD
    balance: int = 0
    currency: str = "usd"
    visits: tuple[tuple[int, str], ...] = ()
    plan: str = "basic"
    sites: Json = field(default_factory=dict)
    registrar: Json = field(default_factory=dict)
    parameters: Json = field(default_factory=dict)
    keyed: bool = True
    told: bool = True

    @property
    def price(self) -> int:
        """What the client agreed to, in minor units."""
        prices = {"site": {"usd": 1300, "eur": 1200}, "register": {}, "transfer": {}}
        return prices[self.kind].get(self.currency, 1500 if self.kind == "register" else 1400)

    def account(self) -> Account:
        snapshot = AccountSnapshot(
            id=ACCOUNT,
            name="Example Ltd",
            status="active",
            trial=False,
            currency=self.currency,
            billing_plan="standard",
            parent_id=None,
            created_at=START - timedelta(days=400),
        )
        sepa = self.method in {stripe.SEPA, stripe.SEPA_FAILS}
        return Account(
            snapshot=snapshot,
            may_order=True,
            stripe_customer_id=CUSTOMER,
            payment_method_id=f"pm_{CUSTOMER}",
            payment_method_type=MethodType.SEPA_DEBIT if sepa else MethodType.CARD,
            features=("domain_registration",),
        )

    def body(self) -> Json:
        """The POST's body."""
        callback = {"callback": CALLBACK} if self.told else {}
        if self.kind == "site":
            site = {
                "name": "My blog",
                "variant": "vanilla",
                "location": "pdx",
                "plan": self.plan,
                "term": "monthly",
            }
            return {"site": site, **callback}
        domain: Json = {"name": NAME, "contact": CONTACT}
        if self.kind == "transfer":
            domain |= {"action": "transfer", "authcode": AUTH_CODE}
        return {"domain": domain, **callback}


def user() -> User:
    """Who orders."""
    snapshot = UserSnapshot(id=USER, name="A. Client", email=E_MAIL)
    return User(snapshot=snapshot, account_ids=(ACCOUNT,))


def catalogue() -> Catalogue:
    """Prices in both currencies. The plan `trusting` is delivered while a debit is under way."""
    charges = {DomainCharge.REGISTER: 1500, DomainCharge.TRANSFER: 1400, DomainCharge.RENEW: 1700}
    prices = {"standard": {"usd": charges, "eur": charges}}
    com = TldPrices(name="com", stripe_product="prod_domain_com", prices=prices)
    basic = CATALOGUE.plans["basic"]
    trusting = replace(basic, name="trusting", deliver_while_processing=True)
    return replace(CATALOGUE, plans={"basic": basic, "trusting": trusting}, tlds={"com": com})


# So that a day's waiting is a few looks.
_FEW_LOOKS: Final = {"PaymentPollSeconds": "3600", "RefundPollSeconds": "43200", "SitePollSeconds": "300"}
_METHODS: Final[dict[str, Json]] = {
    "card": {},
    "3ds": {"method": stripe.AUTHENTICATION, "visits": ((_SOON, "pays"),)},
    "sepa": {"method": stripe.SEPA, "currency": "eur"},
    "sepa fails": {"method": stripe.SEPA_FAILS, "currency": "eur"},
    "declined": {"method": stripe.DECLINED, "visits": ((_SOON, "pays_otherwise"),)},
    "stolen": {"method": stripe.STOLEN, "balance": -500},
    "credit": {"balance": -500},
}
_KINDS: Final[dict[Kind, Json]] = {
    "site": {},
    "register": {},
    "transfer": {"registrar": {"takes": 900}},
}
_FAILS_SOON: Final = {"takes": _SOON, "fails": True}
_DEADLINE: Final = {"PaymentDeadlineSeconds": "14400"}
_TRUSTED: Final[Json] = {"plan": "trusting", "method": stripe.SEPA, "currency": "eur"}
_TRUSTED_IN_VAIN: Final = {**_TRUSTED, "method": stripe.SEPA_FAILS}
_OTHERS: Final[dict[str, Json]] = {
    "site/not told": {"told": False},
    "site/slow": {"sites": {"takes": _SOON}},
    "site/fails": {"sites": {"takes": _SOON, "fails": True}, "balance": -500},
    "site/fails, refund is slow": {"sites": {"fails": True}, "method": stripe.SLOW_REFUND},
    "site/fails, refund returns": {"sites": {"fails": True}, "method": stripe.REFUND_RETURNS},
    "site/disputed": {"visits": ((_DAY, "disputed_lost"),)},
    "site/fails, disputed": {"sites": _FAILS_SOON, "visits": ((_SOON // 2, "disputed_lost"),)},
    "site/fails, disputed in vain": {"sites": _FAILS_SOON, "visits": ((_SOON // 2, "disputed_won"),)},
    "site/trusted": _TRUSTED,
    "site/trusted fails then paid": {
        **_TRUSTED_IN_VAIN,
        "visits": ((_DAY + 2 * _HOUR, "pays_otherwise"),),
    },
    "site/trusted never paid": _TRUSTED_IN_VAIN,
    "site/all credit": {"balance": -5000},
    "site/too little": {"balance": -1270},
    "site/3ds never": {"method": stripe.AUTHENTICATION, "balance": -500},
    "site/3ds fails": {
        "method": stripe.AUTHENTICATION,
        "visits": ((_SOON, "fails"), (2 * _SOON, "fails")),
    },
    "register/slow": {"kind": "register", "registrar": {"takes": _SOON}},
    "register/refused late": {
        "kind": "register",
        "registrar": {"takes": _SOON, "refuses": True},
        "balance": -500,
    },
    "register/taken": {"kind": "register", "registrar": {"taken": {}}, "visits": ((0, "sniped"),)},
    "register/cheaper": {"kind": "register", "visits": ((0, "cheaper"),)},
    "register/3ds never": {"kind": "register", "method": stripe.AUTHENTICATION},
    "transfer/rejected": {
        "kind": "transfer",
        "registrar": {"takes": _SOON, "transfer_ends": "rejected"},
    },
    "transfer/not in time": {
        "kind": "transfer",
        "registrar": {"takes": 30 * _DAY},
        "parameters": {"TransferDeadlineSeconds": "86400", "DomainPollSeconds": "14400"},
    },
}


def _scenarios() -> dict[str, Scenario]:
    found: dict[str, Json] = {
        f"{kind}/{method}": {"kind": kind, **settings, **how}
        for kind, settings in _KINDS.items()
        for method, how in _METHODS.items()
    } | _OTHERS
    return {name: _scenario(name, settings) for name, settings in found.items()}


def _scenario(name: str, settings: Json) -> Scenario:
    polls = {"DomainPollSeconds": "300"} if settings.get("kind") == "transfer" else {}
    parameters = {**_FEW_LOOKS, **_DEADLINE, **polls, **settings.get("parameters", {})}
    return Scenario(name=name, **{**settings, "parameters": parameters})


SCENARIOS: Final = _scenarios()
