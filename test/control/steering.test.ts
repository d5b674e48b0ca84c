import { describe, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { plainBackend } from "../support/backends.ts";
import { controlled } from "./controlled.ts";

describe("a backend that is added by a name", () => {
  test("is there with all its addresses where they are known within a second", async () => {
    const made = controlled(text());
    await made.control.start();
    made.addresses = ["192.0.2.1", "192.0.2.2"];
    await made.control.steering.addBackend("p", backend("z", "web.example:80"));
    expect(made.changed()).toEqual([["a", "z@192.0.2.1", "z@192.0.2.2"]]);
    made.addresses = ["192.0.2.2", "192.0.2.3"];
    await made.clock.run(40_000);
    expect(made.backends().at(-1)).toEqual(["a", "z@192.0.2.2", "z@192.0.2.3"]);
  });

  test("joins when its answer comes, and keeps no word waiting for it", async () => {
    const made = controlled(text());
    await made.control.start();
    const answer = made.slowly("slow.example");
    const added = made.control.steering.addBackend("p", backend("z", "slow.example:80"));
    await made.control.steering.setBackend("p", "a", { weight: 3 });
    expect(made.changed()).toEqual([["a"]]);
    await made.clock.run(1_000);
    expect(await added).toEqual({ kind: "done" });
    answer.resolve(["192.0.2.1"]);
    await made.clock.run(0);
    expect(made.backends().at(-1)).toEqual(["a", "z"]);
  });

  test("has its name looked up for as long as it is there", async () => {
    const made = controlled(text());
    await made.control.start();
    await made.control.steering.addBackend("p", backend("z", "web.example:80"));
    await made.clock.run(10_000);
    expect(made.lookups).toEqual(["web.example", "web.example"]);
    await made.control.steering.removeBackend("p", "z");
    await made.clock.run(60_000);
    expect(made.lookups).toEqual(["web.example", "web.example"]);
  });
});

test("a backend that is added is probed as one of the file, and no more once it is removed", async () => {
  const made = controlled(text().replace("health: { probe: off }, ", ""));
  await made.control.start();
  await made.control.steering.addBackend("p", backend("z", "127.0.0.1:2"));
  await made.clock.run(10_000);
  expect(new Set(made.dialled)).toEqual(new Set([1, 2]));
  expect(made.orders).toMatchObject([
    { entry: "a", alive: false },
    { entry: "z", alive: false },
  ]);
  await made.control.steering.removeBackend("p", "z");
  made.dialled.length = 0;
  await made.clock.run(10_000);
  expect(new Set(made.dialled)).toEqual(new Set([1]));
});

describe("a backend that leads back to a listener of its own", () => {
  test("is not added, by its address or by its name, and keeps no reload from what is right", async () => {
    const made = controlled(text());
    await made.control.start();
    made.addresses = ["127.0.0.1"];
    for (const address of ["127.0.0.1:8080", "web.example:8080"]) {
      const added = made.control.steering.addBackend("p", backend("z", address));
      await expect(added).rejects.toThrow("a backend that does not lead back to its own listener");
    }
    expect(made.plane.changes).toEqual([]);
    expect(made.control.overlay.entriesOf("p")).toHaveLength(1);
    await made.control.reload();
    expect(made.messages().at(-1)).toBe("reloaded, nothing changed");
  });

  test("is none by a word where its name's other addresses were refused for it", async () => {
    const made = controlled(text(`, { name: z, address: "web.example:8080" }`));
    await made.control.start();
    made.addresses = ["127.0.0.1"];
    await made.clock.run(10_000);
    expect(made.messages().at(-1)).toBe("names have other addresses, which cannot be used");
    expect(await made.control.steering.setBackend("p", "z", { weight: 3 })).toEqual({ kind: "done" });
    expect(made.plane.changes).toMatchObject([
      { pool: { backends: [{ name: "a" }, { name: "z", weight: 3, endpoint: { host: "192.0.2.1" } }] } },
    ]);
  });
});

test("a client that is removed crosses as its id alone, any other change as the whole client", async () => {
  const made = controlled(text());
  await made.control.start();
  const client = { id: "u", addresses: ["10.0.0.0/8"], capacity: 1, ratePerSec: 2 };
  await made.control.steering.addClient(client);
  await made.control.steering.setClient("u", { capacity: 5 });
  await made.control.steering.removeClient("u");
  expect(made.plane.changes).toEqual([
    { kind: "client", client },
    { kind: "client", client: { ...client, capacity: 5 } },
    { kind: "client-removed", id: "u" },
  ]);
});

test("a drain is ordered once the pool has changed, and a fill and a kill cross as they are", async () => {
  const made = controlled(text());
  await made.control.start();
  const { steering } = made.control;
  await steering.setBackend("p", "a", { state: "drain" }, { withinMs: 30_000 });
  await steering.setBackend("p", "a", { weight: 3 }, { withinMs: 30_000 });
  await steering.fill({ id: "u", tokens: 3 });
  await steering.kill("1a");
  expect(made.orders).toEqual([
    { kind: "drain", pool: "p", backend: "a", withinMs: 30_000 },
    { kind: "fill", clients: [{ id: "u", tokens: 3 }] },
    { kind: "kill", session: "1a" },
  ]);
});

describe("a rebalance", () => {
  test("is an order of the data plane", async () => {
    const made = controlled(text());
    await made.control.start();
    expect(await made.control.steering.rebalance("p", 0.2, 60_000)).toBe("done");
    expect(made.plane.orders).toContainEqual({ kind: "rebalance", pool: "p", share: 0.2, withinMs: 60_000 });
  });

  test.each([
    [-0.1, 0, "expected a share from 0 to 1, got -0.1"],
    [1.1, 0, "expected a share from 0 to 1, got 1.1"],
    [Number.NaN, 0, "expected a share from 0 to 1, got NaN"],
    [1, -1, "expected a time of 0 ms or more, got -1"],
    [1, Number.NaN, "expected a time of 0 ms or more, got NaN"],
  ])("refuses a share or a time that is none: %f, %f", async (share, withinMs, expected) => {
    const made = controlled(text());
    await made.control.start();
    await expect(made.control.steering.rebalance("p", share, withinMs)).rejects.toThrow(expected);
    expect(made.plane.orders).toEqual([]);
  });
});

/** A listener before a backend a and more. */
function text(more = ""): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }${more}] } }`;
}

function backend(name: string, address: string) {
  return { ...plainBackend, name, address: parseEndpoint(address) };
}
