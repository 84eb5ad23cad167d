"""What solvers are asked, each a function from plain values to plain values.

A *sheet* names what is to be solved: ``source`` (a library name or a file), or ``text`` with the name it is
shown by; and a ``variant``: values of parameters as written (``sets``) and measures or rivals in force
(``measures``). Sheets of one source share its base case, from which every variant is continued; a solver
keeps the last few bases and variants it solved.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bystander.app.telling import (
    nothing_to_slide,
    told_answers,
    told_levers,
    told_page,
    told_reason,
    told_record,
    told_turning,
    told_ways,
)
from bystander.app.texts import surface_key, told_key
from bystander.assessment.assess import assess
from bystander.assessment.tables import plain
from bystander.cases.cases import Case, numbers_by_itself, solve_case, try_case
from bystander.cases.changes import Change, read_measures
from bystander.cases.store import default_store, key_of, of_form
from bystander.errors import InputError, Problem, QueryError
from bystander.evidence.reading import record_of
from bystander.policy.sensitivity import target_gradient
from bystander.policy.surface import Lever, find_levers
from bystander.policy.targets import Target, base_for
from bystander.progress import Progress, part_of
from bystander.report.words.names import spell_as
from bystander.scenario import null, read_scenario, told_hash
from bystander.scenario.document import find_place
from bystander.scenario.schema import Scenario

Asked = dict[str, Any]
KEPT = 4
TOGETHER, SEARCHED, COMBINED = 3, 8, 6


@dataclass
class Bench:
    """A base scenario, what is known of it, and the variants solved from it."""

    scenario: Scenario
    hash: str
    case: Case | None = None
    levers: tuple[Lever, ...] | None = None


_BENCHES: OrderedDict[str, Bench] = OrderedDict()
_VARIANTS: OrderedDict[tuple[str, str], Case] = OrderedDict()


def do(task: str, asked: Asked, tell: Progress) -> bytes:
    """Do a task by name and return its answer as JSON."""
    return json.dumps(plain(TASKS[task](asked, tell)), separators=(",", ":")).encode("ascii")


def bench_of(asked: Asked) -> Bench:
    """Return the bench of a sheet: its scenario, where the record leaves it that its file names."""
    scenario = standing_sheet(asked)
    told = told_hash(scenario)
    if told not in _BENCHES:
        _BENCHES[told] = Bench(scenario, told)
        while len(_BENCHES) > KEPT:
            _BENCHES.popitem(last=False)
    _BENCHES.move_to_end(told)
    spell_as(scenario)
    return _BENCHES[told]


_READ: dict[str, Scenario] = {}
_STANDING: dict[str, Scenario] = {}


def standing_sheet(asked: Asked) -> Scenario:
    """Return the scenario of a sheet, from where the record leaves off that its file names, if any."""
    from bystander.evidence.starting import where_it_stands

    scenario, mark = read_sheet(asked), _mark(asked)
    if scenario.record and mark not in _STANDING:
        _STANDING.clear()
        _STANDING[mark] = where_it_stands(scenario).scenario
    return _STANDING[mark] if scenario.record else scenario


def _mark(asked: Asked) -> str:
    return json.dumps([asked.get(what) or "" for what in ("source", "stamp", "text", "there")])


def read_sheet(asked: Asked) -> Scenario:
    """Read the scenario that a sheet names; its text is parsed and checked, never evaluated."""
    from bystander.app.texts import read_draft

    at_hand = asked.get("scenario")
    if isinstance(at_hand, Scenario):
        return at_hand
    mark = _mark(asked)
    if mark not in _READ:
        _READ.clear()
        text, source = asked.get("text"), asked["source"]
        _READ[mark] = (
            read_scenario(source) if text is None else read_draft(text, source, asked.get("there") or "")
        )
    return _READ[mark]


def base_of(bench: Bench, tell: Progress) -> Case:
    """Return the base case, solved once."""
    if bench.case is None:
        tell("Solving the scenario as argued", 0.1)
        bench.case = solve_case(bench.scenario)
    return bench.case


def change_of(asked: Asked, scenario: Scenario) -> Change:
    """Return the change that a sheet's variant makes."""
    variant = asked.get("variant") or {}
    sets = {str(name): str(value) for name, value in (variant.get("sets") or {}).items()}
    for name in sets:
        if name not in scenario.parameters:
            raise QueryError(f"There is no parameter '{name}' in {scenario.title}.")
    return Change(read_measures(scenario, [str(m) for m in variant.get("measures") or ()]), sets)


