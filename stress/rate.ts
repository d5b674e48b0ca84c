const MOST_PER_SEC = 100_000;
const TEXT = /^(\d+(?:\.\d+)?)\/(s|m|h)$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Reads `500/s`, `90/m` or `20/h` as requests per second; throws a RangeError that says what was expected. */
export function parseRate(text: string): number {
  const [, amount, unit = ""] = TEXT.exec(text) ?? [];
  const perSec = Number(amount) / (SECONDS[unit] ?? Number.NaN);
  if (perSec > 0 && perSec <= MOST_PER_SEC) return perSec;
  throw new RangeError(
    `expected a rate such as 500/s or 90/m, above 0 and at most ${MOST_PER_SEC}/s, got "${text}"`,
  );
}
