import type { Stats } from "node:fs";
import { access, constants, mkdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { z } from "zod";
import { explain, Failure } from "#lb/command/failure";
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

/**
 * Makes the folder of a results file to be, but none above it: a mistyped path is to be told, not made. Throws a Failure
 * where the file could not be written.
 */
export async function prepareResults(path: string): Promise<void> {
  await makeFolder(dirname(path));
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new Failure(explain(error, dirname(path)));
  }
  await refuseUnlessFile(path);
}

/** Throws a Failure where something stands that is no file: one that is written whole takes its place, also that of /dev/null. */
export async function refuseUnlessFile(path: string): Promise<void> {
  const present = await presentAt(path);
  if (present?.isDirectory()) throw new Failure(`${path} is a folder, expected a file`);
  if (present?.isFile() === false) throw new Failure(`${path} is a device or a pipe, expected a file`);
}

async function makeFolder(folder: string): Promise<void> {
  const present = await presentAt(folder);
  if (present?.isDirectory()) return;
  if (present !== undefined) throw new Failure(`${folder} is not a folder`);
  try {
    await mkdir(folder);
  } catch (error) {
    // Another file of the same folder may be prepared at the same time.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new Failure(explain(error, dirname(folder)));
  }
}

function presentAt(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/** Writes a results file, whole or not at all, making its folder; throws a Failure where it cannot be written. */
export async function writeResults(path: string, results: Results): Promise<void> {
  const text = JSON.stringify(check(results, path));
  await prepareResults(path);
  try {
    await writeFileAtomic(path, `${text}\n`);
  } catch (error) {
    throw new Failure(explain(error, path));
  }
}
