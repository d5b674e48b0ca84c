import fc from "fast-check";
import { expect, test } from "vitest";
import type { Timer } from "#lb/core/clock";
import { HeapClock } from "#lb/transport/native/heap-clock";

const DAY_MS = 24 * 3_600_000;
/** A timer that is as late as this is put off, once. */
const STOOD_STILL_MS = 250;

const moves = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("set" as const), ms: fc.oneof(fc.nat(500), fc.constant(Infinity)) }),
    fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat() }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(600) }),
  ),
  { maxLength: 200, size: "max" },
);

test("fires what a list would, searched from end to end, and in the same order", () => {
  fc.assert(
    fc.property(moves, (all) => {
      const clock = new TurnedClock();
      const list = new TimerList();
      const timers: Timer[] = [];
      const fired: number[] = [];
      for (const move of all) {
        if (move.kind === "pass") {
          clock.pass(move.ms);
          list.pass(move.ms);
        } else if (move.kind === "set") {
          const name = timers.length;
          timers.push(clock.after(move.ms, () => fired.push(name)));
          list.set(name, move.ms);
        } else if (timers.length > 0) {
          const name = move.nth % timers.length;
          timers[name]?.[Symbol.dispose]();
          list.cancel(name);
        }
        expect([fired, clock.dueAtMs]).toEqual([list.fired, list.dueAtMs]);
      }
    }),
  );
});

test.each([
  ["at once", 0],
  ["a fraction of a millisecond", 0.25],
  ["longer than Node's own timers", 2 ** 31],
  ["the tenth ejection of 24 days each", 240 * DAY_MS],
])("a timer fires when it is due, and not before: %s", (_, ms) => {
  const clock = new TurnedClock();
  let fired = 0;
  clock.after(ms, () => {
    fired += 1;
  });
  clock.pass(ms - ms / 1e6);
  expect(fired).toBe(ms === 0 ? 1 : 0);
  clock.pass(ms / 1e6 + 1);
  clock.pass(ms);
  expect(fired).toBe(1);
});

test("a timer without end is none: nothing is due, and cancelling it does nothing", () => {
  const clock = new TurnedClock();
  clock.after(Infinity, () => {})[Symbol.dispose]();
  expect(clock.dueAtMs).toBe(Infinity);
});

test("a timer that is set while others fire waits for its own time", () => {
  const clock = new TurnedClock();
  const order: string[] = [];
  clock.after(5, () => {
    order.push("first");
    clock.after(5, () => order.push("third"));
  });
  clock.after(6, () => order.push("second"));
  clock.pass(7);
  expect(order).toEqual(["first", "second"]);
  clock.pass(5);
  expect(order).toEqual(["first", "second", "third"]);
});

test("a timer that throws is over, and the next one fires in its turn", () => {
  const clock = new TurnedClock();
  let fired = 0;
  clock.after(1, () => {
    throw new Error("a defect");
  });
  clock.after(1, () => {
    fired += 1;
  });
  expect(() => clock.pass(1)).toThrow("a defect");
  clock.pass(0);
  expect(fired).toBe(1);
});

/** A HeapClock that stands still until it is turned, and then fires what is due, as a loop does. */
class TurnedClock extends HeapClock {
  #turnedMs: { ms: number };

  constructor() {
    const turned = { ms: 0 };
    super(() => turned.ms);
    this.#turnedMs = turned;
  }

  pass(ms: number): void {
    this.#turnedMs.ms += ms;
    while (this.fire(this.read()));
  }
}

/** The same, as simply as it can be said. */
class TimerList {
  readonly fired: number[] = [];
  #nowMs = 0;
  #waiting: { name: number; atMs: number; ms: number }[] = [];

  get dueAtMs(): number {
    return Math.min(...this.#waiting.map(({ atMs }) => atMs));
  }

  set(name: number, ms: number): void {
    if (ms < Infinity) this.#waiting.push({ name, atMs: this.#nowMs + ms, ms });
  }

  cancel(name: number): void {
    this.#waiting = this.#waiting.filter((each) => each.name !== name);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (;;) {
      const next = this.#waiting.find(({ atMs }) => atMs === this.dueAtMs);
      if (next === undefined || next.atMs > this.#nowMs) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      const lateMs = this.#nowMs - next.atMs;
      const moreMs = lateMs < STOOD_STILL_MS ? 0 : Math.min(lateMs, next.ms);
      if (moreMs === 0) this.fired.push(next.name);
      else this.#waiting.push({ name: next.name, atMs: this.#nowMs + moreMs, ms: 0 });
    }
  }
}
