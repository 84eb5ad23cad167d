/** The state of one tab: the scenario as argued, the variant at hand, what is known of it. */
import { Surface, positionOf, tangent } from "./surface";
import type { Lever, Observed, Outcome, Page, Reason, Tabulated, Told, Variant } from "./types";
import { fromFragment, keyOf, toFragment, variantOf } from "./words";

export interface Pin { name: string; variant: Variant; answers: Record<string, number | null>; of?: string }
export interface Job { job: string; kind: string; step: string; share: number; state: "running" | "done" | "stopped" | "refused"; result: any; message: string; asked: any }
type Quality = "exact" | "tabulated" | "tangent" | "waiting";

const EMPTY: Variant = { sets: {}, measures: [] };
const FETCHED = ["page", "levers", "surface", "record"];
export const AGAIN = 2000;
const nobody = () => {};
/** What was answered is of another edition than the one at hand, and is asked for again when that is told. */
class OfAnotherEdition extends Error {}

export class Study {
  page = $state.raw<Page | null>(null);
  levers = $state.raw<Lever[]>([]);
  surface = $state.raw<Surface | null>(null);
  record = $state.raw<Observed | null>(null);
  variant = $state.raw<Variant>(EMPTY);
  history = $state.raw<Variant[]>([EMPTY]);
  place = $state(0);
  pins = $state.raw<Pin[]>([]);
  progress = $state<Record<string, { step: string; share: number }>>({});
  job = $state<Job | null>(null);
  /** Long work that other tabs asked for, closed ones too, by its name. */
  others = $state<Record<string, { kind: string; step: string; share: number }>>({});
  /** Whether long work was asked for and has not begun yet. */
  starting = $state(false);
  /** What could not be found out, with the reason; "Try again" has it taken up once more. */
  failed = $state<Record<string, string>>({});
  /** What was asked for and has arrived, be it that there is nothing. */
  arrived = $state<Record<string, boolean>>({});
  /** The variant that could not be solved, by its key. */
  unsolved = $state("");
  edition = $state("");
  /** The text as typed in this tab and not applied; other tabs keep their drafts in the same file. */
  typed: string | null = null;
  trouble = $state("");
  notice = $state("");
  told = $state.raw<Told | null>(null);
  toldOf = $state("");
  reasoning = $state(false);
  exact = $state.raw<Record<string, Record<string, number>>>({});
  /** By variant, what it answers where it is not followed from the scenario as argued, if that is another equilibrium. */
  byItself = $state.raw<Record<string, Record<string, number>>>({});
  connected = $state(true);
  readonly live: boolean;
  private turn = 0;
  /** The name that this tab's desk is kept under; a reload keeps it. */
  private tab = "";
  /** Whose questions these are: two pages that have one desk take no question from each other. */
  private readonly asker = fresh();
  private timer = 0;
  private desked = false;
  private pinned = 0;
  private writing = false;
  private written = "";
  private lagging = 0;
  /** Long work that was begun before this page was loaded anew. */
  private before = "";

  constructor(live = false) {
    this.live = live;
  }

  /** Whether long work of this tab is under way or about to be. */
  get busy() { return this.starting || this.job?.state === "running"; }
  get key() { return keyOf(this.variant); }
  get changed() { return this.variant.measures.length > 0 || Object.keys(this.variant.sets).length > 0; }

  /** The step of each lever that the variant moves. */
  get steps(): Record<string, number> {
    const found: Record<string, number> = Object.create(null);
    for (const lever of this.levers) {
      const step = Object.hasOwn(this.variant.sets, lever.name) ? lever.texts.indexOf(this.variant.sets[lever.name]) : -1;
      if (step >= 0) found[lever.name] = step;
    }
    return found;
  }

  /** What the variant sets besides levers; only the server can answer it. */
  get beyondLevers(): boolean {
    return this.variant.measures.length > 0 || Object.keys(this.variant.sets).some((name) => this.steps[name] === undefined);
  }

