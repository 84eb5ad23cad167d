"""Hand-made assessments with plausible numbers, so that what tells them can be tested without solving
anything.
"""

from __future__ import annotations

import math

from bystander.assessment.result import (
    Assessment,
    Bar,
    Estimate,
    JudgementResult,
    MeasureResult,
    OutcomeResult,
    Reason,
    Reported,
    ResponseTimes,
    Rung,
    RungStep,
    Sensitivity,
    SolveReport,
)

YEAR = 365.25


AIMS = (("battle", "less"), ("settlement", "more"))


def _chance(
    name: str, about: str, value: float, low: float, high: float, given: str = "", lag: float = 0.0
) -> OutcomeResult:
    def grow(share: float, top: float) -> float:
        rate = -math.log(max(1e-12, 1 - top))
        return 1 - math.exp(-rate * max(0.0, share - lag) / (1 - lag))

    days = [YEAR * k / 40 for k in range(41)]
    return OutcomeResult(
        name=name,
        about=about,
        kind="probability",
        estimate=Estimate(value, 1e-9, low, high),
        given=given,
        formula=f"ever: {name.replace('_', ' == ', 1)}",
        curve=tuple((d, grow(d / YEAR, value)) for d in days),
        band=tuple((d, grow(d / YEAR, low), grow(d / YEAR, high)) for d in days),
        because=("C01",),
        days=YEAR,
    )


def _amount(name: str, about: str, value: float, low: float, high: float, unit: str) -> OutcomeResult:
    days = [YEAR * k / 40 for k in range(41)]
    return OutcomeResult(
        name=name,
        about=about,
        kind="amount",
        estimate=Estimate(value, 1e-6, low, high, unit),
        formula="accumulates",
        curve=tuple((d, value * d / YEAR) for d in days),
        because=("kyrgyz_toll",),
    )


def _within(week: float, month: float, year: float) -> tuple[tuple[float, float], ...]:
    return ((7.0, week), (30.0, month), (YEAR, year))


