import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Json, StoreConflict, StoreDown } from "#lb/store/store";
import { Database } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { backend, client, opened, storeOf, storeRules } from "./contract.ts";
import { Noted } from "./noted.ts";

let database: Database;
beforeAll(async () => {
  database = await Database.start();
});
afterAll(() => database[Symbol.asyncDispose]());

const fresh = async (node = "n1") => ({ kind: "postgres", url: await database.fresh(), node }) as const;

describe("a store in PostgreSQL", () => {
  storeRules(fresh);

  test("tells the other balancers of clients, and of nothing else", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await using two = await opened({ ...settings, node: "n2" });
    await one.store.save([client("a", 1), client("b", 2), backend("p/x", 3)]);
    await eventually(() =>
      expect(two.events.clients).toEqual(
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      ),
    );
    await two.store.save([client("a", null)]);
    await eventually(() => expect(one.events.clients).toEqual(new Map([["a", null]])));
    expect(two.events.told).toBeUndefined();
    await using three = await opened({ ...settings, node: "n3" });
    expect([three.kept.clients, three.kept.backends]).toEqual([new Map([["b", 2]]), new Map()]);
  });

  test("many balancers that start at once make the tables once", async () => {
    const settings = await fresh();
    const all = await Promise.all(["a", "b", "c", "d"].map((node) => opened({ ...settings, node })));
    expect(all.map(({ kept }) => kept.clients.size)).toEqual([0, 0, 0, 0]);
    await Promise.all(all.map(({ store }) => store.close()));
  });

  test("two that save the same clients in another order at once do not wait for each other, and agree", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await using two = await opened({ ...settings, node: "n2" });
    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
    for (let round = 0; round < 10; round += 1) {
      const there = one.store.save(keys.map((key) => client(key, `one ${round}`)));
      const back = two.store.save(keys.toReversed().map((key) => client(key, `two ${round}`)));
      const results = await Promise.allSettled([there, back]);
      const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
      expect(lost.length).toBeLessThan(2);
      expect(lost.every((reason) => reason instanceof StoreConflict)).toBe(true);
    }
    await using three = await opened({ ...settings, node: "n3" });
    expect(new Set(three.kept.clients.values()).size).toBe(1);
  });

  test.each<{ what: string; before: Json | null; first: Json | null; second: Json | null }>([
    { what: "changed", before: 1, first: 2, second: 3 },
    { what: "made", before: null, first: 2, second: 3 },
    { what: "removed and changed", before: 1, first: null, second: 3 },
    { what: "changed and removed", before: 1, first: 2, second: null },
  ])(
    "of a client that two have $what at once one is kept, and the other is told of it and saves over it",
    async (each) => {
      const settings = await fresh();
      await using one = await opened(settings);
      if (each.before !== null) await one.store.save([client("a", each.before)]);
      await using two = await opened({ ...settings, node: "n2" });
      const turn =
        "begin; select pg_advisory_xact_lock(hashtextextended('lb clients ' || current_schema(), 0))";
      const saves: Promise<unknown>[] = [];
      {
        await using other = await database.connect(settings.url);
        await other.client.query(turn);
        for (const [at, { store }] of [one, two].entries()) {
          saves.push(store.save([client("a", at === 0 ? each.first : each.second)]).catch((error) => error));
          // By the connection that is there: a save waits for 800 ms, and each fresh connection takes some of them.
          const waiting = async () =>
            (await other.client.query("select 1 from pg_locks where not granted")).rowCount;
          await eventually(async () => expect(await waiting()).toBe(at + 1));
        }
      }
      const [kept, conflict] = await Promise.all(saves);
      expect(kept).toBeUndefined();
      expect(conflict).toBeInstanceOf(StoreConflict);
      expect(two.events.clients).toEqual(new Map([["a", each.first]]));
      await two.store.save([client("a", each.second)]);
      await using three = await opened({ ...settings, node: "n3" });
      expect(three.kept.clients.get("a") ?? null).toEqual(each.second);
    },
  );

  test("a call that another balancer was before fails as a whole, and none of those that are written with it", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await one.store.save([client("a", 1)]);
    await database.ask(settings.url, "update lb_clients set version = version + 1000, value = '7'");
    const saves = [
      one.store.save([client("b", 2)]),
      one.store.save([client("a", 2), client("c", 2), backend("p/x", 2)]),
      one.store.save([client("d", 2), backend("p/y", 2)]),
    ];
    const statuses = (await Promise.allSettled(saves)).map(({ status }) => status);
    expect(statuses).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(one.events.clients).toEqual(new Map([["a", 7]]));
    await one.store.close();
    await using again = await opened(settings);
    expect(Object.fromEntries(again.kept.clients)).toEqual({ a: 7, b: 2, d: 2 });
    expect([...again.kept.backends.keys()]).toEqual(["p/y"]);
  });

  test("refuses tables of a newer version, and another program's", async () => {
    const settings = await fresh();
    await (await opened(settings)).store.close();
    await database.ask(settings.url, "update lb_store set version = 99");
    await expect(storeOf(settings).open(new Noted())).rejects.toThrow("version 99, expected 1 at most");
    const foreign = await fresh();
    await database.ask(foreign.url, "create table lb_clients (name text)");
    await expect(storeOf(foreign).open(new Noted())).rejects.toThrow("another program's table");
    expect(await database.ask(foreign.url, "select to_regclass('lb_store') as there")).toEqual([
      { there: null },
    ]);
  });

  test("one that cannot be reached does not keep the balancer from its start, nor tells the password", async () => {
    const store = storeOf({
      kind: "postgres",
      url: `postgres://lb:secret@127.0.0.1:${await freePort()}/x`,
      node: "n1",
    });
    const events = new Noted();
    expect(await store.open(events)).toBeUndefined();
    expect(events.statuses).toMatchObject([{ up: false, reason: expect.stringContaining("ECONNREFUSED") }]);
    expect(events.statuses[0]?.reason).not.toContain("secret");
    await expect(store.save([client("a", 1)])).rejects.toThrow(StoreDown);
    await store.close();
  });

  test("goes on after the database was stopped and started, with what others saved meanwhile", async () => {
    const settings = await fresh();
    {
      await using before = await opened(settings);
      await before.store.save([client("old", 1), backend("p/x", "drain")]);
    }
    await database.stop();
    const store = storeOf(settings);
    const events = new Noted();
    expect(await store.open(events)).toBeUndefined();
    await database.startAgain();
    await eventually(() => expect(store.status.up).toBe(true));
    expect(events.clients).toEqual(new Map([["old", 1]]));
    expect(events.told).toEqual(new Map([["p/x", "drain"]]));
    await using other = await opened({ ...settings, node: "n2" });

    await database.stop();
    await eventually(() => expect(store.status.up).toBe(false));
    await expect(store.save([client("a", 1)])).rejects.toThrow(StoreDown);
    await database.startAgain();
    await eventually(() => expect(other.store.status.up).toBe(true));
    await other.store.save([client("new", 2), client("old", null)]);
    await eventually(() =>
      expect(events.clients).toEqual(
        new Map([
          ["old", null],
          ["new", 2],
        ]),
      ),
    );
    await eventually(() => expect(store.status.up).toBe(true));
    await store.save([client("a", 3)]);
    expect(events.statuses.map(({ up }) => up)).toEqual([false, true, false, true]);
    await store.close();
  });

  test("one that stands still fails a save within 2 s, and what came of it is told afterwards", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await one.store.save([client("a", 1)]);
    await database.freeze();
    try {
      const atMs = performance.now();
      const saves = [one.store.save([client("a", 2)]), one.store.save([client("b", 2)])];
      const results = await Promise.allSettled(saves);
      expect(results).toMatchObject([{ reason: { uncertain: true } }, { reason: expect.any(StoreDown) }]);
      expect(performance.now() - atMs).toBeLessThan(2_500);
      await expect(one.store.save([client("a", 3)])).rejects.toThrow("did not answer");
    } finally {
      await database.thaw();
    }
    await eventually(() => expect(one.store.status.up).toBe(true));
    await eventually(async () => {
      const rows = await database.ask(settings.url, "select key, value from lb_clients");
      const there = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
      expect(there).toEqual({ a: 1, ...Object.fromEntries(one.events.clients) });
    });
  });

  test("a node that another process takes while the connection is lost stays there, and this one says so", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    {
      await using other = await database.connect(settings.url);
      const taken = other.client.query(
        "select pg_advisory_lock(hashtextextended('lb node ' || current_schema() || ' n1', 0))",
      );
      await eventually(async () =>
        expect(await database.ask(settings.url, "select 1 from pg_locks where not granted")).toHaveLength(1),
      );
      await database.ask(
        settings.url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lb n1' and datname = current_database()",
      );
      await taken;
      await eventually(() => expect(one.store.status.reason).toContain("in use by another process"));
      await expect(one.store.save([client("a", 1)])).rejects.toThrow("in use by another process");
    }
    await eventually(() => expect(one.store.status.up).toBe(true));
    await one.store.save([client("a", 2)]);
    expect(one.events.statuses.map(({ up }) => up)).toEqual([false, true]);
  });

  test("what the database refuses for the moment fails alone: the connection stays, and with it the node", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await one.store.save([client("a", 1)]);
    const pids = () =>
      database.ask(
        settings.url,
        "select pid from pg_stat_activity where application_name = 'lb n1' and datname = current_database()",
      );
    const before = await pids();
    {
      await using other = await database.connect(settings.url);
      await other.client.query(
        "begin; select pg_advisory_xact_lock(hashtextextended('lb clients ' || current_schema(), 0))",
      );
      await expect(one.store.save([client("a", 2)])).rejects.toMatchObject({
        name: "Error",
        uncertain: false,
      });
    }
    await one.store.save([client("b", 3)]);
    expect([await pids(), one.events.statuses]).toEqual([before, []]);
    await using two = await opened({ ...settings, node: "n2" });
    expect(Object.fromEntries(two.kept.clients)).toEqual({ a: 1, b: 3 });
  });

  test("tokens that are refused are told, while settings are saved by the same connection", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    await database.ask(settings.url, "alter table lb_nodes add constraint none check (tokens::text = '{}')");
    await expect(one.store.saveTokens(new Map([["a", 1]]), 1)).rejects.toThrow(StoreDown);
    expect(one.store.status).toMatchObject({ up: false, reason: expect.stringContaining("constraint") });
    await one.store.save([client("a", 1)]);
    await database.ask(settings.url, "alter table lb_nodes drop constraint none");
    await one.store.saveTokens(new Map([["a", 1]]), 1);
    expect(one.events.statuses.map(({ up }) => up)).toEqual([false, true]);
  });

  test("a database that may only be read is down, and up again when it may be written", async () => {
    const settings = await fresh();
    await using one = await opened(settings);
    const name = new URL(settings.url).pathname.slice(1);
    const readOnly = (value: string) =>
      database.ask(
        database.url(),
        `alter database ${name} set default_transaction_read_only = ${value}; select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      );
    await readOnly("on");
    await eventually(() => expect(one.store.status.reason).toContain("read-only"));
    await readOnly("off");
    await eventually(() => expect(one.store.status.up).toBe(true));
    await one.store.save([client("a", 2)]);
  });
});