def variant_of(asked: Asked) -> Scenario:
    """Return the scenario of a sheet with its variant's change."""
    scenario = bench_of(asked).scenario
    return change_of(asked, scenario).apply(scenario)


def case_of(asked: Asked, tell: Progress) -> tuple[Bench, Case]:
    """Return a sheet's bench, and its variant solved and fully answered."""
    bench = bench_of(asked)
    base = base_of(bench, tell)
    change = change_of(asked, bench.scenario)
    if not change.measures and not change.sets:
        return bench, base
    key = (bench.hash, change.to_json())
    if key not in _VARIANTS:
        changed = change.apply(bench.scenario)
        _VARIANTS[key] = base if changed == bench.scenario else solve_case(changed, near=base)
        while len(_VARIANTS) > 4 * KEPT:
            _VARIANTS.popitem(last=False)
    return bench, _VARIANTS[key]


def open_page(asked: Asked, tell: Progress) -> Any:
    """Assess a scenario as argued: the page, kept for the next time."""
    tell("Reading the scenario", 0.0)
    bench = bench_of(asked)
    store = default_store()
    key = told_key(bench.hash, "page")
    kept = store.get(key, dict)
    if kept is None:
        found = assess(bench.scenario, measures=False, store=store, progress=part_of(tell, 0.05, 0.95))
        kept = plain(told_page(found, bench.scenario))
        tell("Asking what habit alone would do", 0.96)
        kept["null"] = _by_habit(bench.scenario)
        store.put(key, kept)
    return kept


def _by_habit(scenario: Scenario) -> dict[str, float]:
    """Return every outcome with nobody having a reason for anything; nothing where that cannot be solved."""
    case = try_case(lambda: solve_case(null(scenario), judgements=()))
    return {} if case is None else {name: case.value(name) for name in case.outcomes}


def warm(asked: Asked, tell: Progress) -> Any:
    """Solve the base, so that the first variant is quick."""
    base_of(bench_of(asked), tell)
    return {}


def levers_of(asked: Asked, tell: Progress) -> Any:
    """Find the assumptions that matter most."""
    bench = bench_of(asked)
    store, key = default_store(), told_key(bench.hash, "levers")
    kept = store.get(key, list)
    if kept is None:
        kept = plain(told_levers(_levers(bench, tell), bench.scenario))
        store.put(key, kept)
    return kept


def _levers(bench: Bench, tell: Progress) -> tuple[Lever, ...]:
    if bench.levers is None:
        store = default_store()
        key = key_of(bench.hash, "levers")
        bench.levers = store.get(key, of_form(tuple[Lever, ...]))
        if bench.levers is None:
            case = base_of(bench, tell)
            tell("Finding the assumptions that matter most", 0.4)
            bench.levers = find_levers(case)
            store.put(key, plain(bench.levers))
    return bench.levers


def answer_variant(asked: Asked, tell: Progress) -> Any:
    """Solve a variant: every outcome and judgement, exact."""
    _, case = case_of(asked, tell)
    return {
        "outcomes": {name: result.estimate.value for name, result in case.outcomes.items()},
        "judgements": {
            name: {"holds": v.holds, "number": v.number, "threshold": v.threshold}
            for name, v in case.verdicts.items()
        },
        "jump": case.jump,
        "byItself": numbers_by_itself(case),
    }


def reasons_of(asked: Asked, tell: Progress) -> Any:
    """Assess a variant: everything of the page that changes when an assumption does, but the questions.

    Those are answered by taking every reason away, one solve for each, and are long work (`ask_again`).
    """
    scenario = variant_of(asked)
    unasked = scenario.model_copy(update={"asks": {}})
    return told_answers(assess(unasked, starts=0, measures=False, ranges=False, progress=tell), unasked)


def ask_again(asked: Asked, tell: Progress) -> Any:
    """Answer the scenario's questions for a variant, reasons measured by taking each away."""
    scenario = variant_of(asked)
    found = assess(scenario, starts=0, measures=False, ranges=False, store=default_store(), progress=tell)
    return told_answers(found, scenario)


