import type { Endpoint } from "#lb/core/address";
import { backend, type Peer, type TestBackend } from "./peer.ts";

/** Backends by name. */
export class Fleet implements AsyncDisposable {
  readonly #servers = new Map<string, TestBackend>();

  async start(name: string, onPeer: (peer: Peer) => void): Promise<void> {
    this.#servers.set(name, await backend(onPeer));
  }

  get members(): { name: string; endpoint: Endpoint }[] {
    return [...this.#servers].map(([name, { endpoint }]) => ({ name, endpoint }));
  }

  /** One answers no more, and refuses. */
  async stop(name: string): Promise<void> {
    await this.#servers.get(name)?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
  }
}

/** One backend for each name, of one character, which it says to whoever connects. */
export async function fleet(...names: readonly string[]): Promise<Fleet> {
  const made = new Fleet();
  for (const name of names) await made.start(name, (peer) => peer.send(name));
  return made;
}

/** The same, and each finishes when its client has. */
export async function politeFleet(...names: readonly string[]): Promise<Fleet> {
  const made = new Fleet();
  for (const name of names) {
    await made.start(name, (peer) => {
      peer.send(name);
      peer.socket.on("end", () => peer.finish());
    });
  }
  return made;
}
