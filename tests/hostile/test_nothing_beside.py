"""Nothing that lies beside a scenario is ever run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bystander import origins
from bystander.report.figures import drafting

TRAP = "open({marker!r}, 'w').write('ran')\n"
NAMES = ("numpy.py", "json.py", "vl_convert.py", "yaml.py", "sitecustomize.py", "altair/__init__.py")


@pytest.fixture
def trapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder full of modules that say so when they are imported."""
    folder = tmp_path / "here"
    for name in (*NAMES, "bystander/__init__.py", "bystander/report/figures/worker.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TRAP.format(marker=str(tmp_path / path.stem)))
    (folder / ".numba_config.yaml").write_text("cache_dir: ./stolen\n")
    monkeypatch.chdir(folder)
    return folder


def ran(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path != folder)


def test_the_helper_that_draws_imports_nothing_from_the_current_folder(
    trapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", str(trapped), *sys.path])
    monkeypatch.setenv("PYTHONPATH", ":")
    helper = drafting.Helper()
    try:
        mark = {"data": {"values": [{"x": 1}]}, "mark": "bar", "encoding": {"x": {"field": "x"}}}
        helper.ask(json.dumps(mark))
        assert "<svg" in (helper.answer() or "")
    finally:
        helper.stop()
    assert ran(trapped) == []


def test_the_path_is_that_of_this_process_without_the_current_folder(
    trapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = str(trapped.parent / "elsewhere")
    (trapped.parent / "link").symlink_to(trapped)
    monkeypatch.setattr(sys, "path", ["", ".", str(trapped), str(trapped.parent / "link"), elsewhere])
    assert origins.safe_path() == [elsewhere]


def test_the_folder_that_holds_the_program_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(origins.HERE)
    monkeypatch.setattr(sys, "path", [origins.HERE, "/elsewhere"])
    assert origins.safe_path() == [origins.HERE, "/elsewhere"]


def test_the_command_imports_nothing_from_the_current_folder(trapped: Path) -> None:
    command = f"import sys; sys.path[:0] = [{origins.HERE!r}, '']; "
    command += "from bystander.cli.main import main; sys.argv[1:] = ['check', 'templates/border']; main()"
    environment = os.environ | {"BYSTANDER_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "it can be solved" in done.stdout
    assert ran(trapped) == []
    assert not (trapped / "stolen").exists()
