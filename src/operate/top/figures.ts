import { readableDuration } from "../../core/duration.ts";

/** How long ago a time of the API was; a machine whose clock is ahead says none. */
export function agoOf(time: string | undefined, wallMs: number): string {
  return time === undefined ? "-" : readableDuration(Math.max(0, wallMs - Date.parse(time)));
}

/** How often, a second; `-` where that is not known. */
export function rateText(perSec: number | undefined): string {
  if (perSec === undefined) return "-";
  return perSec < 1_000 ? perSec.toFixed(1) : String(Math.round(perSec));
}

/** A count in six characters: above a million in millions. */
export function countText(count: number): string {
  return count < 1_000_000 ? String(count) : `${(count / 1_000_000).toPrecision(3)}M`;
}

/** How many sessions. */
export function sessionsText(count: number): string {
  return count === 1 ? "1 session" : `${count} sessions`;
}

/** Milliseconds without their unit; `-` where there was nothing to measure. */
export function msText(ms: number | undefined): string {
  if (ms === undefined) return "-";
  return ms.toFixed(ms < 10 ? 2 : 0);
}
