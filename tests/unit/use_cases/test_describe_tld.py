"""GET /api/about/tlds/{tld}: what is sold, and nothing else."""

import json

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.responses import TldRequirements
from hostcart.domain import tlds
from hostcart.use_cases.describe_catalogue import describe_catalogue
from hostcart.use_cases.describe_tld import describe_tld

from tests.fakes.world import World


def test_every_tld_of_the_catalogue_is_described(world: World) -> None:
    listed = [entry["name"] for entry in describe_catalogue(world.catalogue)["tlds"]]
    assert listed
    for name in listed:
        text = json.dumps(describe_tld(name, world.catalogue))
        assert TldRequirements.model_validate_json(text).tld == name


@pytest.mark.parametrize("name", ["org", "zz", ""])
def test_no_other_is(world: World, name: str) -> None:
    assert ("org" in tlds.names(), "org" in world.catalogue.catalogue().tlds) == (True, False)
    with pytest.raises(ApiError) as caught:
        describe_tld(name, world.catalogue)
    assert caught.value.code == "not_found"
