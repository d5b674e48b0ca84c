import { distributionOf } from "./distribution.ts";
import type { Recording } from "./recording.ts";
import type { Results } from "./results.ts";

const SLOT_MS = 250;

interface Slot {
  failed: number;
  readonly latenciesUs: number[];
}

/**
 * How the requests *started* in each quarter of a second went, `atMs` being its end: a request that hung is seen when
 * it came, not when it was given up. Repeats follow one another, each beginning a slot of its own.
 */
export function timelineOf(recording: Recording): Results["timeline"] {
  const { runs, run, startUs, latencyUs, error, length } = recording;
  const firstSlots: number[] = [];
  const slots: Slot[] = [];
  for (const { durationMs } of runs) {
    firstSlots.push(slots.length);
    const count = Math.floor(durationMs / SLOT_MS) + 1;
    for (let i = 0; i < count; i++) slots.push({ failed: 0, latenciesUs: [] });
  }
  for (let i = 0; i < length; i++) {
    const first = firstSlots[run[i] as number] as number;
    const slot = slots[first + Math.floor((startUs[i] as number) / 1000 / SLOT_MS)] as Slot;
    const latency = latencyUs[i] as number;
    if (latency >= 0) slot.latenciesUs.push(latency);
    else if ((error[i] as number) >= 0) slot.failed++;
  }
  return slots.map(({ failed, latenciesUs }, index) => {
    const { n, p50, p99 } = distributionOf(latenciesUs);
    return { atMs: (index + 1) * SLOT_MS, ok: n, failed, p50, p99 };
  });
}
