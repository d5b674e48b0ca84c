const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;
const TEXT = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Reads `250ms`, `2s`, `5m` or `1h` as milliseconds; throws a RangeError that says what was expected. */
export function parseDuration(text: string): number {
  const [, amount, unit] = TEXT.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  if (factor === undefined)
    throw new RangeError(`expected a duration such as 250ms, 2s, 5m or 1h, got "${text}"`);
  return Number(amount) * factor;
}

/** The text `parseDuration` reads back, in the largest unit that leaves a whole number; `Infinity` is "off". */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return "off";
  const [unit, factor] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}
