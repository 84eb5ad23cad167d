"""One question through every door: drawn games, every verb, and what two doors disagree on. Prints counts.

Each game is made from a number: ``PYTHONPATH=tests python -P -m siege.doors --first N --games 1`` asks game N
again. Doors are compared within the error bounds that they state; the process also with dense matrix
exponentials where the oracle can read the game, and chances with sampled histories. A disagreement is printed
and counted, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

DIGITS = 1e-7
"""Relative difference below which two numbers are one, beyond what they state."""
HISTORIES = 400
UNSAID = re.compile(r"\b(nan|inf)\b|\bNone\b(?! (of|that)|\.)|Traceback")
Numbers = dict[str, tuple[float | None, float]]


def ask(*words: str) -> tuple[int, str, str]:
    """Run a command line here; return its code and what it wrote."""
    from bystander.cli.main import run_command

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


class Game:
    """One drawn game, its file, and what was found against it."""

    def __init__(self, number: int, data: Mapping[str, Any], folder: Path) -> None:
        from reference.mixed_games import as_text

        self.number, self.data, self.folder = number, data, folder
        self.path = folder / "case.yaml"
        self.path.write_text(as_text(dict(data)), encoding="utf-8")
        self.found: list[tuple[str, str]] = []
        self.doors = Counter[str]()
        self.several = False
        self.case: Any = None

    def say(self, kind: str, what: str) -> None:
        """Note a disagreement."""
        self.found.append((kind, what))

    def json(self, door: str, *words: str, refused: str = "") -> Any:
        """Ask a verb for JSON; note tracebacks, and refusals that no pattern expects."""
        self.doors[door] += 1
        code, out, err = ask(*words, "--json")
        if code == 0:
            return json.loads(out)
        if "Traceback" in out + err or code not in (1, 2) or not (refused and re.search(refused, err)):
            self.say(f"{door}: code {code}", f"{' '.join(words)}: {err[-400:].strip()}")
        return None

    def text(self, door: str, *words: str) -> None:
        """Ask a verb in words, and look for what nobody should read."""
        self.doors[door] += 1
        code, out, err = ask(*words)
        wrong = UNSAID.search(out + err)
        if code == 0 and wrong:
            at = max(wrong.start() - 100, 0)
            self.say(f"{door}: {wrong[0]} printed", (out + err)[at : wrong.end() + 40])

    def told(self, doors: str, fresh: Any, one: Numbers, two: Numbers, alone: Any) -> None:
        """Compare a changed game solved by itself with one followed: what differs, both must tell."""
        if not alone:
            self.same(doors, one, two)
            return
        self.doors["told of another equilibrium"] += 1
        self.same(f"{doors}, by itself", one, {o: (number(v), 1e-6) for o, v in alone})
        followed = {o: (number(v), 1e-6) for o, v in fresh["followed"]}
        if not followed:
            self.say(f"{doors}: run does not tell what was followed", "")
        self.same(f"{doors}, followed", followed, two, 1e-4)

    def same(self, doors: str, one: Numbers, two: Numbers, slack: float = 0.0) -> None:
        """Compare what two doors say of the same names."""
        for name in one.keys() & two.keys():
            (a, error), (b, other) = one[name], two[name]
            if (a is None) != (b is None):
                self.say(f"{doors}: withheld by one", f"{name}: {a} {b}")
            elif a is not None and b is not None and a != b:
                if math.isinf(a) or math.isinf(b):
                    self.say(f"{doors}: differ", f"{name}: {a!r} {b!r}")
                    continue
                allowed = error + other + (DIGITS + slack) * max(abs(a), abs(b), 1e-3)
                if not abs(a - b) <= allowed:
                    self.say(f"{doors}: differ", f"{name}: {a!r} {b!r}, allowed {allowed:.2g}")


def number(value: Any) -> float | None:
    """Read a number of JSON: infinities are words there."""
    return None if value is None else float(value)


def of_outcomes(found: Any) -> Numbers:
    """Return the numbers of a run's JSON by outcome."""
    if found is None:
        return {}
    told = {o["name"]: o["estimate"] for o in found["outcomes"]}
    return {name: (number(e["value"]), number(e["error"]) or 0.0) for name, e in told.items()}


