"""Each function has the memory of its group, which holds a request's peak."""

import pytest

from tests.bench.memory_sizes import CHOSEN_MB, GROUP, GROUPS, HEADROOM, REASONS
from tests.sam_template import Template, folder_of
from tools.cost.model import load

TEMPLATE = Template()
SIZES = {
    folder_of(name): int({**TEMPLATE.common, **properties}["MemorySize"])
    for name, properties in TEMPLATE.functions.items()
}
PEAKS = load({}).assumed["request_peak_mb"]


def test_every_function_is_in_one_group_that_has_a_reason() -> None:
    assert set(GROUP) == set(SIZES)
    assert len(GROUP) == sum(map(len, GROUPS.values()))
    assert set(REASONS) == set(CHOSEN_MB) == set(GROUPS)


@pytest.mark.parametrize("name", SIZES)
def test_the_size_is_that_of_the_group_and_holds_the_peak(name: str) -> None:
    assert SIZES[name] == CHOSEN_MB[GROUP[name]]
    assert SIZES[name] >= HEADROOM * PEAKS.get(name, 0)
