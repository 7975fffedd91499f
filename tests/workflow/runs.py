"""Runs each scenario once, when it is first asked for: no test depends on which others ran before."""

from dataclasses import dataclass, field

from tests.workflow.cases import Case, Outcome, Scenario, order_again, run
from tests.workflow.scenarios import ALL
from tests.workflow.world import World


@dataclass
class Runs:
    """The outcomes so far."""

    world: World
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _reused: tuple[Case, str] | None = None

    def outcome(self, scenario: Scenario) -> Outcome:
        """How the scenario ended."""
        if scenario.name not in self._outcomes:
            checked = self.world.views.checked
            outcome = run(self.world, scenario)
            faults = self.world.views.faults.copy()
            self.world.views.faults.clear()
            assert faults == [], f"a stored view is not what follows from the facts: {faults}"
            assert outcome.cart is None or self.world.views.checked > checked
            self._outcomes[scenario.name] = outcome
        return self._outcomes[scenario.name]

    def reuse(self) -> tuple[Case, str]:
        """A second order with the contacts of a registered domain, brought to its end: (case, its token)."""
        if self._reused is None:
            case = self.named("registered").case
            token = order_again(case)
            assert self.world.views.faults == []
            self._reused = (case, token)
        return self._reused

    def named(self, name: str) -> Outcome:
        """The outcome of the scenario with this name."""
        (scenario,) = (scenario for scenario in ALL if scenario.name == name)
        return self.outcome(scenario)

    def all(self) -> list[Outcome]:
        """The outcomes of all scenarios."""
        return [self.outcome(scenario) for scenario in ALL]
