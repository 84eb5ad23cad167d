"""What is shipped and installed: versions agree, locks are exact and name no place, heavy libraries load
late.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
HEAVY = ("numba", "scipy", "altair", "vl_convert", "pandas", "matplotlib", "pydantic", "ruamel", "numpy")


def names_in(lines: list[str]) -> set[str]:
    return {
        re.sub(r"[-_.]+", "-", match.group().lower())
        for line in lines
        if (match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()))
    }


def pins_in(lock: Path) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of everything that a lock pins."""
    pins: dict[str, tuple[str, int]] = {}
    for entry in re.split(r"(?<!\\)\n", lock.read_text(encoding="utf-8")):
        requirement, *hashes = re.split(r"\s*\\\n\s*", entry.split("#")[0].strip())
        if requirement:
            assert re.fullmatch(r"[a-z0-9.-]+==[A-Za-z0-9.]+", requirement), entry
            found = re.findall(r"--hash=sha256:[0-9a-f]{64}", entry)
            assert len(found) == len(hashes), entry
            name, _, version = requirement.partition("==")
            pins[name] = (version, len(found))
    return pins


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_are_exact_hashed_and_name_no_place(lock: Path) -> None:
    assert all(hashes for _, hashes in pins_in(lock).values())
    assert not re.search(r"://|--index|--find-links|--trusted|file:", lock.read_text(encoding="utf-8"))


def test_every_lock_has_its_wishes() -> None:
    assert {path.stem for path in LOCKS} == {path.stem for path in (ROOT / "requirements").glob("*.in")}
    for lock in LOCKS:
        wishes = names_in(
            [line for line in lock.with_suffix(".in").read_text().splitlines() if line[:1] not in "#-"]
        )
        assert wishes <= {name.replace("_", "-") for name in pins_in(lock)}, lock.name


def test_the_run_lock_is_what_the_package_and_its_extras_for_every_verb_depend_on() -> None:
    wishes = (ROOT / "requirements" / "run.in").read_text().splitlines()
    extras = PROJECT["optional-dependencies"]
    assert names_in([line for line in wishes if not line.startswith("#")]) == names_in(
        [*PROJECT["dependencies"], *extras["app"], *extras["evidence"]]
    )


def test_locks_agree_with_each_other() -> None:
    pins: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, (version, _) in pins_in(lock).items():
            pins.setdefault(name, set()).add(version)
    assert not {name: versions for name, versions in pins.items() if len(versions) > 1}


def test_one_version() -> None:
    import bystander

    version = PROJECT["version"]
    assert bystander.__version__ == version
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


VERBS_LOADED = """
from importlib import import_module
from bystander.cli.verbs import VERBS
for verb in VERBS:
    import_module(verb.path.partition(":")[0])
"""


@pytest.mark.parametrize(
    ("arguments", "late"),
    [
        (["-c", "import bystander"], {"cyclopts", "rich"}),
        (["-m", "bystander", "--help"], {"cyclopts"}),
        (["-c", VERBS_LOADED], set()),
    ],
    ids=["import", "help", "help of verbs"],
)
def test_heavy_libraries_load_late(arguments: list[str], late: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {
        line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line
    }
    assert not loaded & late.union(HEAVY)


def test_scripts_are_runnable() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_the_public_door_opens() -> None:
    import bystander

    for name in bystander.__all__:
        assert getattr(bystander, name) is not None, name
