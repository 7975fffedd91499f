"""A run is told by its text: it replays exactly, shrinks to what matters, and reads as a story."""

import random

import pytest

from tests.simulation import histories, mutants
from tests.simulation.explore import Explorer
from tests.simulation.faults import kinds
from tests.simulation.histories import breaks, shrink, story
from tests.simulation.history import History, parse
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.world import World

pytestmark = pytest.mark.usefixtures("simulated")


def _told(world: World) -> tuple[object, ...]:
    return world.snapshot(), world.violations, world.met


@pytest.mark.parametrize("seed", [*range(8), 16, 32])
def test_a_random_history_replays_exactly_from_its_text(seed: int) -> None:
    history, world = histories.roll(seed)
    again = histories.run(parse(str(history)))
    assert _told(again) == _told(world)


def test_the_text_names_everything() -> None:
    text = "register/sepa_fails seed=7 3.5:crash_before 4.0:dup @60:cancel"
    history = parse(text)
    assert str(history) == text
    assert history.scenario == "register/sepa fails"
    assert history.plan == (((3, 5), "crash_before"), ((4, 0), "dup"))
    assert history.extras == ((60, "cancel"),)


@pytest.mark.parametrize("text", ["no/such", "site/card seed=x", "site/card 3:crash_before"])
def test_a_text_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - three texts, three messages
        parse(text)


def test_a_failing_history_shrinks_to_what_it_needs() -> None:
    mutant = next(entry for entry in MUTANTS if entry.name == "the callback is marked before it is sent")
    noise = (((1, 1), "throttle"), ((2, 0), "dup"))
    with mutants.planted(mutant):
        what = "the callback did not come once: its id, its type, its body"
        plain = histories.run(History("site/card")).met
        alone = [(met.spot, "throttle") for met in plain if "throttle" in kinds(met.name, met.kind)]
        needed = next(
            fault for fault in alone if what in histories.run(History("site/card", None, (fault,))).violations
        )
        shrunk = shrink(History("site/card", None, (*noise, needed)), breaks(what))
        told = story(shrunk)
    assert shrunk.size <= 1
    assert f"BROKEN: {what}" in told
    assert str(shrunk) in told


def test_a_story_names_calls_faults_and_states() -> None:
    spot = next(met.spot for met in histories.run(History("site/card")).met if met.name == "sites.put")
    told = story(History("site/card", None, ((spot, "crash_before"),)))
    assert "sites.put   <== crash_before" in told
    assert "Runtime.ExitError" in told
    assert "-> ProvisionSite" in told
    assert "BROKEN" not in told


def test_no_story_tells_a_secret() -> None:
    world = histories.run(parse("register/card"), told=True)
    text = "\n".join([*(world.told or []), *(world.logs or [])])
    assert "task_done" in text
    for secret in ("callback-authorization-secret", "path-secret", "private.person@client.example"):
        assert secret not in text


def test_following_equal_worlds_once_leaves_nothing_out() -> None:
    """A sample of the plans that an exploration covers, each run from its start."""
    name, chance = "site/credit", random.Random(1)  # noqa: S311 - not a secret
    explorer = Explorer(SCENARIOS[name], 1)
    found = explorer.explore()
    ends = set(explorer.ends)
    plain = histories.run(History(name)).met
    plans = [(met.spot, kind) for met in plain for kind in kinds(met.name, met.kind)]
    assert found.plans == [1, len(plans)]
    for spot, kind in chance.sample(plans, 60):
        world = histories.run(History(name, None, ((spot, kind),)))
        assert world.violations == []
        assert world.snapshot() in ends, f"{spot} {kind} ends as no explored world does"


def test_a_zone_made_behind_the_compensation_goes_with_the_next_sweep() -> None:
    """Three faults: a step is held up at the zone and dies, and meanwhile the name is lost and refunded."""
    plain = histories.run(History("register/card")).met
    step, call = next(met.spot for met in plain if met.name == "zones.ensure")
    held_up = (((step, call), "zombie_long"), ((step, call + 1), "crash_before"))
    world = histories.run(History("register/card", None, held_up))
    bought = next(met.spot for met in world.met if met.name == "registrar.register")
    history = History("register/card", None, (*held_up, (bought, "sniped")))
    assert histories.run(history).violations == []
    sweep = "use_cases.reconcile_inventory:_look_at_zone"
    deletion = "run.ports.zones.delete(zone.name, reference=zone.reference)"
    with mutants.planted(Mutant("a zone stays", sweep, deletion, "pass", "register/card")):
        assert histories.run(history).violations == [
            "the zone, the claim or the domain's status is not what the order's end asks for"
        ]
