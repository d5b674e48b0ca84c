import { expect, test } from "vitest";
import type { Backend } from "#lb/live/backend";
import { Lease } from "#lb/pool/lease";
import { Queue } from "#lb/pool/queue";
import { Tried } from "#lb/pool/tried";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LIMITS = { max: 10, timeoutMs: 5_000 };

test("gives a freed place to the first that has not tried that backend", async () => {
  const { queue, clock, a, b } = made();
  const tried = queue.join("tried", having(a), LIMITS);
  const first = queue.join("waiting", new Tried(), LIMITS);
  queue.freed(a, () => leaseOn(a, clock, 1));
  expect((await first.lease).backend).toBe(a);
  expect(queue.length).toBe(1);
  queue.freed(b, () => leaseOn(b, clock, 1));
  expect((await tried.lease).backend).toBe(b);
});

test("gives as many places as there are, and asks no further", async () => {
  const { queue, clock, a } = made();
  const waiting = [1, 2, 3].map(() => queue.join("waiting", new Tried(), LIMITS));
  queue.freed(a, () => leaseOn(a, clock, 2));
  expect(a.active).toBe(2);
  expect(queue.length).toBe(1);
  await Promise.all(waiting.slice(0, 2).map(({ lease }) => lease));
});

test("lets all look again, in order, when it is woken", () => {
  const { queue, clock, a } = made();
  const looks: string[] = [];
  for (const name of ["first", "second", "third"]) queue.join(name, new Tried(), LIMITS);
  queue.wake(
    () => true,
    ({ chooser }) => {
      looks.push(chooser);
      return chooser === "second" ? leaseOn(a, clock, 1) : undefined;
    },
  );
  expect(looks).toEqual(["first", "second", "third"]);
  expect(queue.length).toBe(2);
});

test("lets none look once no place is left", () => {
  const { queue, clock, a } = made();
  const looks: string[] = [];
  for (const name of ["first", "second", "third"]) queue.join(name, new Tried(), LIMITS);
  queue.wake(
    () => a.active === 0,
    ({ chooser }) => {
      looks.push(chooser);
      return leaseOn(a, clock, 1);
    },
  );
  expect(looks).toEqual(["first"]);
});

test("refuses one more than may wait, and takes one again when one has left", () => {
  const { queue } = made();
  const [first] = [
    queue.join("waiting", new Tried(), { ...LIMITS, max: 2 }),
    queue.join("waiting", new Tried(), LIMITS),
  ];
  expect(() => queue.join("waiting", new Tried(), { ...LIMITS, max: 2 })).toThrow(
    expect.objectContaining({ ending: "queue-full" }),
  );
  first?.leave();
  queue.join("waiting", new Tried(), { ...LIMITS, max: 2 });
  expect(queue.length).toBe(2);
});

test("lets nobody wait where nobody may", () => {
  const { queue, clock } = made();
  expect(() => queue.join("waiting", new Tried(), { ...LIMITS, max: 0 })).toThrow(
    expect.objectContaining({ ending: "queue-full" }),
  );
  expect(clock.timers).toBe(0);
});

test("ends each wait after its own time", async () => {
  const { queue, clock } = made();
  const [short, long] = [1_000, 2_000].map((timeoutMs) =>
    queue.join("waiting", new Tried(), { max: 10, timeoutMs }),
  );
  clock.advance(1_000);
  await expect(short?.lease).rejects.toMatchObject({ ending: "queue-timeout" });
  expect(queue.length).toBe(1);
  clock.advance(1_000);
  await expect(long?.lease).rejects.toMatchObject({ ending: "queue-timeout" });
});

test("leaves no timer and no waiter behind, however a wait ends", async () => {
  const { queue, clock, a } = made();
  const [served, gone, late] = [1, 2, 3].map(() => queue.join("waiting", new Tried(), LIMITS));
  queue.freed(a, () => leaseOn(a, clock, 1));
  await served?.lease;
  gone?.leave();
  gone?.leave();
  expect([queue.length, clock.timers]).toEqual([1, 1]);
  clock.advance(5_000);
  await expect(late?.lease).rejects.toMatchObject({ ending: "queue-timeout" });
  expect([queue.length, clock.timers]).toEqual([0, 0]);
});

test("gives nobody a place who has left", () => {
  const { queue, clock, a } = made();
  queue.join("waiting", new Tried(), LIMITS).leave();
  queue.freed(a, () => leaseOn(a, clock, 1));
  queue.wake(
    () => true,
    () => leaseOn(a, clock, 1),
  );
  expect(a.active).toBe(0);
});

function having(...backends: readonly Backend[]): Tried {
  const made = new Tried();
  for (const backend of backends) made.add(backend);
  return made;
}

function made() {
  const clock = new ManualClock();
  const [a, b] = equalBackends(2, clock) as [Backend, Backend];
  return { queue: new Queue<string>(clock), clock, a, b };
}

const UNHEARD = { answered() {}, hungUp: () => false, freed() {} };

function leaseOn(backend: Backend, clock: ManualClock, max: number): Lease | undefined {
  return backend.active < max ? new Lease(backend, "queued", clock, UNHEARD) : undefined;
}
