"""What may be said: scenario files read, merged, checked; conditions and quantities parsed.

    load_document --> expand --> validate --> Scenario --> vary, apply_measures, write_scenario

Reading order: `nodes`, `reading` (YAML in, marked nodes out), `document`, `fragments`, `merging` (files
that use files), `schema` (what may be written), `validating` and `checks` (what is wrong with it),
`varying`, `writing`, `claims`, `standings`.
"""

from bystander.scenario.checks import find_problems
from bystander.scenario.claims import place_claims
from bystander.scenario.describing import json_schema
from bystander.scenario.document import Document, load_document, load_text
from bystander.scenario.merging import expand
from bystander.scenario.read import read_data, read_document, read_scenario, read_text
from bystander.scenario.schema import Scenario
from bystander.scenario.standings import coverage
from bystander.scenario.validating import validate
from bystander.scenario.varying import apply_measures, null, vary
from bystander.scenario.writing import scenario_hash, write_document, write_scenario

__all__ = [
    "Document",
    "Scenario",
    "apply_measures",
    "coverage",
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
    "validate",
    "vary",
    "write_document",
    "write_scenario",
]
