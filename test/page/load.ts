import { connect, type Socket } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { seededDice } from "#lb/core/dice";

/** Clients that come at a steady rate, have something answered, stay a while and go: the same ones each time. */
export class Load implements Disposable {
  readonly #dice = seededDice(7);
  readonly #clients = new Set<Socket>();
  readonly #endpoint: Endpoint;
  readonly #stayMs: number;
  readonly #timer: NodeJS.Timeout;

  /** `stayMs`: how long a client stays on the average. */
  constructor(endpoint: Endpoint, perSec: number, stayMs = 200) {
    this.#endpoint = endpoint;
    this.#stayMs = stayMs;
    this.#timer = setInterval(() => this.#come(), 1_000 / perSec);
  }

  /** No more clients come; those that are there go when their time is over. */
  stop(): void {
    clearInterval(this.#timer);
  }

  [Symbol.dispose](): void {
    this.stop();
    for (const client of this.#clients) client.destroy();
  }

  #come(): void {
    const endpoint = this.#endpoint as { readonly host: string; readonly port: number };
    const client = connect(endpoint);
    this.#clients.add(client);
    client.on("error", () => {});
    client.on("close", () => this.#clients.delete(client));
    client.on("connect", () => client.write("ping\n"));
    // It has its answer first, so that it stays longer where a server is slow.
    client.once("data", () => setTimeout(() => client.end(), this.#stayMs * 2 * this.#dice()));
  }
}
