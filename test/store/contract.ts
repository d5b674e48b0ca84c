import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "#lb/core/clock";
import { systemDice } from "#lb/core/dice";
import {
  type Json,
  type Keep,
  type Kept,
  openStore,
  type Shelf,
  type Store,
  StoreRefused,
  type StoreSettings,
} from "#lb/store/store";
import { Noted } from "./noted.ts";

/** A store that is not opened yet. */
export function storeOf(settings: StoreSettings, clock: Clock = systemClock): Store {
  return openStore(settings, { clock, dice: systemDice });
}

/** An open store and what was kept; closed when it is disposed of. */
export async function opened(settings: StoreSettings, clock?: Clock) {
  const store = storeOf(settings, clock);
  const events = new Noted();
  const kept = (await store.open(events)) as Kept;
  return { store, events, kept, [Symbol.asyncDispose]: () => store.close() };
}

const keepOn =
  (shelf: Shelf) =>
  (key: string, value: Json | null): Keep => ({ shelf, key, value });

export const client = keepOn("clients");
export const backend = keepOn("backends");

/** What every kind of store promises; `fresh` gives the settings of one where nothing is kept yet. */
export function storeRules(fresh: () => Promise<StoreSettings>): void {
  test("keeps clients, backends and tokens over a restart", async () => {
    const settings = await fresh();
    {
      await using first = await opened(settings);
      expect(first.kept.clients.size + first.kept.backends.size).toBe(0);
      expect(first.kept.tokensAtMs).toBeUndefined();
      await first.store.save([
        client("a", { capacity: 3 }),
        client("b", 1),
        backend("p/x", { weight: 2 }),
        backend("p", 3),
      ]);
      await first.store.save([client("b", null), backend("p/y", "drain")]);
      await first.store.saveTokens(
        new Map([
          ["a", 0.5],
          ["__proto__", 2],
        ]),
        1_234,
      );
    }
    await using again = await opened(settings);
    expect(again.kept.clients).toEqual(new Map([["a", { capacity: 3 }]]));
    expect(again.kept.backends).toEqual(
      new Map<string, unknown>([
        ["p/x", { weight: 2 }],
        ["p", 3],
        ["p/y", "drain"],
      ]),
    );
    expect(again.kept.tokens).toEqual(
      new Map([
        ["a", 0.5],
        ["__proto__", 2],
      ]),
    );
    expect(again.kept.tokensAtMs).toBe(1_234);
    expect(again.store.status.up).toBe(true);
    expect(again.events.statuses).toEqual([]);
  });

  test("gives back any JSON under any key, as it was given", async () => {
    const keys = fc.oneof(
      fc.constantFrom("__proto__", "constructor", "[::1]", "ü%/ '\""),
      fc.stringMatching(/^[ -~]{1,60}$/),
    );
    const values = fc.jsonValue().filter((value) => value !== null);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, values), { maxLength: 20 }), async (entries) => {
        const settings = await fresh();
        const given = new Map(entries.map(([key, value]) => [key, JSON.stringify(value)]));
        {
          await using first = await opened(settings);
          await first.store.save(entries.map(([key, value]) => client(key, value as Json)));
        }
        await using again = await opened(settings);
        const found = Array.from(again.kept.clients, ([key, value]) => [key, JSON.stringify(value)] as const);
        expect(new Map(found)).toEqual(given);
      }),
      { numRuns: 15 },
    );
  });

  test("keeps the order of saves to one key, however many are under way", async () => {
    const settings = await fresh();
    {
      await using first = await opened(settings);
      const saves = Array.from({ length: 200 }, (_, n) =>
        first.store.save([client("a", n), client(`k${n % 7}`, n)]),
      );
      await Promise.all(saves);
    }
    await using again = await opened(settings);
    expect(again.kept.clients.get("a")).toBe(199);
    expect(Array.from({ length: 7 }, (_, k) => again.kept.clients.get(`k${k}`))).toEqual([
      196, 197, 198, 199, 193, 194, 195,
    ]);
  });

  test("takes nothing after it was closed, and closes with what was given before", async () => {
    const settings = await fresh();
    const first = await opened(settings);
    const saved = [first.store.save([client("a", 1)]), first.store.saveTokens(new Map([["a", 3]]), 9)];
    await first.store.close();
    await Promise.all(saved);
    await expect(first.store.save([client("a", 2)])).rejects.toThrow("stopping");
    await expect(first.store.saveTokens(new Map(), 1)).rejects.toThrow("stopping");
    await using again = await opened(settings);
    expect(again.kept.clients.get("a")).toBe(1);
    expect(again.kept.tokens.get("a")).toBe(3);
  });

  test("a second process on the same node is refused, until the first has ended", async () => {
    const settings = await fresh();
    {
      await using _first = await opened(settings);
      const second = storeOf(settings).open(new Noted());
      await expect(second).rejects.toThrow(StoreRefused);
      await expect(second).rejects.toThrow("in use by another process");
    }
    await using again = await opened(settings);
    expect(again.store.status.up).toBe(true);
  });

  test("killed in mid-write, it has every save that was acknowledged, and none by half", async () => {
    const settings = await fresh();
    let acknowledged = 0;
    for (let round = 0; round < 6; round += 1) {
      acknowledged = await savedUntilKilled(settings, acknowledged, 5 + Math.random() * 60);
      await using again = await opened(settings);
      const { clients, backends } = again.kept;
      expect(clients.get("one") as number).toBeGreaterThanOrEqual(acknowledged);
      expect(clients.get("two")).toBe(clients.get("one"));
      expect(backends.get("three")).toBe(clients.get("one"));
      acknowledged = clients.get("one") as number;
    }
  });
}

/** Saves numbers from `from` on, each in three places, in a process of its own that is killed some ms after its first; the last number that was acknowledged. */
async function savedUntilKilled(settings: StoreSettings, from: number, afterMs: number): Promise<number> {
  const dist = new URL("../../dist/", import.meta.url);
  const script = `
    const { openStore } = await import("${dist}store/store.js");
    const { systemClock } = await import("${dist}core/clock.js");
    const store = openStore(${JSON.stringify(settings)}, { clock: systemClock, dice: Math.random });
    await store.open({ changed() {}, backends() {}, status() {} });
    const write = (n) => store.save([
      { shelf: "clients", key: "one", value: n }, { shelf: "clients", key: "two", value: n }, { shelf: "backends", key: "three", value: n },
    ]).then(() => process.stdout.write(n + "\\n"));
    for (let n = ${from + 1}; ; n += 3) await Promise.all([write(n), write(n + 1), write(n + 2)]);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (out === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== null) throw new Error(`the writing process ended by itself: ${err}`);
  return Number(out.split("\n").at(-2));
}
