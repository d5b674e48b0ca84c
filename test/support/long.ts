/** Whether the tests have time: LB_LONG=1, as `npm run test:long` says. */
const isLong = process.env.LB_LONG !== undefined;

/**
 * How a property is drawn: the same cases each time, so that a run that fails can be had again; in the long mode ten times as
 * many that are new each time, and one that fails tells its seed and path.
 */
export function drawn(few: number): { readonly seed?: number; readonly numRuns: number } {
  return { ...(!isLong && { seed: 1 }), numRuns: isLong ? 10 * few : few };
}

/** The seeds of a fuzz test, from 1 on; in the long mode four times as many. */
export function seeds(few: number): readonly number[] {
  return Array.from({ length: isLong ? 4 * few : few }, (_, n) => n + 1);
}
