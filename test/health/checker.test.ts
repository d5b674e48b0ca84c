import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { HealthChecker } from "#lb/health/checker";
import type { HealthSettings } from "#lb/health/settings";
import type { Target } from "#lb/health/watch";
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

test("runs at most 256 at once, whatever does not answer, and all in the end", async () => {
  await using ward = checked(mute(1_000, "p"));
  let most = 0;
  for (let i = 0; i < 80; i++) {
    await ward.clock.run(100);
    most = Math.max(most, ward.open);
  }
  expect(most).toBeLessThanOrEqual(256);
  expect(new Set(ward.dials).size).toBe(1_000);
});

test("pools take turns: the first probe of the last pool is not behind all those of the first", async () => {
  await using ward = checked({ ...mute(1_000, "p"), "q/a": "dead" });
  await ward.settled();
  expect(ward.told).toEqual(["q/a down: 1 probe failed: connect: refused"]);
});

describe.each([0, 1_000])("with %i backends that do not answer", (silent) => {
  test.each([
    ["another pool", "q/a", "dead", 0],
    ["another pool", "q/a", "mute", 0],
    ["the same pool", "p/a", "dead", 20_000],
    ["the same pool", "p/a", "mute", 20_000],
  ] as const)(
    "one in %s that dies (%s: %s) is down within `fall` intervals, the timeout, and a tenth",
    async (_, name, how, afterMs) => {
      await using ward = checked({ ...mute(silent, "p"), [name]: "well" }, { dice: 0.999_999 });
      await ward.clock.run(afterMs);
      await ward.probed(name);
      ward.state[name] = how;
      await ward.clock.run(1.1 * (3 * 2_000) + 1_000);
      expect(ward.told.filter((line) => line.startsWith(name))).toHaveLength(1);
    },
  );
});

test("many pools with silent backends together leave places for the others", async () => {
  const silent = Array.from({ length: 1_000 }, (_, n) => [`p${n}/a`, "mute"] as const);
  await using ward = checked({ ...Object.fromEntries(silent), "q/a": "well" });
  await ward.clock.run(20_000);
  await ward.probed("q/a");
  ward.state["q/a"] = "dead";
  await ward.clock.run(1.1 * (3 * 2_000) + 1_000);
  expect(ward.told.filter((line) => line.startsWith("q/a"))).toHaveLength(1);
});

test("a silent backend that is back is found, however many others are silent", async () => {
  await using ward = checked({ ...mute(1_000, "p"), "p/a": "mute" });
  await ward.clock.run(30_000);
  ward.state["p/a"] = "well";
  await ward.clock.run(30_000);
  expect(ward.told.filter((line) => line.startsWith("p/a"))).toEqual([
    "p/a down: 1 probe failed: connect: timeout",
    "p/a up: 2 probes in a row passed",
  ]);
});

describe("where a connection that stands is enough", () => {
  test("a session that was answered within the interval is as good as a probe, which is left out", async () => {
    await using ward = checked({ a: "well" });
    await ward.settled();
    for (let i = 0; i < 10; i++) {
      ward.answeredAtMs.a = ward.clock.now();
      await ward.clock.run(1_000);
    }
    expect(ward.dials).toHaveLength(1);
    await ward.clock.run(1_000);
    expect(ward.dials).toHaveLength(2);
  });

  test("the next probe comes an interval after the last answer, so that a death is found no later", async () => {
    await using ward = checked({ a: "well" });
    await ward.settled();
    await ward.clock.run(1_500);
    ward.answeredAtMs.a = ward.clock.now();
    ward.state.a = "dead";
    await ward.clock.run(1_999);
    expect(ward.dials).toHaveLength(1);
    await ward.clock.run(2);
    expect(ward.dials).toHaveLength(2);
    await ward.clock.run(4_000);
    expect(ward.told).toEqual(["a down: 3 probes in a row failed: connect: refused"]);
  });

  test("a backend that is down, or was never probed, is probed whatever its sessions say", async () => {
    await using ward = checked({ a: "dead" });
    ward.answeredAtMs.a = 0;
    await ward.settled();
    expect(ward.told).toHaveLength(1);
    ward.answeredAtMs.a = ward.clock.now();
    await ward.probes(1);
    expect(ward.dials).toHaveLength(2);
  });

  test.each([
    ["another port is probed", { port: 8008 }],
    ["more is asked", { probe: { kind: "line", send: "ping\n", expect: "pong" } }],
  ] as const)("not so where %s", async (_, health) => {
    await using ward = checked({ a: "well" }, { health });
    await ward.settled();
    ward.answeredAtMs.a = ward.clock.now();
    await ward.probes(1);
    expect(ward.dials).toHaveLength(2);
  });
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

/** So many backends of a pool that do not answer. */
function mute(count: number, pool: string): Record<string, State> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${pool}/m${n}`, "mute"]));
}

/**
 * A checker over backends that are what `state` says of each by its name, and never anything on a network. A name may begin
 * with that of a pool, `p/a`.
 */
function checked(
  state: Record<string, State>,
  { dice = 0.5, health = {} }: { dice?: number; health?: Partial<HealthSettings> } = {},
) {
  const clock = new ManualClock();
  const told: string[] = [];
  const dials: string[] = [];
  const live = { open: 0 };
  const answeredAtMs: Record<string, number> = {};
  const transport = imaginary(clock, live, (name) => {
    dials.push(name);
    return state[name] as State;
  });
  const checker = new HealthChecker({
    transport,
    clock,
    dice: () => dice,
    tell: ({ entry, alive, reason }) => void told.push(`${entry} ${alive ? "up" : "down"}: ${reason}`),
    answeredAgoMs: async ({ entry }) => clock.now() - (answeredAtMs[entry] ?? -Infinity),
  });
  const watch = (names: readonly string[], more: Partial<HealthSettings> = {}) => {
    const targets = names.map((name) => target(name, { ...HEALTH, ...health, ...more }));
    for (const pool of new Set([...checker.pools, ...targets.map(({ pool }) => pool)]))
      checker.watch(
        pool,
        targets.filter((each) => each.pool === pool),
      );
  };
  watch(Object.keys(state));
  return {
    state,
    clock,
    told,
    dials,
    /** When sessions were last answered, by the backend's name. */
    answeredAtMs,
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
    /** Turns the clock until this backend has just been dialled. */
    async probed(name: string): Promise<void> {
      const before = dials.length;
      while (!dials.slice(before).includes(name)) await clock.run(1);
    },
    async [Symbol.asyncDispose]() {
      checker[Symbol.dispose]();
      await turn();
    },
  };
}

function target(name: string, health: HealthSettings): Target {
  const [pool = "p"] = name.includes("/") ? name.split("/") : [];
  return { pool, entry: name, endpoint: { kind: "unix", path: name }, health };
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
  const knock: Transport["knock"] = async (endpoint, options) => {
    await dial(endpoint, options).connection;
  };
  return { dial, knock } as unknown as Transport;
}
