import type { Child } from "#lb/command/child";
import type { Subject } from "./subject.ts";

/** What a measure works with: the load generator, the port to send to, and the proxy's process where there is one. */
export interface Bench {
  readonly load: Child;
  readonly port: number;
  readonly proxy: Child | undefined;
  /** What runs beside it. */
  readonly companion: Child | undefined;
  /** Has all backends of the proxy fail at once, and tells how many they are; undefined where it cannot. */
  readonly fail: (() => number) | undefined;
  /** Has the proxy read its file again, with another weight of all backends than 1, or the same; undefined where it cannot. */
  readonly reload: ((weight: number) => void) | undefined;
}

/** What one measurement found, per unit. */
export interface Sample {
  /** What it cost the proxy, in the measure's unit; 0 without a proxy. */
  readonly cost: number;
  /** The time that passed, in microseconds. */
  readonly wallUs: number;
}

/** One column of the benchmark. */
export interface Measure {
  readonly name: string;
  /** What a sample's cost is in. */
  readonly unit: string;
  /** What it is the cost of. */
  readonly per: string;
  readonly about: string;
  /** How many samples a round takes at most. */
  readonly mostSamples: number;
  /** Which subjects can be measured so; default: all. */
  readonly fits?: (subject: Subject) => boolean;
  /** It is taken only where it is named. */
  readonly extra?: true;
  /** What comes before the first sample: what is kept open, and enough work for a compiler in the proxy to warm up. */
  readonly prepare: (bench: Bench) => Promise<unknown>;
  /** What comes right before the first sample, when all others are prepared; left out: nothing. */
  readonly runIn?: (bench: Bench) => Promise<unknown>;
  readonly sample: (bench: Bench) => Promise<Sample>;
}

/** Whether the subject can be measured so. */
export const fits = (measure: Measure, subject: Subject) => measure.fits?.(subject) ?? true;