def of_case(case: Any) -> Numbers:
    """Return the numbers of a solved case, withheld ones None."""
    return {
        name: (None if (e := o.estimate).withheld or math.isnan(e.value) else float(e.value), e.error)
        for name, o in case.outcomes.items()
    }


def side(changes: Any, which: str) -> Numbers:
    """Return the numbers of one side of a comparison."""
    found = {}
    for each in changes:
        value, error = number(each[which]), number(each.get("error")) or 0.0
        found[each["outcome"]] = (value, error)
    return found


def asked_in_every_way(game: Game) -> None:
    """Ask one game through all doors."""
    path = str(game.path)
    began = time.process_time()
    base = game.json("run --json", "run", path, "--no-report")
    took = time.process_time() - began
    if base is None:
        return
    game.several = base["solve"]["equilibria_found"] > 1 or bool(base["solve"]["missing"])
    numbers = of_outcomes(base)
    for outcome in base["outcomes"]:
        estimate = outcome["estimate"]
        if (estimate["value"] is None) != bool(estimate["withheld"]):
            game.say("run: no number and no reason", outcome["name"])
    game.text("run", "run", path, "--no-report")
    by_python(game, base, numbers)
    by_oracle(game, numbers)
    by_histories(game, numbers)
    changed(game, base, numbers)
    measured(game, base, numbers)
    swept(game, numbers)
    turned(game, base, numbers)
    explained(game, base)
    by_the_app(game, base, numbers)
    exported(game, numbers)
    summed(game, numbers)
    claimed(game, base)
    reckoned(game, took)


def by_python(game: Game, base: Any, numbers: Numbers) -> None:
    """Call Python, with one thread and with two."""
    from bystander.cases.cases import solve_case
    from bystander.scenario import read_scenario

    game.doors["python"] += 1
    scenario = read_scenario(game.path)
    cases = []
    for threads in ("1", "2"):
        os.environ["BYSTANDER_THREADS"] = threads
        cases.append(solve_case(scenario))
    del os.environ["BYSTANDER_THREADS"]
    one, two = cases
    game.same("run, solve_case", numbers, of_case(one))
    if one.equilibrium.values.tobytes() != two.equilibrium.values.tobytes():
        game.say("threads: differ", "values")
    if {n: v[0] for n, v in of_case(one).items()} != {n: v[0] for n, v in of_case(two).items()}:
        game.say("threads: differ", "outcomes")
    game.case = one


def by_oracle(game: Game, numbers: Numbers) -> None:
    """Check the equations and the process by the slow twin, where it can read the game."""
    from reference import oracle
    from reference.mixed_games import is_plain

    if (
        not is_plain(dict(game.data))
        or np.prod([len(v["levels"]) for v in game.data["variables"].values()]) > 80
    ):
        return
    game.doors["oracle"] += 1
    world = oracle.world_of(game.path.read_text(encoding="utf-8"))
    case = game.case
    compiled = case.game
    rows = {row: n for n, row in enumerate(world.rows)}
    names = compiled.situations.level_names
    places = [
        rows[tuple(str(names[f][v]) for f, v in enumerate(levels))] for levels in compiled.situations.levels
    ]
    inside = np.zeros(len(world.rows), bool)
    inside[places] = True
    values = np.zeros((len(world.rows), len(world.actors)))
    values[places] = case.equilibrium.values
    gap, behaviour = oracle.violation(world, values)
    if gap.size and np.abs(gap[inside]).max() > 1e-6 * max(1.0, np.abs(values).max()):
        game.say("oracle: the equations are violated", f"{np.abs(gap[inside]).max():.2g}")
    process = oracle.Process(world, behaviour)
    for name, (value, error) in numbers.items():
        body = game.data["outcomes"][name]
        with np.errstate(all="ignore"):
            twin = float(process.answer(body))
        if value is None:
            game.doors["withheld"] += math.isfinite(twin)
        elif twin != value and not abs(twin - value) <= error + 1e-6 * max(abs(twin), 1e-3):
            game.say("oracle: differs", f"{name} {body}: {value!r} {twin!r}")


