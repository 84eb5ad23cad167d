"""The server answers a page: what is asked is solved elsewhere, refused in words, stopped, and kept."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

import bystander.app
from bystander.app.run import Guard
from bystander.app.server import EDITION, Study, make_app
from bystander.app.solvers import InLine, SolverEndedError
from bystander.app.texts import told_before
from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.evidence.reading import parse_record
from bystander.evidence.starting import standing_on
from bystander.policy.measures import try_measures
from bystander.scenario import null, read_scenario, vary
from reference.seen import RECORD

BORDER = "templates/border"
TOKEN = "k" * 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    before = os.environ.get("BYSTANDER_CACHE")
    os.environ["BYSTANDER_CACHE"] = str(tmp_path_factory.mktemp("kept"))
    yield tmp_path_factory.mktemp("desk")
    os.environ.pop("BYSTANDER_CACHE")
    if before is not None:
        os.environ["BYSTANDER_CACHE"] = before


async def until(client, path, seconds=280.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = await client.get(path)
        if answer.status_code != 202:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} took too long")


async def ended(client, job):
    answer = (await until(client, f"/api/work/{job}")).json()
    assert (answer["how"], answer["message"]) == ("done", "")
    return answer["result"]


def serving(source, folder, act):
    """Run ``act(client, study)`` against a served study."""

    async def go():
        record = folder / "seen.yaml"
        record.write_text(RECORD, encoding="utf-8")
        study = Study(str(source), folder, str(record))
        guard = Guard(make_app(study), port=8000, token=TOKEN)
        transport = httpx.ASGITransport(app=guard, raise_app_exceptions=False)
        headers = {"cookie": f"bystander_8000={TOKEN}", "x-bystander": "1"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000", headers=headers, timeout=60
        ) as client:
            study.begin()
            try:
                return await act(client, study)
            finally:
                study.close()

    return asyncio.run(go())


async def argue(client, study):
    """Everything a user does, in one session; what came back, by name."""
    got = {"page": (await until(client, "/api/page")).json()}
    got["levers"] = (await until(client, "/api/levers")).json()
    got["surface"] = (await until(client, "/api/surface")).json()
    lever = got["levers"][0]
    variant = {"sets": {lever["name"]: lever["texts"][30]}, "measures": []}
    question = {"variant": variant, "tab": "t"}
    got["variant"] = (await client.post("/api/variant", json={**question, "turn": 1})).json()
    got["reasons"] = (await client.post("/api/reasons", json={**question, "turn": 2})).json()
    got["explain"] = (await client.post("/api/explain", json={"move": "alliance.deploy"})).json()
    pinned = {"name": "A/b <i>", "variant": variant, "answers": {}}
    got["pinned"] = (await client.put("/api/pins", json=pinned)).json()
    got["unpinned"] = (await client.delete("/api/pins", params={"name": "A/b <i>"})).json()
    got["live"] = await client.get("/live.html")
    got["sets"] = variant["sets"]

    def asked(turn):
        sets = {"rally": f"{1 + turn / 100} per year"}
        return client.post("/api/variant", json={"variant": {"sets": sets}, "tab": "v", "turn": turn})

    got["hurried"] = [a.json() for a in await asyncio.gather(*(asked(turn) for turn in range(1, 9)))]
    return got | await refuse(client) | await labour(client, study) | await kill(client, study)


ODD_WORK = [
    ("measures", {"source": "/etc/passwd"}),
    ("measures", {"text": "bystander: 1", "there": "/etc/passwd"}),
    ("measures", {"upTo": "all"}),
    ("measures", {"upTo": -1}),
    ("draws", {"draws": 10**9}),
    ("draws", {"stamp": "another edition"}),
    ("draws", {"record": "/etc/passwd"}),
    ("day", {}),
    ("day", {"day": "2022-03-03", "record": "/etc/passwd"}),
    ("turning", {"target": 3}),
    ("causes", {"from": {}}),
    ("causes", {"from": {}, "to": {"measures": ["m" * 1000]}}),
    ("asks", {"source": "/etc/passwd"}),
]


async def refuse(client):
    bad = {"sets": {"no_such": "1"}, "measures": []}
    asked = [
        client.post("/api/variant", json={"variant": bad}),
        client.post("/api/variant", json={"variant": {"sets": {"rally": "three cows"}}}),
        client.post("/api/variant", content=b"{"),
        client.post("/api/variant", json={"variant": {"other": 1}}),
        client.post("/api/variant", content=b'{"variant":{"sets":{"\xff":1}}}'),
        client.post("/api/reasons", content=b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        client.put("/api/pins", content=b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        client.post("/api/explain", json={"move": "a." * 100_000}),
        *(client.post("/api/work", json={"kind": kind, "options": options}) for kind, options in ODD_WORK),
        client.post("/api/work", json={"kind": "mining"}),
        client.post("/api/nothing", json={}),
        client.get("/assets/..%2f..%2fpyproject.toml"),
        client.get("/assets/secret.txt"),
        client.get("/live.html/x"),
    ]
    return {"refused": [await question for question in asked]}


async def labour(client, study):
    job = (await client.post("/api/work", json={"kind": "measures"})).json()["job"]
    got = {"measures": await ended(client, job)}
    while study.jobs:
        await asyncio.sleep(0.01)
    target = {"kind": "turning", "options": {"target": "alliance_deploys", "threshold": 0.5}}
    job = (await client.post("/api/work", json=target)).json()["job"]
    got["turning"] = await ended(client, job)
    while study.jobs:
        await asyncio.sleep(0.01)
    got["record"] = (await until(client, "/api/record")).json()
    for name, asked in (
        ("ways", {"kind": "ways", "options": {"target": "alliance_deploys", "threshold": 0.5}}),
        ("fought", {"kind": "day", "options": {"day": "2022-03-03"}}),
        ("calm", {"kind": "day", "options": {"day": "2022-10-01"}}),
    ):
        job = (await client.post("/api/work", json=asked)).json()["job"]
        got[name] = await ended(client, job)
        while study.jobs:
            await asyncio.sleep(0.01)
    job = (await client.post("/api/work", json={"kind": "draws", "options": {"draws": 1000}})).json()["job"]
    await asyncio.sleep(0.2)
    behind = [(await client.post("/api/work", json={"kind": "measures"})).json()["job"] for _ in range(7)]
    got["full"] = await client.post("/api/work", json={"kind": "measures"})
    got["waiting"] = await client.get(f"/api/work/{behind[0]}")
    stream = study.listen()
    got["hello"] = json.loads((await anext(stream)).decode().split("data: ")[1])
    await stream.aclose()
    got["asked"] = [job, *behind]
    for name in (*behind[1:], job):
        await client.request("DELETE", f"/api/work/{name}")
    while study.jobs:
        await asyncio.sleep(0.01)
    got["stopped"] = [(await client.get(f"/api/work/{name}")).json() for name in (job, *behind[1:])]
    got["next"] = await ended(client, behind[0])
    return got


async def kill(client, study):
    os.kill(study.quick._process.pid, signal.SIGKILL)
    question = {"variant": {"sets": {"rally": "1 per year"}, "measures": []}}
    return {
        "killed": await client.post("/api/variant", json=question),
        "after": await client.post("/api/variant", json=question),
    }


@pytest.fixture(scope="module")
def got(folder):
    return serving(BORDER, folder, argue)


def test_it_is_told_how_many_assumptions_have_no_slider(got):
    parameters = read_scenario(BORDER).parameters.values()
    believed = sum(parameter.prior is not None for parameter in parameters)
    assert (got["page"]["assumptions"], got["page"]["believed"]) == (len(parameters), believed)
    assert len(got["levers"]) <= believed
    pages = Path(bystander.app.__file__).parent / "assets"
    for page in ("app.js", "live.js"):
        assert "no prior, so no range to slide over" in (pages / page).read_text("utf-8")


def test_what_is_shown_is_what_solving_says(got):
    scenario = read_scenario(BORDER)
    base = solve_case(scenario)
    for outcome in got["page"]["outcomes"]:
        assert outcome["value"] == pytest.approx(base.value(outcome["name"]), abs=1e-8)
    changed = solve_case(vary(scenario, sets=got["sets"]))
    for name, value in got["variant"]["outcomes"].items():
        assert value == pytest.approx(changed.value(name), abs=1e-6)
    for outcome in got["reasons"]["outcomes"]:
        assert outcome["value"] == pytest.approx(changed.value(outcome["name"]), abs=1e-6)
    assert got["page"]["asks"], "the template asks a question, and it is answered first"
    assert got["page"]["answer"][0] == got["page"]["asks"][0]["paragraph"]
    assert [pin["name"] for pin in got["pinned"]] == ["A/b <i>"]
    assert got["unpinned"] == []
    by_habit = solve_case(null(scenario), judgements=())
    assert got["page"]["null"] == pytest.approx({name: by_habit.value(name) for name in by_habit.outcomes})
    assert got["explain"][0]["id"].startswith("alliance.deploy")


def test_what_was_told_before_is_found_without_a_solver(got):
    found = told_before(str(BORDER))
    assert json.loads(found["page"]) == got["page"]
    assert json.loads(found["levers"]) == got["levers"]


def test_open_streams_end_with_the_server(tmp_path):
    async def go():
        study = Study(str(BORDER), tmp_path)
        stream = study.listen()
        await anext(stream)
        study.hang_up()
        return [message async for message in stream]

    assert asyncio.run(go()) == []


def test_who_listens_too_slowly_is_hung_up_on_and_begins_anew(tmp_path):
    """A word dropped may be that something is ready; the next hello says what is."""

    async def go():
        study = Study(str(BORDER), tmp_path)
        stream = study.listen()
        await anext(stream)
        for n in range(1000):
            study.tell("progress", {"share": n})
        study.found["page"] = b"{}"
        missed = [message async for message in stream]
        again = study.listen()
        return missed, json.loads((await anext(again)).decode().split("data: ")[1])

    missed, hello = asyncio.run(go())
    assert missed == []
    assert hello["ready"] == ["page"]


def pretending(study, answer):
    """Let a study's solvers answer at once, by ``answer(task)``, in no process."""

    async def ask(task, *_, **__):
        return answer(task)

    study.quick.ask = study.patient.ask = ask
    study.quick.start = lambda: None


