import { describe, expect, test } from "vitest";
import type { Way } from "#lb/contract/decision";
import type { Backend } from "#lb/live/backend";
import { trials } from "#lb/live/trial";
import { Census } from "#lb/standing/census";
import type { Fault } from "#lb/standing/fault";
import { Outliers } from "#lb/standing/outlier";
import { Standing } from "#lb/standing/standing";
import type { Tenant } from "#lb/standing/tenant";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS = { failures: 3, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 };

test("ejects after so many failures in a row, and says how many", () => {
  const { fail, told } = made(2);
  fail("s1", 2);
  expect(told).toEqual([]);
  fail("s1", 1);
  expect(told).toEqual(["s1 ejected: 3 failed dials in a row"]);
});

test.each([
  [["unanswered", "unanswered", "unanswered"], "3 sessions without an answer in a row"],
  [["early", "early", "early"], "3 sessions that it ended early in a row"],
  [["dial", "unanswered", "dial"], "3 failures in a row"],
] as const)("counts failures of any kind: %j", (faults, reason) => {
  const { fail, told } = made(2);
  for (const fault of faults) fail("s1", 1, fault);
  expect(told).toEqual([`s1 ejected: ${reason}`]);
});

test("one good dial ends a row of failed dials, and no row in which a session failed", () => {
  const { fail, connect, told } = made(2);
  for (let i = 0; i < 5; i++) {
    fail("s1", 2);
    connect("s1");
  }
  expect(told).toEqual([]);
  fail("s1", 2, "unanswered");
  connect("s1");
  fail("s1", 1, "unanswered");
  expect(told).toEqual(["s1 ejected: 3 sessions without an answer in a row"]);
});

test("one answer ends any row", () => {
  const { fail, answer, told } = made(2);
  for (let i = 0; i < 5; i++) {
    fail("s1", 2, "unanswered");
    answer("s1");
  }
  expect(told).toEqual([]);
});

test("the nth ejection lasts n times as long, and never more than ten times", () => {
  const { clock, fail, told } = made(2);
  fail("s1", 3);
  for (const times of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]) {
    clock.advance(times * 10_000 - 1);
    expect(told.at(-1)).toContain("s1 ejected");
    clock.advance(1);
    expect(told.at(-1)).toBe("s1 on trial");
    fail("s1", 1);
  }
  expect(told.at(-1)).toBe("s1 ejected: 1 failed dial on trial");
});

test("good sessions make the ejections forgotten, once it has been back as long as it was out", () => {
  const { clock, fail, answer, tries, told } = made(2);
  const outFor = (ms: number) => {
    clock.advance(ms - 1);
    expect(told.at(-1)).toContain("ejected");
    clock.advance(1);
    expect(told.at(-1)).toBe("s1 on trial");
    answer("s1", tries("s1"));
    expect(told.at(-1)).toBe("s1 returned: it answered");
  };
  fail("s1", 3);
  outFor(10_000);
  answer("s1");
  fail("s1", 3);
  outFor(20_000);
  clock.advance(20_000);
  answer("s1");
  fail("s1", 3);
  outFor(10_000);
});

test("failures of a backend that is out already count for nothing", () => {
  const { clock, fail, told } = made(2);
  fail("s1", 3);
  fail("s1", 10);
  clock.advance(10_000);
  expect(told).toEqual(["s1 ejected: 3 failed dials in a row", "s1 on trial"]);
  expect(clock.timers).toBe(0);
});

describe("a last resort brings it back before its time, and leaves no timer behind", () => {
  test.each(["dial", "unanswered"] as const)("by an answer, whatever it was out for: %s", (fault) => {
    const { clock, fail, answer, told, backend } = made(2);
    fail("s1", 3, fault);
    clock.advance(4_000);
    answer("s1", tenant("s1", "last-resort"));
    expect(backend("s1").ejected).toBe(false);
    expect([told.at(-1), clock.timers]).toEqual(["s1 returned: it answered", 0]);
    clock.advance(10_000);
    expect(told).toHaveLength(2);
  });

  test("by a good dial, where dials alone had failed", () => {
    const { fail, connect, told } = made(2);
    fail("s1", 3);
    connect("s1", tenant("s1", "last-resort"));
    expect(told.at(-1)).toBe("s1 returned: it answered");
  });

  test("not by a good dial, where sessions had failed, nor by an answer to a session from before", () => {
    const { fail, connect, answer, told } = made(2);
    fail("s1", 3, "unanswered");
    connect("s1", tenant("s1", "last-resort"));
    answer("s1", tenant("s1"));
    expect(told).toHaveLength(1);
  });
});

