"""Equal work gives equal records."""

from bystander.provenance import own_version, record_run


def test_equal_questions_have_equal_records() -> None:
    asked = {
        "scenario_hash": "abc",
        "parameters": (("loss", 0.1),),
        "method": "traced",
        "tolerance": 1e-9,
        "seed": 3,
    }
    assert record_run("toys/standoff", **asked) == record_run("toys/standoff", **asked)
    assert record_run("toys/standoff", **asked) != record_run("toys/standoff", **{**asked, "seed": 4})


def test_a_record_names_the_versions_in_force() -> None:
    versions = dict(record_run("toys/standoff").versions)
    assert versions["bystander"] == own_version()
    assert {"python", "numpy", "pydantic", "ruamel.yaml"} <= set(versions)
