import { createServer } from "node:net";

/** The ports that copies hold, by their address: from when one is chosen until its copy has ended. */
export class Ports {
  readonly #held = new Set<string>();

  /** How many of a range no copy holds. */
  left(host: string, [min, max]: readonly [number, number]): number {
    let left = 0;
    for (let port = min; port <= max; port += 1) if (!this.#held.has(keyOf(host, port))) left += 1;
    return left;
  }

  /** Holds the first port of a range that no program listens on, until it is disposed of; undefined where there is none. */
  async take(
    host: string,
    [min, max]: readonly [number, number],
  ): Promise<(Disposable & { readonly port: number }) | undefined> {
    for (let port = min; port <= max; port += 1) {
      const key = keyOf(host, port);
      if (this.#held.has(key)) continue;
      this.#held.add(key);
      if (await isFree(host, port)) return { port, [Symbol.dispose]: () => void this.#held.delete(key) };
      this.#held.delete(key);
    }
    return undefined;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function keyOf(host: string, port: number): string {
  return `${host} ${port}`;
}
