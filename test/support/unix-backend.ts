import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, TestBackend } from "./peer.ts";

/** A backend that nobody can take the address of: it can be opened, stopped, and opened again. */
export class UnixBackend implements AsyncDisposable {
  readonly endpoint: { readonly kind: "unix"; readonly path: string };
  #server: TestBackend | undefined;

  constructor(
    readonly folder: string,
    readonly onPeer: (peer: Peer) => void,
  ) {
    this.endpoint = { kind: "unix", path: join(folder, "s") };
  }

  get peers(): readonly Peer[] {
    return this.#server?.peers ?? [];
  }

  async open(): Promise<void> {
    this.#server = new TestBackend(this.onPeer);
    await this.#server.listenOn(this.endpoint.path);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** One that refuses until it is opened. */
export async function unixBackend(onPeer: (peer: Peer) => void = () => {}): Promise<UnixBackend> {
  return new UnixBackend(await mkdtemp(join(tmpdir(), "backend-")), onPeer);
}