def explain_move(asked: Asked, tell: Progress) -> Any:
    """Say why somebody makes a move or does not."""
    from bystander.policy.reasons import explain

    _, case = case_of(asked, tell)
    found = explain(case.equilibrium, str(asked["move"]))
    return [told_reason(reason) for reason in found]


def tabulate(asked: Asked, tell: Progress, workers: int | None = 1) -> Any:
    """Tabulate the response to the levers; one worker leaves the other processors to the sliders."""
    from bystander.policy.surface import plain_surface, response_surface

    bench = bench_of(asked)
    store = default_store()
    key = surface_key(bench.hash)
    kept = store.get(key, dict)
    if kept is None:
        case = base_of(bench, tell)
        levers = _levers(bench, tell)
        if not levers:
            return None
        found = response_surface(
            case, levers, store=store, workers=workers, progress=part_of(tell, 0.05, 1.0)
        )
        kept = plain(plain_surface(found))
        store.put(key, kept)
    return kept


def held_for(scenario: Scenario, tell: Progress) -> tuple[Any, Any, Any]:
    """Return page, levers and surface of a scenario, solved here or taken from the store.

    Raises
    ------
    QueryError
        If there is nothing to slide.
    """
    _BENCHES[told_hash(scenario)] = Bench(scenario, told_hash(scenario))
    asked = {"scenario": scenario}
    page = open_page(asked, part_of(tell, 0.0, 0.1))
    levers = levers_of(asked, part_of(tell, 0.1, 0.15))
    if not levers:
        raise QueryError(nothing_to_slide(page))
    return page, levers, tabulate(asked, part_of(tell, 0.15, 1.0), workers=None)


def try_all_measures(asked: Asked, tell: Progress) -> Any:
    """Try every measure, pairs of them if asked, and say what opposition takes back."""
    from bystander.policy.measures import try_measures
    from bystander.policy.opposition import take_back
    from bystander.scenario.motives import opposing_moves

    scenario = variant_of(asked)
    up_to = int(asked.get("upTo", 1))
    moves = opposing_moves(scenario)
    opposed = bool(asked.get("opposition")) and bool(moves)
    share = 0.8 if opposed else 1.0
    found = try_measures(
        scenario, up_to=up_to, store=default_store(), workers=1, progress=part_of(tell, 0.0, share)
    )
    met = []
    tried = [package for package in found.singles if not package.failure] if opposed else []
    for n, package in enumerate(tried):
        tell("Taking opposition out", share + (1.0 - share) * n / len(tried))
        met.append(take_back(scenario, package.parts, outcomes=[name for name, _ in found.aims] or None))
    return {"measures": found, "opposition": met, "opposing": moves}


def over_draws(asked: Asked, tell: Progress) -> Any:
    """Solve draws from the priors: ranges of outcomes, and how often each judgement holds."""
    from bystander.policy.robustness import judge_over_draws

    scenario = variant_of(asked)
    draws = int(asked.get("draws", 100))
    return judge_over_draws(scenario, draws=draws, store=default_store(), workers=1, progress=tell)


def what_makes(asked: Asked, tell: Progress) -> Any:
    """Find what would make a move or an outcome likely, or unlikely: single assumptions, then measures."""
    from bystander.policy.turning import turning_points

    scenario, target = _wish(asked)
    found = turning_points(scenario, target, limit=SEARCHED, store=default_store(), progress=tell)
    return told_turning(found, scenario)


def what_makes_together(asked: Asked, tell: Progress) -> Any:
    """Find the smallest sets of measures and assumptions that together make something likely, or unlikely."""
    from bystander.policy.inverse import find_changes

    scenario, target = _wish(asked)
    case = base_for(scenario, target, None)
    found = find_changes(
        _only_what_pulls(case, target),
        target,
        up_to=TOGETHER,
        parameters=True,
        candidates=COMBINED,
        store=default_store(),
        workers=1,
        progress=tell,
    )
    return told_ways(found, scenario)