describe("on trial", () => {
  function onTrial(fault: Fault) {
    const scene = made(2);
    scene.fail("s1", 3, fault);
    scene.clock.advance(10_000);
    const tenant = scene.tries("s1");
    scene.told.length = 0;
    return { ...scene, tenant };
  }

  test("a good dial is enough where dials alone had failed", () => {
    const { connect, tenant, told } = onTrial("dial");
    connect("s1", tenant);
    expect(told).toEqual(["s1 returned: it answered"]);
  });

  test("an answer is needed where sessions had failed", () => {
    const { connect, answer, tenant, told, clock } = onTrial("unanswered");
    connect("s1", tenant);
    expect(told).toEqual([]);
    answer("s1", tenant);
    expect([told, clock.timers]).toEqual([["s1 returned: it answered"], 0]);
  });

  test("a session that lasts has passed after 5 s", () => {
    const { connect, tenant, told, clock } = onTrial("unanswered");
    connect("s1", tenant);
    clock.advance(4_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(["s1 returned: it kept a session for 5 s"]);
  });

  test.each(["dial", "unanswered", "early"] as const)("one failure is one more ejection: %s", (fault) => {
    const { fail, connect, tenant, told, clock } = onTrial("unanswered");
    connect("s1", tenant);
    fail("s1", 1, fault, tenant);
    expect(told).toEqual([expect.stringMatching(/^s1 ejected: 1 .* on trial$/)]);
    clock.advance(19_999);
    expect(told).toHaveLength(1);
    clock.advance(1);
    expect(told.at(-1)).toBe("s1 on trial");
  });

  test("what becomes of sessions from before decides nothing", () => {
    const { fail, answer, told } = onTrial("unanswered");
    fail("s1", 10, "unanswered", tenant("s1"));
    fail("s1", 10, "dial", tenant("s1"));
    answer("s1", tenant("s1"));
    expect(told).toEqual([]);
  });

  test("a session that leaves without an outcome gives its place to the next, which then decides", () => {
    const { outliers, connect, answer, tenant, tries, told, backend, clock } = onTrial("unanswered");
    connect("s1", tenant);
    outliers.undecided(backend("s1"), tenant);
    expect([told, clock.timers]).toEqual([["s1 on trial"], 0]);
    const next = tries("s1");
    answer("s1", tenant);
    expect(told).toHaveLength(1);
    answer("s1", next);
    expect(told.at(-1)).toBe("s1 returned: it answered");
  });

  test("it takes the share of one that is out, and gives it to no other", () => {
    const { fail, backend } = onTrial("dial");
    fail("s2", 5);
    expect(backend("s2").ejected).toBe(false);
  });

  test("the last one that serves is in again, though it failed", () => {
    const { fail, become, backend, told } = onTrial("dial");
    become(backend("s2"), () => backend("s2").probed(false, "", 0));
    fail("s1", 1);
    expect(told).toEqual(["s1 returned: 1 failed dial on trial"]);
  });
});

test.each([
  [1, 0.5, 0],
  [2, 0.5, 1],
  [3, 0.5, 1],
  [4, 0.5, 2],
  [5, 0.5, 2],
  [3, 0.1, 1],
  [4, 1, 4],
  [4, 0, 0],
  [50, 0.58, 29],
])("of %i members and a share of %d, %i may be out at once", (members, maxEjected, most) => {
  const { standings, fail } = made(members, { ...SETTINGS, maxEjected });
  for (const { backend } of standings) fail(backend.name, 5);
  expect(standings.filter(({ ejected }) => ejected)).toHaveLength(most);
});

test("leaves the last one that serves, whatever the others are called", () => {
  const { standings, become, fail } = made(2);
  const [one, other] = standings as [Standing, Standing];
  become(other, () => {
    other.backend.settings = { ...other.backend.settings, state: "maint" };
  });
  fail("s1", 5);
  expect(one.ejected).toBe(false);
});

test("whom the share has spared is out at its next failure once another is back", () => {
  const { clock, fail, backend, connect, tries } = made(2);
  fail("s1", 3);
  fail("s2", 3);
  expect(backend("s2").ejected).toBe(false);
  clock.advance(10_000);
  connect("s1", tries("s1"));
  fail("s2", 1);
  expect(backend("s2").ejected).toBe(true);
});

test("ejects nobody where that is off", () => {
  const { fail, told } = made(2, { ...SETTINGS, failures: Infinity });
  fail("s1", 1_000);
  expect(told).toEqual([]);
});

test("whoever is forgotten begins anew, and is not brought back", () => {
  const { clock, outliers, backend, fail, told } = made(2);
  fail("s1", 3);
  outliers.forget(backend("s1"));
  expect(clock.timers).toBe(0);
  clock.advance(100_000);
  expect(told).toHaveLength(1);
});

/** A session that has, or had, a place on a backend. */
function tenant(name: string, how: Way = "ranked"): Tenant {
  const [backend] = equalBackends(1) as [Backend];
  return { backend, client: { address: name }, how };
}

function made(members: number, settings = SETTINGS) {
  const clock = new ManualClock();
  const standings = equalBackends(members, clock).map((each) => new Standing(each, 0));
  const census = new Census();
  for (const standing of standings) census.count(standing, 1);
  const become = (standing: Standing, change: () => void) => {
    census.count(standing, -1);
    change();
    census.count(standing, 1);
  };
  const told: string[] = [];
  const outliers = new Outliers(clock, census, {
    ejected(standing, reason) {
      become(standing, () => standing.tried(true, trials.none, "", 0));
      told.push(`${standing.backend.name} ejected: ${reason}`);
    },
    onTrial(standing) {
      become(standing, () => standing.tried(false, trials.open, "", 0));
      told.push(`${standing.backend.name} on trial`);
    },
    returned(standing, reason) {
      become(standing, () => standing.tried(false, trials.none, "", 0));
      told.push(`${standing.backend.name} returned: ${reason}`);
    },
  });
  const backend = (name: string) => standings.find((each) => each.backend.name === name) as Standing;
  const fail = (name: string, times: number, fault: Fault = "dial", by?: Tenant) => {
    for (let i = 0; i < times; i++) outliers.failed(backend(name), fault, settings, by);
  };
  const connect = (name: string, by?: Tenant) => outliers.connected(backend(name), by);
  const answer = (name: string, by = tenant(name)) => outliers.answered(backend(name), by);
  /** A session tries it. */
  const tries = (name: string) => {
    const made = tenant(name);
    outliers.tries(backend(name), made);
    return made;
  };
  return { clock, standings, become, outliers, told, backend, fail, connect, answer, tries };
}