def by_histories(game: Game, numbers: Numbers) -> None:
    """Sample histories and count."""
    from bystander.errors import QueryError
    from bystander.game.questions import option_moves
    from bystander.process.outcomes import make_clocks
    from bystander.simulation.paths import simulate

    case, scenario = game.case, game.case.scenario
    clocks = make_clocks(case.equilibrium)
    process = clocks.course or clocks.chain
    game.doors["histories"] += 1
    try:
        paths = simulate(process, HISTORIES, scenario.horizon, seed=game.number)
    except (QueryError, AttributeError) as error:
        if not isinstance(error, QueryError):
            game.say("histories: " + type(error).__name__, str(error))
        return
    compiled = case.game
    for name, (value, error) in numbers.items():
        outcome = scenario.outcomes[name]
        if value is None or outcome.given is not None:
            continue
        until = outcome.within or scenario.horizon
        if until > scenario.horizon:
            continue
        if outcome.ever is not None:
            seen = paths.first_times(target=_mask(compiled, outcome.ever)) <= until
        elif outcome.at is not None:
            seen = _mask(compiled, outcome.at)[paths.at(until)]
        elif outcome.fires is not None:
            chosen = np.isin(
                option_moves(compiled), [n for n, m in enumerate(compiled.moves) if m.name in outcome.fires]
            )
            seen = paths.first_times(options=chosen) <= until
        else:
            continue
        deviation = math.sqrt(max(value * (1 - value), 0.25 / HISTORIES) / HISTORIES)
        if abs(float(np.mean(seen)) - value) > 5.5 * deviation + error:
            game.say("histories: differ", f"{name}: {value} {np.mean(seen)}")


def _mask(compiled: Any, condition: Any) -> Any:
    from bystander.game.questions import mask

    return mask(compiled, condition)


def settings(game: Game) -> Iterator[tuple[str, str]]:
    """Iterate over changes of one parameter, as words."""
    other = {"gain": "4 per year", "speed": "3 per year", "k": "0.5", "p": "20%", "soon": "3 weeks",
             "harm": "90 per year", "cost": "9", "stake": "5 per year"}  # fmt: skip
    for name in game.data.get("parameters", {}):
        yield name, other[name]


def changed(game: Game, base: Any, numbers: Numbers) -> None:
    """Change a parameter by what-if, by run --set, by a file of its own, by compare."""
    path = str(game.path)
    for name, value in list(settings(game))[game.number % 2 :: 2][:2]:
        change = f"{name}={value}"
        fresh = game.json("run --set", "run", path, "--no-report", "--starts", "0", "--set", change)
        moved = game.json("what-if", "what-if", path, "--set", change, refused="Nothing would change")
        if fresh is None or moved is None:
            continue
        anew = of_outcomes(fresh)
        game.same("run, what-if before", numbers, side(moved["outcomes"], "before"))
        game.told("run --set, what-if", fresh, anew, side(moved["outcomes"], "after"), moved["by_itself"])
        code, out, _ = ask("expand", path, "--set", change)
        other = game.folder / "other.yaml"
        if code == 0:
            other.write_text(out, encoding="utf-8")
            game.doors["expand"] += 1
            spelt = game.json("run of the expanded", "run", str(other), "--no-report", "--starts", "0")
            if spelt is not None:
                game.same("run --set, run of the expanded", anew, of_outcomes(spelt))
            pair = game.json("compare", "compare", path, str(other), refused="share no outcome|no outcome")
            if pair is not None:
                game.same("run, compare before", numbers, side(pair["outcomes"], "before"))
                game.told(
                    "run --set, compare", fresh, anew, side(pair["outcomes"], "after"), pair["by_itself"]
                )
                for each in pair["outcomes"]:
                    parts = [
                        p[-1] if isinstance(p, list) else p.get("change", p.get("part", 0.0))
                        for p in each["parts"]
                    ]
                    if each["withheld"] or any(not isinstance(p, float) for p in [*parts, each["residual"]]):
                        continue
                    total = sum(parts) + each["residual"]
                    if abs(total - (each["after"] - each["before"])) > 1e-9 + 1e-6 * abs(total):
                        game.say("compare: parts do not add up", f"{each['outcome']}: {total}")


