"""What the software answers is what docs/theory says: every step against a second, dense reading of it.

From text to answer through the public path; the oracle (`reference.oracle`) shares no code with the package.
"""

import functools

import numpy as np
import pytest

from bystander.cases.cases import Case, answer_case
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.compile import compile_game
from bystander.policy.reasons import explain
from bystander.scenario import read_text
from reference import oracle
from reference.oracle_scenarios import FOLDED, SCENARIOS

ALL = pytest.mark.parametrize("name", SCENARIOS)


@functools.cache
def solved(name: str) -> tuple[Case, oracle.Process, list[int]]:
    """The scenario by the package, by the oracle, and where the package's situations are in the oracle."""
    text = SCENARIOS[name]
    scenario = read_text(text)
    case = answer_case(scenario, solve(compile_game(scenario), tolerance=1e-11).require_converged())
    world = oracle.world_of(text)
    return case, oracle.Process(world, oracle.solve(world)), places_of(case.game, world)


def places_of(game, world) -> list[int]:
    situations = game.situations
    rows = [
        tuple(names[level] for names, level in zip(situations.level_names, row, strict=True))
        for row in situations.levels
    ]
    return [world.rows.index(row) for row in rows]


@ALL
def test_situations_are_those_that_can_occur(name: str) -> None:
    _, process, places = solved(name)
    can_occur = process.reachable()[process.world.start > 0].any(axis=0)
    assert sorted(places) == np.flatnonzero(can_occur).tolist()


@ALL
def test_values_and_behaviour(name: str) -> None:
    case, process, places = solved(name)
    game, found = case.game, process.behaviour
    np.testing.assert_allclose(case.equilibrium.values, found.values[places], rtol=1e-8, atol=1e-8)
    seen = {move.name: np.zeros(len(places), bool) for move in game.moves}
    for s, place in enumerate(places):
        for option in range(game.structure.option_start[s], game.structure.option_start[s + 1]):
            move = game.moves[game.structure.kind_move[game.structure.option_kind[option]]].name
            seen[move][s] = True
            assert case.equilibrium.option_rate[option] == pytest.approx(found.rates[move][place], rel=1e-8)
            if move in found.choice:
                assert case.equilibrium.choice[option] == pytest.approx(found.choice[move][place], abs=1e-9)
    for move in process.world.moves:
        missing = ~seen[move.name]
        assert (found.rates[move.name][places][missing] == 0).all(), move.name


@ALL
def test_every_outcome(name: str) -> None:
    case, process, _ = solved(name)
    for outcome, body in process.world.data["outcomes"].items():
        expected = process.answer(body)
        estimate = case.outcomes[outcome].estimate
        if not np.isfinite(expected):
            assert estimate.value == expected, outcome
            continue
        gap = abs(estimate.value - expected)
        assert gap <= 1e-8 * max(1.0, abs(expected)), (outcome, estimate.value, expected)
        assert estimate.error <= 1e-5 * max(1.0, abs(expected)), (outcome, estimate.error)


def test_judgements() -> None:
    case, process, _ = solved("border")
    for name, body in process.world.data["judgements"].items():
        holds, numbers = process.verdict(body)
        assert case.verdicts[name].holds == holds, (name, numbers)
        asked = [answer.value for query, answer in case.answers.items()]
        assert all(np.isclose(asked, number, rtol=1e-8).any() for number in numbers), name


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("border", "mood == angry"),
        ("limits", "y == on"),
        ("two decisions", "crisis != none"),
        ("classes", ""),
    ],
)
def test_reasons_add_up_and_each_bar_is_right(name: str, given: str) -> None:
    case, process, _ = solved(name)
    world, found = process.world, process.behaviour
    held = world.mask(given or None)
    weights = process.integral(process.q, process.clock(given or None), process.horizon) * held
    for move in world.moves:
        if move.kind == "hazard":
            continue
        if move.kind == "action" and not (weights * move.open).any():
            with pytest.raises(QueryError, match="never possible"):
                explain(case.equilibrium, move.name, given=given)
            continue
        for reason in explain(case.equilibrium, move.name, given=given):
            if move.kind == "decision" and not reason.voter:
                assert sum(share for _, share in reason.blocked) + reason.probability == pytest.approx(
                    1, abs=1e-9
                )
                adopted = (weights * move.open) @ found.choice[move.name] / weights.sum()
                assert reason.probability == pytest.approx(adopted, rel=1e-7)
                continue
            actor = reason.voter or world.actors[move.owner]
            a = world.actors.index(actor)
            votes = move.open if move.kind == "action" else move.open & (move.weight[:, a] > 0)
            here = weights * votes / (weights * votes).sum()
            beta = world.rationality[a]
            gain = beta * here @ (move.pays[:, a] + (move.to @ found.values - found.values)[:, a])
            assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-8)
            habit = here @ oracle.habit_odds(world, move, a)
            assert reason.log_odds == pytest.approx(habit + gain, abs=1e-7)
            bars = {"now": 0.0, "habit": 0.0}
            for bar in reason.bars:
                key = "now" if bar.now else "shocks" if bar.group == "control" else bar.group
                if key == "interest":
                    key = bar.name
                elif key in ("impact", "own worth"):
                    key = f"payoff of {bar.name}"
                bars[key] = bars.get(key, 0.0) + bar.log_odds
            expected = {"now": beta * here @ move.pays[:, a], "habit": habit}
            for term, total in process.totals(actor).items():
                expected[term] = beta * here @ (move.to @ total - total)
            for term in bars.keys() | expected.keys():
                assert bars.get(term, 0.0) == pytest.approx(expected.get(term, 0.0), abs=1e-7), (
                    move.name,
                    term,
                )


def test_an_answer_at_the_end_of_a_folded_path_satisfies_the_equations() -> None:
    """The path of tracing turns back twice here, so only the equations and the process are compared."""
    scenario = read_text(FOLDED)
    case = answer_case(scenario, solve(compile_game(scenario), tolerance=1e-11).require_converged())
    world = oracle.world_of(FOLDED)
    assert places_of(case.game, world) == list(range(len(world.rows)))
    violation, behaviour = oracle.violation(world, case.equilibrium.values)
    assert np.abs(violation).max() < 1e-10
    process = oracle.Process(world, behaviour)
    for outcome, body in world.data["outcomes"].items():
        assert case.value(outcome) == pytest.approx(process.answer(body), rel=1e-7), outcome
