import type { Clock, Timer } from "../core/clock.ts";
import type { Connection } from "./transport.ts";

/**
 * The four ways to close a connection from this side, the gentlest first:
 *
 * |          | for a peer …                          | what was written | the peer sees | what it still sends | the socket is gone       |
 * | -------- | ------------------------------------- | ---------------- | ------------- | ------------------- | ------------------------ |
 * | `finish` | whose partner in a relay has finished | is delivered     | FIN           | is received         | once the peer finishes   |
 * | `end`    | that is to get all of it              | is delivered     | FIN           | is discarded        | the same, or 1 s after   |
 * | `close`  | whose place is wanted                 | is delivered     | FIN           | is discarded        | as soon as FIN is sent   |
 * | `reset`  | that is to see an abort               | is dropped       | RST           | is dropped          | at once                  |
 *
 * Of `end` and `close` the first call stays; both break off a peer that takes nothing for 30 s. Once the socket is gone,
 * a peer that still sends gets RST, which destroys what it has not read. A unix socket has no RST: its peer sees an end.
 */
export interface Closable extends Pick<Connection, "end" | "reset"> {
  finish(): void;
  close(): void;
}

/** How long a peer that was sent FIN may go on sending before the socket is gone. */
const LINGER_MS = { end: 1_000, close: 0 } as const;

/** How long a peer may take nothing of what was written before FIN. */
const STALL_MS = 30_000;

/** What a delivery needs of its connection. */
export interface Deliverable {
  /** Bytes that were written and that the kernel has not taken yet. */
  readonly queued: number;
  /** Gives the socket back; the kernel delivers what it has taken. */
  destroy(): void;
  reset(): void;
}

/**
 * An `end` or a `close` under way. Its connection discards what it receives meanwhile, says when the kernel has
 * everything and the FIN behind it, and disposes of it once the socket is gone.
 */
export class Delivery implements Disposable {
  readonly #connection: Deliverable;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #timer: Timer | undefined;

  constructor(connection: Deliverable, clock: Clock, way: keyof typeof LINGER_MS) {
    this.#connection = connection;
    this.#clock = clock;
    this.#lingerMs = LINGER_MS[way];
    if (connection.queued > 0) this.#timer = this.#watch();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  delivered(): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#lingerMs === 0) this.#connection.destroy();
    else this.#timer = this.#clock.after(this.#lingerMs, () => this.#connection.destroy());
  }

  /** Resets a peer that takes nothing for a while. */
  #watch(): Timer {
    const left = this.#connection.queued;
    return this.#clock.after(STALL_MS, () => {
      if (this.#connection.queued < left) this.#timer = this.#watch();
      else this.#connection.reset();
    });
  }
}
