import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BackendValues, ClientValues, Overlay, PoolValues } from "#lb/control/overlay";
import type { Said } from "#lb/control/shelf";
import type { Spoken } from "#lb/control/steering";
import type { SourcedValues } from "#lb/control/words";
import { parseEndpoint } from "#lb/core/address";
import { StoreDown } from "#lb/store/refusals";
import type { Json } from "#lb/store/seam";
import { plainBackend } from "../support/backends.ts";
import { runs } from "../support/long.ts";
import { controlled } from "./controlled.ts";
import { type Fault, FaultyStore, faults } from "./faulty-store.ts";
import { SeenPlane } from "./seen-plane.ts";

const POOL = "p";
const BACKENDS = ["a", "b", "z"] as const;
const CLIENTS = ["u", "v"] as const;

/** What is done to a balancer and its store; what waits for the store goes on while the next steps are done. */
type Step =
  | { readonly kind: "set-pool"; readonly said: Said<PoolValues> }
  | { readonly kind: "set-backend"; readonly name: string; readonly said: Said<BackendValues> }
  | { readonly kind: "add-backend"; readonly name: string; readonly source: "api" | "copy" }
  | { readonly kind: "remove-backend"; readonly name: string; readonly source: "api" | "copy" }
  | { readonly kind: "set-client"; readonly id: string; readonly said: Said<ClientValues> }
  | { readonly kind: "add-client"; readonly id: string }
  | { readonly kind: "remove-client"; readonly id: string }
  | { readonly kind: "others"; readonly id: string; readonly row: (id: string) => Json | null }
  | { readonly kind: "reload"; readonly file: string }
  | { readonly kind: "store"; readonly fault: Fault }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "settle" }
  | { readonly kind: "crash"; readonly isAway: boolean };

test("what was answered as durable outlives a crash, and what is in force is in the end what a restart gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep(), { minLength: 10, maxLength: 60, size: "max" }), async (steps) => {
      const world = new World(FILE);
      await world.starts();
      for (const step of steps) await world.does(step);
      await world.settles();
    }),
    // The same steps each time, so that a run that fails can be had again.
    { seed: 1, numRuns: runs(20) },
  );
}, 300_000);

/** One balancer after another on one store, and what an operator may rely on. */
class World {
  #file: string;
  #store = new FaultyStore();
  #made: ReturnType<typeof controlled>;
  #plane: SeenPlane;
  #working: Promise<void>[] = [];
  /** How much is asked of a thing and not answered yet. */
  readonly #open = new Map<string, number>();
  /** Of what another balancer spoke. */
  readonly #others = new Set<string>();
  /** The last thing that was asked of each, where the file did not speak since. */
  readonly #latest = new Map<string, Promise<Spoken>>();
  /** What held when it was answered as durable, of things of which nothing was asked or written since. */
  readonly #sure = new Map<string, unknown>();

  constructor(file: string, store = new FaultyStore()) {
    this.#file = file;
    this.#store = store;
    this.#made = controlled(file, store);
    this.#plane = new SeenPlane(this.#made.plane);
  }

  starts(): Promise<void> {
    return this.#made.control.start();
  }

  async does(step: Step): Promise<void> {
    const { steering } = this.#made.control;
    switch (step.kind) {
      case "set-pool":
        return this.#asks(POOL, steering.setPool(POOL, step.said));
      case "set-backend":
        return this.#asks(entryOf(step.name), steering.setBackend("p", step.name, step.said));
      case "add-backend":
        return this.#asks(step.name, steering.addBackend("p", backend(step.name), step));
      case "remove-backend":
        return this.#asks(step.name, steering.removeBackend("p", step.name, { source: step.source }));
      case "set-client":
        return this.#asks(step.id, steering.setClient(step.id, step.said));
      case "add-client":
        return this.#asks(step.id, steering.addClient(client(step.id)));
      case "remove-client":
        return this.#asks(step.id, steering.removeClient(step.id));
      case "others":
        // News of a database come after the answers before them have been heard.
        await turn();
        this.#sure.delete(step.id);
        this.#others.add(step.id);
        return this.#store.others(step.id, step.row(step.id));
      case "reload":
        return await this.#reloads(step.file);
      case "store":
        return this.#store.becomes(step.fault);
      case "time":
        return await this.#made.clock.run(step.ms);
      case "settle":
        return await this.settles();
      case "crash":
        return await this.#crashes(step.isAway);
    }
  }

