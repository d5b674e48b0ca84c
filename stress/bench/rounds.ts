import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Children } from "#lb/command/children";
import { script } from "#lb/command/program";
import { dismiss, lineUp, type Stage } from "./lineup.ts";
import { type Bench, fits, type Measure, type Sample } from "./measure.ts";
import type { Subject } from "./subject.ts";

/** What is measured, and how often. */
export interface Plan {
  readonly subjects: readonly Subject[];
  readonly measures: readonly Measure[];
  /** Why a subject, by its name, cannot be measured here. */
  readonly absent: ReadonlyMap<string, string>;
  /** How often all processes are started afresh. */
  readonly rounds: number;
  /** How many samples a round takes of each, where the measure does not want fewer. */
  readonly samples: number;
}

/** One sample, and what it is of. */
export interface Cell {
  readonly subject: string;
  readonly measure: string;
  /** The samples of one turn were taken one right after the other. */
  readonly turn: number;
  readonly sample: Sample;
}

/** How many cells all rounds have. */
export function cellsOf(plan: Plan): number {
  const perRound = plan.measures.map((each) => samplesOf(plan, each) * measuredBy(plan, each).length);
  return plan.rounds * perRound.reduce((sum, cells) => sum + cells, 0);
}

/** How many samples a round takes of each subject by this measure. */
const samplesOf = (plan: Plan, measure: Measure) => Math.min(plan.samples, measure.mostSamples);

/** The subjects that this measure is taken of. */
const measuredBy = ({ subjects, absent }: Plan, measure: Measure) =>
  subjects.filter((subject) => !absent.has(subject.name) && fits(measure, subject));

/** Measures every subject by every measure, round by round. */
export async function* rounds(plan: Plan, children: Children): AsyncGenerator<Cell, void> {
  const stage: Stage = {
    load: children.start(script("load generator", beside("load.js"))),
    echo: children.start(script("echo backend", beside("echo.js"))),
    children,
    folder: await mkdtemp(join(tmpdir(), "lb-bench-")),
  };
  try {
    for (let round = 0; round < plan.rounds; round++) {
      for (const measure of plan.measures) yield* turns(plan, stage, measure, round);
    }
  } finally {
    await rm(stage.folder, { recursive: true });
  }
}

/** All subjects run side by side and are measured in turn, so that what else the machine does falls on each of them. */
async function* turns(plan: Plan, stage: Stage, measure: Measure, round: number): AsyncGenerator<Cell, void> {
  const samples = samplesOf(plan, measure);
  const entrants = await lineUp(measuredBy(plan, measure), stage);
  for (const step of [measure.prepare, measure.runIn]) {
    for (const { bench } of entrants) await unlessEnded(bench, Promise.resolve(step?.(bench)));
  }
  for (let at = 0; at < samples; at++) {
    const turn = round * samples + at;
    for (const { subject, bench } of rotated(entrants, turn)) {
      const sample = await unlessEnded(bench, measure.sample(bench));
      yield { subject, measure: measure.name, turn, sample };
    }
  }
  await dismiss(entrants);
}

/** Each turn begins with another subject, so that none always has the same one before it. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** A proxy that ended says more about what went wrong than the load generator can; without what runs beside it the numbers are false. */
function unlessEnded<T>({ proxy, companion }: Bench, work: Promise<T>): Promise<T> {
  const besides = companion === undefined ? work : companion.during(work);
  return proxy === undefined ? besides : proxy.during(besides);
}

const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));
