import { setImmediate as turn } from "node:timers/promises";
import { collectGarbage } from "../garbage.ts";

/** The bytes of the heap that are still referred to, buffers outside of it included. */
export async function heapAfterCollection(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await turn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
