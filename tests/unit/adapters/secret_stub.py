"""Secrets out of a dictionary, which remember what was forgotten."""

from collections.abc import Mapping

from hostcart.adapters.secrets import Secrets


class StubSecrets(Secrets):
    def __init__(self, **members: str) -> None:
        super().__init__()
        self.members = members
        self.forgotten: list[str] = []

    def get(self, arn: str) -> Mapping[str, str]:
        return self.members

    def forget(self, arn: str) -> None:
        self.forgotten.append(arn)
