"""The server: one page, its questions, and a stream of what happens.

    GET  /, /assets/...                the page
    GET  /api/page                     the scenario as argued, once it is assessed; 202 until then
    GET  /api/levers, /api/surface     what matters most; the response to it, tabulated; 202 until then
    POST /api/variant, /api/reasons    a variant's numbers; everything else that changes with it
    POST /api/explain                  why a move
    POST /api/again                    what failed is taken up once more
    GET  /api/desks/NAME, PUT          a tab's history
    GET  /api/pins, PUT, DELETE        variants with a name; DELETE ?name=
    GET  /api/text, PUT, POST          the text being edited: read, kept and checked, applied
    POST /api/work, GET, DELETE        long work: begun, how it ended, stopped
    GET  /api/events                   server-sent events: progress, results, pins; never kept
    GET  /live.html, /brief.html, ...  files to take away

Two solvers: one answers what a person waits for, the other works patiently, one long work after another in
the order asked, whichever tab asked. Questions about variants that nobody waits for any more are dropped: a
tab's newer question takes the place of its older one.

What the answers rest on may be written anew at any moment: each *edition* has a name, and an answer that is
of one says so in its header, since it may arrive after the word that there is another.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from bystander.app.desk import (
    LONG,
    Comparing,
    Desk,
    Draft,
    Pin,
    Variant,
    VariantQuestion,
    Work,
    Workbook,
    checked,
    understood,
)
from bystander.app.solvers import Solver, SolverEndedError, StoppedError
from bystander.app.texts import (
    bounded,
    digest_of,
    draft_path,
    editions_of,
    files_of,
    inside,
    text_of,
    told_before,
)
from bystander.errors import BystanderError, QueryError
from bystander.files import write_whole
from bystander.harmless import shortened

ASSETS = Path(__file__).parent / "assets"
FONTS = Path(__file__).parents[1] / "report" / "fonts"
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
EDITION = "x-bystander-edition"
MOST_JOBS = 8
MOST_ENDED = 20
MOST_LISTENERS = 64
BEAT = 15.0


class Ended(msgspec.Struct):
    """How long work ended: ``done``, ``stopped`` or ``refused``, in words, and with what."""

    how: str
    message: str
    result: msgspec.Raw = msgspec.Raw(b"null")


class Study:
    """One scenario being argued about: its solvers, what they found, who listens.

    Parameters
    ----------
    source
        A library name or a file.
    folder
        The only folder that is written to.
    record
        The record that the date moves over; the scenario's own where none is named.
    """

    def __init__(self, source: str, folder: Path, record: str = "") -> None:
        self.source, self.folder, self.record = source, folder, record
        self.text, self.stem = text_of(source)
        self.book = Workbook(inside(folder, folder / f"{self.stem}.workbook.json"))
        self.quick, self.patient = Solver(), Solver(patient=True)
        self.found: dict[str, bytes] = {}
        self.failed: dict[str, str] = {}
        self.edition = secrets.token_hex(4)
        self.jobs: dict[str, str] = {}
        self.ended: dict[str, Ended] = {}
        self._noted: dict[Path, tuple[int, int]] = {}
        self._newest: dict[str, int] = {}
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._applying = asyncio.Lock()

    def begin(self) -> None:
        """Start solving."""
        self.quick.start()
        self._chore(self._prepare(self.edition))

    def close(self) -> None:
        """End the solvers and what waits for them."""
        for chore in self._chores:
            chore.cancel()
        self.quick.close()
        self.patient.close()

    def _chore(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def sheet(self, variant: Variant | None = None) -> dict[str, Any]:
        """Return what a solver needs to know of the scenario, and of a variant."""
        plain = {} if variant is None else msgspec.to_builtins(checked(variant))
        return {"source": self.source, "stamp": self.edition, "record": self.record, "variant": plain}

    async def _prepare(self, edition: str) -> None:
        """Assess, find the levers, tabulate: each is told to all who listen."""
        self.tell("progress", {"work": "page", "step": "Starting", "share": 0.0})
        files = await asyncio.to_thread(files_of, self.source, self.record)
        if edition == self.edition:
            self._noted = dict(zip(files, editions_of(files), strict=True))
        for name, told in (await asyncio.to_thread(told_before, self.source)).items():
            self._ready(edition, name, told)
        for name, task, solver in (
            ("page", "open", self.quick),
            ("levers", "levers", self.quick),
            ("record", "record", self.quick),
            ("base", "warm", self.quick),
            ("surface", "surface", self.patient),
        ):
            if name not in self.found and not await self._find(edition, name, task, solver):
                return

    async def _find(self, edition: str, name: str, task: str, solver: Solver) -> bool:
        """Have something found out, tell so or why not, and return whether anything is to follow."""
        if edition != self.edition:
            return False
        try:
            found = await solver.ask(task, self.sheet(), self._progress(name))
        except StoppedError:
            return True  # other work goes first; it is taken up again after that
        except BystanderError as error:
            if edition == self.edition:
                self.failed[name] = str(error)
                self.tell("failed", {"work": name, "message": str(error)})
            return name != "page"
        return self._ready(edition, name, found)

    def _ready(self, edition: str, name: str, found: bytes) -> bool:
        """Keep what was found of an edition and tell so, unless another has taken its place meanwhile."""
        if edition != self.edition:
            return False
        self.found[name] = found
        self.failed.pop(name, None)
        self.tell("ready", {"work": name})
        return True

    def _progress(self, work: str) -> Any:
        return lambda step, share: self.tell("progress", {"work": work, "step": step, "share": share})

    def tell(self, kind: str, what: Any) -> None:
        """Tell all who listen."""
        self._send(b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(what) + b"\n\n")

    def hang_up(self) -> None:
        """End the stream of everyone who listens."""
        self._send(None)

    def _send(self, message: bytes | None) -> None:
        for queue in list(self._listeners):
            if queue.full():  # it listens anew and is told what it missed, where a dropped word is lost
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)
                self._listeners.discard(queue)
            else:
                queue.put_nowait(message)

    async def listen(self) -> AsyncIterator[bytes]:
        """Yield events until the listener leaves or the server ends."""
        if len(self._listeners) >= MOST_LISTENERS:
            yield b'event: refused\ndata: "Too many pages are open."\n\n'
            return
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(256)
        self._listeners.add(queue)
        try:
            jobs = [{"job": name, "kind": kind} for name, kind in self.jobs.items()]
            told = {"edition": self.edition, "jobs": jobs, "ready": list(self.found), "failed": self.failed}
            hello = msgspec.json.encode(told)
            yield b"event: hello\ndata: " + hello + b"\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(queue.get(), BEAT)
                except TimeoutError:
                    message = b": still here\n\n"
                if message is None:
                    return
                yield message
        finally:
            self._listeners.discard(queue)

    async def ask(self, task: str, question: VariantQuestion) -> bytes | None:
        """Have a variant solved; None where the tab has asked something newer meanwhile."""
        key, newest = f"{task} {question.tab}", self._newest
        before = newest.get(key, question.turn)
        if before > question.turn and self.quick.asked:
            return None
        if before < question.turn:
            self.quick.withdraw(f"{key} {before}")
        if len(newest) > 1000:
            newest.clear()
        newest[key] = max(question.turn, before)
        sheet = {**self.sheet(question.variant), "move": question.move}
        try:
            return await self.quick.ask(task, sheet, name=f"{key} {question.turn}")
        except StoppedError:
            return None

    def work(self, work: Work) -> str:
        """Begin long work, or have it wait for what was begun before, and return its name.

        Raises
        ------
        QueryError
            If there is no such work, or too much is waiting.
        """
        if work.kind not in LONG:
            raise QueryError(f"There is no work called '{work.kind[:40]}'.")
        if len(self.jobs) >= MOST_JOBS:
            raise QueryError(f"{MOST_JOBS} pieces of long work are waiting. Wait for one, or stop one.")
        name = secrets.token_hex(6)
        options = understood(bytes(work.options), LONG[work.kind])
        for each in (options.before, options.after) if isinstance(options, Comparing) else ():
            checked(each)
        sheet = {**self.sheet(work.variant), **msgspec.to_builtins(options)}

        def progress(step: str, share: float) -> None:
            self.tell(
                "progress", {"work": "job", "job": name, "kind": work.kind, "step": step, "share": share}
            )

        progress("Waiting for other long work" if self.jobs else "Starting", 0.0)
        self.jobs[name] = work.kind
        self.patient.stop("surface")  # other work goes first; what was tabulated so far is kept
        self._chore(self._labour(name, work.kind, self.patient.ask(work.kind, sheet, progress, name)))
        return name

    async def _labour(self, name: str, kind: str, answered: Awaitable[bytes]) -> None:
        """Tell what comes of long work."""
        try:
            ended = Ended("done", "", msgspec.Raw(await answered))
        except SolverEndedError as error:
            ended = Ended("stopped", str(error))
        except BystanderError as error:
            ended = Ended("refused", str(error))
        finally:
            del self.jobs[name]
        self.ended[name] = ended
        while len(self.ended) > MOST_ENDED:
            del self.ended[next(iter(self.ended))]
        self.tell("ended", {"job": name, "kind": kind})
        if not self.jobs and "surface" not in {*self.found, *self.patient.asked}:
            await self._find(self.edition, "surface", "surface", self.patient)

    def again(self) -> None:
        """Take up once more what failed: a process may have ended for a reason that is gone."""
        if self.failed:
            self.failed.clear()
            self._chore(self._prepare(self.edition))

    def stop(self, name: str) -> None:
        """Stop long work, or take it out of those that wait."""
        if name in self.jobs:
            self.patient.stop(name)

    async def keep_text(self, text: str) -> bytes:
        """Keep a draft and say what is wrong with it."""
        draft = bounded(text)
        await self._keep(draft)
        return await self._check({"text": draft})

    async def _keep(self, draft: str) -> None:
        await asyncio.to_thread(write_whole, inside(self.folder, draft_path(self.folder, self.stem)), draft)

    async def apply_text(self, text: str, over: str | None = None) -> dict[str, Any]:
        """Write a sound draft as the scenario and begin again with it; return the text as it is then.

        Another tab may have kept a draft meanwhile: that one stays.

        Parameters
        ----------
        over
            Edition of the file that the draft may be written over; None for any.

        Raises
        ------
        QueryError
            If something is wrong with it, or the file has another edition.
        """
        draft = bounded(text)
        path = inside(self.folder, self.folder / f"{self.stem}.yaml")
        async with self._applying:
            if over is not None and over != digest_of(path):
                await self._keep(draft)
                raise QueryError(
                    f"{path.name} was written anew meanwhile. The text is kept as a draft, not applied: "
                    "look at what is there now; apply once more to write over it."
                )
            if wrong := await self._wrong({"text": draft, "there": str(path)}):
                await self._keep(draft)
                if await self._wrong({"text": draft}):
                    raise QueryError("The text has errors; it is kept as a draft and was not applied.")
                raise QueryError(
                    "The text is kept as a draft and was not applied: in the folder of variants it would not "
                    f"find what it names. {wrong[0]} Let --folder be that of the scenario."
                )
            await asyncio.to_thread(write_whole, path, draft)
            if self.draft()["draft"] == draft:
                draft_path(self.folder, self.stem).unlink(missing_ok=True)
            self.source, self.text = str(path), draft
            self._begin_again()
        return self.draft()

    def _check(self, asked: dict[str, str]) -> Awaitable[bytes]:
        """Have a text checked by the solver that is free: it need not wait while the old one is opened."""
        free = self.patient if self.quick.asked and not self.patient.asked else self.quick
        return free.ask("check", {"source": self.source, **asked})

    async def _wrong(self, asked: dict[str, str]) -> list[str]:
        """Return what is wrong with a text where it is to be written, or else where the scenario lies."""
        verdict = msgspec.json.decode(await self._check(asked))
        return [problem["message"] for problem in verdict["problems"] if problem["severity"] == "error"]

    def refresh(self) -> None:
        """Begin again where a file that answers rest on was written anew: all is of one edition."""
        if tuple(self._noted.values()) != editions_of(self._noted):
            with contextlib.suppress(BystanderError):
                self.text, _ = text_of(self.source)
            self._begin_again()

    def _begin_again(self) -> None:
        """Begin a new edition: what was found and what is being done is of the one before."""
        self.edition, self._noted = secrets.token_hex(4), {}
        self.found.clear()
        self.failed.clear()
        self.ended.clear()
        self.tell("edition", {"edition": self.edition})
        for name in ("surface", *self.jobs):
            self.patient.stop(name)
        self._chore(self._prepare(self.edition))

    def draft(self) -> dict[str, Any]:
        """Return the text as argued and the draft, if one is kept."""
        path = draft_path(self.folder, self.stem)
        try:
            draft: str | None = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            draft = None
        name = f"{self.stem}.yaml"
        over = digest_of(self.folder / name)
        return {"text": self.text, "draft": draft, "name": name, "folder": self.folder.name, "over": over}


def make_app(study: Study) -> Starlette:
    """Return the app of a study; `bystander.app.run` stands before it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        study.begin()
        yield
        study.close()

    routes = [
        Route("/", page),
        Route("/assets/{name}", asset),
        Route("/api/{what:str}", given, methods=["GET"]),
        Route("/api/{task:str}", asked, methods=["POST"]),
        Route("/api/desks/{name}", desk, methods=["GET", "PUT"]),
        Route("/api/pins", pin, methods=["PUT", "DELETE"]),
        Route("/api/text", text, methods=["PUT"]),
        Route("/api/work/{name}", work, methods=["GET", "DELETE"]),
        Route("/live.html", live),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.study = study
    handlers: dict[Any, Any] = {
        QueryError: refused,
        BystanderError: refused,
        msgspec.MsgspecError: malformed,
        ClientDisconnect: refused,
        Exception: broken,
    }
    app.exception_handlers.update(handlers)
    return app


async def refused(_: Request, error: Exception) -> Response:
    """Say why something was refused."""
    problems = getattr(error, "problems", ())
    message = "\n".join(problem.message for problem in problems) or str(error) or "Refused."
    return said({"message": shortened(message)}, 422)


async def malformed(_: Request, error: Exception) -> Response:
    """Say that a question was not understood."""
    return said({"message": shortened(f"The question was not understood: {error}")}, 400)


async def broken(_: Request, error: Exception) -> Response:
    """Say that the server is at fault, without telling of its insides."""
    return said({"message": f"The server could not answer ({type(error).__name__})."}, 500)


def said(what: Any, status: int = 200, edition: str = "") -> Response:
    """Answer JSON, with the edition it is of, if of any."""
    body = what if isinstance(what, bytes) else msgspec.json.encode(what)
    return Response(body, status, {EDITION: edition} if edition else None, media_type="application/json")


def study_of(request: Request) -> Study:
    """Return the study a request belongs to."""
    found: Study = request.app.state.study
    found.refresh()
    return found


async def page(_: Request) -> Response:
    """Give the page."""
    return FileResponse(ASSETS / "index.html", media_type=KINDS[".html"])


async def asset(request: Request) -> Response:
    """Give a file of the page: one that is there, by its plain name."""
    name = request.path_params["name"]
    kind = KINDS.get(Path(name).suffix)
    path = {path.name: path for folder in (ASSETS, FONTS) for path in folder.iterdir()}.get(name)
    if kind is None or path is None:
        return said({"message": "There is no such file."}, 404)
    return FileResponse(path, media_type=kind)


async def given(request: Request) -> Response:
    """Give what was found, or say how far it is."""
    study, what = study_of(request), request.path_params["what"]
    if what == "events":
        return StreamingResponse(study.listen(), media_type="text/event-stream")
    if what == "pins":
        return said(study.book.pins)
    if what == "text":
        return said(study.draft())
    if what in study.found:
        return said(study.found[what], edition=study.edition)
    if what in study.failed:
        return said({"message": study.failed[what]}, 422, study.edition)
    if what in ("page", "levers", "surface", "record"):
        return said({"message": "Not yet."}, 202, study.edition)
    return said({"message": "There is nothing here."}, 404)


async def asked(request: Request) -> Response:
    """Answer a question about a variant, begin long work, apply a text, or take up what failed."""
    study, task = study_of(request), request.path_params["task"]
    body = await request.body()
    if task == "work":
        return said({"job": study.work(understood(body, Work))})
    if task == "text":
        draft = understood(body, Draft)
        return said(await study.apply_text(draft.text, draft.over))
    if task == "again":
        study.again()
        return said({})
    if task not in ("variant", "reasons", "explain"):
        return said({"message": "There is nothing here."}, 404)
    edition = study.edition
    answer = await study.ask(task, understood(body, VariantQuestion))
    return said({"dropped": True} if answer is None else answer, edition=edition)


async def desk(request: Request) -> Response:
    """Give or keep a tab's desk."""
    study, name = study_of(request), request.path_params["name"]
    if request.method == "GET":
        held, own = study.book.desk(name)
        return said({"desk": held, "own": own})
    kept = understood(await request.body(), Desk)
    await asyncio.to_thread(study.book.put_desk, name, kept)
    return said({})


async def pin(request: Request) -> Response:
    """Pin or unpin a variant."""
    study = study_of(request)
    if request.method == "PUT":
        kept = understood(await request.body(), Pin)
        await asyncio.to_thread(study.book.pin, kept)
    else:
        await asyncio.to_thread(study.book.unpin, request.query_params.get("name", ""))
    study.tell("pins", {})
    return said(study.book.pins)


async def text(request: Request) -> Response:
    """Keep a draft and say what is wrong with it."""
    draft = understood(await request.body(), Draft)
    return said(await study_of(request).keep_text(draft.text))


async def work(request: Request) -> Response:
    """Give the end of long work and its result, or stop it."""
    study, name = study_of(request), request.path_params["name"]
    if request.method == "DELETE":
        study.stop(name)
        return said({})
    if name in study.ended:
        return said(study.ended[name], edition=study.edition)
    going = name in study.jobs
    return said({"message": "Not yet." if going else "There is no such work."}, 202 if going else 404)


async def live(request: Request) -> Response:
    """Give the one file that answers without a server."""
    from bystander.app.live import live_page
    from bystander.app.telling import nothing_to_slide

    study = study_of(request)
    missing = [name for name in ("page", "levers", "surface") if name not in study.found]
    if missing:
        return said({"message": "The response is still being tabulated; try again when it is ready."}, 409)
    page, levers, surface = (msgspec.json.decode(study.found[name]) for name in ("page", "levers", "surface"))
    if surface is None:
        return said({"message": nothing_to_slide(page)}, 409)
    made = await asyncio.to_thread(live_page, page, levers, surface)
    return Response(
        made,
        media_type=KINDS[".html"],
        headers={"content-disposition": f'attachment; filename="{study.stem}.live.html"'},
    )
