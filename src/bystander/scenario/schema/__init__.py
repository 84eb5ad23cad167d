"""What may be said: the parts of a scenario, each field with its meaning.

The docstring of a field is its only description: validation messages, the JSON Schema that editors use and
the reference page are all made from these classes.
"""

from bystander.scenario.schema.moves import (
    Action,
    Actor,
    Branch,
    Decision,
    Hazard,
    Institution,
    Interest,
    KnownDate,
    Rule,
)
from bystander.scenario.schema.questions import (
    Accrual,
    Ask,
    Before,
    Judgement,
    Measure,
    Outcome,
    Rival,
    Setting,
)
from bystander.scenario.schema.scenario import Scenario
from bystander.scenario.schema.world import Claim, Clause, Event, Fact, Parameter, Settings, Source, Variable

__all__ = [
    "Accrual",
    "Action",
    "Actor",
    "Ask",
    "Before",
    "Branch",
    "Claim",
    "Clause",
    "Decision",
    "Event",
    "Fact",
    "Hazard",
    "Institution",
    "Interest",
    "Judgement",
    "KnownDate",
    "Measure",
    "Outcome",
    "Parameter",
    "Rival",
    "Rule",
    "Scenario",
    "Setting",
    "Settings",
    "Source",
    "Variable",
]