def measured(game: Game, base: Any, numbers: Numbers) -> None:
    """Take measures by measures and by run --measure."""
    path = str(game.path)
    if not game.data.get("measures"):
        return
    found = game.json("measures", "measures", path)
    game.text("measures in words", "measures", path)
    if found is None:
        return
    for package in found["packages"]:
        if package["failure"]:
            continue
        game.same("run, measures before", numbers, side(package["effects"], "before"))
        name, degree = package["parts"][0]
        word = f"{name}={degree}" if degree else name
        fresh = game.json("run --measure", "run", path, "--no-report", "--starts", "0", "--measure", word)
        after = side(package["effects"], "after")
        if fresh is not None:
            game.told("run --measure, measures", fresh, of_outcomes(fresh), after, package["by_itself"])
            of_run = next((m for m in base["measures"] if m["name"] == package["measures"][0]), None)
            if of_run is not None:
                inside = {o: (number(after), 0.0) for o, _, after in of_run["effects"]}
                game.same("run's measures, measures", inside, after, 1e-5)


def swept(game: Game, numbers: Numbers) -> None:
    """Sweep a parameter from what it is to what what-if sets."""
    for name, value in list(settings(game))[:1]:
        body = game.data["parameters"][name]
        now = str(body["value"] if isinstance(body, dict) else body)
        found = game.json("sweep", "sweep", name, now, value, str(game.path), "--points", "3")
        if found is None:
            continue
        fresh = game.json(
            "run --set", "run", str(game.path), "--no-report", "--starts", "0", "--set", f"{name}={value}"
        )
        errors = dict(map(tuple, found["errors"]))
        first = {o: (number(v[0]), number(errors[o][0]) or 0.0) for o, v in found["outcomes"]}
        last = {o: (number(v[-1]), number(errors[o][-1]) or 0.0) for o, v in found["outcomes"]}
        game.same("run, sweep now", numbers, first)
        alone = found["by_itself"][-1]
        if alone:
            game.same(
                "run --set, sweep by itself", of_outcomes(fresh), {o: (number(v), 1e-6) for o, v in alone}
            )
        else:
            game.same("run --set, sweep", of_outcomes(fresh), last)


def turned(game: Game, base: Any, numbers: Numbers) -> None:
    """Flip an outcome, and set what flip says."""
    names = [
        o["name"]
        for o in base["outcomes"]
        if o["kind"] == "probability" and o["estimate"]["value"] is not None
    ]
    if not names:
        return
    name = names[game.number % len(names)]
    found = game.json(
        "flip",
        "flip",
        name,
        str(game.path),
        "--limit",
        "2",
        refused="nothing|no number|derivative|no parameter|too",
    )
    game.text("flip in words", "flip", name, str(game.path), "--limit", "2")
    if found is None:
        return
    game.same("run, flip", {name: numbers[name]}, {name: (found["number"], 0.0)})
    for point in found["points"][:1]:
        from bystander.cases.cases import solve_case
        from bystander.scenario import vary

        there = vary(game.case.scenario, sets={point["parameter"]: point["there"]})
        value = solve_case(there, outcomes=[name], judgements=()).value(name)
        if any(name == point["parameter"] for name, *_ in found["by_itself"]):
            continue
        note = " (a jump)" if point["jump"] else ""
        gap, before = value - found["threshold"], found["number"] - found["threshold"]
        if abs(gap) > 0.03 and (gap > 0) == (before > 0):
            game.say(f"flip{note}: not turned there", f"{name} {point}: {value}")