def ferghana() -> Assessment:
    """Give numbers of the right size for the founding case; they come from no solve."""
    fighting = "front in [fighting, incursion]"
    return Assessment(
        name="ferghana-2022",
        title="Ferghana borderlands, September 2022",
        question="Who escalates, who steps in, who stands by, and what would change it?",
        as_of="2022-10-15",
        horizon_days=YEAR,
        given=fighting,
        outcomes=(
            _chance("battle", "A battle on the scale of September 2022", 0.58, 0.41, 0.72),
            _chance("csto_deploys", "The CSTO sends troops", 0.004, 0.001, 0.021, fighting),
            _chance("csto_mediates", "The CSTO offers to mediate", 0.61, 0.44, 0.7, fighting),
            _chance("sco_acts", "The SCO takes up the conflict", 0.018, 0.004, 0.06, fighting),
            _chance("russia_troops", "Russia sends troops of its own", 0.031, 0.008, 0.09, fighting),
            _chance("west_mediates", "Western partners mediate", 0.22, 0.12, 0.39, fighting),
            _chance("settlement", "The border is settled by treaty", 0.09, 0.05, 0.17, lag=0.2),
            _chance("protests", "Protests shake the Kyrgyz government", 0.47, 0.33, 0.6),
            _amount("kyrgyz_dead", "Kyrgyz dead", 71.0, 38.0, 124.0, "people"),
            _amount("tajik_dead", "Tajik dead", 52.0, 27.0, 90.0, "people"),
            _amount("displaced", "People displaced", 118_000.0, 61_000.0, 190_000.0, "people"),
            _amount("fighting_days", "Days of fighting", 6.4, 3.1, 11.0, "days"),
        ),
        responses=(
            ResponseTimes(
                "tajikistan",
                "escalate",
                "Tajikistan pushes further",
                "actor",
                _within(0.32, 0.61, 0.83),
                ("C37",),
            ),
            ResponseTimes(
                "tajikistan", "withdraw", "Tajikistan pulls back", "actor", _within(0.41, 0.85, 0.995)
            ),
            ResponseTimes(
                "kyrgyzstan",
                "shell",
                "Kyrgyzstan shells across the line",
                "actor",
                _within(0.55, 0.78, 0.91),
                ("C05",),
            ),
            ResponseTimes(
                "kyrgyzstan",
                "request_csto",
                "Kyrgyzstan asks the CSTO for help",
                "actor",
                _within(0.08, 0.2, 0.31),
            ),
            ResponseTimes(
                "russia",
                "send_troops",
                "Russia sends troops",
                "actor",
                _within(0.001, 0.006, 0.031),
                ("C21",),
            ),
            ResponseTimes(
                "russia",
                "mediate",
                "Russia offers its good offices",
                "actor",
                _within(0.14, 0.43, 0.88),
                ("C20",),
            ),
            ResponseTimes(
                "china", "press", "China presses both sides", "actor", _within(0.01, 0.03, 0.14), ("C14",)
            ),
            ResponseTimes(
                "west", "mediate", "Western partners mediate", "actor", _within(0.004, 0.03, 0.22), ("C56",)
            ),
            ResponseTimes(
                "csto", "deploy", "The CSTO deploys", "institution", _within(0.0001, 0.0008, 0.004), ("C16",)
            ),
            ResponseTimes(
                "csto",
                "offer_mediation",
                "The CSTO offers to mediate",
                "institution",
                _within(0.09, 0.28, 0.61),
                ("C19",),
            ),
            ResponseTimes(
                "sco",
                "address",
                "The SCO takes up the conflict",
                "institution",
                _within(0.0003, 0.002, 0.018),
                ("C13",),
            ),
        ),
        reasons=(
            Reason(
                "russia",
                "send_troops",
                "Russia sends troops",
                fighting,
                0.031,
                -3.44,
                (
                    Bar(
                        "russia.stability",
                        "No instability on the southern edge",
                        "interest",
                        1.12,
                        ("C21", "C52"),
                    ),
                    Bar(
                        "russia.patronage",
                        "Both clients stay under its patronage",
                        "interest",
                        -0.84,
                        ("C21",),
                    ),
                    Bar(
                        "russia.loyal_client",
                        "The loyal client is not crossed",
                        "interest",
                        -1.31,
                        ("C25", "C26"),
                    ),
                    Bar(
                        "russia.ukraine",
                        "Forces are tied down in Ukraine",
                        "own worth",
                        -2.6,
                        ("forces_tied",),
                    ),
                    Bar("russia.shocks", "The value of waiting for a better moment", "shocks", 0.19),
                ),
            ),
            Reason(
                "china",
                "press",
                "China presses both sides",
                fighting,
                0.14,
                -1.82,
                (
                    Bar("china.belt_road", "Roads and pipelines stay open", "interest", 0.74, ("C14",)),
                    Bar(
                        "china.strong_regimes", "Strong regimes that keep order", "interest", -0.36, ("C14",)
                    ),
                    Bar(
                        "china.elsewhere",
                        "Territorial disputes are settled elsewhere",
                        "own worth",
                        -2.2,
                        ("C15",),
                    ),
                ),
            ),
            Reason(
                "tajikistan",
                "escalate",
                "Tajikistan pushes further",
                fighting,
                0.83,
                1.59,
                (
                    Bar(
                        "tajikistan.rally",
                        "The elite rallies for the succession",
                        "interest",
                        1.92,
                        ("C37", "C47"),
                    ),
                    Bar(
                        "tajikistan.diversion",
                        "Attention is diverted from the Pamirs",
                        "interest",
                        0.97,
                        ("C43",),
                    ),
                    Bar(
                        "tajikistan.violence",
                        "Violence costs lives and money",
                        "interest",
                        -0.88,
                        ("tajik_toll",),
                    ),
                    Bar("tajikistan.patron", "Moscow disapproves", "impact", -0.42, ("C52",)),
                ),
            ),
            Reason(
                "csto",
                "deploy",
                "The CSTO deploys",
                fighting,
                0.004,
                -2.9,
                (
                    Bar("russia.loyal_client", "The loyal client is not crossed", "interest", -1.8, ("C25",)),
                    Bar("russia.cost", "A deployment costs", "own worth", -2.0, ("forces_tied",)),
                    Bar("russia.stability", "No instability on the southern edge", "interest", 0.9, ("C21",)),
                ),
                voter="russia",
            ),
            Reason(
                "csto",
                "deploy",
                "The CSTO deploys",
                fighting,
                0.004,
                -5.5,
                (),
                (
                    ("no mandate", 0.74),
                    ("no request", 0.2),
                    ("vote: russia", 0.041),
                    ("vote: kazakhstan", 0.015),
                ),
            ),
            Reason(
                "sco",
                "address",
                "The SCO takes up the conflict",
                fighting,
                0.018,
                -2.1,
                (
                    Bar(
                        "china.elsewhere",
                        "Territorial disputes are settled elsewhere",
                        "own worth",
                        -2.4,
                        ("C15",),
                    ),
                    Bar("china.stability", "No instability next door", "interest", 0.3, ("C52",)),
                ),
                voter="china",
            ),
            Reason(
                "sco",
                "address",
                "The SCO takes up the conflict",
                fighting,
                0.018,
                -4.0,
                (),
                (("no mandate", 0.9), ("vote: china", 0.082)),
            ),
        ),
        tolls=(
            Reported(
                "kyrgyz_dead",
                "Kyrgyz dead",
                Estimate(71.0, 0, 38.0, 124.0, "people"),
                62,
                "kyrgyz_toll",
                "fp-2022#C07",
            ),
            Reported(
                "tajik_dead",
                "Tajik dead",
                Estimate(52.0, 0, 27.0, 90.0, "people"),
                41,
                "tajik_toll",
                "fp-2022#C08",
            ),
            Reported(
                "displaced",
                "People displaced",
                Estimate(118_000.0, 0, 61_000.0, 190_000.0, "people"),
                136_000,
                "kyrgyz_displaced",
                "fp-2022#C07",
            ),
        ),
        measures=(
            MeasureResult(
                "western_mediation",
                "A standing Western offer to mediate",
                "C56",
                (
                    ("battle", 0.58, 0.44),
                    ("protests", 0.47, 0.41),
                    ("kyrgyz_dead", 71.0, 49.0),
                    ("settlement", 0.09, 0.2),
                ),
                2.0,
                AIMS,
            ),
            MeasureResult(
                "high_visit",
                "A high-level Western visit",
                "C57",
                (
                    ("battle", 0.58, 0.55),
                    ("protests", 0.47, 0.46),
                    ("kyrgyz_dead", 71.0, 66.0),
                    ("settlement", 0.09, 0.11),
                ),
                1.0,
                AIMS,
            ),
            MeasureResult(
                "demarcation",
                "Demarcate the rest of the border",
                "C29",
                (
                    ("battle", 0.58, 0.31),
                    ("protests", 0.47, 0.38),
                    ("kyrgyz_dead", 71.0, 33.0),
                    ("settlement", 0.09, 0.35),
                ),
                5.0,
                AIMS,
            ),
            MeasureResult(
                "csto_mandate",
                "Let the CSTO act between members",
                "",
                (
                    ("battle", 0.58, 0.56),
                    ("protests", 0.47, 0.47),
                    ("kyrgyz_dead", 71.0, 68.0),
                    ("settlement", 0.09, 0.09),
                ),
                3.0,
                AIMS,
            ),
            MeasureResult(
                "arms_embargo",
                "No arms to either side",
                "",
                (
                    ("battle", 0.58, 0.6),
                    ("protests", 0.47, 0.48),
                    ("kyrgyz_dead", 71.0, 60.0),
                    ("settlement", 0.09, 0.08),
                ),
                4.0,
                AIMS,
            ),
        ),
        judgements=(
            JudgementResult(
                "csto_stands_by",
                "C16",
                "The CSTO does not deploy",
                "P(csto_deploys) < 5%",
                Estimate(0.004, 1e-9, 0.001, 0.021),
                0.05,
                True,
                fighting,
                1.0,
                ("russian_capacity",),
            ),
            JudgementResult(
                "sco_stands_by",
                "C13",
                "The SCO does not act in conflicts among its members",
                "P(sco_acts) < 5%",
                Estimate(0.018, 1e-9, 0.004, 0.06),
                0.05,
                True,
                fighting,
                0.93,
                ("elsewhere_rule",),
            ),
            JudgementResult(
                "opposite_effects",
                "C47",
                "The Tajik regime consolidates while the Kyrgyz leadership does not",
                "P(tajik_consolidates) > P(kyrgyz_consolidates)",
                Estimate(0.66, 1e-9, 0.5, 0.8),
                0.12,
                True,
                fighting,
                0.98,
                ("rally_gain",),
            ),
            JudgementResult(
                "no_guarantees",
                "C54",
                "Economic influence does not turn into security guarantees",
                "P(guarantee) < 5%",
                Estimate(0.062, 1e-9, 0.02, 0.13),
                0.05,
                False,
                "",
                0.44,
                ("debt_leverage", "russian_capacity"),
            ),
        ),
        sensitivities=(
            Sensitivity("rally_gain", "battle", 0.21, 2.0, "argued"),
            Sensitivity("clash_rate", "battle", 0.17, 4.0, "argued"),
            Sensitivity("western_will", "battle", -0.09, 0.5, "free"),
            Sensitivity("violence_cost", "battle", -0.13, 14.0, "free"),
            Sensitivity("russian_capacity", "battle", -0.02, 0.4, "free"),
            Sensitivity("demarcation_pace", "battle", -0.08, 0.1, "argued"),
            Sensitivity("pamir_unrest_rate", "battle", 0.04, 0.7, "argued"),
        ),
        solve=SolveReport(
            situations=41_472,
            moves=38,
            actors=8,
            residual=3.1e-11,
            regret=2.4e-10,
            regret_by_actor=(("russia", 1.1e-10), ("tajikistan", 2.4e-10), ("kyrgyzstan", 0.9e-10)),
            selection="traced",
            jumps=0,
            starts=64,
            equilibria_found=1,
            sweeps=412,
            seconds=1.9,
            shocks="private",
            other_convention=(("battle", 0.58, 0.55), ("csto_deploys", 0.004, 0.003)),
        ),
        scenario_hash="3f9ac1d2e87b",
        version="0.1.0",
        seed=0,
        rungs=(
            Rung("front", "quiet", "No shots fired", 0.81),
            Rung("front", "clash", "Shots at a post", 0.1),
            Rung("front", "ceasefire", "A cease-fire holds for now", 0.07),
            Rung("front", "fighting", "Fighting along the border", 0.014),
            Rung("front", "incursion", "Troops hold ground across the line", 0.006),
        ),
        steps=(
            RungStep("quiet", "clash", "nature", "incident", "An incident at a post", 4.2, 3.4),
            RungStep("clash", "quiet", "nature", "calms", "The post calms down", 40.0, 2.9),
            RungStep("clash", "fighting", "tajikistan", "escalate", "Tajikistan pushes further", 6.1, 0.6),
            RungStep("clash", "fighting", "kyrgyzstan", "escalate", "Kyrgyzstan pushes further", 1.1, 0.1),
            RungStep(
                "fighting", "incursion", "tajikistan", "advance", "Tajikistan crosses the line", 31.0, 0.44
            ),
            RungStep("fighting", "ceasefire", "kyrgyzstan", "ceasefire", "A cease-fire is agreed", 52.0, 0.7),
            RungStep("incursion", "ceasefire", "tajikistan", "withdraw", "Tajikistan pulls back", 90.0, 0.41),
            RungStep("ceasefire", "quiet", "nature", "holds", "The cease-fire holds", 17.0, 1.1),
            RungStep("ceasefire", "fighting", "tajikistan", "break", "The cease-fire breaks", 3.9, 0.2),
        ),
        focus="battle",
    )


def kazakhstan() -> Assessment:
    """Give a second case in which the institution acts, for comparisons."""
    base = ferghana()
    revolt = "unrest == revolt"
    return Assessment(
        name="kazakhstan-2022",
        title="Kazakhstan, January 2022",
        question="Will the alliance send troops against a revolt?",
        as_of="2022-01-05",
        horizon_days=90.0,
        given=revolt,
        outcomes=(
            _chance("csto_deploys", "The CSTO sends troops", 0.77, 0.6, 0.88, revolt),
            _chance("government_falls", "The government falls", 0.12, 0.06, 0.2),
        ),
        responses=(
            ResponseTimes(
                "csto", "deploy", "The CSTO deploys", "institution", ((7.0, 0.61), (30.0, 0.75), (90.0, 0.77))
            ),
        ),
        reasons=(),
        tolls=(),
        measures=(),
        judgements=(),
        sensitivities=(),
        solve=base.solve,
        version="0.1.0",
    )
