import { describe, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { StoreDown } from "#lb/store/refusals";
import { plainBackend } from "../support/backends.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { controlled } from "./controlled.ts";

const BUCKET = { capacity: 10, ratePerSec: 2 };
const CLIENT = { id: "10.0.0.1", addresses: ["10.0.0.1"], ...BUCKET };

describe("over a restart", () => {
  test("words, backends and clients of the API hold, each since when it was said", async () => {
    const store = new MemoryStore();
    const first = controlled(text(), store);
    await first.control.start();
    const { steering } = first.control;
    await steering.setBackend("p", "a", { weight: 7, maxConnections: 4 });
    await steering.setBackend("p", "a@127.0.0.1", { state: "maint" });
    await steering.addBackend("p", backend("z", "127.0.0.1:2"));
    await steering.setBackend("p", "z", { maxConnections: Infinity, state: "drain" });
    await steering.addClient(CLIENT);
    await steering.setClient("u", { capacity: 5 });
    const said = [...values(first)];
    await first.control.close(0);
    expect(store.closed).toBe(true);
    const second = controlled(text(), store.again());
    await second.clock.run(60_000);
    await second.control.start();
    expect([...values(second)]).toEqual(said);
    expect(second.backends().at(-1)).toEqual(["a", "z"]);
  });

  test("a word is over where the file has another value by then, one line each, and is not kept", async () => {
    const store = new MemoryStore();
    const first = controlled(text(), store);
    await first.control.start();
    await first.control.steering.setBackend("p", "a", { weight: 7 });
    await first.control.steering.setClient("u", { capacity: 5 });
    await first.control.close(0);
    const next = store.again();
    const second = controlled(text("weight: 3").replace("capacity: 2", "capacity: 3"), next);
    await second.control.start();
    await second.control.close(0);
    expect(second.control.overlay.backend("p", "a")?.weight.value).toBe(3);
    expect(second.control.overlay.client("u")?.capacity).toBe(3);
    expect(second.messages().filter((each) => each === "the file has the last word")).toHaveLength(2);
    expect(next.shelves).toEqual({ backends: new Map(), clients: new Map() });
  });

  test("a backend of the API yields to one of the file, and goes with its pool", async () => {
    const store = new MemoryStore();
    const first = controlled(text(), store);
    await first.control.start();
    await first.control.steering.addBackend("p", backend("z", "127.0.0.1:2"));
    await first.control.close(0);
    const yields = controlled(text("weight: 1 }, { name: z, address: '127.0.0.1:3'"), store.again());
    await yields.control.start();
    expect(yields.control.overlay.sourceOf("p", "z")).toBe("file");
    expect(yields.messages()).toContain("a backend of the API yields to one of the file");
    const gone = controlled(
      text().replaceAll("pool: p", "pool: q").replace("pools: { p:", "pools: { q:"),
      store.again(),
    );
    await gone.control.start();
    expect(gone.messages()).toContain("a backend of the API goes with its pool");
  });

  test("a client has what it had left, and what the time since then has added", async () => {
    const store = new MemoryStore();
    const first = controlled(text(), store);
    await first.control.start();
    first.plane.tokens.push({ id: "u", tokens: 0.5 });
    await first.control.close(0);
    expect(store.tokens).toEqual(new Map([["u", 0.5]]));
    const next = store.again();
    const second = controlled(text(), next);
    await second.clock.run(250);
    next.tokensAtMs = second.clock.wallMs() - 250;
    await second.control.start();
    expect(second.orders).toEqual([{ kind: "fill", clients: [{ id: "u", tokens: 1 }] }]);
  });

  test("a row that means nothing prevents the start, and is named", async () => {
    const store = new MemoryStore();
    store.shelves.clients.set("u", {
      said: [{ key: "capacity", value: -1, replaced: 2, since: "2026-01-01T00:00:00Z" }],
    });
    const made = controlled(text(), store);
    await expect(made.control.start()).rejects.toThrow("the client u in the store: expected a whole number");
  });
});

describe("what is said of a client", () => {
  test("is in force once it is durable, and not at all where it cannot be", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    store.goes(false);
    await expect(made.control.steering.setClient("u", { capacity: 5 })).rejects.toThrow(StoreDown);
    await expect(made.control.steering.addClient(CLIENT)).rejects.toThrow(StoreDown);
    expect(made.plane.changes).toEqual([]);
    expect(made.control.overlay.clientCount).toBe(1);
    store.goes(true);
    expect(await made.control.steering.setClient("u", { capacity: 5 })).toEqual({
      kind: "done",
      stored: true,
    });
    expect(made.plane.changes).toHaveLength(1);
  });

  test("comes one after another, so that none is lost", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    const { steering } = made.control;
    const said = [1, 2, 3, 4, 5].map((capacity) => steering.setClient("u", { capacity }));
    said.push(steering.setClient("u", { ratePerSec: 9 }));
    await Promise.all(said);
    expect(made.control.overlay.client("u")).toMatchObject({ capacity: 5, ratePerSec: 9 });
    const [added, again] = [steering.addClient(CLIENT), steering.addClient(CLIENT)];
    expect([await added, await again]).toEqual([
      { kind: "done", stored: true },
      { kind: "refused", why: "exists" },
    ]);
  });
});

