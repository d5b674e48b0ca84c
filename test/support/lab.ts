import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { BackendSettings } from "#lb/contract/backend";
import type { ClientSettings } from "#lb/contract/clients";
import type { ListenerSettings } from "#lb/contract/listener";
import type { PoolSettings } from "#lb/contract/pool";
import type { SessionRecord } from "#lb/contract/record";
import type { Report } from "#lb/contract/report";
import type { BackendSample, Sample } from "#lb/contract/sample";
import { type Endpoint, formatEndpoint, parseEndpoint } from "#lb/core/address";
import { type Clock, systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { LocalPlane } from "#lb/plane/local";

import type { Transport } from "#lb/transport/transport";
import { plainBackend } from "./backends.ts";
import { ManualClock } from "./manual-clock.ts";
import { dialPeer, type Peer, within } from "./peer.ts";
import { testTransport } from "./transport.ts";

/** A backend as a test names it: an address, or more of its settings. */
export type Member = Endpoint | (Partial<BackendSettings> & { readonly endpoint: Endpoint });

/** What a test wants other than the defaults. */
export interface LabOptions
  extends Partial<Omit<ListenerSettings, "name" | "pool" | "transport">>,
    Partial<Omit<PoolSettings, "name" | "backends">> {
  readonly clock?: Clock;
  readonly transport?: Transport;
  readonly clients?: ClientSettings;
  readonly backends: readonly Member[];
}

/** A listener's settings where nobody says otherwise. */
export const plainListener: ListenerSettings = {
  name: "main",
  endpoint: { kind: "tcp", host: "127.0.0.1", port: 0 },
  pool: "main",
  transport: "auto",
  keepAliveMs: Infinity,
  refuse: "close",
  maxConnections: Infinity,
  access: [],
  connectionsPerClient: Infinity,
  rateLimit: false,
  acceptProxy: undefined,
  halfClose: true,
  idleMs: 600_000,
  finMs: 30_000,
  maxAgeMs: Infinity,
};

/** A pool's settings where nobody says otherwise. */
export const plainPool: PoolSettings = {
  name: "main",
  algorithm: "round-robin",
  attempts: 3,
  connectTimeoutMs: 2_000,
  keepAliveMs: Infinity,
  queue: { max: 1000, timeoutMs: 5_000 },
  localAddress: undefined,
  sendProxy: undefined,
  slowStartMs: 0,
  onDown: "keep",
  outlier: { failures: Infinity, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 },
  retryBudget: undefined,
  backends: [],
};

/**
 * A balancer on real sockets in this process, one listener on a free port before one pool. At its end every session has
 * had one record, and every gauge is back at zero.
 */
export class Lab implements AsyncDisposable {
  readonly records: SessionRecord[] = [];
  /** What the plane told of other things than sessions. */
  readonly reports: Exclude<Report, { kind: "session" }>[] = [];
  readonly plane: LocalPlane;
  readonly clients: Peer[] = [];
  /** How many sessions are to end by a throw. */
  bugs = 0;
  readonly #clock: Clock;
  #endpoint: Endpoint | undefined;
  #pool: PoolSettings = plainPool;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, transport: Transport) {
    this.#clock = clock;
    this.plane = new LocalPlane({ transport: () => transport, clock, dice: seededDice(1) });
    this.plane.subscribe((batch) => this.#read(batch), { records: true });
  }

  get endpoint(): Endpoint {
    return this.#endpoint as Endpoint;
  }

  async apply(options: LabOptions): Promise<void> {
    const { backends, clients = { default: undefined, list: [] }, transport: _, ...settings } = options;
    const listener = overlaid(plainListener, settings);
    const pool = { ...overlaid(plainPool, settings), backends: backends.map(member) };
    const { listeners } = await this.plane.apply({ listeners: [listener], pools: [pool], clients });
    this.#pool = pool;
    this.#endpoint = listeners[0]?.endpoint;
  }

  /** Wants something else of a backend, by its name; a drain takes its sessions off it within a time, if one is given. */
  async set(name: string, values: Partial<BackendSettings>, withinMs = Infinity): Promise<void> {
    const backends = this.#pool.backends.map((each) => (each.name === name ? { ...each, ...values } : each));
    this.#pool = { ...this.#pool, backends };
    await this.plane.change({ kind: "pool", pool: this.#pool, reason: "set by an operator" });
    if (values.state !== "drain") return;
    await this.plane.order({ kind: "drain", pool: "main", backend: name, withinMs });
  }

  /** Bytes read from one side and not yet taken by the kernel for the other, over all sessions. */
  async heldBytes(): Promise<number> {
    return sum(await this.plane.sessions(Infinity), "heldBytes");
  }

  /** Resolves when bytes are held, and the kernel takes no more of them for some turns. */
  async stalled(): Promise<void> {
    let before = 0;
    await this.when("a reader that takes nothing", async () => {
      const held = await this.heldBytes();
      for (let turns = 0; turns < 20; turns++) await turn();
      const isStill = held > 0 && held === before;
      before = held;
      return isStill;
    });
  }

  /** A connected client, from a source address if one is given. */
  async client(localAddress?: string): Promise<Peer> {
    const peer = await dialPeer(this.endpoint, localAddress);
    this.clients.push(peer);
    return peer;
  }

  /** A client of a fleet and who serves it. */
  async served(localAddress?: string): Promise<{ readonly by: string; readonly client: Peer }> {
    const client = await this.client(localAddress);
    return { by: (await client.bytes(1)).toString(), client };
  }

  /** Who serves `count` clients of a fleet in turn, each gone before the next comes. */
  async served1by1(count: number): Promise<string> {
    let order = "";
    for (let i = 0; i < count; i++) {
      const before = this.records.length;
      const { by, client } = await this.served();
      order += by;
      client.reset();
      await this.ended(before + 1);
    }
    return order;
  }

  /** All records, once there are `count`. */
  async ended(count = 1): Promise<readonly SessionRecord[]> {
    const arrived = async () => {
      while (this.records.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    };
    await within(`record ${count} of a session`, arrived());
    return this.records;
  }

  /** Resolves when the live numbers are so. */
  async when(what: string, holds: (sample: Sample) => boolean | Promise<boolean>): Promise<void> {
    let over = false;
    const look = async () => {
      while (!(over || (await holds(await this.plane.sample())))) await turn();
    };
    await within(what, look()).finally(() => {
      over = true;
    });
  }

  /** Resolves when `count` sessions hold a place on a backend. */
  async leased(count = 1): Promise<void> {
    await this.when(`${count} sessions on backends`, (sample) => sum(backendsOf(sample), "active") === count);
  }

  /** Resolves when `count` sessions wait for a place. */
  async queued(count: number): Promise<void> {
    await this.when(`${count} sessions in the queue`, ({ pools }) => sum(pools, "queued") === count);
  }

  /** Tells what probes would have found of a backend. */
  async verdict(name: string, alive: boolean): Promise<void> {
    const found = backendsOf(await this.plane.sample()).find((each) => each.name === name) as BackendSample;
    const endpoint = parseEndpoint(found.address);
    const reason = "told so";
    await this.plane.order({ kind: "verdict", pool: "main", entry: name, endpoint, alive, reason });
  }

  /** What became of backends, in order: `a ejected`. */
  get changes(): string[] {
    return this.reports.flatMap((each) => (each.kind === "backend" ? [`${each.backend} ${each.state}`] : []));
  }

  /** One number of each backend, by name. */
  async numbers(of: "active" | "connected" | "failed"): Promise<Record<string, number>> {
    return Object.fromEntries(backendsOf(await this.plane.sample()).map((each) => [each.name, each[of]]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.reset();
    const sessions = this.clients.length;
    await this.#over(sessions);
    await this.plane.close({ graceMs: 0 });
    const sample = await this.plane.sample();
    expect(this.records).toHaveLength(sessions);
    expect(this.records.filter(({ ending }) => ending === "bug")).toHaveLength(this.bugs);
    expect(await this.plane.sessions(Infinity)).toEqual([]);
    expect(sum(sample.listeners, "active")).toBe(0);
    expect(sum(backendsOf(sample), "active")).toBe(0);
    expect(sum(sample.pools, "queued")).toBe(0);
  }

  /** Resolves when each session has its record; what a session lingers for, a clock that stands still is turned. */
  async #over(sessions: number): Promise<void> {
    const clock = this.#clock;
    if (!(clock instanceof ManualClock)) await this.ended(sessions);
    else
      await this.when("the end of all sessions", () => {
        clock.advance(100);
        return this.records.length >= sessions;
      });
  }

  #read(batch: readonly Report[]): void {
    for (const report of batch) {
      if (report.kind === "session") this.records.push(report.record);
      else this.reports.push(report);
    }
    for (const arrived of this.#waiting.splice(0)) arrived();
  }
}

/** A lab that listens and serves. */
export async function lab(options: LabOptions): Promise<Lab> {
  const { clock = systemClock, transport = testTransport(clock) } = options;
  const made = new Lab(clock, transport);
  await made.apply(options);
  return made;
}

function member(settings: Member): BackendSettings {
  const given = "kind" in settings ? { endpoint: settings } : settings;
  return { ...plainBackend, name: formatEndpoint(given.endpoint), ...given };
}

/** The plain settings with those of the options that they know. */
function overlaid<Settings extends object>(plain: Settings, options: object): Settings {
  const known = Object.entries(options).filter(([key]) => key in plain && key !== "backends");
  return { ...plain, ...Object.fromEntries(known) };
}

function backendsOf(sample: Sample): readonly BackendSample[] {
  return sample.pools.flatMap(({ backends }) => backends);
}

function sum<Key extends string>(rows: readonly { readonly [key in Key]: number }[], key: Key): number {
  return rows.reduce((total, row) => total + row[key], 0);
}
