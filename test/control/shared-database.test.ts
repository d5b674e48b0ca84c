import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { systemDice } from "#lb/core/dice";
import { openStore } from "#lb/store/store";
import { Database } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { controlled } from "./controlled.ts";

let database: Database;
beforeAll(async () => {
  database = await Database.start();
});
afterAll(() => database[Symbol.asyncDispose]());

const DURABLE = { kind: "done", stored: true };
const V = { id: "v", addresses: [], capacity: 9, ratePerSec: 9 };

test("of two words that two balancers on one database are given at the same moment none is lost", async () => {
  await using both = await two();
  const { one, other, rows } = both;
  for (let round = 3; round < 13; round += 1) {
    const said = [
      one.control.steering.setClient("u", { capacity: round }),
      other.control.steering.setClient("u", { ratePerSec: round }),
    ];
    expect(await Promise.all(said)).toEqual([DURABLE, DURABLE]);
    for (const { control } of [one, other])
      await eventually(() =>
        expect(control.overlay.client("u")).toMatchObject({ capacity: round, ratePerSec: round }),
      );
  }
  expect(await rows()).toHaveLength(1);
});

test("what one balancer deletes another one does not bring back", async () => {
  await using both = await two();
  const { one, other, rows } = both;
  expect(await one.control.steering.addClient(V)).toEqual(DURABLE);
  await eventually(() => expect(other.control.overlay.client("v")).toBeDefined());
  const asked = [
    one.control.steering.removeClient("v"),
    other.control.steering.setClient("v", { ratePerSec: 7 }),
  ];
  expect((await Promise.all(asked))[0]).toEqual(DURABLE);
  for (const { control } of [one, other])
    await eventually(() => expect(control.overlay.client("v")).toBeUndefined());
  expect(await rows()).toEqual([]);
});

test("a client of one balancer's file leaves the one that another balancer added", async () => {
  await using both = await two(text(", { id: v, addresses: [], capacity: 1, ratePerSec: 1 }"));
  const { one, other, rows } = both;
  expect(await other.control.steering.addClient(V)).toEqual(DURABLE);
  await eventually(() => expect(one.messages()).toContain("a client of the API yields to one of the file"));
  await one.clock.run(2_000);
  // A word that is heard after it: what came before has been dealt with.
  expect(await one.control.steering.setClient("u", { capacity: 5 })).toEqual(DURABLE);
  await eventually(() => expect(other.control.overlay.client("u")?.capacity).toBe(5));
  expect(await rows()).toHaveLength(2);
  expect([one, other].map(({ control }) => control.overlay.client("v")?.capacity)).toEqual([1, 9]);
});

/** Two balancers on one database; what it has of clients. */
async function two(first = text()) {
  const url = await database.fresh();
  const started = async (file: string, node: string) => {
    const store = openStore({ kind: "postgres", url, node }, { clock: systemClock, dice: systemDice });
    const made = controlled(file, store);
    await made.control.start();
    return made;
  };
  const one = await started(first, "n1");
  const other = await started(text(), "n2");
  return {
    one,
    other,
    rows: () => database.ask(url, "select key from lb_clients"),
    async [Symbol.asyncDispose]() {
      await Promise.all([one.control.close(0), other.control.close(0)]);
    },
  };
}

function text(clients = ""): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p, rateLimit: true }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: 2, ratePerSec: 2 }${clients}] }`;
}
