import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BackendValues, Overlay } from "#lb/control/overlay";
import type { Spoken } from "#lb/control/steering";
import type { SourcedValues } from "#lb/control/words";
import { parseEndpoint } from "#lb/core/address";
import { StoreDown } from "#lb/store/refusals";
import { plainBackend } from "../support/backends.ts";
import { drawn } from "../support/long.ts";
import { controlled } from "./controlled.ts";
import { FaultyStore } from "./faulty-store.ts";
import { anyStep, BACKENDS, CLIENTS, FILE, POOL, type Step } from "./interleaved-steps.ts";
import { SeenPlane } from "./seen-plane.ts";

test("what was answered as durable outlives a crash, and what is in force is in the end what a restart gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep(), { minLength: 10, maxLength: 60, size: "max" }), async (steps) => {
      const world = new World(FILE);
      await world.starts();
      for (const step of steps) await world.does(step);
      await world.settles();
    }),
    drawn(20),
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
        return this.#asksOf(step, steering.addBackend("p", backend(step.name), step));
      case "remove-backend":
        return this.#asksOf(step, steering.removeBackend("p", step.name, { source: step.source }));
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

  /** A copy comes and goes, and makes nothing less sure of a backend of its name that is kept. */
  #asksOf({ name, source }: { name: string; source: "api" | "copy" }, asked: Promise<Spoken>): void {
    if (source === "api") this.#asks(name, asked);
    else this.#working.push(asked.then(() => {}));
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

function backend(name: string) {
  return { ...plainBackend, name, address: parseEndpoint("127.0.0.1:2") };
}

function client(id: string) {
  return { id, addresses: [], capacity: 9, ratePerSec: 9 };
}

/** The entry that an operator means by a name. */
function entryOf(name: string): string {
  return name.split("@", 1)[0] as string;
}
