/** What stands where something is not known. */
export const UNKNOWN = "–";

/** A count of things, `1 234`. */
export function whole(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** So many a second: one decimal where there are few. */
export function rate(perSec: number | undefined): string {
  if (perSec === undefined) return UNKNOWN;
  return perSec > 0 && perSec < 10 ? perSec.toFixed(1) : whole(perSec);
}

/** The same with its unit. */
export function perSecond(perSec: number | undefined): string {
  return perSec === undefined ? UNKNOWN : `${rate(perSec)}/s`;
}

/** A time with two digits, in the unit that fits. */
export function time(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 1_000) return `${Number(ms.toPrecision(2))}\u2009ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toPrecision(2))}\u2009s`;
  return duration(ms);
}

/** How long something has been so, in its largest unit: `12 s`, `3 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}\u2009s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}\u2009min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}\u2009h`;
  return `${Math.floor(seconds / 86_400)}\u2009d`;
}

/** A part of a whole, 0 to 1. */
export function percent(part: number | undefined): string {
  return part === undefined ? UNKNOWN : `${Math.round(part * 100)}\u2009%`;
}

/** A time of day in UTC, as the log and the explanations have it. */
export function clockTime(iso: string): string {
  return iso.slice(11, 19);
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, thing: string): string {
  return `${whole(count)} ${thing}${count === 1 ? "" : "s"}`;
}