  /** The answers shown now, and how they were come by. */
  get answers(): { values: Record<string, number>; quality: Quality } {
    const page = this.page;
    if (!page) return { values: {}, quality: "waiting" };
    const base = Object.fromEntries(page.outcomes.map((o) => [o.name, o.value]));
    if (!this.changed) return { values: base, quality: "exact" };
    const exact = this.exact[this.key];
    if (exact) return { values: { ...base, ...exact }, quality: "exact" };
    if (!this.beyondLevers && this.surface) {
      const at = this.surface.levers.map((name) => {
        const lever = this.levers.find((l) => l.name === name);
        return lever ? positionOf(lever, this.steps[name] ?? (lever.scale.length - 1) / 2) : 0;
      });
      return { values: { ...base, ...this.surface.at(at) }, quality: "tabulated" };
    }
    return { values: { ...base, ...tangent(page.outcomes, this.levers, this.steps) }, quality: this.beyondLevers ? "waiting" : "tangent" };
  }

  outcome(name: string): Outcome | undefined { return this.page?.outcomes.find((o) => o.name === name); }
  get current(): Told | null { return this.toldOf === this.key && this.told ? this.told : this.page; }
  get stale(): boolean { return this.changed && this.toldOf !== this.key; }
  reason(id: string): Reason | undefined { return this.current?.reasons.find((r) => r.id === id); }

  /** Move a lever; `settled` when the hand lets go. */
  move(lever: Lever, step: number, settled: boolean) {
    const sets = { ...this.variant.sets };
    if (step === (lever.texts.length - 1) / 2) delete sets[lever.name];
    else sets[lever.name] = lever.texts[step];
    this.set({ ...this.variant, sets }, settled);
  }

  toggle(measure: string) {
    const measures = this.variant.measures.includes(measure) ? this.variant.measures.filter((m) => m !== measure) : [...this.variant.measures, measure];
    this.set({ ...this.variant, measures }, true);
  }

  set(variant: Variant, settled: boolean) {
    this.variant = variant;
    this.notice = "";
    if (settled) this.commit();
    if (!this.live) this.askSoon();
  }

  private commit() {
    if (keyOf(this.history[this.place] ?? EMPTY) === this.key) return;
    this.history = [...this.history.slice(0, this.place + 1), this.variant].slice(-200);
    this.place = this.history.length - 1;
    this.kept();
  }

  get canUndo() { return this.place > 0; }
  get canRedo() { return this.place < this.history.length - 1; }
  undo() { if (this.canUndo) this.travel(this.place - 1); }
  redo() { if (this.canRedo) this.travel(this.place + 1); }
  private travel(place: number) {
    this.place = place;
    this.variant = this.history[place];
    this.kept();
    if (!this.live) this.askSoon();
  }

