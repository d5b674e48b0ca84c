import type { Endpoint } from "#lb/core/address";

/** Whom to call, and how. */
export interface Calling {
  readonly to: Endpoint;
  readonly timeoutMs: number;
  /** Uses one connection until it fails, instead of one per request. */
  readonly keep: boolean;
}

/** An answer that was verified: what it says, and who gave it. */
export interface Answer {
  readonly text: string;
  readonly server: string;
}

/** One connection's worth of requests, one after the other. */
export interface Caller extends Disposable {
  /** Sends request `index` and resolves with its verified answer; rejects with a ClientError. */
  call(index: number): Promise<Answer>;
}
