import type { Config } from "#lb/config/config";
import type { ClientTokens } from "#lb/contract/clients";
import type { Order, Outcome } from "#lb/contract/order";
import type { Sample } from "#lb/contract/sample";
import type { Applied, Change, Snapshot } from "#lb/contract/snapshot";
import { Control } from "#lb/control/control";
import type { NameService } from "#lb/control/names";
import { Deferred } from "#lb/core/deferred";
import { seededDice } from "#lb/core/dice";
import type { Plane, ReportsListener } from "#lb/plane/plane";
import type { Store } from "#lb/store/store";
import { DialError, type Transport } from "#lb/transport/transport";
import { configured, readingOf } from "../config/configured.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { nameServiceOf } from "../support/name-service.ts";
import { NotedLog } from "../support/noted-log.ts";

/** A plane that notes what it is told, one thing at a time. */
class NotedPlane implements Plane {
  readonly changes: Change[] = [];
  readonly snapshots: Snapshot[] = [];
  readonly orders: Order[] = [];
  refusal: Error | undefined;
  grace: number | undefined;
  most = 0;
  #now = 0;

  async apply(snapshot: Snapshot): Promise<Applied> {
    this.most = Math.max(this.most, ++this.#now);
    await new Promise((resolve) => setImmediate(resolve));
    this.#now -= 1;
    if (this.refusal !== undefined) throw this.refusal;
    this.snapshots.push(snapshot);
    return { listeners: snapshot.listeners.map(({ name, endpoint }) => ({ name, endpoint })) };
  }

  async order(order: Order): Promise<Outcome> {
    this.orders.push(order);
    return "done";
  }

  async change(change: Change) {
    this.changes.push(change);
    return "done" as const;
  }

  async sample(): Promise<Sample> {
    return { listeners: [], pools: [] };
  }

  async totals() {
    return this.sample();
  }

  async sessions() {
    return [];
  }

  async session() {
    return undefined;
  }

  async blocksTaken() {
    return [];
  }

  readonly tokens: ClientTokens[] = [];

  async clients() {
    return this.tokens;
  }

  async pressedClients() {
    return [];
  }

  async clientTotals() {
    return { all: { accepted: 0, refused: 0 }, first: [], rest: { entries: 0, tokens: 0 } };
  }

  async loopDelay() {
    return { sumSec: 0, counts: [] };
  }

  async decisions() {
    return { decisions: [], recording: "off", leftOut: 0 } as const;
  }

  subscribe(_listener: ReportsListener): Disposable {
    return { [Symbol.dispose]() {} };
  }

  async close({ graceMs }: { graceMs: number }): Promise<number> {
    this.grace = graceMs;
    return 0;
  }
}

/** A control plane over a noted one, with every backend dead; `next` is the file at the next reload. */
export function controlled(first: string, store?: Store) {
  const clock = new ManualClock();
  const plane = new NotedPlane();
  const dialled: number[] = [];
  const log = new NotedLog();
  const { lines } = log;
  const made = {
    clock,
    plane,
    dialled,
    lines,
    lookups: [] as string[],
    unknown: new Set<string>(),
    /** Names whose answers come when the test says so. */
    slow: new Map<string, Deferred<readonly string[]>>(),
    addresses: ["192.0.2.1"] as readonly string[],
    orders: plane.orders,
    next: first,
    control: undefined as unknown as Control,
    /** The backends of the first pool, in each snapshot. */
    backends: () => plane.snapshots.map(({ pools }) => pools[0]?.backends.map(({ name }) => name)),
    /** The backends of the changed pool, in each change of one. */
    changed: () =>
      plane.changes.flatMap((change) =>
        change.kind === "pool" ? [change.pool.backends.map(({ name }) => name)] : [],
      ),
    /** Makes a name slow; its answer, for the test to give. */
    slowly: (name: string) => {
      const answer = new Deferred<readonly string[]>();
      made.slow.set(name, answer);
      return answer;
    },
    messages: (level?: string) =>
      lines.filter(([of]) => level === undefined || of === level).map(([, message]) => message),
  };
  const load = async (before: Config) => readingOf(before, made.next);
  const nameService = known(made);
  const parts = {
    plane,
    transport: deadEnds(dialled),
    clock,
    dice: seededDice(1),
    log,
    load,
    nameService,
    store,
  };
  made.control = new Control(configured(first), parts);
  return made;
}

/** Every name has the same addresses, for ten seconds, but for those that are unknown. */
function known(world: {
  readonly lookups: string[];
  readonly unknown: ReadonlySet<string>;
  readonly slow: ReadonlyMap<string, Deferred<readonly string[]>>;
  readonly addresses: readonly string[];
}): NameService {
  return nameServiceOf(async (name) => {
    world.lookups.push(name);
    if (world.unknown.has(name))
      throw Object.assign(new Error("unknown"), { code: "ENOTFOUND", hostname: name });
    return world.slow.get(name)?.promise ?? world.addresses;
  });
}

function deadEnds(dialled: number[]): Transport {
  const dial: Transport["dial"] = (endpoint) => {
    dialled.push(endpoint.kind === "tcp" ? endpoint.port : 0);
    return { connection: Promise.reject(new DialError("refused")), cancel() {} };
  };
  return {
    dial,
    knock: async (endpoint, options) => void (await dial(endpoint, options).connection),
  } as Transport;
}
