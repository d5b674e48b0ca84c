import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreConflict, StoreDown } from "#lb/store/refusals";
import { drawn } from "../support/long.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { controlled } from "./controlled.ts";
import { SharedClients } from "./shared-store.ts";

const DURABLE = { kind: "done", stored: true };

describe("two balancers that speak of the same client at the same time", () => {
  test("both words hold at both, and are kept", async () => {
    const { one, other, settled, again } = await two();
    const words = [
      one.control.steering.setClient("u", { capacity: 5 }),
      other.control.steering.setClient("u", { ratePerSec: 7 }),
    ];
    expect(await Promise.all(words)).toEqual([DURABLE, DURABLE]);
    await settled();
    const both = { capacity: 5, ratePerSec: 7 };
    for (const each of [one, other, await again()])
      expect(each.control.overlay.client("u")).toMatchObject(both);
  });

  test("deleted stays deleted: the other's word is refused", async () => {
    const { one, other, settled, shared } = await two();
    await one.control.steering.addClient(client("v"));
    await settled();
    const removed = one.control.steering.removeClient("v");
    const said = other.control.steering.setClient("v", { ratePerSec: 7 });
    expect([await removed, await said]).toEqual([DURABLE, { kind: "refused", why: "unknown" }]);
    await settled();
    expect(shared.kept).toEqual(new Map());
    for (const each of [one, other]) expect(each.control.overlay.client("v")).toBeUndefined();
  });

  test("one of them adds it, and the other is told that it exists", async () => {
    const { one, other, settled } = await two();
    const added = [one, other].map(({ control }, at) => control.steering.addClient(client("v", 3 + at)));
    expect(await Promise.all(added)).toEqual([DURABLE, { kind: "refused", why: "exists" }]);
    await settled();
    for (const each of [one, other]) expect(each.control.overlay.client("v")?.capacity).toBe(3);
  });

  test("where others are always first, the call is told to come again, and changes nothing", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    let tries = 0;
    store.save = () => Promise.reject(new StoreConflict([`u${++tries}`]));
    await expect(made.control.steering.setClient("u", { capacity: 5 })).rejects.toThrow(StoreDown);
    expect([tries, made.control.overlay.client("u")?.capacity]).toEqual([10, 2]);
  });
});

describe("balancers with other files", () => {
  const WITH_V = text({ clients: ", { id: v, addresses: [], capacity: 1, ratePerSec: 1 }" });

  test("a client that one file has yields there alone, and is the API's there once the file drops it", async () => {
    const { one, other, settled, shared } = await two(WITH_V, text());
    expect(await other.control.steering.addClient(client("v"))).toEqual(DURABLE);
    await settled();
    expect(shared.kept.has("v")).toBe(true);
    expect(capacities(one, other)).toEqual([1, 9]);
    one.next = text();
    await one.control.reload();
    expect(capacities(one, other)).toEqual([9, 9]);
    one.next = WITH_V;
    await one.control.reload();
    await settled();
    expect(capacities(one, other)).toEqual([1, 9]);
    expect(shared.stores[0]?.asked).toEqual([]);
  });

  test("a word holds over a client of the API as over the one of the file, where both have the value that it replaced", async () => {
    const { one, other, settled } = await two(WITH_V, text());
    await other.control.steering.addClient(client("v", 1));
    await settled();
    await one.control.steering.setClient("v", { capacity: 5 });
    await settled();
    one.next = text();
    await one.control.reload();
    expect(capacities(one, other)).toEqual([5, 5]);
    expect(one.messages()).not.toContain("the file has the last word");
  });

  test("a word about the client of one file leaves the API's of that name at the other, and outlives it", async () => {
    const { one, other, settled, again } = await two(WITH_V, text());
    await other.control.steering.addClient(client("v"));
    await settled();
    expect(await one.control.steering.setClient("v", { capacity: 5 })).toEqual(DURABLE);
    await settled();
    expect(capacities(one, other)).toEqual([5, 9]);
    expect(await other.control.steering.removeClient("v")).toEqual(DURABLE);
    await settled();
    expect(capacities(one, other, await again(WITH_V))).toEqual([5, undefined, 5]);
    expect(await other.control.steering.addClient(client("v", 8))).toEqual(DURABLE);
    await settled();
    expect(capacities(one, other)).toEqual([5, 8]);
  });

  test("a value that one file changes ends the word there alone", async () => {
    const { one, other, settled, again } = await two();
    await one.control.steering.setClient("u", { capacity: 5 });
    await settled();
    one.next = text({ capacity: 3 });
    await one.control.reload();
    await settled();
    const held = [one, other, await again(), await again(text({ capacity: 3 }))];
    expect(held.map(({ control }) => control.overlay.client("u")?.capacity)).toEqual([3, 5, 5, 3]);
  });

  const capacities = (...all: readonly Made[]) =>
    all.map(({ control }) => control.overlay.client("v")?.capacity);
});