def explained(game: Game, base: Any) -> None:
    """Explain every owner's moves; terms add up, chances are those of the run."""
    owners = [*game.data.get("actors", {}), *(["body"] if "institutions" in game.data else [])]
    told = {(r["owner"], r["move"]): r for r in base["responses"]}
    for owner in owners[:2]:
        found = game.json(
            "explain", "explain", owner, "-s", str(game.path),
            refused="never possible|never comes to hold|only votes|can make none|no actor or institution",
        )  # fmt: skip
        if found is None:
            continue
        for response in found.get("responses", []):
            mine = told.get((response["owner"], response["move"]))
            if mine is not None:
                one = {str(t): (v, 1e-6) for t, v in mine["within"]}
                two = {str(t): (v, 1e-6) for t, v in response["within"]}
                game.same("run, explain", one, two)


def by_the_app(game: Game, base: Any, numbers: Numbers) -> None:
    """Ask what the app's server asks its solvers."""
    from bystander.app.tasks import do
    from bystander.progress import silent

    game.doors["app"] += 1
    asked: dict[str, Any] = {
        "source": str(game.path),
        "stamp": f"{game.number} {game.path.stat().st_mtime_ns}",
    }
    try:
        plain = json.loads(do("variant", asked, silent))
        game.same("run, app", numbers, {o: (number(v), 1e-9) for o, v in plain["outcomes"].items()})
        page = json.loads(do("open", asked, silent))
        told = {o["name"]: (number(o["value"]), 0.0) for o in page.get("outcomes", []) if "value" in o}
        game.same("run, app's page", numbers, told, 1e-5)
        for name, value in list(settings(game))[:1]:
            there = json.loads(do("variant", asked | {"variant": {"sets": {name: value}}}, silent))
            fresh = game.json(
                "run --set", "run", str(game.path), "--no-report", "--starts", "0", "--set", f"{name}={value}"
            )
            after = {o: (number(v), 1e-7) for o, v in there["outcomes"].items()}
            if not (fresh and fresh["followed"]):
                game.same("run --set, app's variant", of_outcomes(fresh), after)
    except Exception as error:
        game.say(f"app: {type(error).__name__}", traceback.format_exc()[-600:])


def exported(game: Game, numbers: Numbers) -> None:
    """Export results and the process; ask the process by dense matrix exponentials."""
    from scipy.linalg import expm

    game.doors["export"] += 1
    folder = game.folder / "out"
    code, _, err = ask("export", str(game.path), "-o", str(folder), "--what", "results")
    if code:
        game.say("export: results refused", err[-300:])
    else:
        kept = next(folder.glob("*.json"), None)
        if kept is not None:
            game.same("run, export", numbers, of_outcomes(json.loads(kept.read_text())))
    case = game.case
    if case.game.dates or case.game.size > 120:
        return
    code, _, err = ask("export", str(game.path), "-o", str(folder), "--what", "process")
    if code:
        game.say("export: process refused", err[-300:])
        return
    tra = next(folder.glob("*.tra"), None)
    if tra is None:
        return
    lines = tra.read_text().splitlines()
    size = int(lines[0].split()[0])
    q = np.zeros((size, size))
    for line in lines[1:]:
        s, t, rate = line.split()
        q[int(s), int(t)] += float(rate)
    np.fill_diagonal(q, 0.0)
    q -= np.diag(q.sum(axis=1))
    start = case.game.situations.start
    for name, (value, error) in numbers.items():
        outcome = case.scenario.outcomes[name]
        if value is None or outcome.given is not None:
            continue
        days = outcome.within or case.scenario.horizon
        if outcome.at is not None:
            twin = start @ expm(q * days)[:, _mask(case.game, outcome.at)].sum(axis=1)
        elif outcome.ever is not None:
            target = _mask(case.game, outcome.ever)
            still = q.copy()
            still[target] = 0.0
            twin = start @ expm(still * days)[:, target].sum(axis=1)
        else:
            continue
        if abs(twin - value) > error + 1e-7:
            game.say("export: the process says otherwise", f"{name}: {value} {twin}")


