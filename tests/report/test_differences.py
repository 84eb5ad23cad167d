"""What a change does is told in one sentence, and its effects in the order of their size."""

from dataclasses import dataclass

from bystander.report.words.sentences import headline, largest_first, plain


@dataclass(frozen=True)
class Two:
    outcome: str
    before: float
    after: float
    unit: str = "probability"
    about: str = ""


def test_the_largest_change_is_told_first():
    changed = [Two("calm", 0.5, 0.52), Two("dead", 100.0, 50.0, "people"), Two("war", 0.6, 0.1)]
    assert [one.outcome for one in largest_first(changed)] == ["war", "dead", "calm"]
    said = plain(headline(changed))
    assert (
        said == "\u201cWar\u201d falls from likely (60%) to very unlikely (10%); 2 other outcomes move too."
    )


def test_amounts_are_told_as_amounts_and_nothing_is_said_to_be_nothing():
    said = plain(headline([Two("dead", 40.0, 80.0, "people", "People killed."), Two("calm", 0.5, 0.501)]))
    assert said == "\u201cPeople killed\u201d rises from 40 to 80."
    assert (
        plain(headline([Two("calm", 0.5, 0.501)]))
        == "Nothing that is asked changes by as much as half a point."
    )
    assert plain(headline([])).startswith("Nothing")
