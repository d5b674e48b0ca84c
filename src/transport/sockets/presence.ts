import type { Socket } from "node:net";
import type { Clock, Timer } from "../../core/clock.ts";

/** How long a peer is left alone after its answer. */
const ASK_MS = 1_000;

/**
 * Asks a TCP peer whether it is still there, by writing nothing, which fails once the peer has reset the connection.
 * Reading does not tell: libuv reports a reset right behind data as an end, and a socket that was read to its end reports
 * nothing more. Behind our own FIN no peer can be asked.
 */
export function askPeer(socket: Socket, answered: (error: Error | null | undefined) => void): void {
  socket.write("", answered);
}

/** Asks a peer that has finished again and again, until it is disposed of; the socket of a peer that is gone breaks. */
export class PresenceCheck implements Disposable {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #timer: Timer;
  #isOver = false;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#timer = this.#askLater();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer[Symbol.dispose]();
  }

  #askLater(): Timer {
    return this.#clock.after(ASK_MS, () => {
      askPeer(this.#socket, (error) => {
        if (!error && !this.#isOver) this.#timer = this.#askLater();
      });
    });
  }
}
