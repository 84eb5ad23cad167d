import altair
import pytest

from bystander.policy.compare import Attribution, CrisisComparison, DifferencePart
from bystander.policy.packages import MeasuresResult, PackageEffect, PackageResult
from bystander.policy.sweep import Sweep
from bystander.report.figures.measures import packages
from bystander.report.figures.parameters import attribution, sweeps


def package(names, cost, after, efficient):
    return PackageResult(
        tuple(names),
        cost,
        (PackageEffect("battle", 0.41, after, "probability", "less"),),
        (),
        efficient=efficient,
    )


RESULT = MeasuresResult(
    (("battle", "less"),),
    (
        package(["envoy"], 1, 0.38, True),
        package(["mission"], 3, 0.4, False),
        package(["envoy", "posts_pulled_back"], 3, 0.3, True),
        package(["pressure_on_dushanbe", "posts_pulled_back"], 6, 0.15, True),
        PackageResult(("broken",), 1, (), (), failure="did not converge"),
    ),
)
COMPARISON = CrisisComparison(
    "ferghana-2022",
    "kazakhstan-2022",
    (),
    (
        Attribution(
            "csto_deploys",
            "The CSTO sends troops",
            "probability",
            0.02,
            0.82,
            (
                DifferencePart("the mandate", 0.7, ()),
                DifferencePart("loyalty of the host", 0.15, ()),
                DifferencePart("the war", -0.05, ()),
            ),
            0.0,
        ),
    ),
    (),
    (),
    "shapley",
    8,
)
LINE = Sweep(
    ("rally",),
    ((0.0, 1.0, 2.0),),
    (("0", "1 per year", "2 per year"),),
    (("battle", (0.1, 0.3, 0.6)),),
    (),
    (3,),
)
FIELD = Sweep(
    ("rally", "loss"),
    ((0.0, 1.0), (5.0, 6.0)),
    (("0", "1"), ("5", "6")),
    (("battle", (0.1, 0.2, 0.3, float("nan"))),),
    (),
    (2, 2),
)


@pytest.mark.parametrize(
    "figure",
    [
        packages(RESULT),
        attribution(COMPARISON, "csto_deploys"),
        sweeps(LINE, "battle"),
        sweeps(FIELD, "battle"),
    ],
    ids=lambda f: f.name,
)
def test_results_of_policy_can_be_drawn(figure):
    altair.Chart.from_dict({k: v for k, v in figure.spec.items() if k != "$schema"}, validate=True)
    assert figure.bare().startswith("<svg")
    assert figure.csv().count("\n") == len(figure.rows) + 1


def test_the_title_states_the_best_package():
    assert "15%" in packages(RESULT).title
    assert "pressure on dushanbe + posts pulled back" in packages(RESULT).title.lower()
    assert len(packages(RESULT).rows) == 4


def test_parts_lead_from_one_scenario_to_the_other():
    rows = attribution(COMPARISON, "csto_deploys").rows
    assert rows[0]["from"] == 0.02
    assert rows[-1]["to"] == pytest.approx(0.82)
    assert "2% in ferghana-2022, 82% in kazakhstan-2022" in attribution(COMPARISON, "csto_deploys").title
    assert attribution(COMPARISON, "nothing") is None


def test_a_sweep_says_its_range():
    assert "between 10% and 60%" in sweeps(LINE, "battle").title
