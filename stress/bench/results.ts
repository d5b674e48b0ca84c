import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { explain, Failure } from "#lb/command/failure";
import { refuseUnlessFile } from "../results.ts";
import type { Verdict } from "./bounds.ts";
import type { Finding } from "./findings.ts";
import type { Measure } from "./measure.ts";

/** The file of a benchmark. */
export interface BenchResults {
  readonly schema: "lb-bench/1";
  readonly startedAt: string;
  readonly durationMs: number;
  readonly rounds: number;
  /** Per round, where the measure does not want fewer. */
  readonly samples: number;
  readonly environment: object;
  readonly measures: readonly Pick<Measure, "name" | "unit" | "per" | "about">[];
  readonly subjects: readonly {
    readonly name: string;
    readonly about: string;
    /** Why it was not measured. */
    readonly absent: string | null;
  }[];
  readonly findings: readonly Finding[];
  readonly bounds: readonly Verdict[];
}

/** Writes the file, whole or not at all, making its folder; throws a Failure where it cannot be written. */
export async function writeBenchResults(path: string, results: BenchResults): Promise<void> {
  await refuseUnlessFile(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, `${JSON.stringify(results, null, 1)}\n`);
  } catch (error) {
    throw new Failure(explain(error, path));
  }
}
