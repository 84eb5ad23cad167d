"""Heart transplant recipients (cav) here and in R's msm: likelihoods, the optimum, misclassified stages.

Data and values come from R in one run; skipped where R or its package msm is not installed (Debian's
r-cran-msm). The recorded values are those of msm 1.8.2's own tests; Jackson (2011), J. Stat. Software 38(8).
"""

import csv
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bystander.evidence.coordinates import coordinates_of
from bystander.evidence.learning import fit
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.tables import parse_table
from bystander.scenario import read_text

STAGES = ("well", "mild", "severe", "dead")
BOTH = {(1, 2): 0.25, (1, 4): 0.25, (2, 1): 0.166, (2, 3): 0.166, (2, 4): 0.166, (3, 2): 0.25, (3, 4): 0.25}
ONE = {(1, 2): 0.148, (1, 4): 0.0171, (2, 3): 0.202, (2, 4): 0.081, (3, 4): 0.126}
PER_YEAR = math.log(365.25)
R_CODE = """
suppressMessages(library(msm)); write.csv(cav, "cav.csv", row.names = FALSE)
q <- rbind(c(-0.5, 0.25, 0, 0.25), c(0.166, -0.498, 0.166, 0.166), c(0, 0.25, -0.5, 0.25), rep(0, 4))
one <- rbind(c(0, 0.148, 0, 0.0171), c(0, 0, 0.202, 0.081), c(0, 0, 0, 0.126), rep(0, 4))
e <- rbind(c(0, 0.1, 0, 0), c(0.1, 0, 0.1, 0), c(0, 0.1, 0, 0), rep(0, 4))
m <- function(...) msm(state ~ years, subject = PTNUM, fixedpars = TRUE, ...)$minus2loglik
cut <- cav; cut$state[cut$state == 4][1:50] <- 99
values <- c(m(data = cav, qmatrix = q, deathexact = 4), m(data = cav, qmatrix = q),
            m(data = cut, qmatrix = q, censor = 99),
            m(data = cav, qmatrix = one, ematrix = e, deathexact = 4))
writeLines(format(values, digits = 15), "values.txt")
"""

Row = tuple[str, float, int]


