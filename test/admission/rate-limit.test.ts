import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClientBuckets } from "#lb/admission/client-buckets";
import { rateLimit } from "#lb/admission/rate-limit";
import { TokenBucket } from "#lb/admission/token-bucket";
import type { BucketSettings, ClientEntry } from "#lb/contract/clients";
import { atOnce } from "#lb/core/slices";
import { ManualClock } from "../support/manual-clock.ts";
import { refusedBy, refusedWith } from "./sessions.ts";

const three: BucketSettings = { capacity: 3, ratePerSec: 1 };
const entry = (id: string, addresses: string[], settings = three): ClientEntry => ({
  id,
  addresses,
  ...settings,
});

/** A gate over freshly configured buckets, and how many sessions of a client at an address pass it at once. */
async function limited(list: ClientEntry[], others?: BucketSettings) {
  const clock = new ManualClock();
  const clients = new ClientBuckets(clock);
  await clients.configure({ default: others, list });
  const gate = rateLimit(clients);
  const passing = (address: string, tries = 10) =>
    Array.from({ length: tries }, () => refusedWith(gate, address)).filter((word) => word === undefined)
      .length;
  return { clock, clients, gate, passing };
}

test("clients with less than a quarter of their tokens are pressed, the most pressed first, listed or not", async () => {
  const ten: BucketSettings = { capacity: 10, ratePerSec: 1 };
  const { clients, passing } = await limited([entry("listed", ["192.0.2.1"], ten)], ten);
  passing("192.0.2.1", 9);
  passing("192.0.2.2", 12);
  passing("192.0.2.3", 7);
  const found = atOnce(clients.pressed(20));
  expect(found).toEqual([
    { id: "192.0.2.2", tokens: 0, ...ten, refused: 2 },
    { id: "listed", tokens: 1, ...ten, refused: 0 },
  ]);
  for (let host = 10; host < 60; host++) passing(`192.0.2.${host}`, 8);
  expect(atOnce(clients.pressed(2)).map(({ id }) => id)).toEqual(["192.0.2.2", "listed"]);
});

describe("a client with a capacity of 3 and one token a second", () => {
  test("has three sessions at once, the fourth refused, and one more after a second", async () => {
    const { clock, gate, passing } = await limited([entry("192.0.2.1", ["192.0.2.1"])]);
    expect(passing("192.0.2.1", 3)).toBe(3);
    expect(refusedWith(gate, "192.0.2.1")).toBe("rate-limited");
    clock.advance(999);
    expect(refusedWith(gate, "192.0.2.1")).toBe("rate-limited");
    clock.advance(1);
    expect(passing("192.0.2.1")).toBe(1);
  });

  test("never has more than three, however long it was away", async () => {
    const { clock, passing } = await limited([entry("192.0.2.1", ["192.0.2.1"])]);
    clock.advance(3_600_000);
    expect(passing("192.0.2.1")).toBe(3);
  });

  test("is told when its next token comes", async () => {
    const { clock, gate, passing } = await limited([
      entry("a", ["192.0.2.1"], { capacity: 1, ratePerSec: 0.1 }),
    ]);
    passing("192.0.2.1");
    clock.advance(2_500);
    expect(refusedBy(gate, "192.0.2.1")?.retryMs).toBeCloseTo(7_500);
  });
});

