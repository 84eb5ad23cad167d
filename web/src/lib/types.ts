/** What the server tells; see src/bystander/app/telling.py. */
export type Sentence = [string, string][];
export interface Variant { sets: Record<string, string>; measures: string[] }
export interface Cite { kind: string; label: string; says: string; value?: string; date?: string; confidence?: string; source?: string; url?: string; because?: string[] }
export interface Outcome { name: string; label: string; kind: string; unit: string; value: number; low: number | null; high: number | null; error: number; withheld: string; given: string; mark: string; asked: string; formula: string; headline: boolean; because: string[]; curve: [number, number][] }
export interface MoveChance { owner: string; ownerLabel: string; move: string; label: string; same: string[]; role: string; within: [string, number][]; because: string[] }
export interface Term { label: string; value: number; because: string[] }
export interface Reason { id: string; owner: string; ownerLabel: string; move: string; label: string; voter: string; given: string; chance: number; logOdds: number; possible: number; lines: Sentence[]; terms: Term[]; stops: [string, number][] }
export interface Judgement { name: string; says: string; holds: boolean | null; number: number; threshold: number; because: string[]; mark: string; formula: string; unit: string; byHabit: number | null; needsArgument: boolean; robustness: number | null }
export interface Observed { title: string; first: string; last: string; dated: boolean; observed: { day: string; says: string }[] }
export interface Rung { level: string; label: string; share: number }
export interface Step { source: string; target: string; owner: string; ownerLabel: string; move: string; label: string; perYear: number; expected: number }
export interface Told { answer: Sentence[]; asks: { name: string; says: string; paragraph: Sentence; moves: { move: string; modelled: boolean }[] }[]; outcomes: Outcome[]; clocks: string[]; responses: MoveChance[]; reasons: Reason[]; foremost: string[]; glossary: string[]; judgements: Judgement[]; rungs: Rung[]; steps: Step[]; tolls: { outcome: string; says: string; reported: number; because: string[] }[] }
export interface Named { name: string; label: string; because: string[] }
export interface Page extends Told { name: string; title: string; question: string; about: string; asOf: string; horizon: string; ahead: string; given: string; assumptions: number; believed: number; hash: string; version: string; yardstick: [string, number, number][]; measures: Named[]; rivals: Named[]; events: { date: string; says: string; because: string[] }[]; confidence: { level: string; grounds: { text: string; sound: boolean }[] }; solve: Record<string, unknown>; cites: Record<string, Cite>; null: Record<string, number> }
export interface Lever { name: string; label: string; says: string; about: string; prior: string; because: string[]; standing: string; influence: number; scale: number[]; values: number[]; texts: string[]; shown: string[]; slopes: Record<string, number> }
export interface Tabulated { levers: string[]; outcomes: string[]; chance: boolean[]; count: number; points: string; shapes: string; trend: string; weights: string; errors: [number, number][]; heldBack: number; failed: number }
