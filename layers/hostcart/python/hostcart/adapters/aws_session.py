"""The SDK's session, without what only an interactive user needs.

`boto3.client` first imports transfers and resources that nothing here uses, and each client looks through
the folders of all services in existence for the one it was asked for. Importing this imports the SDK.
"""

from functools import cache
from typing import Any, Final

from botocore.loaders import Loader
from botocore.session import Session, get_session

SERVICES: Final = ("appconfigdata", "dynamodb", "kms", "route53", "secretsmanager", "stepfunctions")


class OurServices(Loader):
    """Knows which services there are; everything else about them is read from the SDK's own files."""

    def list_available_services(self, _type_name: str) -> list[str]:
        return list(SERVICES)


@cache
def session() -> Session:
    """One for all clients, so that they share what was parsed."""
    found = get_session()
    found.register_component("data_loader", OurServices(include_default_search_paths=True))
    return found


def client(service: str, config: Any) -> Any:
    """A client by the usual environment: region, credentials, AWS_ENDPOINT_URL."""
    return session().create_client(service, config=config)
