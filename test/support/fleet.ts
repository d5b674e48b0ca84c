import type { Endpoint } from "#lb/core/address";
import { backend, type TestBackend } from "./peer.ts";

/** Backends that say their name to whoever connects. */
export class Fleet implements AsyncDisposable {
  readonly #servers = new Map<string, TestBackend>();

  async start(name: string): Promise<void> {
    this.#servers.set(name, await backend((peer) => peer.send(name)));
  }

  get members(): { name: string; endpoint: Endpoint }[] {
    return [...this.#servers].map(([name, { endpoint }]) => ({ name, endpoint }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
  }
}

/** One backend for each name, of one character. */
export async function fleet(...names: readonly string[]): Promise<Fleet> {
  const made = new Fleet();
  for (const name of names) await made.start(name);
  return made;
}
