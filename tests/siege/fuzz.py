"""Mutated scenario files through reading, checking and compiling; some are solved. Prints counts.

Each file is made from a number: ``PYTHONPATH=tests python -P -m siege.fuzz --first N --files 1`` makes file N
again. A file may be refused, with words, or read; anything else (another exception, more than `PATIENCE`
seconds of work) is a failure: it is written to ``--keep`` and counted, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from bystander.errors import BystanderError, InputError
from bystander.scenario.document import library_root

PATIENCE = 20.0
BATCH = 200
SMALL = 4_000
"""Situations up to which a file is solved when its turn comes."""
VALUES = (
    *("~", "1", "-1", ".nan", "true", "[]", "{}", "1e999", "0", "-0.0", "(", ")", "[", "]", "front", "=="),
    *("50%", "P(war)", "rest", "every", "per", "$a", "${a}", "$$", "*a", "&a", "!!str", "<<", "9" * 300),
    *('"\\u202e"', "1" + "a" * 100 + "!", "3 weeks or sooner", "=cmd|' /C calc'!A0", "once in 10 years"),
)
PAIR = re.compile(r"\b[a-z_]+: *([^,:{}\[\]\n]+)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def seeds() -> list[str]:
    """Return the texts that files are made from: whole scenarios, smallest first, then fragments."""
    from reference.base_scenario import BASE

    found = sorted(library_root().rglob("*.yaml"), key=lambda path: (path.stat().st_size, path.name))
    texts = [path.read_text(encoding="utf-8") for path in found]
    whole = [text for text in texts if "\nas_of:" in text]
    return [BASE, *whole[: 3 * len(whole) // 4], *(text for text in texts if text not in whole)]


def mutated(number: int, texts: list[str]) -> str:
    """Make file ``number``: half of them with one small change, the others with up to eight of any kind."""
    chance = random.Random(number)
    whole = [text for text in texts if "\nas_of:" in text]
    text = chance.choice(
        (texts[0], texts[0], chance.choice(whole), chance.choice(whole), chance.choice(texts))
    )
    if chance.random() < 0.5:
        return chance.choice(GENTLE)(text, chance, texts)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        text = chance.choice(MUTATIONS)(text, chance, texts)
    return text


def _number(text: str, chance: random.Random, _: list[str]) -> str:
    found = chance.choice(list(NUMBER.finditer(text)))
    made = chance.choice(("0", "1", "2", "0.5", "1e6", "1e-9", "1e300", "-1", str(chance.randrange(10**6))))
    return text[: found.start()] + made + text[found.end() :]


def _line(text: str, chance: random.Random, _: list[str]) -> str:
    lines = text.split("\n")
    lines.pop(chance.randrange(len(lines)))
    return "\n".join(lines)


def _word(text: str, chance: random.Random, _: list[str]) -> str:
    words = re.findall(r"\b[a-z_]{3,}\b", text)
    old, new = chance.choice(words), chance.choice(words)
    return re.sub(rf"\b{old}\b", new, text, count=chance.choice((0, 1)))


def _value(text: str, chance: random.Random, _: list[str]) -> str:
    lines = text.split("\n")
    k = chance.randrange(len(lines))
    head, colon, _rest = lines[k].partition(":")
    lines[k] = f"{head}{colon} {chance.choice(VALUES)}"
    return "\n".join(lines)


def _transplant(text: str, chance: random.Random, texts: list[str]) -> str:
    """Give a key what another key has, of this text or, now and then, of any."""
    donor = text if chance.random() < 0.8 else chance.choice(texts)
    places, given = list(PAIR.finditer(text)), list(PAIR.finditer(donor))
    if not places or not given:
        return text
    place = chance.choice(places)
    return text[: place.start(1)] + chance.choice(given).group(1) + text[place.end(1) :]


def _move(text: str, chance: random.Random, _: list[str]) -> str:
    lines = text.split("\n")
    line = lines.pop(chance.randrange(len(lines)))
    return "\n".join([*lines[: (k := chance.randrange(len(lines) + 1))], line, *lines[k:]])


def _copy(text: str, chance: random.Random, _: list[str]) -> str:
    lines = text.split("\n")
    k = chance.randrange(len(lines))
    return "\n".join(
        [*lines[:k], *lines[k : k + chance.randrange(1, 6)] * chance.choice((2, 50)), *lines[k:]]
    )


def _lose(text: str, chance: random.Random, _: list[str]) -> str:
    k = chance.randrange(len(text) + 1)
    return text[:k] + text[k + chance.randrange(1, 30) :]


def _insert(text: str, chance: random.Random, _: list[str]) -> str:
    k = chance.randrange(len(text) + 1)
    made = (
        chance.choice(VALUES)
        if chance.random() < 0.5
        else chr(chance.choice((chance.randrange(128), 0x202E)))
    )
    return text[:k] + made + text[k:]


def _splice(text: str, chance: random.Random, texts: list[str]) -> str:
    other = chance.choice(texts).split("\n")
    lines = text.split("\n")
    k, m = chance.randrange(len(lines)), chance.randrange(len(other))
    return "\n".join([*lines[:k], *other[m : m + 10], *lines[k:]])


def _swap(text: str, chance: random.Random, _: list[str]) -> str:
    words = text.split(" ")
    a, b = chance.randrange(len(words)), chance.randrange(len(words))
    words[a], words[b] = words[b], words[a]
    return " ".join(words)


def _double(text: str, chance: random.Random, _: list[str]) -> str:
    k = chance.randrange(len(text) + 1)
    piece = text[k : k + chance.randrange(1, 20)]
    return text[:k] + piece * chance.choice((2, 10, 2_000)) + text[k:]


GENTLE = (_number, _number, _line, _word, _transplant, _transplant)
MUTATIONS = (*GENTLE, _value, _value, _move, _copy, _lose, _insert, _splice, _swap, _double)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` after so many seconds of this process's work."""

    def end(number: int, frame: object) -> None:
        raise TimeoutError(f"more than {seconds:g} s of work")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def attack(text: str, solving: bool) -> str:
    """Read one file and return what came of it: refused, checked, solved; or raise."""
    from bystander.cases.cases import solve_case
    from bystander.game.compile import compile_game, estimate_size
    from bystander.scenario import find_problems, read_text

    try:
        read = read_text(text, "mutated.yaml")
        if estimate_size(read, limit=200_000).situations > SMALL:
            return "checked"
        game = compile_game(read)
        find_problems(read)
        if not solving or game.size * max(len(game.actors), 1) > SMALL:
            return "checked"
        solve_case(read)
    except InputError as error:
        if not error.problems or not all(problem.message for problem in error.problems):
            raise AssertionError("a refusal without words") from error
        return "refused"
    except BystanderError:
        return "not solved"
    return "solved"


