import { type ConcurrencySettings, concurrency } from "./concurrency.ts";
import { type CrashSettings, crash } from "./crash.ts";
import { type FailFirstSettings, failFirst } from "./fail-first.ts";
import type { Behaviour, Surroundings } from "./fault.ts";
import { type LatencySettings, latency } from "./latency.ts";
import { type RefuseSettings, refuse } from "./refuse.ts";
import { type ResetSettings, reset } from "./reset.ts";
import { type StallSettings, stall } from "./stall.ts";

/** Every fault; work passes through them in this order, so a request keeps its place while its latency runs. */
const faults = [refuse, failFirst, reset, stall, concurrency, latency, crash] as const;

/** The command line options of all faults. */
export const faultOptions = {
  ...refuse.options,
  ...failFirst.options,
  ...reset.options,
  ...stall.options,
  ...concurrency.options,
  ...latency.options,
  ...crash.options,
};

/** The settings of all faults. */
export interface FaultSettings
  extends RefuseSettings,
    FailFirstSettings,
    ResetSettings,
    StallSettings,
    ConcurrencySettings,
    LatencySettings,
    CrashSettings {}

/** No fault at all. */
export const noFaults: FaultSettings = {
  refuse: false,
  "fail-first": 0,
  reset: 0,
  stall: 0,
  concurrency: undefined,
  latency: 0,
  jitter: 0,
  "crash-every": undefined,
  "down-for": undefined,
};

/** The behaviours that the settings switch on, for one server. */
export function behaviours(settings: FaultSettings, around: Surroundings): Behaviour[] {
  return faults.flatMap((fault) => fault.behave(settings, around) ?? []);
}
