import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { type CheckerParts, HealthChecker, type Target } from "#lb/health/checker";
import type { HealthSettings } from "#lb/health/settings";
import { type Connection, DialError, type Transport } from "#lb/transport/transport";
import { ManualClock } from "../support/manual-clock.ts";

const HEALTH: HealthSettings = {
  probe: { kind: "tcp" },
  intervalMs: 2_000,
  timeoutMs: 1_000,
  rise: 2,
  fall: 3,
};

test("takes a backend to be up, and down at once where its first probe fails", async () => {
  await using ward = checked({ a: "dead", b: "well" });
  await ward.settled();
  expect(ward.told).toEqual(["a down: 1 probe failed: connect: refused"]);
});

test("takes a backend down after `fall` failures in a row, and up after `rise` passes, and tells each once", async () => {
  await using ward = checked({ a: "well" });
  ward.state.a = "dead";
  await ward.probes(2);
  expect(ward.told).toEqual([]);
  await ward.probes(1);
  expect(ward.told).toEqual(["a down: 3 probes in a row failed: connect: refused"]);
  await ward.probes(3);
  ward.state.a = "well";
  await ward.probes(1);
  expect(ward.told).toHaveLength(1);
  await ward.probes(4);
  expect(ward.told.slice(1)).toEqual(["a up: 2 probes in a row passed"]);
});

test("a backend that was down from its first probe on needs `rise` passes", async () => {
  await using ward = checked({ a: "dead" });
  await ward.settled();
  ward.state.a = "well";
  await ward.probes(1);
  expect(ward.told).toHaveLength(1);
  await ward.probes(1);
  expect(ward.told).toHaveLength(2);
});

test("a pass between failures begins the row anew", async () => {
  await using ward = checked({ a: "well" });
  for (const state of ["dead", "dead", "well", "dead", "dead", "well"] as const) {
    ward.state.a = state;
    await ward.probes(1);
  }
  expect(ward.told).toEqual([]);
});

test("a shortage of this machine's own speaks neither for nor against a backend", async () => {
  await using ward = checked({ a: "dead", b: "short" });
  await ward.settled();
  ward.state.a = "short";
  await ward.probes(5);
  expect(ward.told).toEqual(["a down: 1 probe failed: connect: refused"]);
  ward.state.a = "well";
  await ward.probes(2);
  expect(ward.told).toHaveLength(2);
});

test.each([
  [0, 1_800],
  [0.5, 2_000],
  [0.999_999, 2_200],
])("probes again after the interval, give or take a tenth: dice %d, %d ms", async (dice, ms) => {
  await using ward = checked({ a: "well" }, { dice });
  await ward.settled();
  expect(ward.dials).toHaveLength(1);
  await ward.clock.run(Math.floor(ms) - 1);
  expect(ward.dials).toHaveLength(1);
  await ward.clock.run(2);
  expect(ward.dials).toHaveLength(2);
});

test("the interval runs from one start to the next, however long the probe took", async () => {
  await using ward = checked({ a: "mute" });
  await ward.clock.run(1_999);
  expect(ward.dials).toHaveLength(1);
  await ward.clock.run(2);
  expect(ward.dials).toHaveLength(2);
});

test("a probe that takes longer than the interval is followed at once, never overtaken", async () => {
  await using ward = checked({ a: "mute" }, { health: { intervalMs: 300 } });
  await ward.clock.run(999);
  expect([ward.dials.length, ward.open]).toEqual([1, 1]);
  await ward.clock.run(1);
  expect([ward.dials.length, ward.open]).toEqual([2, 1]);
});

test("runs at most ten at once, and all in the end", async () => {
  const names = Array.from({ length: 35 }, (_, n) => [`b${n}`, "mute"] as const);
  await using ward = checked(Object.fromEntries(names));
  await ward.settled();
  expect(ward.open).toBe(10);
  await ward.clock.run(3_999);
  expect(ward.open).toBeLessThanOrEqual(10);
  expect(new Set(ward.dials).size).toBe(35);
});

test("does not probe where that is off", async () => {
  await using ward = checked({ a: "dead" }, { health: { probe: { kind: "off" } } });
  await ward.clock.run(10_000);
  expect([ward.dials, ward.told]).toEqual([[], []]);
});