def batch(first: int, files: int, every: int, keep: Path) -> Counter[str]:
    """Attack with files ``first`` to ``first + files - 1``; every so many are solved."""
    texts, counts = seeds(), Counter[str]()
    for number in range(first, first + files):
        text = mutated(number, texts)
        solving = bool(every) and number % every == 0
        try:
            with suppress(TimeoutError), patience(PATIENCE):  # kernels may be compiled now, and only now
                counts[attack(text, solving)] += 1
                continue
            with patience(PATIENCE):
                counts[attack(text, solving)] += 1
        except Exception as error:
            counts["FAILED"] += 1
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number}.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
            (keep / f"{number}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return counts


def main() -> int:
    """Attack and print counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--solve-every", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("reports/fuzz"))
    given = parser.parse_args()
    counts, begun = Counter[str](), time.monotonic()
    starts = range(given.first, given.first + given.files, BATCH)
    with ProcessPoolExecutor(given.workers) as pool:
        sizes = [min(BATCH, given.first + given.files - start) for start in starts]
        jobs = [
            pool.submit(batch, start, size, given.solve_every, given.keep)
            for start, size in zip(starts, sizes, strict=True)
        ]
        for n, job in enumerate(jobs, 1):
            counts += job.result()
            if n % 50 == 0:
                print(f"{sum(counts.values()):,} files: {dict(counts)}", file=sys.stderr, flush=True)
    told = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
    print(f"{sum(counts.values()):,} mutated files in {time.monotonic() - begun:.0f} s: {told}.")
    if counts["FAILED"]:
        print(f"What failed is in {given.keep}.")
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
