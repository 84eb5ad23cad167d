r"""The weights of answers to a call for help, learnt from the table of requests (docs/decisions/0402).

Conditional logit over six answers, with fixed loads, weights from a normal prior of mean 1 and bases from a
prior around the shares; maximum a posteriori with Laplace deviations. A habit is its share over the days that
answers take: the geometric mean of the two waits, exponential each, that have their median and their mean.
Scores leave out one organisation at a time. With ``--first``, rows of round 2 are not learnt from: what the
others taught is asked about them. That the attack comes from outside was tried beside the motives of the
library.

    python docs/answering.py src/bystander/studies/requests-for-help.csv
    python docs/answering.py src/bystander/studies/requests-for-help.csv --first
"""

import csv
import datetime
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]
Fit = Callable[[Array, NDArray[np.int64], NDArray[np.int64]], Array]

TESTED = {"KGZ21", "KGZ22J", "KAZ22", "ARM22", "ARM20J", "ARM21N"}
ANSWERS = ("words", "mediation", "observers", "equipment", "exercises", "troops")
TROOPS = len(ANSWERS) - 1
MOTIVES = ("clause", "strength", "ties", "war", "loyal", "near", "family", "coup", "alone", "modest")
TRIED = ("outside",)
COUNT = len(MOTIVES) + len(TRIED)
LIBRARY = np.array([1.0] * len(MOTIVES) + [0.0] * len(TRIED))
HALF = [1, -0.5, -0.5, -0.5, 0.5, 0.5, -0.5, -0.5, 0.5, 0, -0.5]
LOADS = np.array(
    [
        [0] * COUNT,
        [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
        [1, -0.25, -0.25, -0.25, 0, 0, 0, 0, 0, 0, -0.25],
        HALF,
        HALF,
        [1, -1, -1, -1, 1, 1, -1, -1, 1, -1, -1],
    ],
    np.float64,
)
SPREAD = 0.6
STEP = 1e-4
CODES: tuple[tuple[str, dict[str, float], float], ...] = (
    ("clause_covers", {"yes": 1, "ambiguous": 0, "no": -1}, 0),
    ("opponent_strength", {"weak": -1, "equal": 0, "stronger": 1}, 0),
    ("opponent_ties_to_leading_member", {"none": 0, "some": 0.5, "close": 1}, 0),
    ("leading_member_at_major_war", {"1": 1, "0": 0}, 0.3),
    ("host_leader_loyal_to_leader", {"1": 1, "0": -1}, 0),
    ("contiguous_to_leader", {"1": 1, "0": 0}, 0),
    ("opponent_is_member", {"1": 1, "0": 0}, 0),
    ("trigger_kind", {"coup": 1}, 0),
    ("decision_rule", {"leader": 1}, 0),
)
OUTSIDE = {"attack_by_outsider": 1.0, "attack_by_member": 1.0, "spillover": 0.5}
BODIES = ["France", "CSTO", "CIS", "ECOWAS", "OAS", "NATO", "SADC", "OAU", "UNASUR", "GCC", "India", "Libya"]
BODIES += ["Pacific", "Australia", "African Union", "Arab League", "United Kingdom", "United States"]
ONE_BODY = {"OAU": "African Union", "CIS": "CSTO"}


def read_rows(path: str | Path) -> list[dict[str, str]]:
    """Read the table without the rows that belong to the library's own crises."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case_id"] not in TESTED]


def facts(row: dict[str, str]) -> list[float]:
    """Code a row of the table."""
    modest = row["asked"] == "1" and row["asked_for"] not in ("troops", "")
    coded = [codes.get(row[column], unknown) for column, codes, unknown in CODES]
    return [*coded, float(modest), OUTSIDE.get(row["trigger_kind"], 0.0)]


def body(row: dict[str, str]) -> str:
    """Name the organisation or patron of a row, the same whatever its text adds."""
    found = next((b for b in BODIES if b in row["organisation"]), row["organisation"])
    return ONE_BODY.get(found, found)


def bases(y: NDArray[np.int64], asked: NDArray[np.int64]) -> Array:
    """Return the log shares of answers, not asked and asked."""
    counts = np.array([[((asked == q) & (y == k)).sum() + 0.5 for k in range(6)] for q in (0, 1)], float)
    return np.asarray(np.log(counts / counts.sum(1)[:, None]))


def log_chances(p: Array, x: Array, asked: NDArray[np.int64], use: Array = LIBRARY) -> Array:
    """Return the log chance of each answer in each row."""
    z = p[COUNT:].reshape(2, 6)[asked] + (x * (p[:COUNT] * use)) @ LOADS.T
    return np.asarray(z - np.log(np.exp(z).sum(1))[:, None])


def make_loss(
    x: Array, y: NDArray[np.int64], asked: NDArray[np.int64], use: Array = LIBRARY
) -> Callable[[Array], float]:
    """Return minus the log posterior density, but for a constant."""
    base = bases(y, asked)

    def loss(p: Array) -> float:
        likely = log_chances(p, x, asked, use)[np.arange(len(y)), y].sum()
        return float(
            ((p[:COUNT] - 1) ** 2).sum() / (2 * SPREAD**2)
            + ((p[COUNT:] - base.ravel()) ** 2).sum() / 2
            - likely
        )

    return loss


def fit(x: Array, y: NDArray[np.int64], asked: NDArray[np.int64], use: Array = LIBRARY) -> Array:
    """Return weights and bases of greatest posterior density."""
    start = np.concatenate([np.ones(COUNT), bases(y, asked).ravel()])
    return np.asarray(minimize(make_loss(x, y, asked, use), start).x)


def deviations(loss: Callable[[Array], float], at: Array) -> Array:
    """Return Laplace deviations: roots of the diagonal of the inverse of second differences."""
    e = STEP * np.eye(len(at))
    curved = [
        [(loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)) for b in e] for a in e
    ]
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(np.array(curved) / (4 * STEP**2)))))


def answer_days(rows: list[dict[str, str]], asked: str) -> tuple[list[int], float]:
    """Return the days from question to answer of rows where they are known, and how long answers take."""
    begun = "asked_date" if asked == "1" else "start_date"
    dates = [(row[begun], row["answer_date"]) for row in rows if row["asked"] == asked]
    known = [tuple(map(datetime.date.fromisoformat, pair)) for pair in dates if min(map(len, pair)) == 10]
    days = [(answered - start).days for start, answered in known]
    return days, float(np.sqrt(np.median(days) / np.log(2) * np.mean(days)))


def coded(rows: list[dict[str, str]]) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return the facts of rows, which answer came (nothing counts as words) and whether it was asked for."""
    y = np.array([max(ANSWERS.index(row["answer"]) if row["answer"] in ANSWERS else 0, 0) for row in rows])
    return np.array([facts(row) for row in rows]), y, np.array([int(row["asked"]) for row in rows])


def weigh(chances: Array, y: NDArray[np.int64], asked: NDArray[np.int64]) -> list[tuple[float, float, int]]:
    """Return the log chance of what came, of troops or none, and whether it was asked for, of each row."""
    found: list[tuple[float, float, int]] = []
    for row, answer, was in zip(chances, y, asked, strict=True):
        sent = float(row[TROOPS])
        found.append((row[answer], sent if answer == TROOPS else np.log1p(-np.exp(sent)), int(was)))
    return found


def show(name: str, found: list[tuple[float, float, int]]) -> None:
    """Print mean scores: which answer, troops, troops if asked."""
    table = np.array(found)
    given = table[table[:, 2] == 1]
    print(f"{name:24s} {table[:, 0].mean():.3f} {table[:, 1].mean():.3f} {given[:, 1].mean():.3f}")


def base_only(x: Array, y: NDArray[np.int64], asked: NDArray[np.int64]) -> Array:
    """Return the base rate by whether help was asked for, as a fit without weights."""
    del x
    return np.concatenate([np.zeros(COUNT), bases(y, asked).ravel()])


def pooled(x: Array, y: NDArray[np.int64], asked: NDArray[np.int64]) -> Array:
    """Return the base rate, asked or not."""
    del x, asked
    counts = np.array([(y == k).sum() + 0.5 for k in range(6)], float)
    return np.concatenate([np.zeros(COUNT), np.tile(np.log(counts / counts.sum()), 2)])


class Taught(NamedTuple):
    """What rows teach: weights and their deviations, and per day how often each answer comes at zero facts.

    ``shares`` and ``rates`` are ``(2, 6)``: not asked for, and asked for.
    """

    weights: Array
    spreads: Array
    shares: Array
    rates: Array


def teach(rows: list[dict[str, str]]) -> Taught:
    """Return what rows teach."""
    x, y, asked = coded(rows)
    learnt = fit(x, y, asked)
    spreads = deviations(make_loss(x, y, asked), learnt)
    shares = np.exp(learnt[COUNT:].reshape(2, 6))
    shares /= shares.sum(1)[:, None]
    days = np.array([answer_days(rows, was)[1] for was in "01"])
    return Taught(learnt[: len(MOTIVES)], spreads[: len(MOTIVES)], shares, shares / days[:, None])


def show_taught(rows: list[dict[str, str]]) -> None:
    """Print weights, shares and habits that rows teach."""
    taught = teach(rows)
    _, y, asked = coded(rows)
    print(f"{len(rows)} rows, {len(set(map(body, rows)))} bodies")
    told = zip(MOTIVES, taught.weights, taught.spreads, strict=True)
    print("  ".join(f"{name} {value:.2f} ± {spread:.2f}" for name, value, spread in told))
    for q, name in enumerate(("not asked", "asked")):
        days, _ = answer_days(rows, str(q))
        print(f"{name}: {len(days)} answers dated to the day,", end=" ")
        print(f"median {np.median(days):.0f} days, mean {np.mean(days):.1f}")
        for k, answer in enumerate(ANSWERS):
            count = int(((asked == q) & (y == k)).sum())
            print(f"  {answer:10s} {count:3d}  {taught.shares[q, k]:.3f}  {taught.rates[q, k]:.4f} per day")


def main(path: str, *options: str) -> None:
    """Print what is learnt, and scores."""
    rows = read_rows(path)
    later = [row for row in rows if row.get("round") == "2"] if "--first" in options else []
    rows = [row for row in rows if row not in later]
    x, y, asked = coded(rows)
    bodies = np.array([body(row) for row in rows])
    show_taught(rows)

    def score(name: str, make: Fit, use: Array = LIBRARY) -> None:
        found: list[tuple[float, float, int]] = []
        for one in sorted(set(bodies)):
            left = bodies == one
            chances = log_chances(make(x[~left], y[~left], asked[~left]), x[left], asked[left], use)
            found += weigh(chances, y[left], asked[left])
        show(name, found)

    score("base rate", pooled)
    score("base rate, asked or not", base_only)
    score("the mechanism", fit)
    for k, name in enumerate((*MOTIVES, *TRIED)):
        use = LIBRARY.copy()
        use[k] = 1.0 - use[k]
        score(f"{'without' if LIBRARY[k] else 'with'} {name}", partial(fit, use=use), use)
    for k, name in enumerate(TRIED, len(MOTIVES)):
        use = LIBRARY.copy()
        use[k] = 1.0
        loss, learnt = make_loss(x, y, asked, use), fit(x, y, asked, use)
        print(f"{name} {learnt[k]:.2f} ± {deviations(loss, learnt)[k]:.2f}")
    if later:
        print(f"{len(later)} rows of round 2")
        a, b, c = coded(later)
        for name, make in (
            ("base rate", pooled),
            ("base rate, asked or not", base_only),
            ("the mechanism", fit),
        ):
            show(name, weigh(log_chances(make(x, y, asked), a, c), b, c))


if __name__ == "__main__":
    main(*sys.argv[1:])