test("keeps the state and the rhythm of whom it watches already", async () => {
  await using ward = checked({ a: "dead" });
  await ward.settled();
  await ward.clock.run(500);
  ward.watch(["a", "b"]);
  await ward.settled();
  expect(ward.dials).toEqual(["a", "b"]);
  expect(ward.told.filter((line) => line.startsWith("a"))).toHaveLength(1);
  await ward.clock.run(1_400);
  expect(ward.dials).toEqual(["a", "b"]);
  await ward.clock.run(200);
  expect(ward.dials).toEqual(["a", "b", "a"]);
});

test("new settings hold from the next probe on", async () => {
  await using ward = checked({ a: "well" });
  await ward.settled();
  ward.watch(["a"], { fall: 1 });
  ward.state.a = "dead";
  await ward.probes(1);
  expect(ward.told).toEqual(["a down: 1 probe failed: connect: refused"]);
});

test("whoever is not watched any more is probed no more, and nothing speaks against it", async () => {
  await using ward = checked({ a: "dead", b: "dead" });
  await ward.settled();
  ward.watch(["b"]);
  expect(ward.told.at(-1)).toBe("a up: not probed any more");
  ward.dials.length = 0;
  await ward.probes(2);
  expect(new Set(ward.dials)).toEqual(new Set(["b"]));
  ward.watch(["b"], { probe: { kind: "off" } });
  expect(ward.told.at(-1)).toBe("b up: not probed any more");
});

test("tells nothing of a probe that was under way when its backend was not watched any more", async () => {
  await using ward = checked({ a: "mute" });
  await ward.settled();
  ward.watch([]);
  await ward.clock.run(10_000);
  expect(ward.told).toEqual([]);
  expect(ward.dials).toEqual(["a"]);
});

test("stopped, it tells nothing, probes nothing, and leaves no timer", async () => {
  const ward = checked({ a: "mute", b: "well" });
  await ward.settled();
  ward.checker[Symbol.dispose]();
  await ward.clock.run(1_000);
  expect([ward.told, ward.dials.length, ward.clock.timers]).toEqual([[], 2, 0]);
});

type State = "well" | "dead" | "short" | "mute";

const FAILURES = { dead: "refused", short: "local" } as const;

/** A checker over backends that are what `state` says of each by its name, and never anything on a network. */
function checked(
  state: Record<string, State>,
  { dice = 0.5, health = {} }: { dice?: number; health?: Partial<HealthSettings> } = {},
) {
  const clock = new ManualClock();
  const told: string[] = [];
  const dials: string[] = [];
  const live = { open: 0 };
  const transport = imaginary(clock, live, (name) => {
    dials.push(name);
    return state[name] as State;
  });
  const tell: CheckerParts["tell"] = ({ entry, alive, reason }) =>
    void told.push(`${entry} ${alive ? "up" : "down"}: ${reason}`);
  const checker = new HealthChecker({ transport, clock, dice: () => dice, tell });
  const watch = (names: readonly string[], more: Partial<HealthSettings> = {}) =>
    checker.watch(
      "main",
      names.map((name) => target(name, { ...HEALTH, ...health, ...more })),
    );
  watch(Object.keys(state));
  return {
    state,
    clock,
    told,
    dials,
    checker,
    watch,
    get open() {
      return live.open;
    },
    /** Lets what is under way go on, without turning the clock. */
    settled: () => clock.run(0),
    /** Turns the clock over so many probes of each. */
    async probes(count: number): Promise<void> {
      for (let i = 0; i < count; i++) await clock.run(2_000);
    },
    async [Symbol.asyncDispose]() {
      checker[Symbol.dispose]();
      await turn();
    },
  };
}

function target(name: string, health: HealthSettings): Target {
  return { pool: "p", entry: name, endpoint: { kind: "unix", path: name }, health };
}

function imaginary(clock: ManualClock, live: { open: number }, find: (name: string) => State): Transport {
  const dial = (endpoint: Endpoint, { timeoutMs }: { timeoutMs: number }) => {
    const connection = new Deferred<Connection>();
    const state = find(endpoint.kind === "unix" ? endpoint.path : endpoint.host);
    live.open += 1;
    const settle = (settled: () => void) => {
      live.open -= 1;
      settled();
    };
    if (state === "well") settle(() => connection.resolve({ end() {}, reset() {} } as Connection));
    else if (state !== "mute") settle(() => connection.reject(new DialError(FAILURES[state])));
    else clock.after(timeoutMs, () => settle(() => connection.reject(new DialError("timeout"))));
    return { connection: connection.promise, cancel() {} };
  };
  return { dial } as unknown as Transport;
}
