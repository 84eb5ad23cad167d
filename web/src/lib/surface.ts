/** Answers without solving: the tabulated response (bystander.policy.surface), else the tangent at today's values. */
import type { Lever, Outcome, Tabulated } from "./types";
import { isChance } from "./words";

function unpack(text: string): Float64Array {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

export class Surface {
  readonly outcomes: string[];
  readonly errors: [number, number][];
  readonly chance: boolean[];
  readonly heldBack: number;
  readonly levers: string[];
  readonly count: number;
  private readonly n: number;
  private readonly k: number;
  private readonly points: Float64Array;
  private readonly shapes: Float64Array;
  private readonly trend: Float64Array;
  private readonly weights: Float64Array;

  constructor(told: Tabulated) {
    this.outcomes = told.outcomes;
    this.errors = told.errors;
    this.chance = told.chance;
    this.heldBack = told.heldBack;
    this.levers = told.levers;
    this.n = this.count = told.count;
    this.k = told.levers.length;
    this.points = unpack(told.points);
    this.shapes = unpack(told.shapes);
    this.trend = unpack(told.trend);
    this.weights = unpack(told.weights);
  }

  /** The largest error of a chance on the points held back. */
  get worst(): number {
    return this.errors.reduce((most, [largest], i) => (this.chance[i] ? Math.max(most, largest) : most), 0);
  }

  /** How far a chance may be off, as found on the points held back; 0 for what is not tabulated. */
  error(name: string): number {
    const m = this.outcomes.indexOf(name);
    return m >= 0 && this.chance[m] ? this.errors[m][0] : 0;
  }

  /** Every answer at a place in [-1, 1] on each lever. */
  at(place: number[]): Record<string, number> {
    const { n, k } = this;
    const found: Record<string, number> = {};
    const gaps = new Float64Array(n * k);
    for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) gaps[i * k + j] = (this.points[i * k + j] - place[j]) ** 2;
    const fall = new Float64Array(k);
    const weight = new Float64Array(k);
    this.outcomes.forEach((name, m) => {
      let y = this.trend[m * (k + 1)];
      let whole = 1;
      for (let j = 0; j < k; j++) {
        fall[j] = -0.5 * this.shapes[2 * m * k + j] ** -2;
        weight[j] = this.shapes[2 * m * k + k + j];
        whole *= 1 + weight[j];
        y += this.trend[m * (k + 1) + 1 + j] * place[j];
      }
      for (let i = 0; i < n; i++) {
        let near = this.weights[m * n + i] / whole;
        for (let j = 0; j < k; j++) near *= 1 + weight[j] * Math.exp(fall[j] * gaps[i * k + j]);
        y += near;
      }
      found[name] = this.chance[m] ? 1 / (1 + Math.exp(-y)) : Math.sinh(y);
    });
    return found;
  }
}

/** Where a value lies on a lever: its position in standard deviations, and in [-1, 1]. */
export function positionOf(lever: Lever, step: number): number {
  const low = lever.scale[0];
  const high = lever.scale[lever.scale.length - 1];
  return (2 * (lever.scale[step] - low)) / (high - low) - 1;
}

/** Answers along the tangent, on a scale without ends. */
export function tangent(outcomes: Outcome[], levers: Lever[], steps: Record<string, number>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const outcome of outcomes) {
    const chance = isChance(outcome.unit);
    const v = outcome.value;
    if (!Number.isFinite(v)) { found[outcome.name] = v; continue; }
    const slopeOfScale = chance ? 1 / Math.max(v * (1 - v), 1e-6) : 1 / Math.hypot(v, 1);
    let y = chance ? Math.log(Math.max(v, 1e-9) / Math.max(1 - v, 1e-9)) : Math.asinh(v);
    for (const lever of levers) {
      const step = steps[lever.name];
      const middle = (lever.scale.length - 1) / 2;
      if (step === undefined || step === middle) continue;
      y += (Object.hasOwn(lever.slopes, outcome.name) ? lever.slopes[outcome.name] : 0) * slopeOfScale * (lever.scale[step] - lever.scale[middle]);
    }
    found[outcome.name] = chance ? 1 / (1 + Math.exp(-y)) : Math.sinh(y);
  }
  return found;
}
