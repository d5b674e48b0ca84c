import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { explain, Failure } from "#lb/command/failure";
import { writeWhole } from "./output.ts";
import { type Results, resultsSchema } from "./schema.ts";

export type { Distribution, Plan, Results, Samples } from "./schema.ts";

/** Reads a results file; throws a Failure of one line for a file that is missing, cut short or not of this schema. */
export async function readResults(path: string): Promise<Results> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Failure(explain(error, path));
  });
  return check(parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(
      `${path}: expected a results file of the stress tester, got no JSON or only a part of it`,
    );
  }
}

function check(value: unknown, path: string): Results {
  const { success, data, error } = resultsSchema.safeParse(value);
  if (success) return data;
  const issue = error.issues[0] as z.core.$ZodIssue;
  const place = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  throw new Failure(`${path}: not a results file "lb-stress/1": ${place}${issue.message}`);
}

/** Writes a results file, whole or not at all, making its folder; throws a Failure where it cannot be written. */
export async function writeResults(path: string, results: Results): Promise<void> {
  const text = JSON.stringify(check(results, path));
  await writeWhole(path, `${text}\n`);
}
