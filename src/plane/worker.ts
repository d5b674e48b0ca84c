import type { Worker } from "node:worker_threads";
import { Failure } from "../command/failure.ts";
import { Deferred } from "../core/deferred.ts";
import { RemotePlane } from "./remote.ts";
import type { PlaneThread } from "./start.ts";
import type { Began, Beginning } from "./thread.ts";

/** What Node calls a thread that is no more, and whose end was told already. */
const ENDED = -1;

/** A Plane in a thread of its own, which goes on while this one is busy or stuck. */
export class WorkerPlane extends RemotePlane implements AsyncDisposable {
  readonly #thread: Worker;
  #isOver = false;

  /** `died` is told when the thread has ended though it was not disposed of: no call is answered from then on. */
  constructor(thread: Worker, died: (error: Error) => void) {
    super(thread);
    this.#thread = thread;
    thread.on("message", (message) => this.hear(message));
    thread.on("error", (error: Error) => this.#ended(error, died));
    thread.on("messageerror", (error: Error) => this.#ended(error, died));
    thread.on("exit", (code) => this.#ended(new Error(`its thread ended with code ${code}`), died));
  }

  /** From now on it keeps the process from ending no more. */
  release(): void {
    this.#thread.unref();
  }

  /** Ends the thread and all that is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#thread.terminate();
  }

  #ended(error: Error, died: (error: Error) => void): void {
    this.end(new Failure(`the data plane has ended: ${error.message}`, { cause: error }));
    if (!this.#isOver) died(error);
    this.#isOver = true;
  }
}

/** Has the thread begin; rejects where it ends instead. */
export function beginIn(thread: PlaneThread, beginning: Beginning): Promise<Began> {
  const begun = new Deferred<Began>();
  if (thread.threadId === ENDED) begun.reject(new Error("the data plane's thread ended before it began"));
  thread.once("message", begun.resolve);
  thread.once("error", begun.reject);
  thread.once("exit", (code) => begun.reject(new Error(`the data plane's thread ended with code ${code}`)));
  thread.begin(beginning);
  return begun.promise;
}
