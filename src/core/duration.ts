const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;
/** What any duration that is asked for may be at most: what a timer of the machine can hold. */
export const LONGEST_DURATION = "576h";
const TEXT = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Reads `250ms`, `2s`, `5m` or `1h` as milliseconds; throws a RangeError that says what was expected. */
export function parseDuration(text: string): number {
  const [, amount, unit] = TEXT.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  if (factor === undefined)
    throw new RangeError(`expected a duration such as 250ms, 2s, 5m or 1h, got "${text}"`);
  return Number(amount) * factor;
}

/** Each unit with the next smaller one. */
const READABLE = [
  ["d", 86_400_000, "h", 3_600_000],
  ["h", 3_600_000, "m", 60_000],
  ["m", 60_000, "s", 1_000],
] as const;

/**
 * A measured time for a person, rounded down: in two units from a minute on, `2h 3m`, below that in seconds and tenths,
 * `30.4s`.
 */
export function readableDuration(ms: number): string {
  const units = READABLE.find(([, size]) => ms >= size);
  if (units === undefined) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const [unit, size, smaller, smallerSize] = units;
  return `${Math.floor(ms / size)}${unit} ${Math.floor((ms % size) / smallerSize)}${smaller}`;
}

/** The text `parseDuration` reads back, in the largest unit that leaves a whole number; `Infinity` is "off". */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return "off";
  const [unit, factor] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}
