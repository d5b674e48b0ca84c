import type { State } from "./glyph.ts";
import type { Smoothed } from "./smoothed.ts";
import { type LiveBackend, type LivePool, stateOf, type World } from "./world.ts";

/** With more backends there is no room for their names. */
export const NAMED = 12;
/** With more backends an arrow is that of several neighbours together. */
const MOST = 96;
const ROW = 46;
const LARGEST_ROW = 76;
const THIN_ROW = 5;
const LEAST_HEIGHT = 264;
/** How wide the boxes are, by how wide the picture is. */
const SIZES = [
  { from: 560, box: 112, ends: 190, thinEnds: 120 },
  { from: 320, box: 76, ends: 112, thinEnds: 60 },
  { from: 0, box: 56, ends: 96, thinEnds: 60 },
];
export const BOX = 40;

/** One arrow's end: a backend, or several that stand together. */
interface Target {
  readonly key: string;
  readonly name: string;
  readonly state: State;
  readonly active: number;
  readonly perSec: number | undefined;
  /** Its part of the pool's new sessions, 0 to 1, those that reach no backend among them. */
  readonly share: number | undefined;
  /** Its part of the open sessions of the fullest, 0 to 1. */
  readonly filled: number;
}

/** Where something stands in the picture. */
export interface Placed extends Target {
  readonly y: number;
  readonly height: number;
  /** Where its arrow leaves the listeners. */
  readonly fromY: number;
  readonly thickness: number;
  readonly sheet: Sheet;
}

/** The measures of the picture. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly clientsRight: number;
  readonly listenersLeft: number;
  readonly listenersRight: number;
  readonly backendsLeft: number;
  readonly named: boolean;
  /** How much of it a backend has. */
  readonly row: number;
}

/** New sessions of a pool a second: that come, and that reach a backend; undefined where that is not known. */
export function trafficOf({ listeners, moment }: Pick<World, "listeners" | "moment">, pool: LivePool) {
  const reaching = together([...pool.backends.values()]);
  const leading = listeners.filter(({ told }) => told.pool === pool.told.name);
  const brought = together(leading);
  // A session may be counted by its backend in the look after that of its listener.
  if (brought !== undefined) return { reaching, coming: Math.max(reaching ?? 0, brought) };
  return { reaching, coming: leading.length === listeners.length ? moment?.perSec : undefined };
}

/** Of those together of which it is known; undefined where it is known of none. */
function together(counted: readonly { readonly rate: Smoothed }[]): number | undefined {
  const known = counted.flatMap(({ rate: { perSec } }) => perSec ?? []);
  if (known.length === 0 && counted.length > 0) return undefined;
  return known.reduce((sum, perSec) => sum + perSec, 0);
}

/** A part of new sessions; where none come, it is none. */
export function shareOf(perSec: number | undefined, coming: number | undefined): number | undefined {
  if (coming === 0) return 0;
  return perSec === undefined || coming === undefined ? undefined : perSec / coming;
}

/** The ends of the arrows of a pool, in the order of its backends; `coming`: its new sessions a second. */
export function targetsOf({ backends }: LivePool, coming: number | undefined): Target[] {
  const all = [...backends.values()];
  const size = Math.ceil(all.length / MOST);
  const groups = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
  const targets = groups.map((group) => targetOf(group, coming));
  const fullest = targets.reduce((most, { active }) => Math.max(most, active), 1);
  return targets.map((target) => ({ ...target, filled: target.active / fullest }));
}

function targetOf(group: readonly LiveBackend[], coming: number | undefined): Omit<Target, "filled"> {
  const [first, last] = [group[0], group.at(-1)] as [LiveBackend, LiveBackend];
  const perSec = together(group);
  const active = group.reduce((sum, { told }) => sum + told.active, 0);
  const { name } = first.told;
  const troubled = group.find(({ told }) => stateOf(told) !== "up") ?? first;
  return {
    key: name,
    name: first === last ? name : `${name} to ${last.told.name}`,
    state: stateOf(troubled.told),
    active,
    perSec,
    share: shareOf(perSec, coming),
  };
}

/** The measures for so many targets in so much room. */
export function sheetOf(width: number, targets: number): Sheet {
  const named = targets <= NAMED;
  const { box, ends, thinEnds } = SIZES.find(({ from }) => width >= from) as (typeof SIZES)[number];
  const row = named ? Math.max(ROW, Math.min(LARGEST_ROW, (LEAST_HEIGHT - 8) / targets)) : THIN_ROW;
  const height = Math.max(LEAST_HEIGHT, targets * row + 8);
  const clientsRight = box;
  const backendsLeft = width - (named ? ends : thinEnds);
  const listenersLeft = clientsRight + Math.max(18, (backendsLeft - clientsRight - box) * 0.22);
  return {
    width,
    height,
    named,
    row,
    clientsRight,
    listenersLeft,
    listenersRight: listenersLeft + box,
    backendsLeft,
  };
}

/** The width of an arrow with that share; as thin as can be where there is none, or none is known. */
export function thicknessOf(
  share: number | undefined = 0,
  { height, named, listenersRight, backendsLeft }: Sheet,
): number {
  // A thick arrow cannot bend where there is little room.
  const bendable = (backendsLeft - listenersRight) * 1.2;
  const most = named ? Math.min(height * 0.4, 104, bendable) : height * 0.5;
  return Math.max(share > 0 ? 1.5 : 1, share * most);
}

/** Where each target and its arrow go. */
export function places(targets: readonly Target[], sheet: Sheet): Placed[] {
  const { row } = sheet;
  const top = (sheet.height - targets.length * row) / 2;
  const widths = targets.map(({ share }) => thicknessOf(share, sheet));
  let from = sheet.height / 2 - widths.reduce((sum, width) => sum + width, 0) / 2;
  return targets.map((target, index) => {
    const thickness = widths[index] as number;
    const fromY = from + thickness / 2;
    from += thickness;
    return { ...target, y: top + (index + 0.5) * row, height: row, fromY, thickness, sheet };
  });
}
