"""What may be said: the parts of a scenario, each field with its meaning.

The docstring of a field is its only description: validation messages, the JSON Schema that editors use and
the reference page are all made from these classes.
"""

from bystander.scenario.schema.law import Clause
from bystander.scenario.schema.moves import Action, Actor, Branch, Hazard, Interest, KnownDate
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
from bystander.scenario.schema.record import Claim, Event, Fact, Source
from bystander.scenario.schema.scenario import Scenario
from bystander.scenario.schema.votes import Decision, Institution, Rule
from bystander.scenario.schema.world import Parameter, Settings, Variable

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
