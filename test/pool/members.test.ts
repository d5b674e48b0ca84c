import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BackendSettings } from "#lb/contract/backend";
import { Ended } from "#lb/core/ending";
import type { Backend } from "#lb/live/backend";
import { Lease } from "#lb/pool/lease";
import { Members } from "#lb/pool/members";
import type { Pool } from "#lb/pool/pool";
import { Tried } from "#lb/pool/tried";
import { equalBackends, hold, plainBackend } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { CLIENT, made, settings, taken, verdict } from "./pools.ts";

describe("whatever becomes of a pool's members", () => {
  test("the counts that are kept of them are those of a fresh count", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        for (const each of steps) {
          world.does(each);
          world.expectCounted();
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a session gets a place exactly where there is one on a backend that it has not tried", () => {
    fc.assert(
      fc.property(someSteps, fc.subarray([...KEYS]), someSteps, (before, triedEntries, since) => {
        const world = new World();
        for (const each of before) world.does(each);
        const tried = world.having(triedEntries);
        for (const each of since) world.does(each);
        const open = world.pool.members.filter((member) => member.free && !tried.has(member));
        expect(world.place(tried)).toBe(open.length > 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the array of members that may get something new", () => {
  test("is the same one while nothing has changed that a table is built from", () => {
    const { members, all } = few(5);
    const before = members.usable;
    members.refresh();
    members.replace([...all]);
    const [first, second] = all as [Backend, Backend];
    first.settings = { ...first.settings, name: "renamed", maxConnections: 7, state: "ready" };
    members.changed(first);
    using _held = hold(second);
    members.moved(second);
    expect(members.usable).toBe(before);
    expect(members.backups).toBe(members.backups);
  });

  test.each([
    ["a weight is another", ({ members, all: [first] }: Few) => setWeight(members, first as Backend, 2)],
    [
      "a member may get nothing more",
      ({ members, all: [first] }: Few) => setUsable(members, first as Backend, 0),
    ],
    ["a member came", ({ members, all, next }: Few) => members.replace([...all, next()])],
    ["a member left", ({ members, all }: Few) => members.replace(all.slice(1))],
    ["they stand in another order", ({ members, all }: Few) => members.replace([...all].reverse())],
    ["one became a backup", ({ members, all: [first] }: Few) => setBackup(members, first as Backend)],
  ])("is another one when %s, and the one before stays as it was", (_, change) => {
    const made = few(5);
    const before = made.members.usable;
    const copy = [...before];
    change(made);
    expect(made.members.usable).not.toBe(before);
    expect(before).toEqual(copy);
  });

  test("has no backups in it, which have one of their own", () => {
    const { members, all } = few(3);
    const [first, ...others] = all as [Backend, ...Backend[]];
    setBackup(members, first);
    expect(members.usable).toEqual(others);
    expect(members.backups).toEqual([first]);
    setUsable(members, first, 0);
    expect(members.backups).toEqual([]);
  });

  test("is replaced at each change where it is small", () => {
    const { members, all } = few(63);
    for (const [n, each] of all.entries()) {
      setUsable(members, each, 0);
      expect(members.usable).toHaveLength(62 - n);
    }
  });

  test("stays for ten milliseconds from the first change where it is large", () => {
    const { members, all, clock } = few(1_000);
    const before = members.usable;
    setUsable(members, all[0] as Backend, 0);
    clock.advance(6);
    setUsable(members, all[1] as Backend, 0);
    clock.advance(3);
    expect(members.usable).toBe(before);
    clock.advance(1);
    expect(members.usable).toHaveLength(998);
    clock.advance(1_000);
    setUsable(members, all[2] as Backend, 0);
    expect(members.usable).toHaveLength(998);
  });

  test("stays until a 64th of it has changed where it is large", () => {
    const { members, all } = few(640);
    const before = members.usable;
    for (const each of all.slice(0, 10)) setUsable(members, each, 0);
    expect(members.usable).toBe(before);
    setUsable(members, all[10] as Backend, 0);
    expect(members.usable).toHaveLength(629);
  });

  test("is that of this moment once it was refreshed, however large", () => {
    const { members, all } = few(1_000);
    setUsable(members, all[0] as Backend, 0);
    members.refresh();
    expect(members.usable).toHaveLength(999);
  });
});

test("a member is found by its identity for as long as it is one", () => {
  const { members, all } = few(3);
  const [first, ...others] = all as [Backend, ...Backend[]];
  expect(members.find(first.identity)).toBe(first);
  members.replace(others);
  expect(members.find(first.identity)).toBeUndefined();
  expect(members.all).toBe(others);
});

test("a backend that was tried and has left is not taken for the one that has its slot now", () => {
  const { pool } = made([keyed("a")]);
  const tried = new Tried();
  const lease = taken(pool, tried);
  tried.add(lease.backend);
  lease[Symbol.dispose]();
  pool.update(settings([]));
  pool.update(settings([keyed("b")]));
  expect(pool.members[0]?.slot).toBe(lease.backend.slot);
  using next = taken(pool, tried);
  expect(next.backend.name).toBe("b");
});

test("a backend that is called otherwise, since its name has another address too, keeps its clients", () => {
  const others = ["b", "c", "d"].map((name) => keyed(name));
  const { pool, clock } = made([keyed("web"), ...others], {}, "source-hash");
  const clients = Array.from({ length: 200 }, (_, n) => ({ ...CLIENT, address: `10.0.0.${n}` }));
  const chosen = () => clients.map((client) => placeOf(pool, client).identity);
  const before = chosen();
  const [web, newcomer] = [keyed("web@127.0.0.1", "web"), keyed("web@127.0.0.2", "web", 2)];
  pool.update({ ...pool.settings, backends: [web, newcomer, ...others] });
  clock.advance(1_000);
  const moved = chosen().filter((identity, n) => identity !== before[n]);
  expect(moved.length).toBeGreaterThan(0);
  expect(new Set(moved)).toEqual(new Set([pool.members[1]?.identity]));
});

const KEYS = ["a", "b", "c", "d", "e"] as const;

type Step =
  | { readonly kind: "verdict"; readonly key: string; readonly alive: boolean }
  | { readonly kind: "dialled"; readonly key: string; readonly answered: boolean }
  | { readonly kind: "take" }
  | { readonly kind: "give back"; readonly nth: number }
  | { readonly kind: "answered" | "hung up"; readonly nth: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "configure"; readonly backends: readonly BackendSettings[] };

const key = fc.constantFrom(...KEYS);
const backendSettings = fc.record({
  name: fc.constantFrom("one", "other"),
  weight: fc.nat(2),
  maxConnections: fc.constantFrom(1, 2, Infinity),
  backup: fc.boolean(),
  state: fc.constantFrom("ready" as const, "ready" as const, "drain" as const, "maint" as const),
});
const backends = fc
  .uniqueArray(fc.tuple(key, backendSettings), { selector: ([entry]) => entry })
  .map((all) =>
    all.map(([entry, { name, ...values }]) => ({ ...keyed(`${entry}-${name}`, entry), ...values })),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("verdict" as const), key, alive: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("dialled" as const), key, answered: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("take" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("give back" as const), nth: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("answered" as const, "hung up" as const), nth: fc.nat(9) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(5, 500, 20_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("configure" as const), backends }) },
);

const someSteps = fc.array(step, { maxLength: 30 });

/** A pool that all kinds of things are done to, and the leases that were taken from it. */
class World {
  readonly #made = made(
    KEYS.map((each) => keyed(each)),
    {
      outlier: { failures: 1, ejectForMs: 10_000, maxEjected: 0.7, earlyMs: 0 },
      queue: { max: 0, timeoutMs: 1 },
      slowStartMs: 1_000,
    },
    "round-robin",
  );
  readonly #leases: Lease[] = [];

  get pool(): Pool {
    return this.#made.pool;
  }

  does(each: Step): void {
    switch (each.kind) {
      case "verdict":
        this.pool.verdict(verdict(each.key, each.alive));
        break;
      case "dialled":
        for (const backend of this.having([each.key]).all()) this.pool.observe(backend, each.answered);
        break;
      case "take":
        this.#take(new Tried());
        break;
      case "give back":
        for (const lease of this.#leases.splice(each.nth, 1)) lease[Symbol.dispose]();
        break;
      case "answered":
      case "hung up": {
        const lease = this.#leases[each.nth];
        if (lease?.client === undefined) lease?.connected(CLIENT);
        lease?.asked();
        if (each.kind === "answered") lease?.answered();
        else lease?.hungUp();
        break;
      }
      case "wait":
        this.#made.clock.advance(each.ms);
        break;
      case "configure":
        this.pool.update({ ...this.pool.settings, backends: each.backends });
    }
  }

  /** A session that has tried the members of these entries. */
  having(entries: readonly string[]): Tried & { all(): Backend[] } {
    const tried = new Tried();
    const members = this.pool.members.filter(({ settings: { entry } }) => entries.includes(entry as string));
    for (const member of members) tried.add(member);
    return Object.assign(tried, { all: () => members });
  }

  /** Whether a session gets a place at once, on a backend that is not ejected. */
  place(tried: Tried): boolean {
    const lease = this.#take(tried);
    return lease !== undefined && lease.how !== "last-resort";
  }

  expectCounted(): void {
    const { members, condition } = this.pool;
    const standings = members.map((member) => condition.of(member));
    expect({ ...condition.census }).toEqual({
      usable: standings.filter(({ usable }) => usable).length,
      sound: standings.filter(({ usable, onTrial }) => usable && !onTrial).length,
      ejected: standings.filter(({ ejected, onTrial }) => ejected || onTrial).length,
      inReserve: standings.filter(({ ejected, eligible }) => ejected && eligible).length,
    });
    expect(members.map(({ usable }) => usable)).toEqual(standings.map(({ usable }) => usable));
    expect(members.map(({ counts, slot }) => counts.trial[slot])).toEqual(
      standings.map(({ trial }) => trial),
    );
    const { counts } = this.#made;
    const slots = members.filter(({ free }) => free).map(({ slot }) => slot);
    expect(indexesOfOnes(counts.free)).toEqual(slots.sort((one, other) => one - other));
    expect(counts.taken).toBe(new Set([...members, ...this.#leases.map(({ backend }) => backend)]).size);
  }

  #take(tried: Tried): Lease | undefined {
    try {
      const place = this.pool.choose(CLIENT, tried);
      if (!(place instanceof Lease)) return undefined;
      this.#leases.push(place);
      return place;
    } catch (error) {
      if (error instanceof Ended) return undefined;
      throw error;
    }
  }
}

function indexesOfOnes(flags: Uint8Array): number[] {
  return [...flags.subarray(0, 64)].flatMap((flag, index) => (flag === 1 ? [index] : []));
}

/** A backend of an entry, on one of its addresses. */
function keyed(name: string, entry = name, address = 1): BackendSettings {
  return { ...plainBackend, name, entry, endpoint: { kind: "tcp", host: `127.0.0.${address}`, port: 1 } };
}

/** The backend that a client gets, which has no session by it. */
function placeOf(pool: Pool, client: typeof CLIENT): Backend {
  const place = pool.choose(client, new Tried());
  if (!(place instanceof Lease)) throw new Error(`expected a lease, got ${place}`);
  place[Symbol.dispose]();
  return place.backend;
}

type Few = ReturnType<typeof few>;

/** So many usable members. */
function few(count: number) {
  const clock = new ManualClock();
  const every = equalBackends(count + 1, clock);
  for (const { counts, slot } of every) counts.usable[slot] = 1;
  const all = every.slice(0, count);
  const members = new Members(clock);
  for (const each of all) members.changed(each);
  members.replace(all);
  return { members, all, clock, next: () => every[count] as Backend };
}

function setUsable(members: Members, backend: Backend, usable: 0 | 1): void {
  backend.counts.usable[backend.slot] = usable;
  members.changed(backend);
}

function setWeight(members: Members, backend: Backend, weight: number): void {
  backend.weight = weight;
  members.changed(backend);
}

function setBackup(members: Members, backend: Backend): void {
  backend.settings = { ...backend.settings, backup: true };
  members.changed(backend);
}
