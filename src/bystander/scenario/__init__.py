"""What may be said: scenario files read, merged, checked; conditions and quantities parsed.

    load_document --> expand --> validate --> Scenario --> vary, apply_measures, write_scenario

Reading order: `nodes`, `reading` (YAML in, marked nodes out), `document`, `fragments`, `unfolding` (short
forms written out), `schema` (what may be written), `checks` (what is wrong with it), `read` (from a name to a
scenario), `varying`, `writing`, `claims`.
"""

from bystander.scenario.checks import find_problems
from bystander.scenario.claims import place_claims
from bystander.scenario.document import Document, load_document, load_text
from bystander.scenario.read import expand, read_data, read_document, read_scenario, read_text, validate
from bystander.scenario.schema import Scenario
from bystander.scenario.varying import apply_measures, null, vary
from bystander.scenario.writing import json_schema, scenario_hash, told_hash, write_scenario

__all__ = [
    "Document",
    "Scenario",
    "apply_measures",
    "expand",
    "find_problems",
    "json_schema",
    "load_document",
    "load_text",
    "null",
    "place_claims",
    "read_data",
    "read_document",
    "read_scenario",
    "read_text",
    "scenario_hash",
    "told_hash",
    "validate",
    "vary",
    "write_scenario",
]