@pytest.fixture(scope="module")
def msm(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], list[float]]:
    """The visits (who, years, stage), and what msm says of them."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript, for the peer msm, is not installed")
    folder: Path = tmp_path_factory.mktemp("msm")
    told = subprocess.run(["Rscript", "-e", R_CODE], cwd=folder, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("the R package msm is not installed")
    with (folder / "cav.csv").open(encoding="utf-8") as stream:
        rows = [(row["PTNUM"], float(row["years"]), int(row["state"])) for row in csv.DictReader(stream)]
    return rows, [float(text) for text in (folder / "values.txt").read_text().split()]


def chain(rates: dict[tuple[int, int], float], priors: bool = False):
    """A scenario of hazards, every rate a parameter."""
    lines = [
        "bystander: 1\ntitle: cav\nas_of: 2020-01-01\nhorizon: 1 year\nvariables:",
        f"  stage: {{levels: [{', '.join(STAGES)}], start: {{{', '.join(f'{s}: 0.25' for s in STAGES)}}}}}",
        "parameters:",
    ]
    for (a, b), rate in rates.items():
        prior = ', prior: "lognormal(median=0.2 per year, spread=3)"' if priors else ""
        lines.append(f"  q{a}{b}: {{value: {rate} per year{prior}}}")
    lines.append("hazards:")
    for a, b in rates:
        now, then = STAGES[a - 1], STAGES[b - 1]
        lines.append(f"  go{a}{b}: {{when: stage == {now}, rate: q{a}{b}, then: {{stage: {then}}}}}")
    return read_text("\n".join(lines) + "\n")


def visits(rows: list[Row], say: Callable[[int, int, bool], Iterator[str]], extra: str = ""):
    """A record of all visits; ``say`` yields kind, class or variable, and level of one, its number given."""
    lines = ["name,subject,kind,on,what,is,error", "die,,class,,*,into stage == dead,"]
    seen: set[str] = set()
    dead = 0
    for who, years, stage in rows:
        dead += stage == 4
        for cells in say(stage, dead, who in seen):
            kind, what = cells.split(",", 1)
            lines.append(f",{who},{kind},{years!r} years,{what}")
        seen.add(who)
    return parse_table("\n".join(lines) + "\n" + extra)


def exact(stage: int, _: int, again: bool) -> Iterator[str]:
    """Deaths are of a moment, other stages of a visit."""
    yield "move,die,," if stage == 4 else f"{'level' if again else 'starts'},stage,{STAGES[stage - 1]},"


def panel(stage: int, _: int, again: bool) -> Iterator[str]:
    """Every visit shows the stage, also death."""
    yield f"{'level' if again else 'starts'},stage,{STAGES[stage - 1]},"


def censored(stage: int, dead: int, again: bool) -> Iterator[str]:
    """Of the first fifty dead it is known only that they lived then."""
    if stage == 4 and dead <= 50:
        yield "level,stage,well|mild|severe,"
    else:
        yield from panel(stage, dead, again)


def misread(stage: int, _: int, again: bool) -> Iterator[str]:
    """Everyone begins well; stages, at the first visit too, are read with error."""
    if not again:
        yield "starts,stage,well,"
    yield "move,die,," if stage == 4 else f"level,stage,{STAGES[stage - 1]},misread"


READINGS = (
    "misread,,reading,,well,well=0.9; mild=0.1,\n"
    "misread,,reading,,mild,well=0.1; mild=0.8; severe=0.1,\n"
    "misread,,reading,,severe,mild=0.1; severe=0.9,\n"
)


def minus_two_log(scenario, record, deaths: int) -> float:
    """-2 log L with rates per year."""
    return -2.0 * (Likelihood(scenario, record).value({}) + deaths * PER_YEAR)


@pytest.mark.parametrize(
    ("place", "say", "rates", "extra", "exactly", "recorded"),
    [
        (0, exact, BOTH, "", True, 4908.81676837903),
        (1, panel, BOTH, "", False, 4833.00640639644),
        (2, censored, BOTH, "", False, 4724.26606344485),
        (3, misread, ONE, READINGS, True, 4296.9155995778),
    ],
    ids=["exact deaths", "panel", "censored", "misclassified"],
)
def test_recorded_and_measured(msm, place, say, rates, extra, exactly, recorded) -> None:
    rows, values = msm
    deaths = sum(stage == 4 for *_, stage in rows) if exactly else 0
    found = minus_two_log(chain(rates), visits(rows, say, extra), deaths)
    assert found == pytest.approx(recorded, rel=1e-9)
    assert found == pytest.approx(values[place], rel=1e-9)


def test_rates_that_change_after_five_years(msm) -> None:
    """Every rate e^0.01 times as high from then on, centred as msm does: on the mean over its rows.

    Its rows are the beginnings of all intervals, cut at five years.
    """
    rows, _ = msm
    begins: list[float] = []
    for (who, first, _), (other, last, _) in pairwise(rows):
        if who == other:
            begins += [first, 5.0] if first < 5.0 < last else [first]
    mean = sum(begin >= 5.0 for begin in begins) / len(begins)
    assert mean == pytest.approx(0.37185, abs=5e-6)
    low = {move: rate * math.exp(-0.01 * mean) for move, rate in BOTH.items()}
    sets = "; ".join(f"q{a}{b}={rate * math.exp(0.01)!r} per year" for (a, b), rate in low.items())
    record = visits(rows, exact, f"later,,regime,5 years,,{sets},\n")
    deaths = sum(stage == 4 for *_, stage in rows)
    assert minus_two_log(chain(low), record, deaths) == pytest.approx(4906.01423796805, rel=1e-9)


def test_the_optimum_where_msm_stops_early(msm) -> None:
    rows, _ = msm
    deaths = sum(stage == 4 for *_, stage in rows)
    scenario = chain(BOTH, priors=True)
    found = fit(Likelihood(scenario, visits(rows, exact)), coordinates_of(scenario), flat=True)
    reached = -2.0 * (found.laplace.log_likelihood + deaths * PER_YEAR)
    assert reached == pytest.approx(3968.7978812015, rel=1e-11)
    rates = [
        found.mode()[f"q{a}{b}"] * 365.25 for a, b in ((1, 2), (1, 4), (2, 1), (2, 3), (2, 4), (3, 2), (3, 4))
    ]
    assert rates == pytest.approx(
        [0.1278742469, 0.0424853658, 0.2251016008, 0.3425956462, 0.0402659893, 0.1306238457, 0.3064595916],
        rel=1e-7,
    )
