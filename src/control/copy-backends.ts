import { Failure } from "../command/failure.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { probe } from "../health/probe.ts";
import type { Plane } from "../plane/plane.ts";
import type { Transport } from "../transport/transport.ts";
import type { Overlay } from "./overlay.ts";
import type { Steering } from "./steering.ts";

/** What a session that was told to leave may take to be gone. */
const LINGER_MS = 2_000;

/** The part of the control plane that is asked. */
interface Steered {
  readonly overlay: Overlay;
  readonly steering: Steering;
}

/** What CopyBackends are made of. */
export interface CopyBackendsParts {
  readonly control: Steered;
  readonly plane: Plane;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** The copies of servers as backends of their pools: how one is asked, joins and leaves. */
export class CopyBackends {
  readonly #parts: CopyBackendsParts;

  constructor(parts: CopyBackendsParts) {
    this.#parts = parts;
  }

  /** Whether the server at the endpoint passes one probe of that pool; where none is wanted, whether it takes a connection. */
  async answers(pool: string, endpoint: Endpoint): Promise<boolean> {
    const { transport, clock, control } = this.#parts;
    const settings: Config["pools"][string] | undefined = control.overlay.file.pools[pool];
    if (settings === undefined) return false;
    const { health, localAddress, sendProxy } = settings;
    const asked = health.probe.kind === "off" ? ({ kind: "tcp" } as const) : health.probe;
    const { port, timeoutMs } = health;
    const elsewhere = port !== undefined && endpoint.kind === "tcp";
    const at = elsewhere ? { ...endpoint, port } : endpoint;
    const header = elsewhere ? {} : { sendProxy };
    return (await probe(at, asked, { transport, clock, timeoutMs, localAddress, ...header })) === undefined;
  }

  /** Makes it a backend of the pool; rejects with the reason where it cannot be. */
  async join(pool: string, name: string, endpoint: Endpoint): Promise<void> {
    const backend = { ...PLAIN, name, address: endpoint };
    const manner = { source: "copy", reason: "its copy is up" } as const;
    const spoken = await this.#parts.control.steering.addBackend(pool, backend, manner);
    if (spoken.kind === "refused")
      throw new Failure(`the pool ${pool} takes no backend ${name}: ${WHY[spoken.why]}`);
  }

  /**
   * Takes it out of the pool; resolves when its last session has ended, soon after `withinMs` at the latest, and at once where
   * the pool has no such copy: it is gone, or another backend has that name by now, which is left alone. Never rejects.
   */
  async leave(pool: string, name: string, withinMs: number): Promise<void> {
    const { plane, clock } = this.#parts;
    const over = new Deferred<void>();
    using _news = plane.subscribe(
      (batch) => {
        if (batch.some((each) => each.kind === "drained" && each.pool === pool && each.backend === name))
          over.resolve();
      },
      { records: false },
    );
    using _deadline = clock.after(withinMs + LINGER_MS, () => over.resolve());
    try {
      if (!(await this.#removed(pool, name, "its copy is stopped"))) return;
      // A backend that was removed is known for as long as it has sessions.
      const drain = { kind: "drain", pool, backend: name, withinMs } as const;
      if ((await plane.order(drain)) === "not-found") return;
    } catch {
      return;
    }
    await over.promise;
  }

  /** Takes it out of the pool at once. What its process had answered is still under way, so its sessions are left alone. Never rejects. */
  async lost(pool: string, name: string): Promise<void> {
    await this.#removed(pool, name, "its copy crashed").catch(() => {});
  }

  async #removed(pool: string, name: string, reason: string): Promise<boolean> {
    const manner = { source: "copy", reason } as const;
    const { kind } = await this.#parts.control.steering.removeBackend(pool, name, manner);
    return kind === "done";
  }
}

const PLAIN = { weight: 1, maxConnections: Infinity, backup: false, state: "ready" } as const;

const WHY = {
  unknown: "there is no such pool",
  exists: "it has one of that name",
  "of-the-file": "it has one of that name",
  "is-a-copy": "it has one of that name",
  full: "it is full",
} as const;
