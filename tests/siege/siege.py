"""Processes killed and interrupted at any moment, caches damaged in every way. Prints counts.

A killed or interrupted run may leave nothing that a later run trips over: every answer that was kept passes
its check, every file under its own name is whole, and the same question asked again gives the answer an
undisturbed run gives. An interrupted run ends with 130, or with 0 where it had finished, and never with a
traceback. A damaged entry is made again: the answer is the same, the exit code 0. A ledger holds every line
that was acknowledged, however its writers end, and is refused when any bit of it is another, when a byte is
gone, and when one is there twice.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bystander.errors import InputError
from bystander.forecast.ledger import add_to_ledger, read_ledger

CASE, LONGER = "templates/border", "crises/kazakhstan-2022"
"""The scenario that is asked, and one in which reasons and measures are half of a run."""
VERBS: dict[str, tuple[str, ...]] = {
    "run": ("run", LONGER, "-o", "out/report.html", "--json"),
    "report": ("report", LONGER, "-o", "out/report.html"),
    "explain": ("explain", "north", "-s", CASE, "--json"),
    "claims": ("claims", "--unsolved", "--json"),
    "what-if": ("what-if", CASE, "--measure", "open_media", "--json"),
    "measures": ("measures", CASE, "--json"),
    "find": ("find", "battle", "-s", CASE, "--at-most", "1%", "--json"),
    "flip": ("flip", "battle", "-s", CASE, "--limit", "2", "--json"),
    "compare": ("compare", CASE, "toys/escalation-ladder", "--json"),
    "sensitivity": ("sensitivity", CASE, "--draws", "40", "--json"),
    "sweep": ("sweep", "rally", "0 per year", "9 per year", "-s", CASE, "--points", "5", "--json"),
    "check": ("check", CASE, "--json"),
    "expand": ("expand", CASE),
    "show": ("show", CASE, "--json"),
    "export": ("export", CASE, "-o", "out"),
    "simulate": ("simulate", CASE, "-n", "50", "-o", "out/histories.csv"),
    "totals": ("totals", CASE, "--json"),
}
WRITER = """
import sys
from bystander.forecast.ledger import add_to_ledger
for i in range(100_000):
    add_to_ledger(sys.argv[1], "forecast", [(f"{sys.argv[2]}-{i}", {"p": i / 7})])
    print(i, flush=True)
"""
LEDGERS, WRITING = 10, 0.3
"""Writers killed on one ledger, and seconds for which one may write before it is."""


def _digit(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    places = [k for k, byte in enumerate(data) if 48 <= byte <= 57]
    k = chance.choice(places)
    data[k] = 48 + (data[k] - 47) % 10
    path.write_bytes(data)


def _bit(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _signed(text: str) -> Callable[[Path, random.Random], None]:
    """Put a text under a right sum: only its shape is wrong."""

    def damage(path: Path, _: random.Random) -> None:
        key = path.parent.name + path.stem
        path.write_text(f"{hashlib.sha256(f'{key}{chr(0)}{text}'.encode()).hexdigest()}\n{text}")

    return damage


def _another(path: Path, chance: random.Random) -> None:
    others = [p for p in path.parents[1].rglob("*.json") if p != path and p.is_file()]
    if others:
        path.write_bytes(chance.choice(others).read_bytes())


def _replaced(make: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
    def damage(path: Path, _: random.Random) -> None:
        path.unlink()
        make(path)

    return damage


DAMAGE: dict[str, Callable[[Path, random.Random], None]] = {
    "a digit": _digit,
    "a bit": _bit,
    "cut short": lambda path, chance: os.truncate(path, chance.randrange(path.stat().st_size)),
    "empty": lambda path, _: path.write_bytes(b"") and None,
    "brackets": _signed("[" * 200_000),
    "another shape": _signed('{"outcomes": [1, 2]}'),
    "another kind": _signed("3"),
    "another's": _another,
    "a link": _replaced(lambda path: path.symlink_to("/etc/hostname")),
    "a pipe": _replaced(os.mkfifo),
    "a folder": _replaced(Path.mkdir),
    "noise": lambda path, chance: path.write_bytes(chance.randbytes(5_000)) and None,
}


class Camp:
    """A place of its own for one run: a folder to work in and a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.cache.mkdir(parents=True)

    def start(self, verb: str) -> subprocess.Popen[bytes]:
        """Start a verb here; the key is not ignored, though this may run in the background."""
        code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        code += "from bystander.cli.main import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *VERBS[verb]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=os.environ | {"BYSTANDER_CACHE": str(self.cache)},
            start_new_session=True,
        )

    def finish(self, verb: str) -> tuple[int, bytes, bytes]:
        """Run a verb here to its end."""
        with self.start(verb) as process:
            out, err = process.communicate(timeout=600)
        return process.returncode, out, err

    def complaints(self) -> list[str]:
        """Return what is left here that is not whole."""
        found = []
        for path in (self.cache / "answers").rglob("*.json"):
            told, _, text = path.read_text().partition("\n")
            key = path.parent.name + path.stem
            if told != hashlib.sha256(f"{key}{chr(0)}{text}".encode()).hexdigest():
                found.append(f"{path} is not whole")
        report = self.folder / "out" / "report.html"
        if report.exists() and not report.read_text().rstrip().endswith("</html>"):
            found.append("the report is cut short")
        return found


