import { Balancer, type BalancerParts } from "../balancer.ts";
import type { Matcher } from "../contract/admission.ts";
import type { ClientsSample, ClientTokens, PressedClient } from "../contract/clients.ts";
import type { DecisionLog, DecisionQuery } from "../contract/decision.ts";
import type { HistogramSample } from "../contract/histogram.ts";
import type { Order, Outcome } from "../contract/order.ts";
import type {
  BackendSample,
  ListenerSample,
  PoolSample,
  Sample,
  SampleOf,
  SessionSample,
  Totals,
} from "../contract/sample.ts";
import type { Applied, Change, Snapshot } from "../contract/snapshot.ts";
import type { Clock } from "../core/clock.ts";
import { leastOf } from "../core/least-of.ts";
import { inSlices, type Steps } from "../core/slices.ts";
import type { Listener } from "../listener.ts";
import type { Backend } from "../live/backend.ts";
import { LoopDelay } from "../live/loop-delay.ts";
import { ListenerTotals } from "../live/totals.ts";
import type { Pool } from "../pool/pool.ts";
import type { Plane, ReportsListener } from "./plane.ts";
import { Reports } from "./reports.ts";

/** What a plane in this thread is made of. */
interface LocalParts extends Pick<BalancerParts, "transport" | "clock" | "dice"> {
  /** Of all listeners together; default: no limit. */
  readonly maxSessions?: number;
  /** Gathers what is reported; default: a batch per turn of the loop. */
  readonly reports?: Reports;
}

/** A Plane in this thread. */
export class LocalPlane implements Plane {
  readonly #clock: Clock;
  readonly #reports: Reports;
  readonly #balancer: Balancer;
  #loopDelay: LoopDelay | undefined;