def _only_what_pulls(case: Case, target: Target) -> Scenario:
    """Leave a range only to the assumptions that move a target most over what is believed of them."""
    slopes = target_gradient(case, target)
    pulls = {
        name: abs(slopes.get(name, 0.0) * np.ptp(p.prior.ppf(np.array([0.1, 0.9]))))
        for name, p in case.scenario.parameters.items()
        if p.prior is not None
    }
    kept = sorted(pulls, key=lambda name: -pulls[name])[:SEARCHED]
    parameters = {
        name: p if name in kept else p.model_copy(update={"prior": None})
        for name, p in case.scenario.parameters.items()
    }
    return case.scenario.model_copy(update={"parameters": parameters})


def _wish(asked: Asked) -> tuple[Scenario, Target]:
    from bystander.policy.targets import move_target, outcome_target

    scenario = variant_of(asked)
    name, threshold = str(asked["target"]), float(asked.get("threshold", 0.5))
    if name in scenario.outcomes:
        return scenario, outcome_target(scenario, name, threshold)
    return move_target(scenario, name, threshold)


def open_record(asked: Asked, tell: Progress) -> Any:
    """Tell the days of the record that the scenario stands on, and what was observed; nothing without one."""
    scenario = read_sheet(asked)
    if not (asked.get("record") or scenario.record):
        return None
    tell("Reading the record", 0.0)
    return told_record(record_of(scenario, str(asked.get("record") or "")))


def on_a_day(asked: Asked, tell: Progress) -> Any:
    """Give the answers that would have been given on a day: by what was known then, from where it stood."""
    from bystander.evidence.starting import where_it_stands

    scenario, day, store = read_sheet(asked), str(asked["day"]), default_store()
    tell("Following the record up to that day", 0.05)
    today = where_it_stands(scenario, str(asked.get("record") or ""), day)
    changed = change_of(asked, scenario).apply(today.scenario)
    key = told_key(told_hash(changed), f"day {day}")
    kept = store.get(key, dict)
    if kept is None:
        unasked = changed.model_copy(update={"asks": {}})
        found = assess(unasked, starts=0, measures=False, progress=part_of(tell, 0.3, 1.0))
        kept = plain(told_answers(found, changed))
        store.put(key, kept)
    return {"day": day, "later": today.later, "apart": today.apart, **kept}


def causes_of(asked: Asked, tell: Progress) -> Any:
    """Rank what is behind the difference between two variants of one scenario."""
    from bystander.policy.compare import compare

    one, two = (variant_of({**asked, "variant": asked[end]}) for end in ("from", "to"))
    if one == two:
        return {"inputs": [], "outcomes": [], "method": "none", "solves": 0}
    return compare(one, two, outcomes=bench_of(asked).scenario.headlines, progress=tell)


def check_text(asked: Asked, tell: Progress) -> Any:
    """Find what is wrong with a text and the record it names, each problem at its line and column."""
    from bystander.evidence.starting import standing_problems
    from bystander.game.checks import find_problems as game_problems
    from bystander.game.compile import compile_game, estimate_size
    from bystander.scenario import find_problems

    tell("Checking", 0.0)
    own = str(asked.get("there") or "")

    def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
        return [{**problem.to_dict(), "own": problem.mark.file == own} for problem in problems]

    try:
        own = own or find_place(str(asked["source"])).shown
        scenario = read_sheet(asked)
        size = estimate_size(scenario)
        found = find_problems(
            scenario, (*game_problems(compile_game(scenario)), *standing_problems(scenario))
        )
    except InputError as error:
        return {"problems": told(error.problems), "sound": False}
    return {
        "problems": told(problem for problem in found if problem.severity != "info"),
        "sound": not any(problem.severity == "error" for problem in found),
        "size": size,
        "title": scenario.title,
    }


TASKS: dict[str, Callable[[Asked, Progress], Any]] = {
    "open": open_page,
    "warm": warm,
    "levers": levers_of,
    "variant": answer_variant,
    "reasons": reasons_of,
    "explain": explain_move,
    "surface": tabulate,
    "measures": try_all_measures,
    "draws": over_draws,
    "turning": what_makes,
    "ways": what_makes_together,
    "record": open_record,
    "day": on_a_day,
    "causes": causes_of,
    "asks": ask_again,
    "check": check_text,
}
"""Every task by name; nothing else can be asked of a solver."""
