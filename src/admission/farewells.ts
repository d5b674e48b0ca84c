import type { Connection } from "../transport/transport.ts";

/**
 * Clients that were refused and are on their way out. Each holds a descriptor while its answer is under way, so there is
 * a most; above it the one that has had longest is broken off.
 */
export class Farewells {
  readonly #leaving = new Set<Connection>();
  readonly #most: () => number;

  constructor(most: () => number) {
    this.#most = most;
  }

  /** Resolves when nothing of the client is left. */
  async waitFor(client: Connection): Promise<void> {
    this.#leaving.add(client);
    if (this.#leaving.size > this.#most()) this.#breakOff();
    await client.closed;
    this.#leaving.delete(client);
  }

  #breakOff(): void {
    const [longest] = this.#leaving;
    if (longest === undefined) return;
    this.#leaving.delete(longest);
    longest.reset();
  }
}
