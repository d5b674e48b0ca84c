import { expect } from "vitest";
import type { AlgorithmName } from "#lb/algorithms/index";
import type { Endpoint } from "#lb/core/address";
import { formatEndpoint } from "#lb/core/address";
import { type Clock, systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import type { SessionRecord } from "#lb/core/session";
import type { ListenerSettings } from "#lb/listener";
import { LocalPlane } from "#lb/plane/local";
import type { Report, Sample } from "#lb/plane/plane";
import type { BackendSettings, PoolSettings } from "#lb/pool/pool";
import { SocketTransport } from "#lb/transport/sockets/index";
import { dialPeer, type Peer, within } from "./peer.ts";

/** What a test wants other than the defaults. */
export interface LabOptions extends Partial<Omit<ListenerSettings, "name" | "endpoint" | "pool">> {
  readonly algorithm?: AlgorithmName;
  readonly attempts?: number;
  readonly connectMs?: number;
  readonly clock?: Clock;
  readonly backends: readonly (Endpoint | (Partial<BackendSettings> & { endpoint: Endpoint }))[];
}

/**
 * A balancer on real sockets in this process, one listener on a free port before one pool. At its end every session has
 * had one record, and every gauge is back at zero.
 */
export class Lab implements AsyncDisposable {
  readonly records: SessionRecord[] = [];
  readonly plane: LocalPlane;
  readonly clients: Peer[] = [];
  #endpoint: Endpoint | undefined;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.plane = new LocalPlane({ transport: new SocketTransport(clock), clock, dice: seededDice(1) });
    this.plane.onReports = (batch) => this.#read(batch);
  }

  get endpoint(): Endpoint {
    return this.#endpoint as Endpoint;
  }

  async apply(options: LabOptions): Promise<void> {
    const {
      backends,
      algorithm = "round-robin",
      attempts = 3,
      connectMs = 2_000,
      clock: _,
      ...rest
    } = options;
    const listener: ListenerSettings = {
      name: "main",
      endpoint: { kind: "tcp", host: "127.0.0.1", port: 0 },
      pool: "main",
      halfClose: true,
      idleMs: 600_000,
      finMs: 30_000,
      ...rest,
    };
    const members = backends.map((each) => member("endpoint" in each ? each : { endpoint: each }));
    const pool: PoolSettings = { name: "main", algorithm, attempts, connectMs, backends: members };
    const { listeners } = await this.plane.apply({
      listeners: [listener],
      pools: [pool],
      recordSessions: true,
    });
    this.#endpoint = listeners[0]?.endpoint;
  }

  /** A connected client. */
  async client(): Promise<Peer> {
    const peer = await dialPeer(this.endpoint);
    this.clients.push(peer);
    return peer;
  }

  /** All records, once there are `count`. */
  async ended(count = 1): Promise<readonly SessionRecord[]> {
    const arrived = async () => {
      while (this.records.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    };
    await within(`record ${count} of a session`, arrived());
    return this.records;
  }

  /** Connections that stood, by backend name. */
  async shares(): Promise<Record<string, number>> {
    const { pools } = await this.plane.sample();
    return Object.fromEntries(pools[0]?.backends.map(({ name, connected }) => [name, connected]) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.reset();
    const sessions = sum(await this.plane.sample(), ({ listeners }) =>
      listeners.map((each) => each.sessions),
    );
    await this.ended(sessions);
    await this.plane.close({ graceMs: 0 });
    const sample = await this.plane.sample();
    expect(this.records).toHaveLength(sessions);
    expect(this.records.filter(({ ending }) => ending === "bug")).toEqual([]);
    expect(sample.heldBytes).toBe(0);
    expect(sum(sample, ({ listeners }) => listeners.map((each) => each.active))).toBe(0);
    expect(
      sum(sample, ({ pools }) => pools.flatMap(({ backends }) => backends.map((each) => each.active))),
    ).toBe(0);
  }

  #read(batch: readonly Report[]): void {
    for (const report of batch) if (report.kind === "session") this.records.push(report.record);
    for (const arrived of this.#waiting.splice(0)) arrived();
  }
}

/** A lab that listens and serves. */
export async function lab(options: LabOptions): Promise<Lab> {
  const made = new Lab(options.clock ?? systemClock);
  await made.apply(options);
  return made;
}

function member(settings: Partial<BackendSettings> & { endpoint: Endpoint }): BackendSettings {
  return { name: formatEndpoint(settings.endpoint), weight: 1, state: "ready", ...settings };
}

function sum(sample: Sample, numbers: (sample: Sample) => number[]): number {
  return numbers(sample).reduce((total, each) => total + each, 0);
}
