"""Secrets at rest under a KMS key (port Cipher); account and cart are the encryption context.

KMS takes 4,096 bytes. What is longer is sealed under a data key of its own (AES-256-GCM, the context
authenticated), which KMS seals. The first byte tells the two forms apart.
"""

import json
import os
from typing import TYPE_CHECKING, Final

from hostcart.adapters.aws_errors import aws_errors
from hostcart.ports import MisconfiguredError

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

LONGEST_DIRECT: Final = 4000
_DIRECT: Final = b"D"
_ENVELOPE: Final = b"E"  # two bytes of length, the sealed data key, the nonce, the ciphertext
_LENGTH_BYTES: Final = 2
_NONCE_BYTES: Final = 12


class KmsCipher:
    """`open` raises MisconfiguredError for what was sealed in another context or is not ours."""

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def seal(self, plaintext: bytes, *, account_id: str, cart_token: str) -> bytes:
        context = _context(account_id, cart_token)
        if len(plaintext) > LONGEST_DIRECT:
            return _ENVELOPE + self._seal_long(plaintext, context)
        with aws_errors("encryption"):
            answer = self._client.encrypt(KeyId=self._key_id, Plaintext=plaintext, EncryptionContext=context)
        return _DIRECT + answer["CiphertextBlob"]

    def open(self, sealed: bytes, *, account_id: str, cart_token: str) -> bytes:
        form, content = sealed[:1], sealed[1:]
        context = _context(account_id, cart_token)
        if form == _DIRECT:
            return self._decrypt(content, context)
        if form == _ENVELOPE:
            return self._open_long(content, context)
        raise MisconfiguredError("encryption_form_unknown")

    def _seal_long(self, plaintext: bytes, context: dict[str, str]) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with aws_errors("encryption"):
            key = self._client.generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context
            )
        nonce = os.urandom(_NONCE_BYTES)
        sealed_key = key["CiphertextBlob"]
        ciphertext = AESGCM(key["Plaintext"]).encrypt(nonce, plaintext, _bound(context))
        return len(sealed_key).to_bytes(_LENGTH_BYTES) + sealed_key + nonce + ciphertext

    def _open_long(self, content: bytes, context: dict[str, str]) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
        nonce, ciphertext = content[end : end + _NONCE_BYTES], content[end + _NONCE_BYTES :]
        key = self._decrypt(content[_LENGTH_BYTES:end], context)
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _bound(context))
        except InvalidTag:
            raise MisconfiguredError("encryption_refused") from None

    def _decrypt(self, blob: bytes, context: dict[str, str]) -> bytes:
        with aws_errors("encryption"):
            answer = self._client.decrypt(KeyId=self._key_id, CiphertextBlob=blob, EncryptionContext=context)
        return answer["Plaintext"]


def _context(account_id: str, cart_token: str) -> dict[str, str]:
    return {"account": account_id, "cart": cart_token}


def _bound(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()
