"""Accounts, users and their API keys as an operator writes them: the shape of the YAML file and its rules.

    accounts:
      "10000001":
        name: Example Ltd
        status: active                 # as the provider calls it; shown in orders
        trial: false
        currency: usd
        billing_plan: standard
        parent_id: null
        created_at: 2025-01-31T12:00:00Z
        may_order: true
        stripe_customer_id: cus_123    # or null
        payment_method_id: pm_123      # the default payment method, or null
        payment_method_type: card      # card or sepa_debit, or null
        billing_contact: {name: A. Client, email: a@client.example, address: 1 Road, city: Town,
                          postal_code: "1000", country: FR}
        features: []
        api_keys: []                   # hca_...
    users:
      "20000001":
        username: example              # unique; the name of Basic authentication
        name: A. Client
        email: a@client.example
        accounts: ["10000001"]
        api_keys: []                   # hcu_...
    revoked_api_keys: []

The billing contact is looked at for what is missing and is not stored; of keys only digests are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from hostcart.contract.statuses import MethodType
from hostcart.domain.accounts import Account, AccountSnapshot, ApiKey, CredentialKind, User, UserSnapshot
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from tools import api_keys
from tools.catalogue_file import Currency
from tools.yaml_file import Fault, FieldPath, FileFaultError, Source, read, validate

BILLING_CONTACT: Final = ("name", "email", "address", "city", "postal_code", "country")
_INT32_MAX: Final = 2**31 - 1


def _record_id(value: Any) -> str:
    if not (isinstance(value, str) and value.isascii() and value.isdecimal() and value[0] != "0"):
        raise PydanticCustomError("record_id", 'an id is a number in quotes, such as "10000001"')
    if int(value) > _INT32_MAX:
        raise PydanticCustomError("record_id", "an id is at most {most}", {"most": _INT32_MAX})
    return value


def _moment(value: Any) -> Any:
    if not isinstance(value, (str, datetime)):
        raise PydanticCustomError("moment", "a time is written as 2025-01-31T12:00:00Z")
    return value


RecordId = Annotated[str, BeforeValidator(_record_id)]
# Basic authentication ends the name at the first colon.
LoginName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^:\x00-\x1f\x7f]{1,100}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
StripeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,255}$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class BillingContact(_Model):
    """As far as it is known: nothing in it is required here."""

    name: str | None = None
    email: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in BILLING_CONTACT if not (getattr(self, name) or "").strip())


class AccountEntry(_Model):
    name: LoginName
    status: Word = "active"
    trial: StrictBool = False
    currency: Currency
    billing_plan: Word
    parent_id: RecordId | None = None
    created_at: Moment
    may_order: StrictBool = True
    stripe_customer_id: StripeId | None = None
    payment_method_id: StripeId | None = None
    payment_method_type: MethodType | None = None
    billing_contact: BillingContact = BillingContact()
    features: tuple[Word, ...] = ()
    api_keys: tuple[str, ...] = ()


class UserEntry(_Model):
    username: LoginName
    name: Text
    email: Email
    accounts: Annotated[tuple[RecordId, ...], Field(min_length=1)]
    api_keys: tuple[str, ...] = ()


class AccountsFile(_Model):
    accounts: dict[RecordId, AccountEntry] = {}
    users: dict[RecordId, UserEntry] = {}
    revoked_api_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What a file says, as records.

    `owners` maps `user:<username>` and `account:<id>` to the record that a key of theirs gets;
    `api_keys` maps each plain key to its record.
    """

    accounts: tuple[Account, ...]
    users: tuple[User, ...]
    owners: dict[str, ApiKey]
    api_keys: dict[str, ApiKey] = field(repr=False)
    revoked_api_keys: tuple[str, ...] = field(repr=False)


def load(path: Path) -> Accounts:
    """The records of a file. Raises FileFaultError, OSError."""
    source = read(path)
    content = validate(source, AccountsFile)
    faults = [*_key_faults(source, content), *_twin_names(source, content), *_odd_payments(source, content)]
    if faults:
        raise FileFaultError(source.name, faults)
    return records(content)


def records(content: AccountsFile) -> Accounts:
    """The records that the entries describe."""
    owners = {f"account:{id_}": _account_key(id_, entry) for id_, entry in content.accounts.items()}
    owners |= {f"user:{entry.username}": _user_key(id_, entry) for id_, entry in content.users.items()}
    return Accounts(
        accounts=tuple(_account(id_, entry) for id_, entry in content.accounts.items()),
        users=tuple(_user(id_, entry) for id_, entry in content.users.items()),
        owners=owners,
        api_keys={key: record for _, key, record in _keys(content)},
        revoked_api_keys=content.revoked_api_keys,
    )


def _account(id_: str, entry: AccountEntry) -> Account:
    return Account(
        snapshot=AccountSnapshot(
            id=id_,
            name=entry.name,
            status=entry.status,
            trial=entry.trial,
            currency=entry.currency,
            billing_plan=entry.billing_plan,
            parent_id=entry.parent_id,
            created_at=entry.created_at,
        ),
        may_order=entry.may_order,
        stripe_customer_id=entry.stripe_customer_id,
        payment_method_id=entry.payment_method_id,
        payment_method_type=entry.payment_method_type,
        billing_contact_missing=entry.billing_contact.missing,
        features=entry.features,
    )


def _user(id_: str, entry: UserEntry) -> User:
    return User(snapshot=UserSnapshot(id=id_, name=entry.name, email=entry.email), account_ids=entry.accounts)


def _user_key(id_: str, entry: UserEntry) -> ApiKey:
    return ApiKey(kind=CredentialKind.API_KEY, name=entry.username, user_id=id_, account_id=None)


def _account_key(id_: str, entry: AccountEntry) -> ApiKey:
    return ApiKey(kind=CredentialKind.ACCOUNT_KEY, name=entry.name, user_id=None, account_id=id_)


def _keys(content: AccountsFile) -> Iterator[tuple[FieldPath, str, ApiKey]]:
    """Every key of the file with where it stands and its record."""
    for id_, account in content.accounts.items():
        for position, key in enumerate(account.api_keys):
            yield ("accounts", id_, "api_keys", position), key, _account_key(id_, account)
    for id_, user in content.users.items():
        for position, key in enumerate(user.api_keys):
            yield ("users", id_, "api_keys", position), key, _user_key(id_, user)


def _key_faults(source: Source, content: AccountsFile) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, key, record in _keys(content):
        if not api_keys.well_formed(key, record.kind):
            yield source.fault(
                path, f"a key here is {api_keys.PREFIXES[record.kind]} and 32 random characters"
            )
        if key in seen:
            yield source.fault(path, "this key is in the file twice")
        if key in content.revoked_api_keys:
            yield source.fault(path, "this key is also revoked")
        seen.add(key)


def _twin_names(source: Source, content: AccountsFile) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for id_, user in content.users.items():
        first = seen.setdefault(user.username, id_)
        if first != id_:
            yield source.fault(("users", id_, "username"), f"is the same as that of user {first}")


def _odd_payments(source: Source, content: AccountsFile) -> Iterator[Fault]:
    for id_, account in content.accounts.items():
        if (account.payment_method_id is None) != (account.payment_method_type is None):
            path = ("accounts", id_, "payment_method_type")
            yield source.fault(path, "payment_method_id and payment_method_type come together")
        if account.parent_id == id_:
            yield source.fault(("accounts", id_, "parent_id"), "an account cannot be its own parent")
