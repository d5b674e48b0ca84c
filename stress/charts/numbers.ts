const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A number for a person: three significant digits, whole from 100 on, thousands set apart. */
export function readable(value: number): string {
  return Math.abs(value) >= 100 ? whole.format(value) : significant.format(value);
}

/** So many of something: "1 client", "2 clients". */
export function counted(n: number, noun: string): string {
  return `${readable(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** Milliseconds for a person; what is not known is a dash. */
export function readableMs(ms: number): string {
  return Number.isFinite(ms) ? `${readable(ms)} ms` : "–";
}

/** A share from 0 to 1 as a percentage with one decimal, none where it is all or nothing. */
export function readableShare(share: number): string {
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}