def _answer(out: bytes) -> object:
    """Return what was answered, without how long it took."""
    try:
        return _timeless(json.loads(out))
    except ValueError:
        return out


def _timeless(found: object) -> object:
    if isinstance(found, dict):
        return {name: _timeless(value) for name, value in found.items() if name != "seconds"}
    return [_timeless(value) for value in found] if isinstance(found, list) else found


class Siege:
    """All attacks, with what an undisturbed run answers."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.right: dict[str, tuple[object, float]] = {}

    def undisturbed(self, verb: str) -> tuple[object, float]:
        """Return the answer of a verb and how long it took."""
        if verb not in self.right:
            self._camp().finish(verb)
            begun = time.monotonic()
            code, out, err = self._camp().finish(verb)
            if code:
                raise RuntimeError(f"{verb}: {err.decode()}")
            self.right[verb] = _answer(out), time.monotonic() - begun
        return self.right[verb]

    def kill(self, verb: str, how: signal.Signals) -> None:
        """End a verb somewhere in its course, look at what it left, and ask again."""
        right, seconds = self.undisturbed(verb)
        camp = self._camp()
        with camp.start(verb) as process:
            time.sleep(self.chance.random() * seconds)
            process.send_signal(how)
            out, err = process.communicate(timeout=600)
        self.counts["killed" if how is signal.SIGKILL else "interrupted"] += 1
        if how is signal.SIGINT:
            self._look_at_interruption(verb, process.returncode, out, err, right)
        for complaint in camp.complaints():
            self._fail(f"{verb} after {how.name}: {complaint}")
        code, out, err = camp.finish(verb)
        if code or _answer(out) != right:
            self._fail(f"{verb} asked again after {how.name}: exit code {code}\n{err.decode()[-2000:]}")
        shutil.rmtree(camp.folder)

    def damage(self, kind: str, verb: str = "measures") -> None:
        """Damage every entry that a verb kept, and ask again, twice."""
        right, _ = self.undisturbed(verb)
        camp = self._camp()
        camp.finish(verb)
        for path in sorted((camp.cache / "answers").rglob("*.json")):
            DAMAGE[kind](path, self.chance)
            self.counts["entries damaged"] += 1
        self.counts["kinds of damage"] += 1
        for time_ in ("first", "second"):
            code, out, err = camp.finish(verb)
            if code or _answer(out) != right:
                self._fail(f"{kind}, {time_} time: exit code {code}\n{err.decode()[-2000:]}")
        shutil.rmtree(camp.folder)

    def ledger(self, kills: int) -> None:
        """Kill writers of a ledger from their first moment on, two at a time; then change its bits."""
        begun = time.monotonic()
        self._writers(self.folder / "first.jsonl", "", "0\n")
        starting = time.monotonic() - begun
        for n in range(kills):
            if n % LEDGERS == 0:
                path, kept = self.folder / f"{n}.jsonl", 0
            told = self._writers(path, str(n), "", self.chance.random() * (starting + WRITING))
            self.counts["ledgers killed"] += 1
            try:
                there = len(read_ledger(path).entries)
            except InputError as error:
                self._fail(f"a ledger whose writers were killed: {error}")
                continue
            self.counts["lines acknowledged"] += told
            if not kept + told <= there <= kept + told + 2:
                self._fail(f"{kept + told} lines were acknowledged and {there} are there")
            kept = there
        if kills:
            self._change_each_byte()

    def _writers(self, path: Path, name: str, until: str, seconds: float = 0.0) -> int:
        """Start two writers, kill them after a time or a line, and count the lines they acknowledged."""
        call = [sys.executable, "-c", WRITER, str(path)]
        writers = [
            subprocess.Popen([*call, f"{name}{who}"], stdout=subprocess.PIPE, text=True) for who in "ab"
        ]
        time.sleep(seconds)
        said = [writer.stdout.readline() for writer in writers if until and writer.stdout]
        for writer in writers:
            writer.kill()
        return len(said) + sum(writer.communicate()[0].count("\n") for writer in writers)

    def _change_each_byte(self) -> None:
        path = self.folder / "bytes.jsonl"
        add_to_ledger(
            path, "forecast", [("a", {"p": 0.25, "says": "Žž — ß"}), ("b", {"of": [1, None, True]})]
        )
        add_to_ledger(path, "resolution", [("a", {"happened": False})])
        sound = path.read_bytes()
        for k in range(len(sound)):
            others = [bytes([sound[k] ^ 1 << bit]) for bit in range(8)] + [b"", sound[k : k + 1] * 2]
            for other in others:
                changed = sound[:k] + other + sound[k + 1 :]
                path.write_bytes(changed)
                self.counts["bytes of a ledger changed"] += 1
                try:
                    read_ledger(path)
                except InputError:
                    continue
                if changed != sound:
                    self._fail(f"byte {k} of a ledger, {sound[k : k + 1]!r}, became {other!r}: not noticed")

    def _look_at_interruption(self, verb: str, code: int, out: bytes, err: bytes, right: object) -> None:
        early = code == -signal.SIGINT and not out
        if b"Traceback" in err and not early:
            self._fail(f"{verb} interrupted: a traceback\n{err.decode()[-2000:]}")
        if code == 0 and _answer(out) != right:
            self._fail(f"{verb} interrupted: exit code 0 and another answer")
        elif code not in (0, 130) and not early and _answer(out) != right:
            self._fail(f"{verb} interrupted: exit code {code}\n{err.decode()[-2000:]}")

    def _fail(self, what: str) -> None:
        self.counts["FAILED"] += 1
        self.failures.append(what)

    def _camp(self) -> Camp:
        return Camp(Path(tempfile.mkdtemp(dir=self.folder)) / "camp")


def main() -> int:
    """Besiege and print counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--interrupts", type=int, default=20)
    parser.add_argument("--ledgers", type=int, default=20, help="writers of a ledger killed")
    parser.add_argument("--damage", type=int, default=len(DAMAGE), help="kinds of damage")
    parser.add_argument("--verbs", nargs="*", default=list(VERBS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        siege = Siege(Path(folder), given.seed)
        siege.ledger(given.ledgers)
        for kind in list(DAMAGE)[: given.damage]:
            siege.damage(kind)
            print(f"damaged: {kind}", file=sys.stderr, flush=True)
        for how, times in ((signal.SIGKILL, given.kills), (signal.SIGINT, given.interrupts)):
            for n in range(times):
                verb = given.verbs[n % len(given.verbs)]
                siege.kill(verb, how)
                print(f"{how.name} {n + 1} of {times}: {verb}", file=sys.stderr, flush=True)
    told = ", ".join(f"{number:,} {what}" for what, number in siege.counts.items())
    print(f"In {time.monotonic() - begun:.0f} s, over {len(given.verbs)} verbs: {told or 'nothing'}.")
    for failure in siege.failures:
        print(failure)
    return 1 if siege.failures else 0


if __name__ == "__main__":
    sys.exit(main())
