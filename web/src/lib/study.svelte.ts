/** The state of one tab: the scenario as argued, the variant at hand, what is known of it. */
import { Surface, positionOf, tangent } from "./surface";
import type { Lever, Observed, Outcome, Page, Reason, Tabulated, Told, Variant } from "./types";
import { fromFragment, keyOf, toFragment, variantOf } from "./words";

export interface Pin { name: string; variant: Variant; answers: Record<string, number> }
export interface Job { job: string; kind: string; step: string; share: number; state: "running" | "done" | "stopped" | "refused"; result: any; message: string; asked: any }
type Quality = "exact" | "tabulated" | "tangent" | "waiting";

const EMPTY: Variant = { sets: {}, measures: [] };
const FETCHED = ["page", "levers", "surface", "record"];

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
  trouble = $state("");
  notice = $state("");
  told = $state.raw<Told | null>(null);
  toldOf = $state("");
  reasoning = $state(false);
  exact = $state.raw<Record<string, Record<string, number>>>({});
  connected = $state(true);
  readonly live: boolean;
  private turn = 0;
  private tab = "";
  private timer = 0;

  constructor(live = false) {
    this.live = live;
  }

  get key() { return keyOf(this.variant); }
  get changed() { return this.variant.measures.length > 0 || Object.keys(this.variant.sets).length > 0; }

  /** The step of each lever that the variant moves. */
  get steps(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const lever of this.levers) {
      const text = this.variant.sets[lever.name];
      if (text === undefined) continue;
      const step = lever.texts.indexOf(text);
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
    if (this.live) return;
    void this.send("PUT", `desks/${this.tab}`, { history: this.history, place: this.place });
  }

  get link(): string {
    const fragment = toFragment(this.variant);
    return location.href.split("#")[0] + (fragment ? `#${fragment}` : "");
  }

  async send(method: string, path: string, body?: unknown): Promise<any> {
    try {
      const response = await fetch(`/api/${path}`, { method, headers: { "x-bystander": "1", "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
      const read = await response.json().catch(() => ({ message: "The answer could not be read." }));
      if (response.status === 202) return null;
      if (!response.ok) throw new Error(read.message ?? `The server answered ${response.status}.`);
      this.connected = true;
      return read;
    } catch (error) {
      if (error instanceof TypeError) this.connected = false;
      else this.trouble = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** Ask for the exact answer at once, and for reasons when the hand rests. */
  private askSoon() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    if (!this.changed) { this.reasoning = false; return; }
    const { variant, key } = this;
    this.timer = window.setTimeout(() => void this.askExactly(turn, variant, key), 30);
  }

  private async askExactly(turn: number, variant: Variant, key: string) {
    if (turn !== this.turn) return;
    try {
      if (!this.exact[key]) {
        const found = await this.send("POST", "variant", { variant, tab: this.tab, turn });
        if (!found || found.dropped) return;
        this.exact = { ...this.exact, [key]: found.outcomes };
        this.trouble = "";
        if (found.jump > 0 && turn === this.turn) this.notice = "On the way to this variant the equilibrium jumps: the difference is not one equilibrium followed.";
      }
      if (turn !== this.turn || this.toldOf === key) return;
      this.reasoning = true;
      await new Promise((done) => setTimeout(done, 250));
      if (turn !== this.turn) return;
      const told = await this.send("POST", "reasons", { variant, tab: this.tab, turn });
      if (told && !told.dropped && turn === this.turn) { this.told = told; this.toldOf = key; }
    } catch { /* told already */ } finally {
      if (turn === this.turn) this.reasoning = false;
    }
  }

  /** Begin: fetch what is there, listen for the rest. */
  async begin() {
    this.tab = sessionStorage.getItem("bystander-tab") ?? "";
    if (!/^[a-z0-9]{12}$/.test(this.tab)) {
      this.tab = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => (b % 36).toString(36)).join("");
      sessionStorage.setItem("bystander-tab", this.tab);
    }
    this.listen();
    await Promise.allSettled([this.fetchPins(), ...FETCHED.map((what) => this.fetch(what)), this.fetchDesk()]);
  }

  private async fetchDesk() {
    const asked = fromFragment(location.hash);
    const { desk, own } = await this.send("GET", `desks/${this.tab}`);
    const kept: Variant[] = (desk?.history ?? []).map((v: unknown) => variantOf(v) ?? EMPTY);
    if (kept.length) { this.history = kept; this.place = Math.min(desk.place, kept.length - 1); }
    this.variant = this.history[this.place] ?? EMPTY;
    if (asked) { this.set(asked, true); return; }
    if (!own && this.changed) this.notice = "Your last variant was taken up again.";
    if (this.changed) { this.kept(); this.askSoon(); }
  }

  private async fetchPins() { this.pins = (await this.send("GET", "pins")) ?? []; }

  async fetch(what: string) {
    const found = await this.send("GET", what);
    if (!found) return;
    if (what === "page") { this.page = found; document.title = `${found.title} – Bystander`; }
    if (what === "levers") this.levers = found;
    if (what === "record") this.record = found.dated && found.first < found.last ? found : null;
    if (what === "surface") this.surface = new Surface(found as Tabulated);
    delete this.progress[what];
  }

  private holds(what: string): boolean {
    return what === "levers" ? this.levers.length > 0 : { page: this.page, surface: this.surface, record: this.record }[what] != null;
  }

  private listen() {
    const events = new EventSource("/api/events");
    const on = (kind: string, act: (data: any) => void) => events.addEventListener(kind, (e) => act(JSON.parse((e as MessageEvent).data)));
    let edition = "";
    let heard = false;
    on("hello", (d) => {
      if (edition && edition !== d.edition) location.reload();
      edition = d.edition;
      this.connected = true;
      this.others = {};
      for (const { job, kind } of d.jobs) if (this.job?.job !== job) this.others[job] = { kind, step: "Under way", share: 0 };
      // What happened while nobody listened is told by nobody else.
      for (const work of d.ready) if (FETCHED.includes(work) && !this.holds(work)) void this.fetch(work);
      if (heard) void this.fetchPins();
      heard = true;
      void this.settle();
    });
    on("edition", (d) => {
      edition = d.edition;
      this.page = null; this.levers = []; this.surface = null; this.exact = {}; this.told = null; this.toldOf = "";
    });
    on("progress", (d) => {
      if (d.work === "job") {
        if (this.job?.job === d.job) Object.assign(this.job, { step: d.step, share: d.share });
        else if (!this.starting) this.others[d.job] = { kind: d.kind, step: d.step, share: d.share };
      }
      else this.progress[d.work] = { step: d.step, share: d.share };
    });
    on("ready", (d) => { if (FETCHED.includes(d.work)) void this.fetch(d.work); delete this.progress[d.work]; });
    on("failed", (d) => { delete this.progress[d.work]; this.trouble = d.message; });
    on("pins", () => void this.fetchPins());
    on("ended", (d) => { delete this.others[d.job]; if (this.job?.job === d.job) void this.settle(); });
    events.onerror = () => { this.connected = false; };
    events.onopen = () => { this.connected = true; };
  }

  async pin(name: string) {
    const { values, quality } = this.answers;
    const pin = { name, variant: this.variant, answers: quality === "exact" ? values : {} };
    if (this.live) { this.pins = [...this.pins.filter((p) => p.name !== name), { ...pin, answers: values }]; return; }
    this.pins = await this.send("PUT", `pins/${encodeURIComponent("pin")}`, pin);
  }

  async unpin(name: string) {
    if (this.live) { this.pins = this.pins.filter((p) => p.name !== name); return; }
    this.pins = await this.send("DELETE", `pins/${encodeURIComponent(name)}`);
  }

  async work(kind: string, options: Record<string, unknown> = {}) {
    const asked = { kind, options, key: this.key };
    this.starting = true;
    try {
      const { job } = await this.send("POST", "work", { kind, variant: this.variant, options });
      this.job = { job, kind, step: "Starting", share: 0, state: "running", result: null, message: "", asked };
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
    try { ended = await this.send("GET", `work/${job}`); } catch (error) {
      if (error instanceof TypeError) return;
      ended = { how: "stopped", message: "The server does not know this work any more.", result: null };
    }
    if (ended && this.job?.job === job) Object.assign(this.job, { state: ended.how, message: ended.message, result: ended.result, share: 1 });
  }

  async stop(job = this.job?.job) { if (job) await this.send("DELETE", `work/${job}`); }
}