describe("a token bucket", () => {
  const settings = fc.record({
    capacity: fc.integer({ min: 1, max: 50 }),
    ratePerSec: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(0.1, 0.3, 2.5)),
  });
  const steps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 200 });

  test("gives in any time at most its capacity and what came in, and no less to one who always asks", async () => {
    fc.assert(
      fc.property(settings, steps, (each, waits) => {
        const bucket = new TokenBucket(each, 0);
        let [nowMs, given] = [0, 0];
        for (const waitMs of [0, ...waits]) {
          nowMs += waitMs;
          while (bucket.take(nowMs) === 0) given += 1;
          const most = each.capacity + (nowMs / 1000) * each.ratePerSec;
          expect(given).toBeLessThanOrEqual(most + 1e-6);
          expect(given).toBeGreaterThan(most - 1 - lost(each, waits) - 1e-6);
        }
      }),
    );
  });

  test("has a token again exactly when it said, and not before", async () => {
    fc.assert(
      fc.property(settings, fc.integer({ min: 0, max: 5_000 }), (each, atMs) => {
        const bucket = new TokenBucket(each, 0);
        while (bucket.take(atMs) === 0);
        const waitMs = bucket.take(atMs);
        expect(bucket.take(atMs + waitMs * 0.999)).toBeGreaterThan(0);
        expect(bucket.take(atMs + waitMs)).toBe(0);
      }),
    );
  });

  test("loses nothing to those who ask in vain", async () => {
    const bucket = new TokenBucket({ capacity: 1, ratePerSec: 0.1 }, 0);
    bucket.take(0);
    for (let nowMs = 1; nowMs < 10_000; nowMs++) expect(bucket.take(nowMs)).toBeGreaterThan(0);
    expect(bucket.take(10_000)).toBe(0);
  });

  test("of no rate never fills, and of no capacity never gives", async () => {
    const still = new TokenBucket({ capacity: 1, ratePerSec: 0 }, 0);
    expect(still.take(0)).toBe(0);
    expect(still.take(1e9)).toBe(Infinity);
    expect(new TokenBucket({ capacity: 0, ratePerSec: 1 }, 0).take(1e9)).toBe(Infinity);
  });

  /** What may have run over between two questions. */
  function lost({ capacity, ratePerSec }: BucketSettings, waits: number[]): number {
    return waits.reduce((sum, waitMs) => sum + Math.max(0, (waitMs / 1000) * ratePerSec + 1 - capacity), 0);
  }
});

