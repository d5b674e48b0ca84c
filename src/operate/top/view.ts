import type { Place } from "../place.ts";
import { isUp } from "../status.ts";
import type { BackendNumbers, Numbers, PoolNumbers } from "./numbers.ts";

/** By what the backends of a pool may be sorted, by the key that chooses it. */
const sorts = {
  o: "order",
  n: "name",
  a: "active",
  s: "state",
  c: "connections",
  f: "failed",
} as const;

/** What a reader has chosen to see. */
export interface View {
  readonly sort: (typeof sorts)[keyof typeof sorts];
  readonly inverted: boolean;
  readonly help: boolean;
  /** The backend that the keys are about; undefined or gone: the first. */
  readonly selected: Place | undefined;
  /** What waits for a yes. */
  readonly asked: Wish | undefined;
  /** What became of the last wish. */
  readonly message: string | undefined;
}

/** What an operator wants of a backend. */
export interface Wish {
  readonly state: "drain" | "ready";
  readonly place: Place;
}

/** What a key came to. */
export interface Pressed {
  readonly view: View;
  readonly does?: "quit" | Wish;
}

export const firstView: View = {
  sort: "order",
  inverted: false,
  help: false,
  selected: undefined,
  asked: undefined,
  message: undefined,
};

// b2 stands before b10.
const NAMES = new Intl.Collator("en", { numeric: true });

const ORDERS: Readonly<Record<View["sort"], (one: BackendNumbers, other: BackendNumbers) => number>> = {
  order: () => 0,
  name: (one, other) => NAMES.compare(one.backend.name, other.backend.name),
  active: (one, other) => other.backend.active - one.backend.active,
  state: (one, other) => Number(isUp(one.backend)) - Number(isUp(other.backend)),
  connections: (one, other) => (other.perSec ?? 0) - (one.perSec ?? 0),
  failed: (one, other) => other.backend.failed - one.backend.failed,
};

/** The backends of a pool in the order that was chosen. */
export function sorted({ backends }: PoolNumbers, { sort, inverted }: View): readonly BackendNumbers[] {
  const found = backends.toSorted(ORDERS[sort]);
  return inverted ? found.toReversed() : found;
}

/** The backend that the keys are about; undefined where there is none at all. */
export function selectedOf(numbers: Numbers, view: View): BackendNumbers | undefined {
  const all = inOrder(numbers, view);
  return all[Math.max(0, indexIn(all, view))];
}

function inOrder({ pools }: Numbers, view: View): readonly BackendNumbers[] {
  return pools.flatMap((pool) => sorted(pool, view));
}

function indexIn(all: readonly BackendNumbers[], { selected }: View): number {
  return all.findIndex(({ pool, backend }) => pool === selected?.pool && backend.name === selected.backend);
}

const PAGE = 10;
const STEPS: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -PAGE,
  pagedown: PAGE,
  home: -Infinity,
  end: Infinity,
};
const WISHES = { d: "drain", r: "ready" } as const;

/** What a key, by its name or character, makes of a view; keys that mean nothing change nothing. */
export function pressed(view: View, key: string, numbers: Numbers): Pressed {
  if (view.asked !== undefined) return answered(view, view.asked, key);
  const quiet = { ...view, message: undefined };
  if (view.help) return { view: { ...quiet, help: false } };
  if (key === "q") return { view, does: "quit" };
  if (key === "h" || key === "?" || key === "f1") return { view: { ...quiet, help: true } };
  if (key === "i") return { view: { ...quiet, inverted: !view.inverted } };
  if (isKeyOf(sorts, key)) return { view: { ...quiet, sort: sorts[key], inverted: false } };
  if (isKeyOf(STEPS, key)) return { view: { ...quiet, selected: moved(numbers, view, STEPS[key] ?? 0) } };
  const on = selectedOf(numbers, view);
  if (!isKeyOf(WISHES, key) || on === undefined) return { view };
  const place = { pool: on.pool, backend: on.backend.name };
  return { view: { ...quiet, selected: place, asked: { state: WISHES[key], place } } };
}

function answered(view: View, asked: Wish, key: string): Pressed {
  const next = { ...view, asked: undefined };
  return key === "y" ? { view: next, does: asked } : { view: { ...next, message: "nothing was changed" } };
}

function moved(numbers: Numbers, view: View, step: number): Place | undefined {
  const all = inOrder(numbers, view);
  const to = Math.max(0, Math.min(all.length - 1, Math.max(0, indexIn(all, view)) + step));
  const on = all[to];
  return on && { pool: on.pool, backend: on.backend.name };
}

function isKeyOf<T extends object>(table: T, key: string): key is string & keyof T {
  return Object.hasOwn(table, key);
}
