/** Numbers and likelihoods in words, as bystander.report.words writes them. */
import type { Page, Variant } from "./types";

export const isChance = (unit: string) => unit === "probability" || unit === "share";

export function percent(p: number): string {
  if (!Number.isFinite(p)) return "not known";
  const whole = Math.floor(p * 100 + 0.5);
  return whole < 1 ? "under 1%" : whole > 99 ? "over 99%" : `${whole}%`;
}

export const shortPercent = (p: number) => percent(p).replace("under ", "<").replace("over ", ">");

/** An amount below which nobody writes it out. */
const TINY = 1e-6;

/** A small or large size as a power of ten. */
const power = (size: number) => size.toExponential(0).replace("+", "");

/** As bystander.report.words.numbers writes it; what is infinite comes as "inf". */
export function amount(value: number | string | null): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return { inf: "infinite", "-inf": "−infinite" }[String(value)] ?? "not known";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size < 0.001) return sign + (size < TINY ? power(size) : size.toLocaleString("en-US", { maximumSignificantDigits: 1 }));
  const rounded = Number(size.toPrecision(size >= 100 ? 3 : 2));
  if (rounded >= 1e15) return sign + power(rounded);
  for (const [unit, word] of [[1e12, " trillion"], [1e9, " billion"], [1e6, " million"]] as const) if (rounded >= unit) return `${sign}${Number((rounded / unit).toPrecision(3))}${word}`;
  return sign + rounded.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** Without its unit, as at an axis. */
export const inShort = (value: number, unit: string) => (isChance(unit) ? shortPercent(value) : amount(value));

const ONE_OF: Record<string, string> = { count: "time", days: "day", people: "person", dollars: "dollar" };

/** As bystander.report.words.numbers writes a quantity, chances in short. */
export function shown(value: number, unit: string): string {
  if (isChance(unit) || !unit || !Number.isFinite(value)) return inShort(value, unit);
  if (unit === "per day") return `${amount(value * 365.25)} per year`;
  const said = amount(value);
  const [first, ...rest] = unit.split(" ");
  return [said, said === "1" ? (ONE_OF[first] ?? first) : first === "count" ? "times" : first, ...rest].join(" ");
}

/** A chance that may be off by more than a point is a range, not a number. */
export function within(p: number, error: number): string {
  if (!Number.isFinite(p)) return percent(p);
  const [low, high] = [Math.max(p - error, 0), Math.min(p + error, 1)].map(shortPercent);
  return error <= POINT || low === high ? shortPercent(p) : `${low.replace("%", "")}–${high}`;
}

export const POINT = 0.01;

/** As many of some things as there is room for, none cut in its middle, and how many more there are. */
export function listed(things: string[], room: number): string {
  const more = (n: number) => (n < things.length ? ` and ${things.length - n} more` : "");
  for (let n = things.length; n > 0; n--) {
    const said = things.slice(0, n).join(", ") + more(n);
    if (said.length <= room) return said;
  }
  return things.length ? `${things[0].slice(0, room - more(1).length - 1).replace(/\W+\w*$/, "")}…${more(1)}` : "";
}

/** The word of a chance as it is shown, in whole percents. */
export function likelihood(p: number, yardstick: Page["yardstick"]): string {
  if (!Number.isFinite(p)) return percent(p);
  const whole = Math.floor(p * 100 + 0.5) / 100;
  return (yardstick.find(([, , high]) => whole < high) ?? yardstick[yardstick.length - 1])[0];
}

export function difference(now: number, before: number, unit: string): string {
  if (!Number.isFinite(now) || !Number.isFinite(before)) return "";
  const gap = now - before;
  if (isChance(unit)) {
    const points = Math.abs(gap * 100).toFixed(1).replace(/\.0$/, ""); // whole ones would disagree with "13% and 13%"
    return Math.abs(gap) < 0.005 ? "" : `${gap > 0 ? "+" : "−"}${points} ${points === "1" ? "point" : "points"}`;
  }
  if (Math.abs(gap) < 0.005 * Math.max(Math.abs(before), 1e-9)) return "";
  return `${gap > 0 ? "+" : "−"}${amount(Math.abs(gap))}`;
}

/** A number with what it counts: "1 measure leaves", "3 measures leave". */
export const counted = (number: number, one: string, more: string) => `${number} ${number === 1 ? one : more}`;

export const signed = (value: number) => (Math.abs(value) < 0.005 ? "0.00" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`);

/** A variant as the end of a link, and back; whatever does not fit is no variant. */
export function toFragment(variant: Variant): string {
  if (!Object.keys(variant.sets).length && !variant.measures.length) return "";
  const bytes = new TextEncoder().encode(JSON.stringify(variant));
  return "v=" + btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromFragment(fragment: string): Variant | null {
  const found = /(?:^|[#&])v=([A-Za-z0-9_-]{1,20000})/.exec(fragment);
  if (!found) return null;
  try {
    const bytes = Uint8Array.from(atob(found[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const read: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return variantOf(read);
  } catch {
    return null;
  }
}

export function variantOf(read: unknown): Variant | null {
  if (typeof read !== "object" || read === null) return null;
  const { sets = {}, measures = [] } = read as Record<string, unknown>;
  if (typeof sets !== "object" || sets === null || !Array.isArray(measures)) return null;
  const pairs = Object.entries(sets).filter(([name, value]) => /^\w{1,80}$/.test(name) && (typeof value === "string" || typeof value === "number"));
  return { sets: Object.fromEntries(pairs.map(([name, value]) => [name, String(value).slice(0, 200)])), measures: measures.filter((m) => typeof m === "string" && m.length < 120).slice(0, 40) };
}

export const keyOf = (variant: Variant) => JSON.stringify([Object.entries(variant.sets).sort(), [...variant.measures].sort()]);
