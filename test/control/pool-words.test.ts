import { describe, expect, test } from "vitest";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import { Overlay } from "#lb/control/overlay";
import { parseEndpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import type { Store } from "#lb/store/store";
import { configured } from "../config/configured.ts";
import { plainBackend } from "../support/backends.ts";
import { fleet } from "../support/fleet.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { steered } from "../support/steered.ts";
import { controlled } from "./controlled.ts";

const SAID = { algorithm: "first" } as const;
const ROW = { key: "algorithm", value: "first", replaced: "random", since: "2026-01-01T00:00:00.000Z" };

describe("the algorithm of a pool", () => {
  test.each(algorithmNames)("is what was said last, and the file's where null gives it back: %s", (name) => {
    const overlay = over(name);
    const other = name === "first" ? "random" : "first";
    say(overlay, "p2c");
    say(overlay, other);
    expect(overlay.pool("p")?.algorithm).toMatchObject({ value: other, source: "api" });
    say(overlay, null);
    expect(overlay.pool("p")?.algorithm).toMatchObject({ value: name, source: "file" });
  });

  test("holds until the file's differs from the one that was replaced, and does not come back with that", () => {
    const overlay = over("random");
    say(overlay, "first");
    const same = overlay.adopted(fileOf("random"));
    expect([same.news, same.changed]).toEqual([[], []]);
    expect(same.overlay.pool("p")?.algorithm.value).toBe("first");
    const other = same.overlay.adopted(fileOf("maglev"));
    expect(other.overlay.pool("p")?.algorithm).toMatchObject({ value: "maglev", source: "file" });
    expect(other.news).toEqual([{ kind: "word-over", subject: "p", key: "algorithm", value: "first" }]);
    expect(other.changed).toEqual([{ shelf: "pools", pool: "p" }]);
    const back = other.overlay.adopted(fileOf("random")).overlay;
    expect(back.pool("p")?.algorithm.value).toBe("random");
  });

  test("goes with its pool, and of a pool that there is not nothing is said", () => {
    const overlay = over("random");
    say(overlay, "first");
    const { overlay: without, news } = overlay.adopted(fileOf("random", "q"));
    expect(news).toEqual([{ kind: "word-over", subject: "p", key: "algorithm", value: "first" }]);
    expect(without.pool("p")).toBeUndefined();
    expect(without.sayingOfPool("p", SAID)).toBe("unknown");
    expect(without.adopted(fileOf("random")).overlay.pool("p")?.algorithm.value).toBe("random");
    for (const name of ["__proto__", "constructor", "", "p/a"])
      expect(overlay.sayingOfPool(name, SAID)).toBe("unknown");
  });

  test("crosses to the data plane at once, with the pool's backends as they are", async () => {
    const made = controlled(text());
    await made.control.start();
    expect(await made.control.steering.setPool("p", SAID)).toEqual({ kind: "done" });
    expect(made.plane.changes).toMatchObject([
      { kind: "pool", pool: { name: "p", algorithm: "first", backends: [{ name: "a" }] } },
    ]);
    await made.control.steering.setBackend("p", "a", { weight: 3 });
    expect(made.plane.changes.at(-1)).toMatchObject({ pool: { algorithm: "first" } });
    await made.control.reload();
    made.next = text({ more: "attempts: 7, " });
    await made.control.reload();
    expect(made.plane.snapshots.at(-1)?.pools).toMatchObject([{ algorithm: "first", attempts: 7 }]);
  });

  test("stays as it was where the data plane does not take it", async () => {
    const store = new MemoryStore();
    const made = controlled(text(), store);
    await made.control.start();
    made.plane.change = async () => {
      throw new Error("no");
    };
    await expect(made.control.steering.setPool("p", SAID)).rejects.toThrow("no");
    expect(made.control.overlay.pool("p")?.algorithm.value).toBe("random");
    expect(store.asked).toEqual([]);
  });

  test("serves new sessions from then on, while old ones live on and are counted", async () => {
    await using servers = await fleet("a", "b");
    const backends = servers.members.map(
      ({ name, endpoint }) =>
        `{ name: ${name}, address: "127.0.0.1:${"port" in endpoint && endpoint.port}" }`,
    );
    await using balancer = await steered(
      `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { health: { probe: off }, backends: [${backends.join(", ")}] } }`,
      systemClock,
    );
    const old = [await balancer.served(), await balancer.served()];
    expect(old.map(({ by }) => by)).toEqual(["a", "b"]);
    await balancer.steering.setPool("p", SAID);
    const young = [await balancer.served(), await balancer.served()];
    expect(young.map(({ by }) => by)).toEqual(["a", "a"]);
    const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect((await balancer.control.status()).pools).toMatchObject([
      {
        algorithm: "first",
        administrative: { algorithm: { value: "first", source: "api", since, file: "round-robin" } },
        active: 4,
        backends: [{ active: 3 }, { active: 1 }],
      },
    ]);
    // Its sessions before the word count: b has fewer.
    await balancer.steering.setPool("p", { algorithm: "least-connections" });
    expect([(await balancer.served()).by, (await balancer.served()).by]).toEqual(["b", "b"]);
    expect(balancer.records).toEqual([]);
  });
});

describe("what is said of a pool", () => {
  test("outlives a restart, beside what was said of its backends, each since when it was said", async () => {
    const store = new MemoryStore();
    const first = await started(text(), store);
    expect(await first.control.steering.setPool("p", SAID)).toEqual({ kind: "done", stored: true });
    await first.control.steering.setBackend("p", "a", { weight: 3 });
    const held = first.control.overlay.pool("p");
    await first.control.close(0);
    expect([...store.shelves.backends.keys()]).toEqual(["p", "p/a"]);
    const second = controlled(text(), store.again());
    await second.clock.run(60_000);
    await second.control.start();
    expect(second.control.overlay.pool("p")).toEqual(held);
    expect(second.control.overlay.backend("p", "a")?.weight.value).toBe(3);
    expect(second.plane.snapshots[0]?.pools).toMatchObject([{ algorithm: "first" }]);
  });

  test("is kept no more once it is taken back, or once a file has the last word", async () => {
    const store = new MemoryStore();
    const made = await started(text(), store);
    await made.control.steering.setPool("p", SAID);
    await made.control.steering.setPool("p", { algorithm: null });
    expect(store.shelves.backends).toEqual(new Map());
    await made.control.steering.setPool("p", SAID);
    await made.control.close(0);
    const next = store.again();
    const second = await started(text({ algorithm: "maglev" }), next);
    await second.control.close(0);
    expect(second.control.overlay.pool("p")?.algorithm.value).toBe("maglev");
    expect(second.messages()).toContain("the file has the last word");
    expect(next.shelves.backends).toEqual(new Map());
  });

  test("is in force while the store is down, and stored once when that is back, as it stands by then", async () => {
    const store = new MemoryStore();
    const made = await started(text(), store);
    store.goes(false);
    for (const algorithm of ["first", "p2c", "maglev"] as const)
      expect(await made.control.steering.setPool("p", { algorithm })).toEqual({
        kind: "done",
        stored: false,
      });
    expect(made.plane.changes).toHaveLength(3);
    store.asked.length = 0;
    store.goes(true);
    await made.clock.run(5_000);
    expect(store.asked).toMatchObject([
      [{ shelf: "backends", key: "p", value: { said: [{ value: "maglev" }] } }],
    ]);
  });

  test.each([
    { rule: "nothing since: the word from before", said: undefined, holds: "first" },
    { rule: "another word since", said: "p2c", holds: "p2c" },
    { rule: "given back since", said: null, holds: "random" },
  ] as const)(
    "before a start without the database goes under what is said since: $rule",
    async ({ said, holds }) => {
      const store = new MemoryStore();
      store.status = { up: false, sinceMs: 0 };
      const made = await started(text(), store);
      if (said !== undefined) await made.control.steering.setPool("p", { algorithm: said });
      // The same key of a backend that has the pool's name is another word.
      await made.control.steering.addBackend("p", backend("p"), { source: "copy" });
      store.goes(true);
      store.events?.backends(new Map([["p", { said: [ROW] }]]));
      await made.clock.run(2_000);
      expect(made.control.overlay.pool("p")?.algorithm.value).toBe(holds);
    },
  );

  test("and means nothing prevents the start, and is named as the pool's", async () => {
    for (const row of [
      { ...ROW, value: "fastest" },
      { ...ROW, key: "colour" },
      { ...ROW, replaced: null },
    ]) {
      const store = new MemoryStore();
      store.shelves.backends.set("p", { said: [row] });
      await expect(started(text(), store)).rejects.toThrow(
        /^the pool p in the store: expected (round-robin \||one of the keys )/,
      );
    }
  });

  test("and is of a pool that the file has no more is over, and kept no more", async () => {
    const store = new MemoryStore();
    store.shelves.backends.set("gone", { said: [ROW] });
    const made = await started(text(), store);
    await made.control.close(0);
    expect(made.messages()).toContain("the file has the last word");
    expect(store.shelves.backends).toEqual(new Map());
  });
});

function over(algorithm: AlgorithmName): Overlay {
  return Overlay.of(fileOf(algorithm), () => 0);
}

function say(overlay: Overlay, algorithm: AlgorithmName | null): void {
  const edit = overlay.sayingOfPool("p", { algorithm });
  if (typeof edit === "string") throw new Error(edit);
  overlay.put(edit);
}

function fileOf(algorithm: AlgorithmName, pool = "p") {
  return configured(text({ algorithm, pool }));
}

function text({ algorithm = "random", pool = "p", more = "" } = {}): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ${pool} }]
pools: { ${pool}: { algorithm: ${algorithm}, ${more}health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }] } }`;
}

function backend(name: string) {
  return { ...plainBackend, name, address: parseEndpoint("127.0.0.1:2") };
}

async function started(file: string, store: Store) {
  const made = controlled(file, store);
  await made.control.start();
  return made;
}
