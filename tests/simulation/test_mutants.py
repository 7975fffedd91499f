"""Each planted bug is found; so is a mutant that is in no code."""

from dataclasses import replace

import pytest

from tests.simulation import mutants
from tests.simulation.mutants import MUTANTS, DefinitionMutant, Mutant, NotAppliedError, caught


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught(mutant: Mutant | DefinitionMutant) -> None:
    assert caught(mutant) != []


def _first() -> Mutant:
    return next(mutant for mutant in MUTANTS if isinstance(mutant, Mutant))


def test_a_mutant_that_is_not_in_the_code_proves_nothing() -> None:
    with pytest.raises(NotAppliedError):
        caught(replace(_first(), old="there is no such text"))


def test_a_mutant_whose_code_does_not_run_proves_nothing() -> None:
    unreached = replace(_first(), scenario="site/stolen", faults=0)
    with pytest.raises(NotAppliedError):
        caught(unreached)


def test_a_change_that_changes_nothing_is_not_caught() -> None:
    harmless = replace(_first(), new=_first().old)
    assert caught(harmless) == []


def test_afterwards_the_code_is_as_before() -> None:
    first = _first()
    before = mutants._located(first.target)
    caught(first)
    assert mutants._located(first.target) == before
