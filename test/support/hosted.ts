import { on } from "node:events";
import { type MessagePort, Worker } from "node:worker_threads";
import type { EngineName } from "#lb/core/transport-names";
import type { hostTransport } from "#lb/transport/native/host";
import type { Libc } from "#lb/transport/native/libc";
import { within } from "./peer.ts";

const NATIVE = new URL("../../dist/transport/native/", import.meta.url).href;

/** What a thread does that waits in an engine. It stands alone: nothing of the test's file is known there. */
export type Doing = (hosted: ReturnType<typeof hostTransport>, port: MessagePort, library: Libc) => unknown;

/** The source of a thread that waits in an engine, as it is built; it says "begun", and does something, given as such or as source. */
export function hostedSource(engine: EngineName, doing: Doing | string): string {
  return `
    const { parentPort } = require("node:worker_threads");
    Promise.all([import("${NATIVE}host.js"), import("${NATIVE}libc.js")]).then(([{ hostTransport }, { libc }]) => {
      const hosted = hostTransport(${JSON.stringify(engine)});
      hosted.start();
      parentPort.postMessage("begun");
      return (${doing})(hosted, parentPort, libc());
    });`;
}

/** A thread that waits in an engine; ended when it is disposed of. */
export class HostedThread implements AsyncDisposable {
  readonly worker: Worker;
  /** Its exit code, and what it threw if that is why. */
  readonly ended: Promise<{ readonly code: number; readonly error: Error | undefined }>;
  readonly #said: AsyncIterator<unknown[]>;

  constructor(engine: EngineName, doing: Doing | string) {
    this.worker = new Worker(hostedSource(engine, doing), { eval: true });
    this.#said = on(this.worker, "message");
    let error: Error | undefined;
    this.worker.on("error", (thrown: Error) => {
      error = thrown;
    });
    this.ended = new Promise((resolve) => this.worker.once("exit", (code) => resolve({ code, error })));
  }

  /** One that has begun. */
  static async begin(engine: EngineName, doing: Doing | string): Promise<HostedThread> {
    const thread = new HostedThread(engine, doing);
    await thread.said();
    return thread;
  }

  /** What it says next; rejects with what it throws instead, and where it says nothing in time. */
  async said(ms?: number): Promise<unknown> {
    const { value } = await within("a word of the thread", this.#said.next(), ms);
    return value[0];
  }

  /** What it answers to a message. */
  async ask(message: unknown): Promise<unknown> {
    this.worker.postMessage(message);
    return this.said();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }
}
