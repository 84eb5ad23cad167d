"""What happens at the ends of the streams: encodings, closed pipes, full disks, the interrupt key."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bystander.cli import main as entrance
from bystander.cli import terminal
from bystander.cli.terminal import HarmlessConsole
from reference.base_scenario import BASE
from reference.degenerate import SCENARIOS

COMMAND = [sys.executable, "-m", "bystander"]
TITLE = "Кризис в Баткене → 中"


@pytest.fixture
def cyrillic(tmp_path: Path) -> str:
    path = tmp_path / "cyrillic.yaml"
    path.write_text(BASE.replace("title: A small crisis", f"title: {TITLE}", 1), encoding="utf-8")
    return str(path)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, env=os.environ | environment, timeout=200, check=False
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_text_has_marks_in_place_of_what_the_terminal_cannot_show(encoding: str, cyrillic: str) -> None:
    done = run("show", cyrillic, PYTHONUTF8="0", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert b"? ? ?????" not in done.stderr
    assert "?" in done.stdout.decode(encoding)
    assert b"Traceback" not in done.stderr


def test_json_and_yaml_are_utf_8_whatever_the_terminal(cyrillic: str) -> None:
    settings = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    assert json.loads(run("show", cyrillic, "--json", **settings).stdout.decode("utf-8"))["title"] == TITLE
    expanded = run("expand", cyrillic, **settings).stdout.decode("utf-8")
    assert YAML(typ="safe").load(expanded)["title"] == TITLE


@pytest.mark.parametrize("width", ["0", "00", "no", "80"])
def test_a_width_that_is_not_known_hides_nothing(width: str, cyrillic: str) -> None:
    assert TITLE.encode() in run("check", cyrillic, COLUMNS=width).stdout


BRACKETS = "[/nope] and [bold]more[/bold]"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "CASE", "--no-report"),
        ("show", "CASE"),
        ("compare", "CASE", "OTHER"),
        ("what-if", "CASE", "--set", "pace=2 per year"),
        ("measures", "CASE"),
        ("flip", "battle", "-s", "CASE"),
        ("simulate", "CASE", "-n", "3", "-o", "OUT.csv"),
        ("run", "BAD"),
        ("run", "[/missing]"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_brackets_are_text(
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    folder = tmp_path / "[/nope]"
    folder.mkdir(parents=True)
    told = json.dumps(BRACKETS)
    text = SCENARIOS["for_ever"].replace("title: for_ever", f"title: {told}")
    text = text.replace("battle: {ever", f"battle: {{about: {told}, ever")
    text = text.replace("slow: {set", f"slow: {{about: {told}, set")
    text = text.replace("pace: {value", f"pace: {{about: {told}, value")
    places = {name: folder / f"{name}.yaml" for name in ("CASE", "OTHER", "BAD")}
    places["CASE"].write_text(text, encoding="utf-8")
    places["OTHER"].write_text(text.replace("4 per year", "3 per year"), encoding="utf-8")
    places["BAD"].write_text(text.replace("horizon:", f"{told}: 1\nhorizon:"), encoding="utf-8")
    names = places | {"OUT.csv": folder / "out.csv"}
    code = entrance.run_command([str(names.get(word, word)) for word in words])
    told_of = capsys.readouterr()
    assert code == (2 if words[1] in ("BAD", "[/missing]") else 0), told_of.err
    assert "[/" in "".join((told_of.out + told_of.err).split())


@pytest.mark.parametrize("verb", ["list", "schema", "expand templates/border"])
def test_a_reader_who_has_enough_is_no_failure(verb: str) -> None:
    command = f"set -o pipefail; {shlex.join(COMMAND)} {verb} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


ASIDE = ["/dev/full", "a pipe that nobody reads"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("aside", ASIDE)
@pytest.mark.parametrize(
    ("verb", "code", "said"),
    [
        ("run NOTHING.yaml", 2, b""),
        ("run --nope", 2, b""),
        ("run --to FILE", 2, b""),
        ("check BAD", 2, b""),
        ("run FILE --no-report --json", 0, b"{"),
        ("sweep pace '1 per year' '2 per year' FILE --points 2", 0, b" "),
    ],
)
def test_where_nobody_hears_what_is_said_aside_neither_answer_nor_exit_code_changes(
    verb: str, code: int, said: bytes, aside: str, tmp_path: Path
) -> None:
    text = SCENARIOS["for_ever"]
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(text + "nope: 1\n" * 40, encoding="utf-8")
    words = shlex.split(verb.replace("FILE", "case.yaml").replace("BAD", "bad.yaml"))
    if aside in ASIDE[:1]:
        handle = os.open(aside, os.O_WRONLY)
    else:
        reading, handle = os.pipe()
        os.close(reading)
    done = subprocess.run(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=handle, cwd=tmp_path, timeout=200, check=False
    )
    os.close(handle)
    assert (done.returncode, done.stdout[:1]) == (code, said[:1])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("verb", ["list", "schema"])
def test_a_full_disk_is_one_line(verb: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, verb], stdout=full, stderr=subprocess.PIPE, timeout=100, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "error: the output cannot be written: No space left on device."
    ]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="streams have no place among files")
@pytest.mark.parametrize("verb", ["run FILE -o", "report FILE -o"])
def test_a_reader_who_has_enough_of_a_file_is_no_failure(verb: str, cyrillic: str) -> None:
    command = (
        f"set -o pipefail; {shlex.join(COMMAND)} {verb.replace('FILE', cyrillic)} /dev/stdout | head -c 1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=200, check=False)
    assert (done.returncode, done.stdout) == (0, b"<"), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes, and may write no letter")
@pytest.mark.parametrize("name", [b"b\xd4d.yaml", b"f\xff/scenario.yaml"])
def test_a_name_that_writes_no_letter_is_the_name_of_a_scenario(name: bytes, tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118  (bytes)
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    Path(os.fsdecode(path)).write_text(BASE, encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "run", path], cwd=tmp_path, capture_output=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert next((tmp_path / "reports").iterdir()).read_bytes().startswith(b"<!DOCTYPE html>")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that closes streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "verb", ["--help", "list", "schema", "show templates/border --json", "check FILE", "run FILE"]
)
def test_a_closed_stream_is_one_that_nobody_reads(verb: str, closed: str, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(BASE, encoding="utf-8")
    command = f"{shlex.join(COMMAND)} {verb.replace('FILE', 'case.yaml')}"
    done, open_ = (
        subprocess.run(
            ["bash", "-c", f"{command} {end}"], capture_output=True, cwd=tmp_path, timeout=200, check=False
        )
        for end in (closed, "")
    )
    assert done.returncode == open_.returncode == 0
    assert b"Traceback" not in done.stderr
    if ">&-" not in closed.replace("2>&-", ""):
        assert done.stdout == open_.stdout


LISTENING = (  # whatever these tests themselves were started to ignore, as by nohup
    "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "signal.signal(signal.SIGTERM, signal.SIG_DFL)\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
)


ENDING = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def interrupted(code: str, *signals: signal.Signals) -> tuple[int, str, str]:
    """Run code that says when it is ready, press the key then, or send signals, and return what came."""
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            LISTENING + code,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"BYSTANDER_CACHE": "off"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        for number in signals or (signal.SIGINT,):
            process.send_signal(number)
        out, err = process.communicate(timeout=100)
    return process.returncode, out, err


DOOR = "import sys\nfrom bystander.cli import main as door\nsys.argv[1:] = {arguments}\n"
SERVE = ["serve", "templates/border", "--no-browser"]
SENSITIVITY = ["sensitivity", "templates/border", "--draws", "60"]


@pytest.mark.parametrize("number", ENDING)
def test_the_key_is_heard_before_anything_is_imported(number: signal.Signals) -> None:
    wait = "def wait(arguments):\n    print('ready', flush=True)\n    import time\n    time.sleep(60)\n"
    code = DOOR.format(arguments=["list"]) + f"{wait}door.run_command = wait\ndoor.main()"
    found, out, err = interrupted(code, number)
    assert (found, out) == (ENDING[number], "")
    assert "Traceback" not in err


@pytest.mark.parametrize("instead", ["RuntimeError('Error calling __set_name__')", "KeyError('config')"])
def test_an_exception_in_place_of_the_interrupt_is_one(instead: str) -> None:
    """Python 3.11 raises RuntimeError where the key is pressed while a class is made."""
    wait = (
        "import time\ndef wait(arguments):\n"
        "    try:\n        print('ready', flush=True)\n        time.sleep(60)\n"
        f"    except KeyboardInterrupt:\n        raise {instead}\n"
    )
    number, out, err = interrupted(
        DOOR.format(arguments=["list"]) + f"{wait}door.run_command = wait\ndoor.main()"
    )
    assert (number, out) == (130, "")
    assert "Interrupted" in err
    assert "Traceback" not in err


SWALLOWING = {
    "a callback of a library": "import ctypes\nctypes.CFUNCTYPE(None)(wait)()\n",
    "an object that goes": "class Gone:\n    def __del__(self):\n        wait()\nGone()\n",
    "a reference to what went": (
        "import weakref\nclass Gone:\n    pass\ngone = Gone()\n"
        "held = weakref.ref(gone, lambda _: wait())\ndel gone\n"
    ),
}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", SWALLOWING)
def test_the_key_is_heard_where_no_exception_can_be_passed_on(where: str, sent: signal.Signals) -> None:
    body = (
        f"import time\ndef wait():\n    print('ready', flush=True)\n    time.sleep(30)\n{SWALLOWING[where]}"
    )
    body += "print('went on', flush=True)\ntime.sleep(30)\nprint('all of it')\n"
    swallow = f"def swallow(arguments):\n    exec({body!r}, {{}})\n    return 0\n"
    begun = time.monotonic()
    number, out, err = interrupted(
        DOOR.format(arguments=["list"]) + f"{swallow}door.run_command = swallow\ndoor.main()", sent
    )
    assert time.monotonic() - begun < 20
    assert number == ENDING[sent]
    assert "all of it" not in out
    assert err.splitlines() == ["Interrupted; what was finished is kept."]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_key_is_heard_inside_compiled_code(sent: signal.Signals) -> None:
    """A call that holds the main thread without running Python, as a kernel does; it holds no lock."""
    stuck = (
        "def stuck(arguments):\n    import ctypes\n    print('ready', flush=True)\n"
        "    ctypes.CDLL(None).pause.restype = None\n    lib = ctypes.CDLL(None)\n"
        "    while lib.usleep(900000) or True:\n        lib.sleep(60)\n"
    )
    code = DOOR.format(arguments=["list"]) + f"{stuck}door.run_command = stuck\ndoor.main()"
    number, _, err = interrupted(code, sent)
    assert number == ENDING[sent]
    assert "Traceback" not in err


RECKONING = {
    "threads of a pool that was left": (
        "from bystander.numerics.workers import _threads\n_threads().submit(reckon)\n"
        "ready()\ntime.sleep(60)\n"
    ),
    "a thread beside this one": (
        "from bystander.numerics.workers import aside\nwith aside() as beside:\n"
        "    waiting = beside.submit(reckon)\n    ready()\n    waiting.result()\n"
    ),
}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", RECKONING)
def test_threads_that_still_reckon_are_not_waited_for(where: str, sent: signal.Signals) -> None:
    body = (
        "import time\ndef reckon():\n    time.sleep(60)\n"
        f"def ready():\n    print('ready', flush=True)\n{RECKONING[where]}"
    )
    wait = f"def wait(arguments):\n    exec({body!r}, {{}})\n"
    keep = "def keep(arguments, run=door.run_command):\n    try:\n        wait(arguments)\n"
    keep += "    except KeyboardInterrupt:\n        sys.stderr.write('unwound\\n')\n        raise\n"
    begun = time.monotonic()
    code = DOOR.format(arguments=["list"]) + f"{wait}{keep}door.run_command = keep\ndoor.main()"
    number, _, err = interrupted(code, sent)
    assert (number, err.splitlines()[:1]) == (ENDING[sent], ["unwound"])
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "signals",
    [*((number,) for number in ENDING), (signal.SIGTERM, signal.SIGTERM)],
)
def test_a_part_that_is_shown_says_that_it_is_one_whatever_asked_to_end(signals) -> None:
    code = DOOR.format(arguments=SENSITIVITY) + (
        "from bystander.cases import jobs\nold, seen = jobs.answer_change, []\n"
        "def answer(*given):\n    seen.append(1)\n"
        "    if len(seen) == 9:\n        print('ready', flush=True)\n"
        "        import time\n        time.sleep(60)\n"
        "    return old(*given)\n"
        "jobs.answer_change = answer\ndoor.main()"
    )
    number, out, err = interrupted(code, *signals)
    assert number == ENDING[signals[0]]
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert "interrupted" in (out + err).lower()


@pytest.mark.parametrize("number", ENDING)
def test_what_a_program_was_started_to_ignore_stays_ignored(number: signal.Signals) -> None:
    wait = "def wait(arguments):\n    print('ready', flush=True)\n    import time\n    time.sleep(1)\n"
    code = f"signal.signal({int(number)}, signal.SIG_IGN)\n" + DOOR.format(arguments=["list"])
    assert interrupted(code + f"{wait}    return 0\ndoor.run_command = wait\ndoor.main()", number) == (
        0,
        "",
        "",
    )


@pytest.mark.parametrize("number", ENDING)
def test_serving_ends_in_order(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"{LISTENING}{DOOR.format(arguments=SERVE)}door.main()"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == ENDING[number]
    assert "Traceback" not in err
    assert "Interrupted" in err


WHILE_IT_BEGINS = "import os\nfrom bystander.app.server import Study\nStudy.begin = lambda self: {ended}\n"
BEFORE_ITS_LOOP = (  # where an event loop is half made, an interruption left a traceback that nothing catches
    "import asyncio, os\nbegin = asyncio.BaseEventLoop.__init__\n"
    "def made(self):\n    {ended}\n    begin(self)\n"
    "asyncio.BaseEventLoop.__init__ = made\n"
)


@pytest.mark.parametrize("place", [WHILE_IT_BEGINS, BEFORE_ITS_LOOP], ids=["begins", "loop"])
@pytest.mark.parametrize("number", ENDING)
def test_serving_that_is_ended_before_it_answers_ends_in_order(
    number: signal.Signals, place: str, tmp_path: Path
) -> None:
    begun = place.format(ended=f"os.kill(os.getpid(), {int(number)})")
    run = subprocess.run(
        [sys.executable, "-c", f"{LISTENING}{begun}{DOOR.format(arguments=SERVE)}door.main()"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert run.returncode == ENDING[number]
    assert "Traceback" not in run.stderr
    assert "Interrupted" in run.stderr


def test_a_press_after_all_is_said_takes_nothing_back() -> None:
    late = (
        "import os, time\nclass Late:\n    def __del__(self, write=os.write, sleep=time.sleep):\n"
        "        write(1, b'ready\\n')\n        sleep(1)\n"
        "door.late = Late()\ndoor.run_command = lambda arguments: 0\ndoor.main()"
    )
    assert interrupted(DOOR.format(arguments=["list"]) + late) == (0, "", "")


def test_a_second_press_ends_at_once() -> None:
    code = DOOR.format(arguments=["list"]) + (
        "def stubborn(arguments):\n    import time\n"
        "    try:\n        print('ready', flush=True)\n        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        print('again', flush=True)\n        time.sleep(60)\n"
        "door.run_command = stubborn\ndoor.main()"
    )
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            LISTENING + code,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for said in ("ready", "again"):
            assert process.stdout.readline().strip() == said
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=50) == entrance.INTERRUPTED


def test_what_is_known_stands_above_the_progress_and_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    console = HarmlessConsole(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(terminal, "asides", console)
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    with terminal.tracking_answers("Reading") as (progress, show):
        assert show is not None
        show("Battle 57%")
        progress("Taking reasons away", 0.6)
        _wait_for_a_drawing(screen)
    _, erased = screen.getvalue().rsplit("60%", 1)
    assert erased.count("\x1b[1A\x1b[2K") == 2


def _wait_for_a_drawing(screen: io.StringIO) -> None:
    """Wait until what is known has been drawn."""
    for _ in range(1000):
        if "Battle" in screen.getvalue():
            return
        time.sleep(0.01)
    raise AssertionError(screen.getvalue())


def test_nothing_is_shown_where_nobody_looks() -> None:
    with terminal.tracking_answers("Reading", show=False) as (progress, show):
        progress("Solving", 0.5)
        assert show is None
