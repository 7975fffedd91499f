"""Secrets at rest under a KMS key (port Cipher); account and cart are the encryption context."""

from typing import TYPE_CHECKING

from hostcart.adapters.aws_errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient


class KmsCipher:
    """Direct encryption: a secret may have 4,096 bytes at the most."""

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        with aws_errors("encryption"):
            answer = self._client.encrypt(
                KeyId=self._key_id, Plaintext=plaintext, EncryptionContext=_context(account_id, cart_token)
            )
        return answer["CiphertextBlob"]

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        with aws_errors("encryption"):
            answer = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=_context(account_id, cart_token)
            )
        return answer["Plaintext"]


def _context(account_id: str, cart_token: str) -> dict[str, str]:
    return {"account": account_id, "cart": cart_token}