TASKS = {"page": "open", "levers": "levers", "record": "record", "surface": "surface"}


@pytest.mark.parametrize("what", TASKS)
def test_a_solver_that_ends_in_any_phase_is_told_and_taken_up_again(what, tmp_path, folder):
    """To whom listens, to whom comes later, and in answer to a question; and no page waits for ever."""
    asked, ended = [], []

    def answer(task):
        asked.append(task)
        if task == TASKS[what] and not ended:
            ended.append(task)
            raise SolverEndedError("It ended.")
        return b"{}"

    async def act(client, study):
        for _ in range(200):
            if what in study.failed:
                break
            await asyncio.sleep(0.01)
        refused = await client.get(f"/api/{what}")
        stream = study.listen()
        hello = json.loads((await anext(stream)).decode().split("data: ")[1])
        await client.post("/api/again", json={})
        found = [await until(client, f"/api/{name}") for name in TASKS]
        await stream.aclose()
        return refused, hello, found

    begin = Study.begin

    def pretended(study):
        pretending(study, answer)
        begin(study)

    source = tmp_path / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Study, "begin", pretended)
        refused, hello, found = serving(source, tmp_path, act)
    assert (refused.status_code, refused.json()["message"]) == (422, "It ended.")
    assert hello["failed"] == {what: "It ended."}
    assert [each.status_code for each in found] == [200] * len(TASKS)
    assert asked.count("open") == (2 if what == "page" else 1), "what was found is not asked for again"


