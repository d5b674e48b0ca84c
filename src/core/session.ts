import { hostPort } from "./address.ts";
import type { Backend } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { Ending } from "./ending.ts";

/** One dial of a session: to whom, how long it took, and how it failed if it did. */
export interface Attempt {
  readonly backend: string;
  readonly address: string;
  readonly ms: number;
  readonly error?: Ending;
}

/** What is told of a session when it is over: plain data, every key always there. */
export interface SessionRecord {
  readonly id: string;
  readonly listener: string;
  readonly client: string;
  readonly pool: string;
  readonly backend: string | null;
  readonly attempts: readonly Attempt[];
  readonly queuedMs: number;
  readonly connectMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly ending: Ending;
}
