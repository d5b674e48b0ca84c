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

  /**
   * Holds the first port of a range that no program listens on, until it is disposed of, looking from `from` on and round to
   * it; undefined where there is none.
   */
  async take(
    host: string,
    [min, max]: readonly [number, number],
    from: number = min,
  ): Promise<(Disposable & { readonly port: number }) | undefined> {
    const size = max - min + 1;
    for (let tried = 0; tried < size; tried += 1) {
      const port = min + ((from - min + tried) % size);
      const key = keyOf(host, port);
      if (this.#held.has(key)) continue;
      this.#held.add(key);
      if (await isFree(host, port)) return { port, [Symbol.dispose]: () => void this.#held.delete(key) };
      this.#held.delete(key);
    }
    return undefined;
  }
}

/** By another program, or for users with more rights. */
const TAKEN: readonly unknown[] = ["EADDRINUSE", "EACCES"];

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // What lacks for other reasons, its program tells better.
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(!TAKEN.includes(code)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function keyOf(host: string, port: number): string {
  return `${host} ${port}`;
}
