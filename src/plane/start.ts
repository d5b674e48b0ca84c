import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { TransportName } from "../core/transport-names.ts";
import { mayHaveEngines, wantedTransport } from "../transport/choose.ts";

// As it is built, also where this file is run from its source.
const THREAD = fileURLToPath(new URL("../../dist/plane/thread.js", import.meta.url));

/**
 * What is young in the thread's memory, three times what V8 collects at once. It grows while thousands of sessions come to stay, is never
 * given back, and would be four times as large: 3 KiB for each of 2 000 sessions, and no faster.
 */
const MOST_YOUNG_MB = 12;

/** Starts a thread that loads what a data plane needs, and waits until it is told to begin; it keeps no process from ending meanwhile. */
export function startThread(): Worker {
  const thread = new Worker(THREAD, { resourceLimits: { maxYoungGenerationSizeMb: MOST_YOUNG_MB } });
  thread.unref();
  return thread;
}

/** A thread for a plane, where it will probably be in one: it loads while this one does. Throws as wantedTransport does. */
export function threadFor(transport: TransportName): Worker | undefined {
  return wantedTransport(transport) !== "sockets" && mayHaveEngines() ? startThread() : undefined;
}