def summed(game: Game, numbers: Numbers) -> None:
    """Ask how totals are spread: their mean is the outcome."""
    if not any(
        {"accumulates", "on_moves", "counts"} & set(o) for o in game.data.get("outcomes", {}).values()
    ):
        return
    found = game.json("totals", "totals", str(game.path), refused="no total|none of")
    if found is None:
        return
    for each in found["totals"]:
        total = each.get("spread", each)
        if "mean" in total and each.get("outcome") in numbers:
            game.same(
                "run, totals", {"mean": numbers[each["outcome"]]}, {"mean": (total["mean"], 1e-6)}, 1e-5
            )
    for name, why in found.get("withheld", {}).items():
        if not why:
            game.say("totals: withheld without reason", name)


def claimed(game: Game, base: Any) -> None:
    """Ask for claims; sensitivities against differences of whole solves."""
    game.json("claims", "claims", str(game.path))
    if not game.data.get("parameters") or not base["outcomes"]:
        return
    found = game.json(
        "sensitivity",
        "sensitivity",
        str(game.path),
        refused="no derivative|turning point|0|never|dates|not known",
    )
    found = [each for each in found or () if each["outcome"] in game.data["outcomes"]]
    if not found or game.several:
        return
    from bystander.cases.cases import solve_case
    from bystander.scenario import vary

    case = game.case
    each = found[game.number % len(found)]
    step = 1e-3 * (abs(each["value"]) or 1.0)
    cases = [
        solve_case(
            vary(case.scenario, sets={each["parameter"]: each["value"] + s * step}),
            near=case,
            tolerance=1e-12,
        )
        for s in (-1, 1)
    ]
    values = [c.value(each["outcome"]) for c in cases]
    if not all(map(math.isfinite, values)) or any(c.jump for c in cases):
        return
    slope = (values[1] - values[0]) / (2 * step)
    now = case.value(each["outcome"])
    bend = abs(values[1] - 2 * now + values[0]) / step
    noise = sum(c.outcomes[each["outcome"]].estimate.error for c in cases) / (2 * step)
    if abs(slope - each["derivative"]) > 1e-3 * abs(slope) + bend + noise + 1e-9:
        game.say("sensitivity: the slope is another", f"{each}: {slope}")


def reckoned(game: Game, took: float) -> None:
    """Compare what check says a run takes with what it took."""
    found = game.json("check", "check", str(game.path))
    size = found.get("size") if found else None
    if size and took > max(3 * size["seconds"], 6.0):
        game.say("check: too few seconds", f"{size['seconds']:.1f} reckoned, {took:.1f} taken")


def attack(number: int, folder: Path) -> Game:
    """Ask one game; what is raised is found against it too."""
    from reference.mixed_games import mixed_game

    game = Game(number, mixed_game(number), folder)
    try:
        code, _, err = ask("check", str(game.path))
        if code and "can never happen" not in err:
            game.say("check: refused", err[-300:])
        if not code:
            asked_in_every_way(game)
    except Exception:
        game.say("raised", traceback.format_exc()[-1200:])
    return game


def main() -> int:
    """Attack drawn games, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=math.inf)
    given = parser.parse_args()
    doors, kinds, began, asked = Counter[str](), Counter[str](), time.monotonic(), 0
    for number in range(given.first, given.first + given.games):
        if time.monotonic() - began > 60 * given.minutes:
            break
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BYSTANDER_CACHE"] = f"{folder}/cache"
            game = attack(number, Path(folder))
        asked += 1
        doors += game.doors
        for kind, what in game.found:
            kinds[kind] += 1
            print(f"{number}: {kind}: {what}", flush=True)
    print(f"{asked} games, {sum(doors.values())} questions: {dict(doors)}")
    for kind, count in kinds.most_common():
        print(f"{count:5} {kind}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