  /** The store is well again and has all: what is in force, and what the data plane has, is what a restart gives. */
  async settles(): Promise<void> {
    this.#store.becomes("none");
    await this.#made.clock.run(3_000);
    await Promise.all(this.#working);
    await this.#made.clock.run(3_000);
    this.#working = [];
    const { overlay } = this.#made.control;
    const again = new World(this.#file, this.#store.again());
    await again.starts();
    expect(heldBy(overlay)).toEqual(heldBy(again.#made.control.overlay));
    expect(this.#plane.seen).toEqual(wantedBy(overlay));
    this.#expectsWhatIsSure();
    this.#others.clear();
    for (const name of NAMES) this.#sure.set(name, heldBy(overlay).get(name));
  }

  /** As by kill -9, with the database there at the next start or not. */
  async #crashes(isAway: boolean): Promise<void> {
    this.#store = this.#store.again(isAway);
    this.#made = controlled(this.#file, this.#store);
    this.#plane = new SeenPlane(this.#made.plane);
    this.#working = [];
    this.#open.clear();
    this.#latest.clear();
    this.#others.clear();
    await this.starts();
    if (!isAway) this.#expectsWhatIsSure();
  }

  async #reloads(file: string): Promise<void> {
    this.#sure.clear();
    this.#latest.clear();
    this.#file = file;
    this.#made.next = file;
    expect((await this.#made.control.reload()).kind).toBe("applied");
    this.#sure.clear();
  }

  #asks(name: string, asked: Promise<Spoken>): void {
    const made = this.#made;
    const before = this.#sure.has(name) ? { held: this.#sure.get(name) } : undefined;
    this.#sure.delete(name);
    this.#latest.set(name, asked);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    const answered = (isDurable: boolean) => {
      if (made !== this.#made) return;
      const open = (this.#open.get(name) as number) - 1;
      this.#open.set(name, open);
      if (isDurable && open === 0 && !this.#others.has(name))
        this.#sure.set(name, heldBy(made.control.overlay).get(name));
    };
    const told = asked.then(
      (spoken) => answered(spoken.kind === "done" && spoken.stored === true),
      (error) => {
        expect(error).toBeInstanceOf(StoreDown);
        answered(false);
        const isUnchanged = this.#latest.get(name) === asked && !(error as StoreDown).uncertain;
        if (before !== undefined && isUnchanged && !this.#others.has(name)) this.#sure.set(name, before.held);
      },
    );
    this.#working.push(told);
  }

  #expectsWhatIsSure(): void {
    const held = heldBy(this.#made.control.overlay);
    for (const [name, sure] of this.#sure) expect([name, held.get(name)]).toEqual([name, sure]);
  }
}

/** What holds of the pool and of each backend and client, but for copies. */
function heldBy(overlay: Overlay): ReadonlyMap<string, unknown> {
  const backends = BACKENDS.map((name) => {
    const source = overlay.sourceOf("p", name);
    const hosts = [undefined, "192.0.2.1"];
    const values = hosts.map((host) => plain(overlay.backend("p", name, host)));
    return [name, source === "copy" || source === undefined ? undefined : { source, values }] as const;
  });
  return new Map<string, unknown>([
    [POOL, plain(overlay.pool(POOL))],
    ...backends,
    ...CLIENTS.map((id) => [id, plain(overlay.clientValues(id))] as const),
  ]);
}

/** What the data plane is to have: the algorithm, members by their names, and clients. */
function wantedBy(overlay: Overlay) {
  const members = (overlay.entriesOf("p") ?? []).map(({ name }) => {
    const host = name === "b" ? "192.0.2.1" : "127.0.0.1";
    const { state, weight, maxConnections } = plain(overlay.backend("p", name, host)) as BackendValues;
    return [name, { state, weight, maxConnections }] as const;
  });
  return {
    algorithm: overlay.pool(POOL)?.algorithm.value,
    backends: Object.fromEntries(members),
    clients: Object.fromEntries(Array.from(overlay.clients(), (each) => [each.id, each])),
  };
}

function plain<Values extends object>(sourced: SourcedValues<Values> | undefined): object | undefined {
  const values = Object.entries<{ value: unknown; source: string }>(sourced ?? {});
  return sourced && Object.fromEntries(values.map(([key, { value }]) => [key, value]));
}

const NAMES = [POOL, ...BACKENDS, ...CLIENTS];
const SINCE = "2026-01-01T00:00:00.000Z";

function text({
  backends = "",
  clients = "",
  weight = 1,
  capacity = 2,
  pool = POOL,
  algorithm = "random",
} = {}): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ${pool}, rateLimit: true }]
pools: { ${pool}: { algorithm: ${algorithm}, health: { probe: off }, backends: [
  { name: a, address: "127.0.0.1:1", weight: ${weight} }, { name: b, address: "web.example:80" }${backends}] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: ${capacity}, ratePerSec: 2 }${clients}] }`;
}

const FILE = text();
const FILES = [
  FILE,
  text({ weight: 2, capacity: 3 }),
  text({ backends: `, { name: z, address: "127.0.0.1:3" }` }),
  text({ clients: ", { id: v, addresses: [], capacity: 1, ratePerSec: 1 }" }),
  text({ pool: "q" }),
  text({ algorithm: "maglev" }),
];

/** Rows that another balancer writes: words over either file, a client, nothing. */
const ROWS: readonly ((id: string) => Json | null)[] = [
  () => null,
  () => ({ said: [{ key: "capacity", value: 77, replaced: 2, since: SINCE }] }),
  () => ({ said: [{ key: "capacity", value: 66, replaced: 1, since: SINCE }] }),
  (id) => ({ added: { as: { id, addresses: [], capacity: 4, ratePerSec: 4 }, since: SINCE }, said: [] }),
];

function backend(name: string) {
  return { ...plainBackend, name, address: parseEndpoint("127.0.0.1:2") };
}

function client(id: string) {
  return { id, addresses: [], capacity: 9, ratePerSec: 9 };
}

function anyStep(): fc.Arbitrary<Step> {
  const backendSaid = fc.record(
    { state: fc.constantFrom("ready", "drain", null), weight: fc.constantFrom(1, 5, null) },
    { requiredKeys: [] },
  );
  const clientSaid = fc.record(
    { capacity: fc.constantFrom(2, 5, null), ratePerSec: fc.constantFrom(3, null) },
    { requiredKeys: [] },
  );
  const poolSaid = fc.record({ algorithm: fc.constantFrom("random", "first", "maglev", null) });
  const source = fc.constantFrom("api", "api", "copy");
  const id = fc.constantFrom(...CLIENTS);
  const name = fc.constantFrom(...BACKENDS);
  const kind = <Kind extends Step["kind"]>(of: Kind) => fc.constant(of);
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind("set-backend"),
        name: fc.constantFrom(...BACKENDS, "b@192.0.2.1"),
        said: backendSaid,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind("set-pool"), said: poolSaid }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("add-backend"), name, source }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("remove-backend"), name, source }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("set-client"), id, said: clientSaid }) },
    fc.record({ kind: kind("add-client"), id }),
    fc.record({ kind: kind("remove-client"), id }),
    fc.record({ kind: kind("others"), id, row: fc.constantFrom(...ROWS) }),
    { weight: 2, arbitrary: fc.record({ kind: kind("reload"), file: fc.constantFrom(...FILES) }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("store"), fault: fc.constantFrom(...faults) }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("time"), ms: fc.constantFrom(0, 0, 1_000) }) },
    fc.record({ kind: kind("settle") }),
    fc.record({ kind: kind("crash"), isAway: fc.boolean() }),
  ) as fc.Arbitrary<Step>;
}

/** The entry that an operator means by a name. */
function entryOf(name: string): string {
  return name.split("@", 1)[0] as string;
}
