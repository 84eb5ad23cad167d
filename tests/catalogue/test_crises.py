"""One alliance, one Russia, one of each mechanism: what six crises must show, and what a crisis may say."""

import pytest

from bystander.equilibrium.blocking import blocked
from bystander.equilibrium.explain import Question, explain_all
from bystander.game.masks import mask
from bystander.scenario import load_document, read_scenario
from bystander.scenario.nodes import Mapping, Node, data_of
from catalogue.crises import NAMES, ask, central, solved

SHARED = ("actors/", "institutions/", "mechanisms/")
MAY_SAY = {
    "bystander", "title", "fragment", "question", "about", "as_of", "horizon", "given", "use", "sources",
    "facts", "events", "variables", "conditions", "parameters", "outcomes", "judgements", "measures",
    "rivals", "map", "holes",
}  # fmt: skip
STANDS_BY = {"ferghana-2022": 0.05, "ferghana-2021": 0.05, "armenia-2020": 0.10, "armenia-2022": 0.10}


def files(name: str) -> list[Mapping]:
    """Return a crisis's own file and the part it shares with its sister crisis."""
    root = load_document(f"crises/{name}").root
    used = [use if isinstance(use, str) else next(iter(use)) for use in data_of(root)["use"]]
    return [root, *(load_document(part).root for part in used if part.startswith("crises/parts/"))]


def section(root: Mapping, name: str) -> dict[str, Node]:
    found = root.get(name)
    return dict(found.entries) if isinstance(found, Mapping) else {}


def library_parameters() -> set[str]:
    """Return parameters that shared files declare, the sheet of facts apart."""
    from bystander.scenario.document import library_paths

    found: set[str] = set()
    for path in library_paths():
        if path.startswith(SHARED) and path != "mechanisms/case-facts":
            found |= section(load_document(path).root, "parameters").keys()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_crisis_sets_facts_and_touches_no_rule_worth_or_form(name: str) -> None:
    shared = library_parameters()
    for root in files(name):
        assert root.entries.keys() <= MAY_SAY
        assert not section(root, "parameters").keys() & shared
        for variable, body in section(root, "variables").items():
            assert isinstance(body, Mapping), variable
            assert body.entries.keys() <= {"start", "because"}


def test_every_mechanism_is_at_work_in_a_crisis() -> None:
    from bystander.scenario.document import library_paths

    used: set[str] = set()
    waiting = [f"crises/{name}" for name in NAMES]
    while waiting:
        used.add(path := waiting.pop())
        found = data_of(load_document(path).root).get("use", [])
        waiting += [p for use in found if (p := use if isinstance(use, str) else next(iter(use))) not in used]
    assert {p for p in library_paths() if p.startswith("mechanisms/")} <= used


def test_an_outgunned_kyrgyzstan_has_drones_by_the_time_it_had_them() -> None:
    (drones,) = ask("ferghana-2021", "drones_bought")
    assert drones > 0.5
    bought = read_scenario("crises/ferghana-2022").parameters
    before = read_scenario("crises/ferghana-2021").parameters
    assert bought["kyrgyz_drones"].value == before["kyrgyz_drones"].value
    assert bought["kyrgyz_arms"].value == before["kyrgyz_arms"].value


def test_all_crises_read_the_same_alliance_and_the_same_russia() -> None:
    scenarios = [read_scenario(f"crises/{name}") for name in NAMES]
    institutions = [scenario.institutions["csto"] for scenario in scenarios]
    assert all(
        one.decisions["deploy"].rule == institutions[0].decisions["deploy"].rule for one in institutions
    )
    assert all(
        one.decisions["deploy"].worth.keys() == institutions[0].decisions["deploy"].worth.keys()
        for one in institutions
    )
    assert all(
        one.decisions["deploy"].proposed == institutions[0].decisions["deploy"].proposed
        for one in institutions
    )
    for parameter in ("edge_cost", "rear_weight", "russian_capacity", "rescue_worth", "escalation_cost"):
        values = {s.parameters[parameter].value.value for s in scenarios if parameter in s.parameters}
        assert len(values) == 1, parameter


@pytest.mark.parametrize("name", NAMES)
def test_every_judgement_holds_at_the_centre(name: str) -> None:
    assert {key: verdict.number for key, verdict in central(name).verdicts.items() if not verdict.holds} == {}


def test_the_alliance_goes_to_almaty() -> None:
    assert central("kazakhstan-2022").value("csto_deploys") > 0.80


@pytest.mark.parametrize(("name", "bound"), STANDS_BY.items())
def test_the_alliance_stands_by_elsewhere(name: str, bound: float) -> None:
    assert central(name).value("csto_deploys") < bound


