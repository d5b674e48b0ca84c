import { fileURLToPath } from "node:url";
import { type ResourceLimits, Worker } from "node:worker_threads";
import type { TransportName } from "../core/transport-names.ts";
import { mayHaveEngines, wantedTransport } from "../transport/choose.ts";
import { Errands } from "./errands.ts";
import type { Beginning } from "./thread.ts";

// As it is built, also where this file is run from its source.
const THREAD = fileURLToPath(new URL("../../dist/plane/thread.js", import.meta.url));

/**
 * What is young in the thread's memory, three times what V8 collects at once. It grows while thousands of sessions come to stay, is never
 * given back, and would be four times as large: 3 KiB for each of 2 000 sessions, and no faster.
 */
const MOST_YOUNG_MB = 12;

/** A thread that loads what a data plane needs, and waits until it is told to begin; it keeps no process from ending meanwhile. */
export class PlaneThread extends Worker {
  readonly #errands: Errands;

  /** `resourceLimits` stand beside those that every such thread has. */
  constructor(resourceLimits: ResourceLimits = {}) {
    const errands = new Errands();
    super(THREAD, {
      workerData: errands.memory,
      resourceLimits: { maxYoungGenerationSizeMb: MOST_YOUNG_MB, ...resourceLimits },
    });
    this.#errands = errands;
    errands.begin();
    this.unref();
    const settle = () => errands.settle();
    process.once("exit", settle);
    this.once("exit", () => process.off("exit", settle));
  }

  /** Has it begin, from when on it keeps the process from ending; it answers once. */
  begin(beginning: Beginning): void {
    this.ref();
    this.#errands.begin();
    this.postMessage(beginning);
  }

  /** It is not needed: it ends by itself once it has loaded. */
  dismiss(): void {
    this.postMessage(undefined);
  }
}

/** A thread for a plane, where it will probably be in one: it loads while this one does. Throws as wantedTransport does. */
export function threadFor(transport: TransportName): PlaneThread | undefined {
  return wantedTransport(transport) !== "sockets" && mayHaveEngines() ? new PlaneThread() : undefined;
}
