"""A few files and a few kinds of damage of the long attacks that ``make fuzz`` and ``make siege`` make."""

from pathlib import Path

import pytest

from siege import doors, fuzz


def test_a_few_mutated_files(tmp_path: Path) -> None:
    counts = fuzz.batch(10**9, 40, 20, tmp_path / "kept")
    assert counts["FAILED"] == 0, [path.read_text() for path in (tmp_path / "kept").glob("*.txt")]
    assert sum(counts.values()) == 40
    assert counts["refused"]
    assert counts["checked"] + counts["solved"]


def test_a_file_is_made_again_from_its_number() -> None:
    texts = fuzz.seeds()
    assert fuzz.mutated(7, texts) == fuzz.mutated(7, texts)
    assert len({fuzz.mutated(n, texts) for n in range(20)}) > 15


@pytest.mark.parametrize("number", [1, 16, 24, 71, 81])
def test_a_drawn_game_has_one_answer_at_every_door(number: int, tmp_path: Path, monkeypatch) -> None:
    """Pinned: private reasons, a start moved, a move asked about taken out, several equilibria, a jump."""
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    game = doors.attack(number, tmp_path)
    assert game.found == []
    assert game.doors.total() > 15
