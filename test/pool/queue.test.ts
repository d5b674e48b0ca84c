import { expect, test } from "vitest";
import type { Backend } from "#lb/core/backend";
import { Lease } from "#lb/pool/lease";
import { Queue } from "#lb/pool/queue";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LIMITS = { max: 10, timeoutMs: 5_000 };

test("gives a freed place to the first that has not tried that backend", async () => {
  const { queue, clock, a, b } = made();
  const tried = queue.join(nothing, [a], LIMITS);
  const first = queue.join(nothing, [], LIMITS);
  queue.freed(() => leaseOn(a, clock, 1), a);
  expect((await first.place).backend).toBe(a);
  expect(queue.length).toBe(1);
  queue.freed(() => leaseOn(b, clock, 1), b);
  expect((await tried.place).backend).toBe(b);
});

test("gives as many places as there are, and asks no further", async () => {
  const { queue, clock, a } = made();
  const waiting = [1, 2, 3].map(() => queue.join(nothing, [], LIMITS));
  queue.freed(() => leaseOn(a, clock, 2), a);
  expect(a.active).toBe(2);
  expect(queue.length).toBe(1);
  await Promise.all(waiting.slice(0, 2).map(({ place }) => place));
});

test("lets everybody look again, in order, when it is woken", async () => {
  const { queue, clock, a } = made();
  const looks: string[] = [];
  for (const name of ["first", "second", "third"]) {
    const give = () => {
      looks.push(name);
      return name === "second" ? leaseOn(a, clock, 1) : undefined;
    };
    queue.join(give, [], LIMITS);
  }
  queue.wake();
  expect(looks).toEqual(["first", "second", "third"]);
  expect(queue.length).toBe(2);
});

test("refuses one more than may wait, and takes one again when one has left", () => {
  const { queue } = made();
  const [first] = [queue.join(nothing, [], { ...LIMITS, max: 2 }), queue.join(nothing, [], LIMITS)];
  expect(() => queue.join(nothing, [], { ...LIMITS, max: 2 })).toThrow(
    expect.objectContaining({ ending: "queue-full" }),
  );
  first?.leave();
  queue.join(nothing, [], { ...LIMITS, max: 2 });
  expect(queue.length).toBe(2);
});

test("lets nobody wait where nobody may", () => {
  const { queue, clock } = made();
  expect(() => queue.join(nothing, [], { ...LIMITS, max: 0 })).toThrow(
    expect.objectContaining({ ending: "queue-full" }),
  );
  expect(clock.timers).toBe(0);
});

test("ends each wait after its own time", async () => {
  const { queue, clock } = made();
  const [short, long] = [1_000, 2_000].map((timeoutMs) => queue.join(nothing, [], { max: 10, timeoutMs }));
  clock.advance(1_000);
  await expect(short?.place).rejects.toMatchObject({ ending: "queue-timeout" });
  expect(queue.length).toBe(1);
  clock.advance(1_000);
  await expect(long?.place).rejects.toMatchObject({ ending: "queue-timeout" });
});

test("leaves no timer and no waiter behind, however a wait ends", async () => {
  const { queue, clock, a } = made();
  const [served, gone, late] = [1, 2, 3].map(() => queue.join(nothing, [], LIMITS));
  queue.freed(() => leaseOn(a, clock, 1), a);
  await served?.place;
  gone?.leave();
  gone?.leave();
  expect([queue.length, clock.timers]).toEqual([1, 1]);
  clock.advance(5_000);
  await expect(late?.place).rejects.toMatchObject({ ending: "queue-timeout" });
  expect([queue.length, clock.timers]).toEqual([0, 0]);
});

test("gives nobody a place who has left", () => {
  const { queue, clock, a } = made();
  queue.join(nothing, [], LIMITS).leave();
  queue.freed(() => leaseOn(a, clock, 1), a);
  queue.wake();
  expect(a.active).toBe(0);
});

function nothing(): undefined {}

function made() {
  const clock = new ManualClock();
  const [a, b] = equalBackends(2, clock) as [Backend, Backend];
  return { queue: new Queue(clock), clock, a, b };
}

function leaseOn(backend: Backend, clock: ManualClock, max: number): Lease | undefined {
  return backend.active < max ? new Lease(backend, clock, () => {}) : undefined;
}
