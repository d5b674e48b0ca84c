import { escaped } from "../../config/shown.ts";
import { backendLine } from "./backend-line.ts";
import { msText, rateText, sessionsText } from "./figures.ts";
import type { Line } from "./line.ts";
import type { BackendNumbers, PoolNumbers } from "./numbers.ts";
import { sorted, type View } from "./view.ts";

/** A line of the part that scrolls; of thousands only those are drawn that are seen. */
export interface BodyLine {
  readonly line: () => Line;
  readonly selected: boolean;
}

/** A pool and its backends, in the order of the view, or of the API without one. */
export function poolLines(
  pool: PoolNumbers,
  view: View | undefined,
  selected: BackendNumbers | undefined,
  drawing: { readonly columns: number; readonly wallMs: number },
): BodyLine[] {
  const backends = view === undefined ? pool.backends : sorted(pool, view);
  const full = fullShare(pool);
  return [
    { line: () => [[poolText(pool), "bold"]], selected: false },
    ...backends.map((each) => {
      const isSelected = each === selected;
      return { line: () => backendLine(each, { ...drawing, full }, isSelected), selected: isSelected };
    }),
  ];
}

/** Where all is as it should be, bars are half full. */
function fullShare({ backends }: PoolNumbers): number {
  const fair = Math.max(0, ...backends.map(({ backend }) => backend.fairShare));
  const most = Math.max(0, ...backends.map(({ backend }) => backend.share));
  return Math.min(1, Math.max(2 * fair, most)) || 1;
}

function poolText({ pool, perSec, connect }: PoolNumbers): string {
  const queue = pool.queued > 0 ? `, ${pool.queued} in the queue` : "";
  const times = `connect p50 ${msText(connect?.p50Ms)} p99 ${msText(connect?.p99Ms)} ms`;
  const what = `${escaped(pool.algorithm)}, ${sessionsText(pool.active)}${queue}, ${rateText(perSec)}/s`;
  return `${escaped(pool.name)}: ${what}, ${pool.backends.length === 0 ? "no backends" : times}`;
}