describe("what is said of a backend", () => {
  test("is in force while the store is down, and stored once when it is back, as it stands by then", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    store.goes(false);
    for (const weight of [3, 4, 5])
      expect(await made.control.steering.setBackend("p", "a", { weight })).toEqual({
        kind: "done",
        stored: false,
      });
    expect(made.plane.changes).toHaveLength(3);
    store.asked.length = 0;
    store.goes(true);
    await made.clock.run(5_000);
    expect(store.asked).toMatchObject([[{ key: "p/a", value: { said: [{ value: 5 }] } }]]);
    expect(made.messages()).toEqual(expect.arrayContaining(["store up"]));
  });

  test("is tried again each second where the store did not take it though it seems to be up", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    store.status = { up: false, sinceMs: 0 };
    await made.control.steering.setBackend("p", "a", { weight: 3 });
    await made.clock.run(3_000);
    expect(store.asked.length).toBeGreaterThan(2);
    store.status = { up: true, sinceMs: 0 };
    await made.clock.run(1_000);
    expect(store.shelves.backends.size).toBe(1);
  });

  test("is not kept where it was added and the data plane has no room for it", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    made.plane.change = async () => {
      throw new RangeError("no room");
    };
    await expect(made.control.steering.addBackend("p", backend("z", "127.0.0.1:2"))).rejects.toThrow(
      "no room",
    );
    expect(made.control.overlay.entriesOf("p")).toHaveLength(1);
    expect(store.shelves.backends).toEqual(new Map());
  });

  test("of a copy is not kept: its template has the last word at the next start", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    const { steering } = made.control;
    await steering.addBackend("p", backend("ping-1", "127.0.0.1:2"), { source: "copy" });
    expect(await steering.setBackend("p", "ping-1", { weight: 3 })).toEqual({ kind: "done" });
    expect(await steering.removeBackend("p", "ping-1")).toEqual({ kind: "refused", why: "is-a-copy" });
    expect(store.shelves.backends).toEqual(new Map());
    expect((await steering.removeBackend("p", "ping-1", { source: "copy" })).kind).toBe("done");
    expect(store.asked).toEqual([]);
  });

  test("of a copy needs no store: one that crashes while that is down leaves its pool, and joins again", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    const { steering } = made.control;
    const join = () => steering.addBackend("p", backend("ping-1", "127.0.0.1:2"), { source: "copy" });
    store.goes(false);
    expect((await join()).kind).toBe("done");
    expect((await steering.removeBackend("p", "ping-1", { source: "copy" })).kind).toBe("done");
    expect(made.backends().at(-1)).toEqual(["a"]);
    expect((await join()).kind).toBe("done");
  });
});

