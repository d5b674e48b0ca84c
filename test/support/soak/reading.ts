import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Pace } from "./plan.ts";

const PAUSE_MS = 15;
const HEAD_BYTES = 64;

/** Compares what comes in with what must come, and keeps no more than its first bytes. */
export class Reading {
  length = 0;
  head = "";
  /** Where the first byte stood that was not the right one. */
  wrongAt: number | undefined;

  constructor(readonly expected: Buffer) {}

  /** Whether it came as expected, to the last byte. */
  get whole(): boolean {
    return this.wrongAt === undefined && this.length === this.expected.length;
  }

  take(chunk: Buffer): void {
    const due = this.expected.subarray(this.length, this.length + chunk.length);
    if (!due.equals(chunk)) this.wrongAt ??= this.length;
    if (this.head.length < HEAD_BYTES) this.head += chunk.toString("latin1", 0, HEAD_BYTES);
    this.length += chunk.length;
  }
}

/** Lets a slow reader pause after a chunk. */
export async function breathe(socket: Socket, pace: Pace): Promise<void> {
  if (pace === "fast") return;
  socket.pause();
  await delay(PAUSE_MS);
  socket.resume();
}
