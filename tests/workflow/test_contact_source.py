"""A completed registration lends its contacts to the account's next order."""

from hostcart.adapters.dynamodb_carts import DynamoCarts
from hostcart.adapters.kms_cipher import KmsCipher
from hostcart.domain.domain_secrets import DomainSecrets, from_bytes

from tests.workflow.cases import CONTACT, Case
from tests.workflow.runs import Runs
from tests.workflow.world import TABLE


def _secrets(case: Case, token: str) -> DomainSecrets:
    sealed = DynamoCarts(case.world.dynamodb, TABLE).load_sealed(case.account_id, token).item
    assert sealed is not None
    cipher = KmsCipher(case.world.kms, case.world.data_key)
    return from_bytes(cipher.open(sealed, account_id=case.account_id, cart_token=token))


def test_contacts_are_used_again(runs: Runs) -> None:
    case, token = runs.reuse()
    assert token != case.token
    assert _secrets(case, token).contacts.owner == _secrets(case, case.token).contacts.owner
    assert _secrets(case, token).contacts.owner.first_name == CONTACT["first_name"]
    view = case.world.claim(f"again-{case.name}")
    assert view is not None
    assert "lease_until" not in view
