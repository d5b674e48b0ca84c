import { Balancer } from "../balancer.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import type { Listener } from "../listener.ts";
import type { Pool } from "../pool/pool.ts";
import type { Transport } from "../transport/transport.ts";
import type {
  Applied,
  ListenerSample,
  Order,
  Outcome,
  Plane,
  PoolSample,
  Report,
  Sample,
  Snapshot,
} from "./plane.ts";

/** What a plane in this thread is made of. */
interface LocalParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly maxSessions?: number;
}

/** A Plane in this thread. */
export class LocalPlane implements Plane {
  onReports: ((batch: readonly Report[]) => void) | undefined;
  readonly #balancer: Balancer;
  #recordSessions = false;
  #batch: Report[] = [];

  /** `maxSessions`: of all listeners together, as many as the open files suffice for. */
  constructor({ maxSessions = Infinity, ...parts }: LocalParts) {
    this.#balancer = new Balancer({
      ...parts,
      maxSessions,
      recorded: () => this.#recordSessions,
      onRecord: (record) => this.#report({ kind: "session", record }),
      onStateChange: (change) => this.#report({ kind: "backend", change }),
      onDrained: (drained) => this.#report({ kind: "drained", drained }),
      onNothingUsable: (pool, sessions) => this.#report({ kind: "no-backend", pool, sessions }),
      onNobodyAnswered: (pool, sessions) => this.#report({ kind: "unanswered", pool, sessions }),
      onOwnFault: (pool, code, dials) => this.#report({ kind: "own-fault", pool, code, dials }),
      onBug: (error, session) => this.#report({ kind: "bug", session: session.id, error: textOf(error) }),
    });
  }

  async apply(snapshot: Snapshot): Promise<Applied> {
    const before = this.#recordSessions;
    // Before anybody is accepted: a client that has left cannot be asked for its address.
    this.#recordSessions = snapshot.recordSessions;
    try {
      await this.#balancer.apply(snapshot);
    } catch (error) {
      this.#recordSessions = before;
      throw error;
    }
    return { listeners: this.#balancer.listeners.map(({ name, endpoint }) => ({ name, endpoint })) };
  }

  async order(order: Order): Promise<Outcome> {
    return this.#obey(order) ? "done" : "not-found";
  }

  async sample(): Promise<Sample> {
    let heldBytes = 0;
    for (const session of this.#balancer.sessions()) heldBytes += session.heldBytes;
    const listeners = [
      ...this.#balancer.listeners.map((listener) => sampleListener(listener, false)),
      ...this.#balancer.leaving.map((listener) => sampleListener(listener, true)),
    ];
    return { listeners, pools: this.#balancer.pools.map(samplePool), heldBytes };
  }

  async close({ graceMs }: { readonly graceMs: number }): Promise<number> {
    const cut = await this.#balancer.close(graceMs);
    this.#flush();
    return cut;
  }

  #obey(order: Order): boolean {
    switch (order.kind) {
      case "backend": {
        const { kind: _, pool, backend, withinMs, ...wish } = order;
        return this.#balancer.adjust(pool, backend, wish, withinMs);
      }
      case "verdict":
        return this.#balancer.verdict(order);
      case "kill":
        return this.#kill(order.session);
    }
  }

  #kill(id: string): boolean {
    for (const session of this.#balancer.sessions()) {
      if (session.id !== id) continue;
      session.end("killed");
      return true;
    }
    return false;
  }

  #report(report: Report): void {
    this.#batch.push(report);
    if (this.#batch.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.onReports?.(batch);
  }
}

function sampleListener(listener: Listener, leaving: boolean): ListenerSample {
  const { name, endpoint, sessions, totals } = listener;
  return { name, endpoint, leaving, active: sessions.size, ...totals, endings: { ...totals.endings } };
}

function samplePool(pool: Pool): PoolSample {
  const backends = pool.members.map(
    ({ name, address, state, operational, weight, active, slot, counts }) => ({
      name,
      address,
      state,
      operational,
      weight,
      active,
      connected: counts.connected[slot] as number,
      failed: counts.failed[slot] as number,
    }),
  );
  return { name: pool.name, queued: pool.queued, backends };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