describe("the buckets of clients", () => {
  test("are one for all addresses of an entry", async () => {
    const { passing } = await limited([entry("user1", ["10.2.0.0/16", "2001:db8::/32"])]);
    expect(passing("10.2.0.1", 2) + passing("::ffff:10.2.9.9", 2) + passing("2001:db8::1", 2)).toBe(3);
  });

  test("are found by the longest match", async () => {
    const { passing } = await limited(
      [
        entry("net", ["10.0.0.0/8"], { capacity: 1, ratePerSec: 1 }),
        entry("office", ["10.2.0.0/16"], { capacity: 2, ratePerSec: 1 }),
        entry("desk", ["10.2.0.7"], { capacity: 4, ratePerSec: 1 }),
        entry("local", ["unix"], { capacity: 5, ratePerSec: 1 }),
      ],
      { capacity: 6, ratePerSec: 1 },
    );
    const addresses = ["10.2.0.7", "10.2.0.8", "10.3.0.1", "unix", "192.0.2.1", "2001:db8::1"];
    expect(addresses.map((address) => passing(address))).toEqual([4, 2, 1, 5, 6, 6]);
  });

  test("are one for each other address, an IPv6 /64 being one, where there is a default", async () => {
    const { passing } = await limited([], three);
    expect(passing("192.0.2.1", 2) + passing("::ffff:192.0.2.1", 2)).toBe(3);
    expect(passing("2001:db8:1:2::1", 2) + passing("2001:db8:1:2::2", 2)).toBe(3);
    expect(passing("192.0.2.2")).toBe(3);
  });

  test("limit nobody without a default, nor by an entry without addresses, which is kept all the same", async () => {
    const { clients, passing } = await limited([entry("user1", [])]);
    expect(passing("192.0.2.1", 100)).toBe(100);
    expect(atOnce(clients.sample())).toEqual([{ id: "user1", tokens: 3 }]);
  });

  test("do not grow beyond 100 000 other addresses, and forget the least recent first", async () => {
    const { clients, clock, passing } = await limited([], { capacity: 1, ratePerSec: 0.001 });
    passing("192.0.2.1");
    for (let n = 0; n < 250_000; n++) {
      clients.take(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
      if (n % 25_000 === 0) clients.take("192.0.2.1");
    }
    clock.advance(1);
    expect(clients.others).toBe(100_000);
    expect(passing("192.0.2.1")).toBe(0);
    expect(passing("10.0.0.0")).toBe(1);
  });
});

describe("a reload", () => {
  const office = entry("office", ["10.0.0.0/8"]);

  test("keeps the tokens of clients that stay, also at new addresses", async () => {
    const { clients, passing } = await limited([office], three);
    expect(passing("10.0.0.1", 2)).toBe(2);
    expect(passing("192.0.2.1", 2)).toBe(2);
    await clients.configure({
      default: three,
      list: [entry("new", ["192.0.2.9"]), entry("office", ["10.1.0.0/16"])],
    });
    expect(passing("10.1.0.1")).toBe(1);
    expect(passing("192.0.2.1")).toBe(1);
    expect(passing("192.0.2.9")).toBe(3);
  });

  test("fills what came in until then at the old rate, and keeps no more than the new capacity", async () => {
    const { clients, clock, passing } = await limited([office], { capacity: 10, ratePerSec: 1 });
    passing("10.0.0.1");
    clock.advance(2_000);
    const faster = { capacity: 100, ratePerSec: 50 };
    await clients.configure({ default: { capacity: 2, ratePerSec: 1 }, list: [{ ...office, ...faster }] });
    expect(passing("10.0.0.1")).toBe(2);
    expect(passing("192.0.2.1")).toBe(2);
  });

  test.each([
    ["from a later one to an earlier", ["a", "b"]],
    ["from an earlier one to a later", ["b", "a"]],
  ])("that moves an address from one client to another limits it there: %s", async (_, order) => {
    const entries = (of: Record<string, string[]>) => order.map((id) => entry(id, of[id] as string[]));
    const { clients, passing } = await limited(entries({ a: ["10.0.0.1"], b: ["10.0.0.2", "10.0.0.3"] }));
    const configure = (list: ClientEntry[]) => clients.configure({ default: undefined, list });
    expect(passing("10.0.0.2", 2)).toBe(2);
    await configure(entries({ a: ["10.0.0.1", "10.0.0.2"], b: ["10.0.0.3"] }));
    expect(passing("10.0.0.2") + passing("10.0.0.1")).toBe(3);
    expect(passing("10.0.0.3")).toBe(1);
    await configure(entries({ a: ["10.0.0.3"], b: ["10.0.0.1"] }));
    expect([passing("10.0.0.1"), passing("10.0.0.2"), passing("10.0.0.3")]).toEqual([0, 10, 0]);
  });

  test("that removes a client, or the default, ends its limit", async () => {
    const { clients, passing } = await limited([office], three);
    passing("10.0.0.1");
    passing("192.0.2.1");
    await clients.configure({ default: undefined, list: [] });
    expect(passing("10.0.0.1") + passing("192.0.2.1")).toBe(20);
    expect([clients.others, atOnce(clients.sample())]).toEqual([0, []]);
  });
});

describe("a client that comes alone", () => {
  const one = { capacity: 1, ratePerSec: 0 };

  test("has an address to itself once another one gives it up, and leaves it to that one before", async () => {
    const { clients, passing } = await limited([
      entry("a", ["10.0.0.1"], one),
      entry("b", ["10.0.0.2"], one),
    ]);
    clients.set(entry("b", ["10.0.0.1", "10.0.0.2"], { capacity: 5, ratePerSec: 0 }));
    clients.fill({ id: "b", tokens: 5 });
    expect(passing("10.0.0.1")).toBe(1);
    clients.set(entry("a", ["10.0.0.1"], { capacity: 2, ratePerSec: 0 }));
    clients.fill({ id: "a", tokens: 2 });
    expect(passing("10.0.0.1")).toBe(2);
    clients.remove("a");
    expect(passing("10.0.0.1")).toBe(5);
  });

  test("limits others as before when it goes", async () => {
    const { clients, passing } = await limited([entry("a", ["10.0.0.0/8", "unix"])]);
    clients.set(entry("b", ["10.0.0.1", "10.0.0.0/8", "unix"], { capacity: 9, ratePerSec: 0 }));
    expect(passing("10.0.0.1")).toBe(9);
    expect(passing("unix", 1) + passing("10.0.0.2", 1)).toBe(2);
    clients.remove("b");
    expect(passing("10.0.0.1")).toBe(1);
  });
});

describe("what a client has left", () => {
  test("can be read, set and set again elsewhere as plain data", async () => {
    const { clients, clock, passing } = await limited([entry("a", ["10.0.0.1"]), entry("b", ["10.0.0.2"])]);
    passing("10.0.0.1");
    clock.advance(500);
    const sample = atOnce(clients.sample());
    expect(JSON.parse(JSON.stringify(sample))).toEqual([
      { id: "a", tokens: 0.5 },
      { id: "b", tokens: 3 },
    ]);
    const other = await limited([entry("a", ["10.0.0.1"])]);
    expect(sample.map((each) => other.clients.fill(each))).toEqual([true, false]);
    other.clock.advance(500);
    expect(other.passing("10.0.0.1")).toBe(1);
  });

  test.each([
    [-1, 0],
    [2, 2],
    [99, 3],
  ])("set to %d is %d", async (tokens, expected) => {
    const { clients } = await limited([entry("a", ["10.0.0.1"])]);
    clients.fill({ id: "a", tokens });
    expect(atOnce(clients.sample())).toEqual([{ id: "a", tokens: expected }]);
  });
});