test("what another balancer said of clients is in force here, one row that is wrong keeps none of the others from it", async () => {
  const store = new MemoryStore();
  const made = controlled(text(), store);
  await made.control.start();
  const row = {
    added: { as: { id: "v", addresses: [], ...BUCKET }, since: "2026-01-01T00:00:00.000Z" },
    said: [],
  };
  store.events?.changed([
    { key: "w", value: { said: "nonsense" } },
    { key: "v", value: row },
  ]);
  await made.clock.run(0);
  expect(made.control.overlay.client("v")).toMatchObject(BUCKET);
  expect(made.messages("error")).toEqual(["the store has a row that cannot be used"]);
  store.events?.changed([{ key: "v", value: null }]);
  await made.clock.run(0);
  expect(made.control.overlay.client("v")).toBeUndefined();
  expect(made.plane.changes.at(-1)).toEqual({ kind: "client-removed", id: "v" });
});

test("words over a client that only another balancer's file has stay in the store", async () => {
  const store = Object.assign(new MemoryStore(), { sharesClients: true });
  const word = { key: "capacity", value: 3, replaced: 2, since: "2026-01-01T00:00:00.000Z" };
  store.shelves.clients.set("theirs", { said: [word] });
  const made = controlled(text(), store);
  await made.control.start();
  await made.control.close(0);
  expect(store.shelves.clients.has("theirs")).toBe(true);
  expect(made.messages()).not.toContain("the file has the last word");
});

test("a reload that asks for another store applies the rest, and says that once", async () => {
  const made = controlled(text());
  await made.control.start();
  made.next = `${text("weight: 9")}\nstore: { kind: file, path: other.json }`;
  expect((await made.control.reload()).kind).toBe("applied");
  await made.control.reload();
  expect(made.control.overlay.backend("p", "a")?.weight.value).toBe(9);
  expect(made.messages().filter((each) => each === "changes at the next start only")).toHaveLength(1);
});

test("tokens are saved while they change, at most once a second, and a full bucket not at all", async () => {
  const store = new MemoryStore();
  const made = controlled(text(), store);
  await made.control.start();
  made.plane.tokens.push({ id: "u", tokens: 2 }, { id: "gone", tokens: 1 });
  await made.clock.run(1_000);
  expect(store.tokensAtMs).toBeUndefined();
  made.plane.tokens[0] = { id: "u", tokens: 1 };
  await made.clock.run(1_000);
  expect(store.tokens).toEqual(new Map([["u", 1]]));
  const savedMs = store.tokensAtMs;
  await made.clock.run(5_000);
  expect(store.tokensAtMs).toBe(savedMs);
});

function text(more = "weight: 1"): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p, rateLimit: true }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1", ${more} }] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: 2, ratePerSec: 2 }] }`;
}

function backend(name: string, address: string) {
  return { ...plainBackend, name, address: parseEndpoint(address) };
}

function* values({ control }: ReturnType<typeof controlled>) {
  for (const [name, host] of [["a"], ["a", "127.0.0.1"], ["z"]] as const)
    for (const [key, each] of Object.entries(control.overlay.backend("p", name, host) ?? {}))
      if (each.source === "api") yield [name, host, key, each];
  for (const id of ["u", "10.0.0.1"])
    for (const [key, each] of Object.entries(control.overlay.clientValues(id) ?? {}))
      if (each.source === "api") yield [id, key, each];
}

test("a store that is down at the start is told of once, and what it has is put when it is back", async () => {
  const store = new MemoryStore();
  store.status = { up: false, sinceMs: 0, reason: "pulled out" };
  const made = controlled(text(), store);
  await made.control.start();
  expect(made.messages("error")).toEqual(["store down, traffic and limits go on from memory"]);
  const word = { key: "weight", value: 9, replaced: 1, since: "2026-01-01T00:00:00.000Z" };
  store.goes(true);
  store.events?.backends(new Map([["p/a", { said: [word] }]]));
  await made.clock.run(0);
  expect(made.control.overlay.backend("p", "a")?.weight.value).toBe(9);
});
