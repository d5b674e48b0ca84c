import { describe, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { StoreDown, StoreFull } from "#lb/store/refusals";
import type { Json, Keep } from "#lb/store/seam";
import { plainBackend } from "../support/backends.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { controlled } from "./controlled.ts";
import { HeldStore } from "./held-store.ts";

const BUCKET = { capacity: 10, ratePerSec: 2 };
const SINCE = "2026-01-01T00:00:00.000Z";

describe("while a change waits for the store", () => {
  test("a word about the backend that is being deleted does not keep it, also over a restart", async () => {
    const { made, store } = await startedOn(new HeldStore());
    const { steering, overlay } = made.control;
    await steering.addBackend("p", backend("z", "127.0.0.1:2"));
    store.hold();
    const removing = steering.removeBackend("p", "z");
    await made.clock.run(0);
    const said = steering.setBackend("p", "z", { state: "drain" });
    await made.clock.run(0);
    expect(overlay.backend("p", "z")?.state.value).toBe("drain");
    store.letGo();
    expect([await removing, await said]).toEqual([DURABLE, DURABLE]);
    expect(store.shelves.backends).toEqual(new Map());
    expect((await restarted(made, store)).sourceOf("p", "z")).toBeUndefined();
  });

  test("rows that waited for it already are not written behind it", async () => {
    const { made, store } = await startedOn(new HeldStore());
    const { steering } = made.control;
    await steering.addBackend("p", backend("z", "127.0.0.1:2"));
    store.goes(false);
    await steering.setBackend("p", "z", { weight: 3 });
    store.status = { up: true, sinceMs: 0 };
    store.hold();
    const removing = steering.removeBackend("p", "z");
    await made.clock.run(2_000);
    store.letGo();
    expect(await removing).toEqual(DURABLE);
    await made.clock.run(2_000);
    expect(store.shelves.backends).toEqual(new Map());
  });

  test("a reload that changes the value is older than the word, which holds and is kept over the new value", async () => {
    const { made, store } = await startedOn(new HeldStore());
    store.hold();
    const saying = made.control.steering.setClient("u", { capacity: 5 });
    await made.clock.run(0);
    made.next = text().replace("capacity: 2", "capacity: 3");
    await made.control.reload();
    store.letGo();
    expect(await saying).toEqual(DURABLE);
    expect(made.control.overlay.client("u")?.capacity).toBe(5);
    expect((await restarted(made, store)).client("u")?.capacity).toBe(5);
  });

  test("a reload that has the client that is being added is told, and the API's is not kept", async () => {
    const { made, store } = await startedOn(new HeldStore());
    store.hold();
    const adding = made.control.steering.addClient({ id: "v", addresses: [], ...BUCKET });
    await made.clock.run(0);
    made.next = withClient("v");
    await made.control.reload();
    store.letGo();
    expect(await adding).toEqual({ kind: "refused", why: "exists" });
    expect(store.shelves.clients).toEqual(new Map());
  });

  test("the row of a backend that is being deleted does not come back where its pool goes", async () => {
    const { made, store } = await startedOn(new HeldStore());
    const { steering } = made.control;
    await steering.addBackend("p", backend("z", "127.0.0.1:2"));
    store.hold();
    const removing = steering.removeBackend("p", "z");
    await made.clock.run(0);
    made.next = inPoolQ();
    await made.control.reload();
    store.letGo();
    expect(await removing).toEqual({ kind: "refused", why: "unknown" });
    await made.clock.run(2_000);
    expect(store.shelves.backends).toEqual(new Map());
  });

  test("what must be checked is checked against what is wanted when it is put", async () => {
    const { made, store } = await startedOn(new HeldStore());
    const { steering } = made.control;
    await steering.addBackend("p", backend("z", "127.0.0.1:2"));
    store.hold();
    const check = (overlay: typeof made.control.overlay) => {
      if (overlay.backend("p", "z")?.weight.value !== 1) throw new Error("another by now");
    };
    const removing = steering.removeBackend("p", "z", { check });
    removing.catch(() => {});
    await made.clock.run(0);
    const said = steering.setBackend("p", "z", { weight: 7 });
    await made.clock.run(0);
    store.letGo();
    await expect(removing).rejects.toThrow("another by now");
    expect(await said).toEqual(DURABLE);
    expect((await restarted(made, store)).backend("p", "z")?.weight.value).toBe(7);
  });
});

describe("an answer of the store that is lost", () => {
  test("leaves no backend behind that was answered as not added, nor takes one that was answered as not removed", async () => {
    const { made, store } = await startedOn(new MemoryStore());
    const { steering } = made.control;
    await steering.addBackend("p", backend("y", "127.0.0.1:3"));
    const save = store.save.bind(store);
    store.save = async (changes) => {
      await save(changes);
      throw new StoreDown("late", 1_000, true);
    };
    await expect(steering.addBackend("p", backend("z", "127.0.0.1:2"))).rejects.toThrow(StoreDown);
    await expect(steering.removeBackend("p", "y")).rejects.toThrow(StoreDown);
    store.save = save;
    await made.clock.run(1_000);
    const again = await restarted(made, store);
    expect([again.sourceOf("p", "z"), again.sourceOf("p", "y")]).toEqual([undefined, "api"]);
  });
});

test("a client's word that the data plane does not take is not in force, and what stood is kept", async () => {
  const { made, store } = await startedOn(new MemoryStore());
  const { steering } = made.control;
  await steering.setClient("u", { capacity: 5 });
  const change = made.plane.change.bind(made.plane);
  made.plane.change = async () => {
    throw new RangeError("no room");
  };
  await expect(steering.setClient("u", { capacity: 6 })).rejects.toThrow("no room");
  made.plane.change = change;
  expect(made.control.overlay.client("u")?.capacity).toBe(5);
  expect((await restarted(made, store)).client("u")?.capacity).toBe(5);
});

describe("a database that is away at the start", () => {
  test.each<{ rule: string; said: { state?: "ready" | null; weight?: number }; holds: object }>([
    {
      rule: "an earlier word about another value",
      said: { weight: 7 },
      holds: { state: "maint", weight: 7 },
    },
    {
      rule: "a later word about the same value",
      said: { state: "ready" },
      holds: { state: "ready", weight: 1 },
    },
    { rule: "a value given back since", said: { state: null }, holds: { state: "ready", weight: 1 } },
  ])("$rule holds when it is back, and is kept", async ({ said, holds }) => {
    const store = new MemoryStore();
    store.shelves.backends.set("p/a", { said: [word("state", "maint", "ready")] });
    store.status = { up: false, sinceMs: 0 };
    const made = controlled(text(), store);
    await made.control.start();
    expect(await made.control.steering.setBackend("p", "a", said)).toEqual({ kind: "done", stored: false });
    store.returns();
    await made.clock.run(2_000);
    const { state, weight } = made.control.overlay.backend("p", "a") ?? {};
    expect({ state: state?.value, weight: weight?.value }).toEqual(holds);
    const again = (await restarted(made, store)).backend("p", "a");
    expect({ state: again?.state.value, weight: again?.weight.value }).toEqual(holds);
  });

  test("a word that is said before the rows had their turns does not overwrite them", async () => {
    const store = new MemoryStore();
    for (let at = 0; at < 50; at += 1) store.shelves.backends.set(`gone/${at}`, { said: [] });
    store.shelves.backends.set("p/a", { said: [word("state", "maint", "ready")] });
    store.status = { up: false, sinceMs: 0 };
    const made = controlled(text(), store);
    await made.control.start();
    store.returns();
    expect(await made.control.steering.setBackend("p", "a", { weight: 7 })).toEqual(DURABLE);
    const again = (await restarted(made, store)).backend("p", "a");
    expect([again?.state.value, again?.weight.value]).toEqual(["maint", 7]);
  });

  test("a backend of the API whose pool is gone by then goes with it, as at any start", async () => {
    const store = new MemoryStore();
    const as = { name: "z", address: "127.0.0.1:2" };
    store.shelves.backends.set("gone/z", { added: { as, since: SINCE }, said: [] });
    store.status = { up: false, sinceMs: 0 };
    const made = controlled(text(), store);
    await made.control.start();
    store.returns();
    await made.clock.run(2_000);
    expect(made.messages()).toContain("a backend of the API goes with its pool");
    expect(store.shelves.backends).toEqual(new Map());
  });
});

describe("what another balancer said of clients", () => {
  test("does not undo a newer word of this one", async () => {
    const { made, store } = await startedOn(new MemoryStore());
    const rows = Array.from({ length: 50 }, (_, at) => ({ key: `c${at}`, value: clientRow(`c${at}`) }));
    store.events?.changed([...rows, { key: "u", value: { said: [word("capacity", 77, 2)] } }]);
    await made.control.steering.setClient("u", { capacity: 5 });
    await made.clock.run(0);
    expect(made.control.overlay.client("c49")?.capacity).toBe(10);
    expect(made.control.overlay.client("u")?.capacity).toBe(5);
    expect((await restarted(made, store)).client("u")?.capacity).toBe(5);
  });

  test("is older than a word whose write ends before it had its turn", async () => {
    const { made, store } = await startedOn(new HeldStore());
    store.hold();
    const said = made.control.steering.setClient("u", { capacity: 5 });
    await made.clock.run(0);
    const rows = Array.from({ length: 50 }, (_, at) => ({ key: `c${at}`, value: clientRow(`c${at}`) }));
    store.events?.changed([...rows, { key: "u", value: { said: [word("capacity", 77, 2)] } }]);
    store.letGo();
    expect(await said).toEqual(DURABLE);
    await made.clock.run(0);
    expect(made.control.overlay.client("c49")?.capacity).toBe(10);
    expect(made.control.overlay.client("u")?.capacity).toBe(5);
    expect((await restarted(made, store)).client("u")?.capacity).toBe(5);
  });

  test("is not lost by a word about another value", async () => {
    const { made, store } = await startedOn(new HeldStore());
    store.hold();
    const said = made.control.steering.setClient("u", { ratePerSec: 9 });
    await made.clock.run(0);
    store.events?.changed([{ key: "u", value: { said: [word("capacity", 77, 2)] } }]);
    await made.clock.run(0);
    store.letGo();
    expect(await said).toEqual(DURABLE);
    const both = { capacity: 77, ratePerSec: 9 };
    expect(made.control.overlay.client("u")).toMatchObject(both);
    expect((await restarted(made, store)).client("u")).toMatchObject(both);
  });

  test.each(["told while it runs", "there at the start"])(
    "of one that only its file has is in force once this file has it too: %s",
    async (when) => {
      const store = sharedStore();
      const row = { said: [word("capacity", 77, 1)] };
      if (when === "there at the start") store.shelves.clients.set("v", row);
      const { made } = await startedOn(store);
      if (when === "told while it runs") store.events?.changed([{ key: "v", value: row }]);
      await made.clock.run(0);
      made.next = withClient("v");
      await made.control.reload();
      await made.clock.run(0);
      expect(made.control.overlay.client("v")?.capacity).toBe(77);
      const { list } = made.plane.snapshots.at(-1)?.clients ?? {};
      expect(list?.find(({ id }) => id === "v")).toMatchObject({ capacity: 77 });
    },
  );

  test("of one that only its file has and that it took back is in force nowhere", async () => {
    const { made, store } = await startedOn(sharedStore());
    store.events?.changed([{ key: "v", value: { said: [word("capacity", 77, 1)] } }]);
    await made.clock.run(0);
    store.events?.changed([{ key: "v", value: null }]);
    made.next = withClient("v");
    await made.control.reload();
    await made.clock.run(0);
    expect(made.control.overlay.client("v")?.capacity).toBe(1);
    expect(made.plane.changes).toEqual([]);
  });
});

describe("rows that wait", () => {
  const ids = Array.from({ length: 2_500 }, (_, at) => `c${at}`);

  test("are written a thousand at a time, however many a reload has ended", async () => {
    const store = new MemoryStore();
    for (const id of ids) store.shelves.clients.set(id, clientRow(id));
    const { made } = await startedOn(store);
    made.next = withClient(...ids);
    await made.control.reload();
    await made.clock.run(0);
    expect(store.asked.map((changes) => changes.length)).toEqual([1_000, 1_000, 500]);
    expect(store.shelves.clients).toEqual(new Map());
  });

  test("keep none of the others waiting where one has no room", async () => {
    const store = new MemoryStore();
    for (const id of ids.slice(0, 9)) store.shelves.clients.set(id, clientRow(id));
    const { made } = await startedOn(store);
    const save = store.save.bind(store);
    store.save = async (changes: readonly Keep[]) => {
      if (changes.some(({ key }) => key === "c5")) throw new StoreFull("the store is full");
      await save(changes);
    };
    made.next = withClient(...ids.slice(0, 9));
    await made.control.reload();
    await made.clock.run(5_000);
    expect([...store.shelves.clients.keys()]).toEqual(["c5"]);
    const told = made.messages("warn");
    expect(told).toEqual(["the store did not take what was said, it is tried again"]);
  });

  test("are in force and answered as not kept, where the store has no room for a word of a backend, and kept once it has", async () => {
    const { made, store } = await startedOn(new MemoryStore());
    const { steering, overlay } = made.control;
    store.save = () => Promise.reject(new StoreFull("the store is full"));
    const said = await steering.setBackend("p", "a", { state: "drain" });
    expect([said, overlay.backend("p", "a")?.state.value]).toEqual([
      { kind: "done", stored: false },
      "drain",
    ]);
    store.save = MemoryStore.prototype.save;
    await made.clock.run(2_000);
    expect((await restarted(made, store)).backend("p", "a")?.state.value).toBe("drain");
  });

  test("are not those of a copy that has the name by then: the store is not left with the old one", async () => {
    const { made, store } = await startedOn(new MemoryStore());
    const { steering } = made.control;
    await steering.addBackend("p", backend("ping-1", "127.0.0.1:2"));
    made.next = inPoolQ();
    store.status = { up: false, sinceMs: 0 };
    await made.control.reload();
    made.next = text();
    await made.control.reload();
    await steering.addBackend("p", backend("ping-1", "127.0.0.1:3"), { source: "copy" });
    store.status = { up: true, sinceMs: 0 };
    await made.clock.run(2_000);
    expect(store.shelves.backends).toEqual(new Map());
  });
});

const DURABLE = { kind: "done", stored: true };

async function startedOn<Any extends MemoryStore>(store: Any) {
  const made = controlled(text(), store);
  await made.control.start();
  store.asked.length = 0;
  return { made, store };
}

/** A store whose clients other balancers write, too. */
function sharedStore(): MemoryStore {
  return Object.assign(new MemoryStore(), { sharesClients: true });
}

/** What is wanted by the next process, of the same file. */
async function restarted(made: ReturnType<typeof controlled>, store: MemoryStore) {
  const again = controlled(made.next, store.again());
  await again.control.start();
  return again.control.overlay;
}

function word(key: string, value: Json, replaced: Json): Json {
  return { key, value, replaced, since: SINCE };
}

function clientRow(id: string): Json {
  return { added: { as: { id, addresses: [], ...BUCKET }, since: SINCE }, said: [] };
}

function text(): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p, rateLimit: true }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1", weight: 1 }] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: 2, ratePerSec: 2 }] }`;
}

function withClient(...ids: readonly string[]): string {
  const list = ids.map((id) => `{ id: ${id}, addresses: [], capacity: 1, ratePerSec: 1 }, `).join("");
  return text().replace("list: [", `list: [${list}`);
}

function inPoolQ(): string {
  return text().replace("pool: p", "pool: q").replace("pools: { p:", "pools: { q:");
}

function backend(name: string, address: string) {
  return { ...plainBackend, name, address: parseEndpoint(address) };
}