def test_moscow_offers_mediation_in_2022_more_than_in_2021() -> None:
    later, earlier = (central(f"ferghana-{year}").value("csto_offers") for year in (2022, 2021))
    assert later > 0.5
    assert earlier < later - 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_shanghai_organisation_acts_nowhere(name: str) -> None:
    assert central(name).value("sco_acts") < 0.02


def test_between_members_there_is_no_mandate() -> None:
    found = solved("ferghana-2022")
    weights = mask(found.game, "heavy_fighting and csto == requested and kyrgyz_street != uprising")
    reason = blocked(found, "csto.deploy", weights.astype(float))
    assert dict(reason.blocked) == {"no mandate": pytest.approx(1.0)}


def test_with_a_wider_practice_parties_do_not_vote_and_the_votes_of_others_fail() -> None:
    found = solved("ferghana-2022", sets=(("widened_practice", "1"),))
    weights = mask(found.game, "heavy_fighting and csto == requested and kyrgyz_street == calm")
    reason = blocked(found, "csto.deploy", weights.astype(float))
    shares = dict(reason.blocked)
    assert reason.probability < 0.02
    assert shares.keys() == {f"vote: {m}" for m in ("russia", "kazakhstan", "belarus", "armenia")}
    assert max(shares, key=lambda name: shares[name]) == "vote: russia"


def test_in_kazakhstan_a_threat_to_regimes_speaks_to_every_autocrat() -> None:
    found = solved("kazakhstan-2022")
    weights = mask(found.game, "csto == requested and regime_threat").astype(float)
    members = ("russia", "kazakhstan", "belarus", "kyrgyzstan", "tajikistan")
    reasons = explain_all(found, [Question("csto.deploy", weights, member) for member in members])
    for member, reason in zip(members, reasons, strict=True):
        strongest = max(reason.bars, key=lambda bar: bar.log_odds)
        assert strongest.name == f"{member}.fellow_regime"
        assert reason.probability > 0.85


def test_in_armenia_there_is_a_mandate_and_russias_vote_fails_it_most() -> None:
    found = solved("armenia-2022")
    weights = mask(found.game, "aggression and csto == requested and armenian_street == calm").astype(float)
    reason = blocked(found, "csto.deploy", weights)
    shares = dict(reason.blocked)
    assert "no mandate" not in shares
    assert max(shares, key=lambda name: shares[name]) == "vote: russia"
    members = ("russia", "kazakhstan", "armenia")
    votes = explain_all(found, [Question("csto.deploy", weights, member) for member in members])
    russia, kazakhstan, armenia = (vote.log_odds for vote in votes)
    assert russia < kazakhstan < 0 < armenia


def test_weak_russia_lets_baku_loose_more_than_dushanbe() -> None:
    """Rival A: capacity cut. The odds of a battle rise by more around Armenia than in Ferghana in 2022."""

    def odds_ratio(name: str) -> float:
        before, after = ask(name, "battle")[0], ask(name, "battle", change="russian_weakness")[0]
        return after / (1 - after) / (before / (1 - before))

    assert odds_ratio("armenia-2020") > 2
    assert 1 < odds_ratio("ferghana-2022") < 1.5


def test_without_gains_at_home_the_ferghana_battle_goes_and_armenias_does_not() -> None:
    """Rival B removed: what is left of the chance of a battle."""

    def left(name: str) -> float:
        return ask(name, "battle", change="no_domestic_gain")[0] / ask(name, "battle")[0]

    assert left("ferghana-2022") < 0.5
    assert left("armenia-2020") > 0.55


def test_without_a_favourite_ferghana_calms_down_and_kazakhstan_stays() -> None:
    """Rival C removed: Moscow restrains Dushanbe as it would anyone; the vote for Almaty hardly moves."""
    before, after = (
        ask("ferghana-2022", "battle")[0],
        ask("ferghana-2022", "battle", change="no_favourite")[0],
    )
    assert after < 0.75 * before
    almaty = ask("kazakhstan-2022", "csto_deploys", change="no_favourite")[0]
    assert almaty == pytest.approx(central("kazakhstan-2022").value("csto_deploys"), abs=0.05)


def test_the_neighbouring_border_settles_in_peace_and_would_not_with_dushanbes_pledges() -> None:
    border = central("kyrgyz-uzbek-delimitation")
    assert border.value("settlement") > 0.7
    assert border.value("battle") < 0.05
    pledged = ask("kyrgyz-uzbek-delimitation", "settlement", change="pledged_tashkent")[0]
    assert pledged < border.value("settlement") / 2