test("however words overlap, the last one that was answered as kept holds at every balancer, and all have what a restart gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep(), { minLength: 5, maxLength: 40, size: "max" }), async (steps) => {
      const world = new World(await two());
      for (const [at, step] of steps.entries()) await world.does(step, 100 + at);
      await world.settles();
    }),
    drawn(20),
  );
}, 300_000);

/** What is done at one of two balancers; what waits for the store goes on while the next steps are done. */
interface Step {
  readonly at: 0 | 1;
  readonly kind: "set" | "add" | "remove" | "reload" | "pause" | "settle";
  readonly file: string;
}

/** Two balancers, each of which speaks of another value of one client, and both add and remove a second client. */
class World {
  readonly #two: Awaited<ReturnType<typeof two>>;
  readonly #asked: Promise<unknown>[] = [];
  /** The last word of each that was answered as kept. */
  readonly #last: [number, number] = [2, 2];

  constructor(both: Awaited<ReturnType<typeof two>>) {
    this.#two = both;
  }

  /** `value`: another one with each step. */
  async does({ at, kind, file }: Step, value: number): Promise<void> {
    const made = this.#all[at];
    const { steering } = made.control;
    switch (kind) {
      case "set":
        this.#asks(this.#says(at, value));
        return;
      case "add":
        this.#asks(steering.addClient(client("v", value)));
        return;
      case "remove":
        this.#asks(steering.removeClient("v"));
        return;
      case "reload":
        made.next = file;
        this.#asked.push(made.control.reload());
        return;
      case "pause":
        return await made.clock.run(0);
      case "settle":
        return await this.settles();
    }
  }

  /** All have heard of all. */
  async settles(): Promise<void> {
    await Promise.all(this.#asked);
    await this.#two.settled();
    for (const { control, next } of this.#all) {
      const restarted = await this.#two.again(next);
      expect([...control.overlay.clients()]).toEqual([...restarted.control.overlay.clients()]);
      const { capacity, ratePerSec } = control.overlay.client("u") ?? {};
      expect([capacity, ratePerSec]).toEqual(this.#last);
    }
  }

  get #all(): readonly [Made, Made] {
    return [this.#two.one, this.#two.other];
  }

  /** Of many at once one may find the other balancer first ten times: then it changes nothing. */
  #asks(asked: Promise<unknown>): void {
    const answered = asked.catch((error) => {
      expect(error).toEqual(OTHERS_FIRST);
      expect(this.#asked.length).toBeGreaterThan(10);
    });
    this.#asked.push(answered);
  }

  async #says(at: 0 | 1, value: number): Promise<void> {
    const said = at === 0 ? { capacity: value } : { ratePerSec: value };
    expect(await this.#all[at].control.steering.setClient("u", said)).toEqual(DURABLE);
    this.#last[at] = value;
  }
}

const OTHERS_FIRST = new StoreDown("other balancers change the same clients all the time", 1_000);

function anyStep(): fc.Arbitrary<Step> {
  return fc.record({
    at: fc.constantFrom(0, 1),
    kind: fc.constantFrom("set", "set", "add", "remove", "reload", "pause", "settle"),
    file: fc.constantFrom(...FILES),
  });
}

const FILES = [text(), text({ clients: ", { id: v, addresses: [], capacity: 1, ratePerSec: 1 }" })];

type Made = ReturnType<typeof controlled>;

/** Two balancers on one database. */
async function two(first = text(), second = text()) {
  const shared = new SharedClients();
  const started = async (file: string) => {
    const made = controlled(file, shared.store());
    await made.control.start();
    return made;
  };
  const one = await started(first);
  const other = await started(second);
  const settled = async () => {
    for (let round = 0; round < 3; round += 1) for (const { clock } of [one, other]) await clock.run(1_000);
  };
  /** One more, as after a restart. */
  const again = (file = text()) => started(file);
  return { one, other, settled, again, shared };
}

function text({ clients = "", capacity = 2 } = {}): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p, rateLimit: true }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1", weight: 1 }] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: ${capacity}, ratePerSec: 2 }${clients}] }`;
}

function client(id: string, capacity = 9) {
  return { id, addresses: [], capacity, ratePerSec: 9 };
}
