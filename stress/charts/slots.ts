import type { Run } from "./run.ts";

/** A stretch of time of one run, all repeats laid over one another. */
export interface Slot {
  /** The middle of it, from the start of the repeats. */
  readonly atMs: number;
  readonly ratePerSec: number;
  /** Ascending. */
  readonly responseMs: Float64Array;
}

const ROUND_MS = [
  50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000,
];
const MOST_SLOTS = 40;
const FEWEST_SLOTS = 8;
const ENOUGH_ANSWERS = 1_000;

/** A width at which slots hold enough answers to speak of the slowest hundredth, as far as that leaves a line to draw. */
export function slotWidthMs(runs: readonly Run[]): number {
  const longest = runs.map((run) => Math.max(0, ...endsMs(run)));
  const enough = runs.map(
    ({ answers }, i) => (ENOUGH_ANSWERS / Math.max(1, answers.length)) * (longest[i] as number),
  );
  const widest = Math.min(...longest) / FEWEST_SLOTS;
  const wanted = Math.max(Math.max(...longest) / MOST_SLOTS, Math.min(widest, Math.max(...enough)));
  return ROUND_MS.find((width) => width >= wanted) ?? Math.ceil(wanted);
}

/** The run cut into slots; a repeat takes part in those that it filled to their end. */
export function slotsOf(run: Run, widthMs: number): Slot[] {
  const ends = endsMs(run);
  const values = Array.from({ length: Math.floor(Math.max(0, ...ends) / widthMs) }, (): number[] => []);
  for (const { repeat, atMs, responseMs } of run.answers) {
    const index = Math.floor(atMs / widthMs);
    if ((index + 1) * widthMs <= (ends[repeat] as number)) values[index]?.push(responseMs);
  }
  return values.map((answers, index) => {
    const repeats = ends.filter((end) => (index + 1) * widthMs <= end).length;
    return {
      atMs: (index + 0.5) * widthMs,
      ratePerSec: (answers.length / repeats / widthMs) * 1000,
      responseMs: Float64Array.from(answers).sort(),
    };
  });
}

/** When each repeat had its last answer, from its start. */
export function endsMs({ answers, repeats }: Run): number[] {
  const ends = repeats.map(() => 0);
  for (const { repeat, atMs } of answers) ends[repeat] = Math.max(ends[repeat] as number, atMs);
  return ends;
}