  constructor({ maxSessions = Infinity, reports = new Reports(), ...parts }: LocalParts) {
    this.#clock = parts.clock;
    this.#reports = reports;
    this.#balancer = new Balancer({
      ...parts,
      maxSessions,
      report: (report) => this.#reports.report(report),
      recording: () => this.#reports.recording,
    });
  }

  async apply(snapshot: Snapshot): Promise<Applied> {
    await this.#balancer.apply(snapshot);
    return { listeners: this.#balancer.listeners.map(({ name, endpoint }) => ({ name, endpoint })) };
  }

  async change(change: Change): Promise<Outcome> {
    return outcomeOf(await this.#balancer.change(change));
  }

  async order(order: Order): Promise<Outcome> {
    return outcomeOf(this.#obey(order));
  }

  async sample(of?: SampleOf): Promise<Sample> {
    const { listeners, leaving } = this.#balancer;
    const pools =
      of === undefined ? this.#balancer.pools : of.pools.flatMap((name) => this.#balancer.pool(name) ?? []);
    const all = [...listeners, ...leaving];
    for (const listener of all) listener.tally();
    // The totals of a name are told once: samples add up.
    const first = new Map([...all].reverse().map((listener) => [listener.name, listener]));
    const sampled = all.map((listener, at) => {
      const totals = first.get(listener.name) === listener ? listener.totals : new ListenerTotals();
      return sampleListener(listener, at >= listeners.length, totals);
    });
    return {
      listeners: sampled,
      pools: await inSlices(this.#clock, samplePools(pools, this.#clock, of?.entry)),
    };
  }

  async totals(): Promise<Totals> {
    const { listeners, pools } = this.#balancer;
    return {
      listeners: listeners.map((listener) => sampleListener(listener, false, listener.totals)),
      pools: pools.map(totalsOf),
    };
  }

  async sessions(limit: number): Promise<readonly SessionSample[]> {
    const nowMs = this.#clock.now();
    const oldest = leastOf(this.#balancer.sessions(), limit, ({ number }) => number);
    return oldest.map((session) => session.sample(nowMs));
  }

  async session(id: string): Promise<SessionSample | undefined> {
    return this.#balancer.session(id)?.sample(this.#clock.now());
  }

  async clients(ids?: readonly string[]): Promise<readonly ClientTokens[]> {
    return inSlices(this.#clock, this.#balancer.clients.sample(ids));
  }

  async blocksTaken(blocks: readonly Matcher[], besides: string): Promise<readonly Matcher[]> {
    return this.#balancer.clients.taken(blocks, besides);
  }

  async pressedClients(most: number): Promise<readonly PressedClient[]> {
    return inSlices(this.#clock, this.#balancer.clients.pressed(most));
  }

  async clientTotals(most: number): Promise<ClientsSample> {
    return this.#balancer.clients.totals(most);
  }

  async loopDelay(): Promise<HistogramSample> {
    this.#loopDelay ??= new LoopDelay(this.#clock);
    return this.#loopDelay.sample();
  }

  async decisions(query: DecisionQuery): Promise<DecisionLog> {
    return this.#balancer.decisionsOf(query);
  }

  subscribe(listener: ReportsListener, wanted: { readonly records: boolean }): Disposable {
    return this.#reports.subscribe(listener, wanted);
  }

  async close({ graceMs }: { readonly graceMs: number }): Promise<number> {
    const cut = await this.#balancer.close(graceMs);
    this.#reports.flush();
    this.#loopDelay?.[Symbol.dispose]();
    return cut;
  }

  #obey(order: Order): boolean {
    switch (order.kind) {
      case "verdict":
        return this.#balancer.verdict(order);
      case "drain":
        return this.#balancer.drain(order);
      case "rebalance":
        return this.#balancer.rebalance(order);
      case "kill":
        return this.#kill(order.session);
      case "fill":
        return this.#fill(order.clients);
    }
  }

  #fill(wanted: readonly ClientTokens[]): boolean {
    const { clients } = this.#balancer;
    return wanted.filter((client) => !clients.fill(client)).length === 0;
  }

  #kill(id: string): boolean {
    const session = this.#balancer.session(id);
    session?.end("killed");
    return session !== undefined;
  }
}

function outcomeOf(done: boolean): Outcome {
  return done ? "done" : "not-found";
}

function sampleListener(listener: Listener, leaving: boolean, totals: ListenerTotals): ListenerSample {
  const { name, endpoint, maxSessions } = listener;
  const { sessions, bytesIn, bytesOut, endings, duration } = totals;
  return {
    name,
    endpoint,
    leaving,
    active: listener.sessions.size,
    maxSessions,
    sessions,
    bytesIn,
    bytesOut,
    endings: { ...endings },
    duration: duration.sample(),
  };
}

function* samplePools(
  pools: readonly Pool[],
  clock: Clock,
  entry: string | null | undefined,
): Steps<PoolSample[]> {
  const sampled: PoolSample[] = [];
  for (const pool of pools) {
    const wanted =
      entry === undefined ? pool.members : pool.members.filter((each) => entryOf(each) === entry);
    const backends: BackendSample[] = [];
    sampled.push({ ...totalsOf(pool), backends });
    for (const backend of wanted) {
      // One that was removed between two slices has no numbers any more.
      if (pool.condition.knows(backend)) yield backends.push(sampleBackend(backend, pool, clock.now()));
    }
  }
  return sampled;
}

function totalsOf(pool: Pool): Totals["pools"][number] {
  const { name, queued, active, settings, condition, totals } = pool;
  const { retries, dialErrors, failed, faults, connect, firstByte, queueWait } = totals;
  return {
    name,
    queued,
    queueMax: settings.queue.max,
    active,
    usable: condition.census.usable,
    retries,
    dialErrors: { ...dialErrors },
    failed,
    ejections: condition.ejections,
    faults,
    connect: connect.sample(),
    firstByte: firstByte.sample(),
    queueWait: queueWait.sample(),
  };
}

function entryOf({ name, settings }: Backend): string {
  return settings.entry ?? name;
}

function sampleBackend(backend: Backend, { condition }: Pool, nowMs: number): BackendSample {
  const { name, address, settings, weight, active, slot, counts } = backend;
  const { operational, sinceMs, ...found } = condition.of(backend).finding;
  return {
    name,
    entry: entryOf(backend),
    address,
    backup: settings.backup,
    state: settings.state,
    operational,
    found: { ...found, agoMs: nowMs - sinceMs },
    weight,
    active,
    connected: counts.connected[slot] as number,
    failed: counts.failed[slot] as number,
    ejections: counts.ejections[slot] as number,
    faults: counts.faults[slot] as number,
    answeredAgoMs: nowMs - (counts.answeredAtMs[slot] as number),
    drainedInMs: condition.drainedInMs(backend),
  };
}
