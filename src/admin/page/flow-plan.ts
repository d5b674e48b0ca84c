import type { State } from "./glyph.ts";
import { type LiveBackend, type LivePool, stateOf } from "./world.ts";

/** With more backends there is no room for their names. */
export const NAMED = 12;
/** With more backends an arrow is that of several neighbours together. */
const MOST = 96;
const ROW = 46;
const LARGEST_ROW = 76;
const THIN_ROW = 5;
const LEAST_HEIGHT = 264;
export const BOX = 40;

/** One arrow's end: a backend, or several that stand together. */
interface Target {
  readonly key: string;
  readonly name: string;
  readonly state: State;
  readonly active: number;
  readonly perSec: number;
  /** Its part of the pool's new sessions, 0 to 1. */
  readonly share: number;
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

/** The ends of the arrows of a pool, in the order of its backends. */
export function targetsOf({ backends }: LivePool): Target[] {
  const all = [...backends.values()];
  const total = all.reduce((sum, { perSec }) => sum + perSec, 0);
  const together = Math.ceil(all.length / MOST);
  const groups = Array.from({ length: Math.ceil(all.length / together) }, (_, index) =>
    all.slice(index * together, (index + 1) * together),
  );
  const targets = groups.map((group) => targetOf(group, total));
  const fullest = targets.reduce((most, { active }) => Math.max(most, active), 1);
  return targets.map((target) => ({ ...target, filled: target.active / fullest }));
}

function targetOf(group: readonly LiveBackend[], total: number): Omit<Target, "filled"> {
  const [first, last] = [group[0], group.at(-1)] as [LiveBackend, LiveBackend];
  const perSec = group.reduce((sum, each) => sum + each.perSec, 0);
  const active = group.reduce((sum, { told }) => sum + told.active, 0);
  const { name } = first.told;
  const troubled = group.find(({ told }) => stateOf(told) !== "up") ?? first;
  return {
    key: name,
    name: first === last ? name : `${name} to ${last.told.name}`,
    state: stateOf(troubled.told),
    active,
    perSec,
    share: total > 0 ? perSec / total : 0,
  };
}

/** The measures for so many targets in so much room. */
export function sheetOf(width: number, targets: number): Sheet {
  const named = targets <= NAMED;
  const narrow = width < 560;
  const box = narrow ? 76 : 112;
  const ends = named ? (narrow ? 112 : 190) : narrow ? 60 : 120;
  const row = named ? Math.max(ROW, Math.min(LARGEST_ROW, (LEAST_HEIGHT - 8) / targets)) : THIN_ROW;
  const height = Math.max(LEAST_HEIGHT, targets * row + 8);
  const clientsRight = box;
  const backendsLeft = width - ends;
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

/** The width of an arrow with that share. */
export function thicknessOf(share: number, { height, named }: Sheet): number {
  const most = named ? Math.min(height * 0.4, 104) : height * 0.5;
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
