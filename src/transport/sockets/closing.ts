import type { Socket } from "node:net";
import type { Clock, Timer } from "../../core/clock.ts";
import type { Connection } from "../transport.ts";

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

/** An `end` or a `close` under way. Its connection discards what it receives meanwhile, and disposes of it in the end. */
export class Delivery implements Disposable {
  readonly #socket: Socket;
  readonly #kind: Connection["kind"];
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #timer: Timer;

  constructor(socket: Socket, kind: Connection["kind"], clock: Clock, way: keyof typeof LINGER_MS) {
    this.#socket = socket;
    this.#kind = kind;
    this.#clock = clock;
    this.#lingerMs = LINGER_MS[way];
    this.#timer = this.#watch();
    socket.end(() => this.#delivered());
    // A socket that is not read tells of no end.
    socket.resume();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  /** Resets a peer that takes nothing for a while. Node counts a write once the kernel has taken the whole of it. */
  #watch(): Timer {
    const left = this.#socket.writableLength;
    return this.#clock.after(STALL_MS, () => {
      if (this.#socket.writableLength < left) this.#timer = this.#watch();
      else resetSocket(this.#socket, this.#kind);
    });
  }

  /** The kernel has everything, or the socket is broken. */
  #delivered(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    this.#timer[Symbol.dispose]();
    if (this.#lingerMs === 0) socket.destroy();
    else this.#timer = this.#clock.after(this.#lingerMs, () => socket.destroy());
  }
}

/** Resets a socket; does nothing where it is gone already. */
export function resetSocket(socket: Socket, kind: Connection["kind"]): void {
  if (socket.destroyed) return;
  if (kind === "unix") socket.destroy();
  // libuv refuses to reset while a FIN is on its way out, and the socket would never close; that takes one turn.
  else if (finIsLeaving(socket)) socket.once("finish", () => resetSocket(socket, kind));
  else socket.resetAndDestroy();
}

function finIsLeaving({ writableEnded, writableFinished, writableLength }: Socket): boolean {
  return writableEnded && !writableFinished && writableLength === 0;
}
