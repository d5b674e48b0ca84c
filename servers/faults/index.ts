import type { Options } from "yargs";
import { concurrency } from "./concurrency.ts";
import { crash } from "./crash.ts";
import { failFirst } from "./fail-first.ts";
import type { Behaviour, Surroundings } from "./fault.ts";
import { latency } from "./latency.ts";
import { refuse } from "./refuse.ts";
import { reset } from "./reset.ts";
import { stall } from "./stall.ts";

/** Every fault; work passes through them in this order, so a request keeps its place while its latency runs. */
const faults = [refuse, failFirst, reset, stall, concurrency, latency, crash] as const;

/** The settings of all faults. */
export type FaultSettings = All<(typeof faults)[number]["off"]>;

/** What is every member of a union at once: only such a thing can be given to all functions that each take one member. */
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer Every) => void
  ? Every
  : never;

/** The command line options of all faults. */
export const faultOptions = merged(faults.map(({ options }) => options)) as Readonly<
  Record<keyof FaultSettings, Options>
>;

/** No fault at all. */
export const noFaults = merged(faults.map(({ off }) => off)) as FaultSettings;

/** The behaviours that the settings switch on, for one server. */
export function behaviours(settings: FaultSettings, around: Surroundings): Behaviour[] {
  return faults.flatMap((fault) => fault.behave(settings, around) ?? []);
}

function merged(parts: readonly object[]): object {
  return Object.assign({}, ...parts);
}
