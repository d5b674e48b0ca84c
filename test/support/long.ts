/** Whether the tests have time: LB_LONG=1, as `npm run test:long` says. */
const isLong = process.env.LB_LONG !== undefined;

/** How many runs of a property there are; in the long mode ten times as many. */
export function runs(few: number): number {
  return isLong ? 10 * few : few;
}

/** The seeds of a fuzz test, from 1 on; in the long mode four times as many. */
export function seeds(few: number): readonly number[] {
  return Array.from({ length: isLong ? 4 * few : few }, (_, n) => n + 1);
}