def test_a_file_that_is_gone_for_a_moment_is_read_again_when_it_is_back(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    (tmp_path / "seen.yaml").write_text(RECORD, encoding="utf-8")

    async def act(client, study):
        first = await until(client, "/api/page")
        source.unlink()
        gone = await until(client, "/api/page", 30.0)
        source.write_text(STANDS, encoding="utf-8")
        return first, gone, await until(client, "/api/page", 60.0)

    first, gone, back = serving(source, tmp_path, act)
    assert [each.status_code for each in (first, gone, back)] == [200, 422, 200]
    assert len({each.headers[EDITION] for each in (first, gone, back)}) == 3


def test_applying_a_text_leaves_the_draft_of_another_tab(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    (tmp_path / "seen.yaml").write_text(RECORD, encoding="utf-8")

    async def act(client, study):
        await asyncio.gather(
            *(client.put("/api/text", json={"text": f"{STANDS}# {tab}\n"}) for tab in ("mine", "theirs"))
        )
        study.folder.joinpath("stands.draft.yaml").write_text(STANDS + "# theirs\n", encoding="utf-8")
        await client.post("/api/text", json={"text": STANDS + "# mine\n"})
        return (await client.get("/api/text")).json()

    kept = serving(source, tmp_path, act)
    assert (kept["text"], kept["draft"]) == (STANDS + "# mine\n", STANDS + "# theirs\n")


@pytest.mark.parametrize(
    ("believed", "said"), [(0, "No parameter has a prior"), (2, "No parameter with a prior moves")]
)
def test_without_anything_to_slide_there_is_no_file_to_take_away(believed, said, tmp_path, folder):
    async def act(client, study):
        page = f'{{"believed": {believed}}}'.encode()
        study.found |= {"page": page, "levers": b"[]", "surface": b"null"}
        return await client.get("/live.html")

    answer = serving(BORDER, tmp_path, act)
    assert answer.status_code == 409
    assert answer.json()["message"].startswith(said)


def test_the_live_file_holds_the_table_and_its_error(got):
    surface = got["surface"]
    assert surface["levers"] == [lever["name"] for lever in got["levers"]]
    assert max(e[0] for e, c in zip(surface["errors"], surface["chance"], strict=True) if c) < 0.01
    assert got["live"].status_code == 200
    assert len(got["live"].content) < 2_000_000
    assert "attachment" in got["live"].headers["content-disposition"]


def test_what_cannot_be_answered_is_refused_in_words(got):
    answers = got["refused"]
    odd = len(ODD_WORK)
    assert [a.status_code for a in answers[:8]] == [422, 422, 400, 400, 400, 400, 400, 422]
    assert all(a.status_code in (400, 422) for a in answers[8 : 8 + odd + 1])
    assert all(a.status_code == 404 for a in answers[9 + odd :])
    assert all(len(a.text) < 10_000 for a in answers)
    assert "no_such" in answers[0].json()["message"]
    assert all("Traceback" not in a.text for a in answers)


def test_a_newer_question_takes_the_place_of_an_older_one(got):
    assert got["hurried"][-1].get("outcomes")
    assert sum("dropped" in answer for answer in got["hurried"]) >= 5


def test_long_work_gives_what_measures_gives_waits_its_turn_and_can_be_stopped(got):
    told = {p["parts"][0][0]: p for p in got["measures"]["measures"]["packages"]}
    for package in try_measures(read_scenario(BORDER)).packages:
        for effect, shown in zip(package.effects, told[package.parts[0][0]]["effects"], strict=True):
            assert shown["after"] == effect.after
    assert got["turning"]["words"]
    assert got["full"].status_code == 422
    assert got["waiting"].status_code == 202
    kinds = ["draws", *["measures"] * 7]
    told = [{"job": name, "kind": kind} for name, kind in zip(got["asked"], kinds, strict=True)]
    assert got["hello"]["jobs"] == told, "who comes later sees what it may stop"
    assert {"page", "levers"} <= set(got["hello"]["ready"]), "and learns what nobody will tell any more"
    assert {answer["how"] for answer in got["stopped"]} == {"stopped"}
    assert all(answer["message"] for answer in got["stopped"])
    assert got["next"] == got["measures"]


def test_what_makes_it_likely_is_found_together_and_solving_agrees(got):
    ways, scenario = got["ways"]["ways"], read_scenario(BORDER)
    assert not ways["already"]
    best = ways["smallest"][0] if ways["smallest"] else ways["nearest"]
    sets = dict(change.split(" at ") for change in best["changes"] if " at " in change)
    taken = [change for change in best["changes"] if " at " not in change]
    changed = Change(tuple((name, "") for name in taken), sets).apply(scenario)
    assert solve_case(changed).value("alliance_deploys") == pytest.approx(best["number"], abs=2e-3)


def test_a_dragged_date_gives_the_answer_of_that_day(got):
    record = got["record"]
    assert (record["first"], record["last"]) == ("2022-01-01", "2022-12-31")
    assert [o["day"] for o in record["observed"]] == ["2022-03-03", "2022-09-01"]
    assert record["observed"][0]["says"] == "Both sides shelled"
    assert (got["fought"]["later"], got["calm"]["later"]) == (1, 0)
    on = {day: {o["name"]: o["value"] for o in got[day]["outcomes"]} for day in ("fought", "calm")}
    assert on["fought"]["battle"] > on["calm"]["battle"]
    today = standing_on(read_scenario(BORDER), parse_record(RECORD), "2022-03-03").scenario
    fresh = solve_case(today)
    for name, value in on["fought"].items():
        assert value == pytest.approx(fresh.value(name), rel=1e-6, abs=1e-9)


def test_a_solver_that_dies_is_a_message_and_the_next_question_is_answered(got):
    assert got["killed"].status_code == 422
    assert "ended unexpectedly" in got["killed"].json()["message"]
    assert got["after"].status_code == 200


def test_a_text_is_written_over_no_other_than_was_seen(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    (tmp_path / "seen.yaml").write_text(RECORD, encoding="utf-8")

    async def act(client, study):
        over = (await client.get("/api/text")).json()["over"]

        def apply(said, over):
            return client.post("/api/text", json={"text": f"{STANDS}# {said}\n", "over": over})

        answers = [await apply("one", over), await apply("two", over)]
        there = source.read_text(encoding="utf-8")
        kept = (tmp_path / "stands.draft.yaml").read_text(encoding="utf-8")
        answers.append(await apply("two", answers[0].json()["over"]))
        source.write_text(STANDS + "# by an editor\n", encoding="utf-8")
        answers.append(await apply("three", answers[-1].json()["over"]))
        answers.append(await apply("three", (await client.get("/api/text")).json()["over"]))
        return [answer.status_code for answer in answers], answers[1].json(), there, kept

    codes, refused, there, kept = serving(source, tmp_path, act)
    assert codes == [200, 422, 200, 422, 200]
    assert "written anew meanwhile" in refused["message"]
    assert (there, kept) == (f"{STANDS}# one\n", f"{STANDS}# two\n")
    assert source.read_text(encoding="utf-8") == f"{STANDS}# three\n"


def test_a_text_is_checked_kept_and_applied(tmp_path, folder):
    source = tmp_path / "mine.yaml"
    source.write_text(STANDS, encoding="utf-8")
    wrong = STANDS.replace("horizon:", "horizzon:", 1)
    right = STANDS.replace("title:", "title: My", 1)

    async def act(client, study):
        await until(client, "/api/page")
        bad = (await client.put("/api/text", json={"text": wrong})).json()
        draft = (tmp_path / "mine.draft.yaml").read_text(encoding="utf-8")
        refused = await client.post("/api/text", json={"text": wrong})
        await client.put("/api/text", json={"text": right})
        good = await client.post("/api/text", json={"text": right})
        page = (await until(client, "/api/page")).json()
        huge = await client.put("/api/text", json={"text": "x" * 3_000_000})
        return bad, draft, refused, good, page, huge

    bad, draft, refused, good, page, huge = serving(source, tmp_path, act)
    line = 1 + wrong[: wrong.index("horizzon")].count("\n")
    assert (line, 1) in {(p["line"], p["column"]) for p in bad["problems"]}
    assert not bad["sound"]
    assert draft == wrong
    assert refused.status_code == 422
    assert good.status_code == 200
    assert source.read_text(encoding="utf-8") == right
    assert page["title"].startswith("My")
    assert huge.status_code == 422
    assert not (tmp_path / "mine.draft.yaml").exists()


STANDS = """bystander: 1
title: A border
as_of: 2022-01-01
horizon: 1 year
record: seen.yaml
variables: {front: {levels: [quiet, battle], start: quiet}}
parameters: {calm: {value: 5 per year, prior: "lognormal(median=5 per year, spread=1.5)"}}
hazards:
  incident: {when: front == quiet, rate: 1 per year, then: {front: battle}}
  calms: {when: front == battle, rate: calm, then: {front: quiet}}
outcomes: {days: {accumulates: {front == battle: 1}, headline: true}}
measures: {talks: {set: {calm: 2 * calm}}}
"""


def test_a_record_written_anew_begins_a_new_edition_for_every_solver(tmp_path, folder):
    source, record = tmp_path / "stands.yaml", tmp_path / "seen.yaml"
    source.write_text(STANDS, encoding="utf-8")

    async def asked(client):
        page = await until(client, "/api/page")
        variant = await client.post("/api/variant", json={"variant": {"sets": {}}, "tab": "t", "turn": 0})
        job = (await client.post("/api/work", json={"kind": "measures"})).json()["job"]
        measures = await ended(client, job)
        return (
            page.json()["outcomes"][0]["value"],
            variant.json()["outcomes"]["days"],
            measures["measures"]["packages"][0]["effects"][0]["before"],
        )

    async def act(client, study):
        found, editions = [], [study.edition]
        for text in (
            RECORD,
            RECORD.replace("2022-09-01, level: {front: quiet}", "2022-12-30, level: {front: battle}"),
        ):
            record.write_text(text, encoding="utf-8")
            found.append(await asked(client))
            editions.append(study.edition)
        record.write_text("record: [", encoding="utf-8")
        broken = (await client.put("/api/text", json={"text": STANDS})).json()
        refused = await client.post("/api/text", json={"text": STANDS})
        return found, editions, broken, refused, await until(client, "/api/page")

    (calm, fought), editions, broken, refused, page = serving(source, tmp_path, act)
    assert calm == pytest.approx([calm[0]] * 3, rel=1e-9)
    assert fought == pytest.approx([fought[0]] * 3, rel=1e-9)
    assert fought[0] > 1.1 * calm[0]
    assert editions[2] != editions[1]
    assert (broken["sound"], broken["problems"][0]["check"]) == (False, "yaml")
    assert (refused.status_code, page.status_code) == (422, 422)
    assert "seen.yaml" in page.json()["message"]


SHARED = "hazards:\n  calms: {when: front == battle, rate: RATE, then: {front: quiet}}\n"


@pytest.mark.parametrize("which", ["used.yaml", "deeper.yaml", "seen.yaml", "new.yaml"])
def test_any_file_that_answers_rest_on_begins_a_new_edition(which, tmp_path, folder):
    source = tmp_path / "uses.yaml"
    use = "use: [./used, ./new]" if which == "new.yaml" else "use: [./used]"
    own = STANDS.replace("  calms: {when: front == battle, rate: calm, then: {front: quiet}}\n", "")
    source.write_text(own.replace("record: seen.yaml", f"record: seen.yaml\n{use}"), encoding="utf-8")
    files = {
        "used.yaml": "use: [./deeper]\nconditions: {fought: front == battle}\n",
        "deeper.yaml": SHARED.replace("RATE", "calm"),
        "seen.yaml": RECORD,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    async def act(client, study):
        first = await until(client, "/api/page")
        again = await until(client, "/api/page")
        editions = [study.edition]
        text = {"new.yaml": "conditions: {calm_now: front == quiet}\n"}.get(which) or files[
            which
        ] + "# anew\n"
        (tmp_path / which).write_text(text, encoding="utf-8")
        last = await until(client, "/api/page")
        return first, again, last, [*editions, study.edition]

    first, again, last, editions = serving(source, tmp_path, act)
    assert (first.status_code, last.status_code) == (422 if which == "new.yaml" else 200, 200)
    assert first.content == again.content
    assert editions[1] != editions[0]


def test_a_text_that_is_applied_is_checked_once(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    (tmp_path / "seen.yaml").write_text(RECORD, encoding="utf-8")

    async def act(client, study):
        asked = []
        for solver in (study.quick, study.patient):

            def counted(task, *rest, ask=solver.ask):
                asked.append(task)
                return ask(task, *rest)

            solver.ask = counted
        applied = await client.post("/api/text", json={"text": STANDS + "# mine\n"})
        return applied, asked.count("check")

    applied, checks = serving(source, tmp_path, act)
    assert (applied.status_code, checks) == (200, 1)


def test_a_text_is_checked_and_applied_while_the_one_before_is_being_opened(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS.replace("record: seen.yaml\n", ""), encoding="utf-8")

    async def act(client, study):
        opening = InLine("open")  # one that never ends
        study.quick._queue.insert(0, opening)
        try:
            text = {"text": f"{source.read_text(encoding='utf-8')}# mine\n"}
            checked = await asyncio.wait_for(client.put("/api/text", json=text), 60)
            return checked, await asyncio.wait_for(client.post("/api/text", json=text), 60)
        finally:
            study.quick._queue.remove(opening)

    checked, applied = serving(source, tmp_path, act)
    assert checked.json()["sound"]
    assert applied.status_code == 200


def test_a_problem_of_another_file_is_not_one_of_the_text_that_is_shown(tmp_path, folder):
    source = tmp_path / "stands.yaml"
    source.write_text(STANDS.replace("record: seen.yaml", "use: [./used]"), encoding="utf-8")
    (tmp_path / "used.yaml").write_text("conditions:\n  lost: front == nowhere\n", encoding="utf-8")

    async def act(client, study):
        wrong = source.read_text(encoding="utf-8") + "oops: 1\n"
        return (await client.put("/api/text", json={"text": wrong})).json()["problems"]

    found = {Path(p["file"]).name: p["own"] for p in serving(source, tmp_path, act)}
    assert found == {"stands.yaml": True, "used.yaml": False}


def test_a_text_that_could_not_be_read_where_it_goes_is_not_applied(tmp_path, folder):
    beside, desk = tmp_path / "beside", tmp_path / "desk"
    beside.mkdir()
    desk.mkdir()
    source = beside / "stands.yaml"
    source.write_text(STANDS, encoding="utf-8")
    (beside / "seen.yaml").write_text(RECORD, encoding="utf-8")

    async def act(client, study):
        study.record = ""
        await until(client, "/api/page")
        kept = (await client.put("/api/text", json={"text": STANDS})).json()
        (desk / "seen.yaml").unlink()
        applied = await client.post("/api/text", json={"text": STANDS})
        return kept, applied, await until(client, "/api/page")

    kept, applied, page = serving(source, desk, act)
    assert kept["sound"]
    assert applied.status_code == 422
    assert "--folder" in applied.json()["message"]
    assert page.status_code == 200
    assert not (desk / "stands.yaml").exists()
