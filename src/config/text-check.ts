import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Failure } from "../command/failure.ts";
import type { TextChecked } from "./checking-thread.ts";

// As it is built, also where this file is run from its source.
const THREAD = fileURLToPath(new URL("../../dist/config/checking-thread.js", import.meta.url));
const LONGEST_MS = 10_000;
const MOST_MEMORY_MIB = 512;

/** Checks a text in a thread of its own while traffic goes on; rejects with a Failure where that takes 10 s or 512 MiB. */
export async function checkText(text: string): Promise<TextChecked> {
  const resourceLimits = { maxOldGenerationSizeMb: MOST_MEMORY_MIB };
  const thread = new Worker(THREAD, { workerData: text, resourceLimits });
  try {
    const [checked] = await once(thread, "message", { signal: AbortSignal.timeout(LONGEST_MS) });
    return checked as TextChecked;
  } catch (error) {
    throw new Failure(`the text could not be checked within ${LONGEST_MS / 1_000} s`, { cause: error });
  } finally {
    await thread.terminate();
  }
}
