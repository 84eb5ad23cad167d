"""What is measured: families of games by name, phases by name, and which go together.

A *family* makes a game; a *phase* is one thing done with it. Scenario families also have files, so that
reading, compiling and the whole command can be timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.families import entry_game, random_crisis
from bystander.game.arrays import Game
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario


@dataclass(frozen=True, slots=True)
class Family:
    """A game to measure.

    ``quick`` families are small, ``large`` ones measured only when asked for; ``file`` is a catalogue path
    where there is one.
    """

    name: str
    about: str
    make: Callable[[], Game]
    quick: bool = False
    file: str = ""
    large: bool = False


def _crisis(levels: list[int], actors: int, actions: int) -> Callable[[], Game]:
    return lambda: random_crisis(levels, actors, hazards=10, actions=actions)


def _scenario(path: str) -> Callable[[], Game]:
    return lambda: compile_game(read_scenario(path))


FAMILIES = {
    family.name: family
    for family in (
        Family("tiny", "64 situations, 2 actors: does everything run?", _crisis([4] * 3, 2, 4), quick=True),
        Family("crisis-1e3", "1,024 situations, 2 actors, 8 actions", _crisis([4] * 5, 2, 8), quick=True),
        Family("crisis-1e4", "16,384 situations, 8 actors, 32 actions", _crisis([4] * 7, 8, 32), quick=True),
        Family("crisis-65k", "65,536 situations, 6 actors, 24 actions", _crisis([4] * 8, 6, 24)),
        Family("crisis-65k-3", "65,536 situations, 3 actors, 6 actions", _crisis([4] * 8, 3, 6)),
        Family("crisis-65k-12", "65,536 situations, 12 actors, 48 actions", _crisis([4] * 8, 12, 48)),
        Family(
            "crisis-1e6", "1,048,576 situations, 8 actors, 32 actions", _crisis([4] * 10, 8, 32), large=True
        ),
        Family("entry-8-5", "Blevins's entry game, 8 firms, 5 demands", lambda: entry_game(8, 5), quick=True),
        Family(
            "ferghana",
            "Ferghana 2022, 8 actors and the CSTO",
            _scenario("crises/ferghana-2022"),
            quick=True,
            file="crises/ferghana-2022",
        ),
    )
}