  private kept() {
    const fragment = toFragment(this.variant);
    try { history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search); } catch { /* a file in a sandbox has no history */ }
    if (!this.live) void this.write();
  }

  /** Keep the desk: one writing at a time, the newest last, and again where nobody answered. */
  private async write() {
    if (this.writing || !this.desked) return;
    this.writing = true;
    try {
      for (let desk = this.desk; desk !== this.written; desk = this.desk) {
        await this.send("PUT", `desks/${this.tab}`, JSON.parse(desk));
        this.written = desk;
      }
    } catch (error) { this.later(error); } finally { this.writing = false; }
  }
  private get desk() { return JSON.stringify({ history: this.history, place: this.place }); }

  get link(): string {
    const fragment = toFragment(this.variant);
    return location.href.split("#")[0] + (fragment ? `#${fragment}` : "");
  }

  async send(method: string, path: string, body?: unknown): Promise<any> {
    try {
      const response = await fetch(`/api/${path}`, { method, headers: { "x-bystander": "1", "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await response.text();
      const of = response.headers.get("x-bystander-edition") ?? "";
      this.edition ||= of;
      if (of && of !== this.edition) throw new OfAnotherEdition();
      this.connected = true;
      if (response.status === 202) return undefined;
      let read: any;
      try { read = JSON.parse(text); } catch {
        if (response.ok) throw new Error("The answer could not be read.");
        read = { message: text.slice(0, 300) || undefined };
      }
      if (!response.ok) throw new Error(read.message ?? `The server answered ${response.status}.`);
      return read;
    } catch (error) {
      if (error instanceof TypeError) this.connected = false;
      else if (!(error instanceof OfAnotherEdition)) this.trouble = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** Catch up a little later where nobody answered. */
  private later(error: unknown) {
    if (!(error instanceof TypeError)) return;
    clearTimeout(this.lagging);
    this.lagging = window.setTimeout(() => this.catchUp(), AGAIN);
  }

  /** Ask for all that is not here yet: whatever was told too early, late or to nobody is so made good. */
  private catchUp() {
    for (const what of FETCHED) if (!this.arrived[what] && !this.failed[what]) void this.fetch(what);
    void this.fetchPins();
    if (this.desked) void this.write(); else void this.fetchDesk();
    void this.settle();
    if (this.changed && !this.reasoning && this.unsolved !== this.key && (!this.exact[this.key] || this.stale)) this.askSoon();
  }

  /** Have what failed taken up once more. */
  async again() {
    this.trouble = this.unsolved = "";
    this.failed = {};
    try { await this.send("POST", "again"); } catch (error) { this.later(error); return; }
    this.catchUp();
  }

  /** Ask for the exact answer at once, and for reasons when the hand rests. */
  private askSoon() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    if (!this.changed) { this.reasoning = false; return; }
    const { variant, key } = this;
    this.unsolved = "";
    this.timer = window.setTimeout(() => void this.askExactly(turn, variant, key), 30);
  }

  private async askExactly(turn: number, variant: Variant, key: string) {
    if (turn !== this.turn) return;
    try {
      if (!this.exact[key]) {
        const found = await this.send("POST", "variant", { variant, tab: this.asker, turn });
        if (!found || found.dropped) return;
        this.exact = { ...this.exact, [key]: found.outcomes };
        this.byItself = { ...this.byItself, [key]: found.byItself };
        this.trouble = "";
        if (found.jump > 0 && turn === this.turn) this.notice = "On the way to this variant the equilibrium jumps: the difference is not one equilibrium followed.";
      }
      if (turn !== this.turn || this.toldOf === key) return;
      this.reasoning = true;
      await new Promise((done) => setTimeout(done, 250));
      if (turn !== this.turn) return;
      const told = await this.send("POST", "reasons", { variant, tab: this.asker, turn });
      if (told && !told.dropped && turn === this.turn) { this.told = told; this.toldOf = key; }
    } catch (error) {
      if (turn !== this.turn) return;
      this.later(error);
      if (!(error instanceof TypeError || error instanceof OfAnotherEdition)) this.unsolved = key;
    } finally {
      if (turn === this.turn) this.reasoning = false;
    }
  }

  /** Begin: fetch what is there, listen for the rest. */
  async begin() {
    this.tab = sessionStorage.getItem("bystander-tab") ?? "";
    const known = /^[a-z0-9]{12}$/.test(this.tab);
    if (!known) this.tab = fresh();
    const from = this.tab;
    if (!(await alone(from))) this.tab = fresh();
    sessionStorage.setItem("bystander-tab", this.tab);
    try { this.job = JSON.parse(sessionStorage.getItem("bystander-work") ?? "null"); } catch { /* not ours */ }
    this.before = this.job?.job ?? "";
    this.listen();
    for (const what of FETCHED) void this.fetch(what);
    void this.fetchPins();
    void this.settle();
    await this.fetchDesk(from);
  }

  private async fetchDesk(from = this.tab) {
    let found;
    try { found = await this.send("GET", `desks/${from}`); } catch (error) { this.later(error); return; }
    if (this.desked) return;
    this.desked = true;
    const kept: Variant[] = (found.desk?.history ?? []).map((v: unknown) => variantOf(v) ?? EMPTY);
    const place = Math.min(found.desk?.place ?? 0, kept.length - 1);
    const meanwhile = this.history.slice(1);
    if (meanwhile.length) {
      // What was done before the desk came goes on from where the desk stood.
      this.history = [...(kept.length ? kept.slice(0, place + 1) : [EMPTY]), ...meanwhile].slice(-200);
      this.place += this.history.length - 1 - meanwhile.length;
      this.kept();
      return;
    }
    if (kept.length) { this.history = kept; this.place = place; }
    if (this.changed) return; // a hand is on a slider: that is the variant at hand
    this.variant = this.history[this.place] ?? EMPTY;
    if (this.follow() || this.notice) return;
    if (!found.own && this.changed) this.notice = "Your last variant was taken up again.";
    if (this.changed) { this.kept(); this.askSoon(); }
  }

  /** Take up the variant of the address, and say so where there is one that cannot be read. */
  follow(): boolean {
    const asked = fromFragment(location.hash);
    if (asked) this.set(this.live ? { sets: asked.sets, measures: [] } : asked, true);
    else if (/[#&]v=/.test(location.hash)) this.notice = "The variant of this link cannot be read.";
    return asked !== null;
  }

  private async fetchPins() {
    const turn = ++this.pinned;
    try {
      const found = await this.send("GET", "pins");
      if (turn === this.pinned) this.pins = found ?? [];
    } catch (error) { this.later(error); }
  }

  async fetch(what: string) {
    let found;
    const { edition } = this;
    try {
      found = await this.send("GET", what);
    } catch (error) {
      if (error instanceof TypeError) this.later(error);
      else if (!(error instanceof OfAnotherEdition) && error instanceof Error) this.failed[what] = error.message;
      return;
    }
    if (found === undefined || (edition && edition !== this.edition)) return;
    if (what === "page") { this.page = found; document.title = `${found.title} – Bystander`; }
    if (what === "levers") this.levers = found;
    if (what === "record") this.record = found?.dated && found.first < found.last ? found : null;
    if (what === "surface" && found?.count) this.surface = new Surface(found as Tabulated);
    this.arrived[what] = true;
    delete this.progress[what];
  }

  /** All that was answered is of the edition before: forget it, and ask anew. */
  private renew(edition: string) {
    this.edition = edition;
    this.page = this.surface = this.record = this.told = null;
    this.levers = [];
    this.exact = this.byItself = {};
    this.toldOf = this.unsolved = this.trouble = "";
    this.failed = {};
    this.arrived = {};
    if (this.job?.state !== "running") this.job = null;
    this.askSoon();
    this.catchUp();
  }

  /** Listen while anyone looks: a browser has six connections to a server, and seven pages would hold them all. */
  private listen() {
    let events: EventSource | null = null;
    const open = () => {
      if (document.visibilityState === "hidden") { events?.close(); events = null; return; }
      if (events && events.readyState !== EventSource.CLOSED) return;
      events = new EventSource("/api/events");
      this.hear(events);
      events.onopen = () => { this.connected = true; };
      events.onerror = (e) => {
        if (e.target !== events) return;
        this.connected = false;
        // Refused, as by a server begun anew until its address is opened: the browser does not ask again.
        if (events?.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
      };
    };
    document.addEventListener("visibilitychange", open);
    open();
  }

  private hear(events: EventSource) {
    const on = (kind: string, act: (data: any) => void) => events.addEventListener(kind, (e) => act(JSON.parse((e as MessageEvent).data)));
    on("hello", (d) => {
      this.connected = true;
      this.others = {};
      for (const { job, kind } of d.jobs) if (this.job?.job !== job) this.others[job] = { kind, step: "Under way", share: 0 };
      if (this.edition && this.edition !== d.edition) { this.renew(d.edition); return; }
      this.edition = d.edition;
      Object.assign(this.failed, d.failed);
      if (this.failed.page) this.trouble = this.failed.page;
      this.catchUp();
    });
    on("edition", (d) => this.renew(d.edition));
    on("refused", (d) => { this.trouble = d; });
    on("progress", (d) => {
      if (d.work === "job") {
        if (this.job?.job === d.job) Object.assign(this.job, { step: d.step, share: d.share });
        else if (!this.starting) this.others[d.job] = { kind: d.kind, step: d.step, share: d.share };
      }
      else this.progress[d.work] = { step: d.step, share: d.share };
    });
    on("ready", (d) => { delete this.failed[d.work]; if (FETCHED.includes(d.work)) void this.fetch(d.work); else delete this.progress[d.work]; });
    on("failed", (d) => { delete this.progress[d.work]; this.failed[d.work] = this.trouble = d.message; });
    on("pins", () => void this.fetchPins());
    on("ended", (d) => { delete this.others[d.job]; if (this.job?.job === d.job) void this.settle(); });
  }

  async pin(name: string) {
    const { values, quality } = this.answers;
    const known = quality === "exact" || this.live ? values : {};
    await this.keepPin(name, this.variant, known);
  }

  /** Keep a variant under a name, with its answers, those withheld as nothing. */
  async keepPin(name: string, variant: Variant, values: Record<string, unknown>) {
    const answers = Object.fromEntries(Object.entries(values).map(([n, y]) => [n, Number.isFinite(y) ? (y as number) : null]));
    const pin: Pin = { name, variant, answers, of: this.page?.hash ?? "" };
    if (this.live) this.pins = [...this.pins.filter((p) => p.name !== name), pin];
    else await this.changePins("PUT", "pins", pin);
  }

  async unpin(name: string) {
    if (this.live) this.pins = this.pins.filter((p) => p.name !== name);
    else await this.changePins("DELETE", `pins?name=${encodeURIComponent(name)}`);
  }

  /** The answer is overtaken by one that was asked for later. */
  private async changePins(method: string, path: string, pin?: Pin) {
    const turn = ++this.pinned;
    const found = await this.send(method, path, pin);
    if (turn === this.pinned) this.pins = found;
  }

  async work(kind: string, options: Record<string, unknown> = {}) {
    if (this.busy) return;
    const asked = { kind, options, key: this.key };
    this.starting = true;
    try {
      const { job } = await this.send("POST", "work", { kind, variant: this.variant, options });
      this.job = { job, kind, step: "Starting", share: 0, state: "running", result: null, message: "", asked };
      sessionStorage.setItem("bystander-work", JSON.stringify(this.job));
      delete this.others[job];
    } finally {
      this.starting = false;
    }
    await this.settle();
  }

  /** Ask how this tab's long work ended: it may have before its name was known here, or while nobody listened. */
  private async settle() {
    const job = this.job?.state === "running" ? this.job.job : "";
    if (!job) return;
    let ended;
    const { trouble } = this;
    try { ended = await this.send("GET", `work/${job}`); } catch (error) {
      this.later(error);
      if (error instanceof TypeError || error instanceof OfAnotherEdition) return;
      this.trouble = trouble;
      if (this.job?.job !== job) return;
      if (job === this.before) { this.job = null; return; }
      ended = { how: "stopped", message: "The server does not know this work any more.", result: null };
    }
    if (ended && this.job?.job === job) Object.assign(this.job, { state: ended.how, message: ended.message, result: ended.result, share: 1 });
  }

  async stop(job = this.job?.job) { if (job) await this.send("DELETE", `work/${job}`); }
}

/** A name that nobody else has. */
function fresh() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => (b % 36).toString(36)).join("");
}

/** Say whether no other page lives under a name, and hold it: a tab that was duplicated has its twin's. */
function alone(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((say) => {
    const held = () => { say(true); return new Promise<void>(nobody); };
    // A page that is being left lets go of it a moment after the next one asks.
    navigator.locks.request(`bystander ${name}`, { signal: AbortSignal.timeout(700) }, held).catch(() => say(false));
  });
}
