import { expect, test } from "vitest";
import { Census } from "#lb/standing/census";
import { Outliers } from "#lb/standing/outlier";
import { Standing } from "#lb/standing/standing";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS = { failures: 3, ejectForMs: 10_000, maxEjected: 0.5 };

test("ejects after so many failures in a row, and says how many", () => {
  const { fail, told } = made(2);
  fail("s1", 2);
  expect(told).toEqual([]);
  fail("s1", 1);
  expect(told).toEqual(["s1: 3 failed dials in a row"]);
});

test("one good dial ends the row", () => {
  const { fail, succeed, told } = made(2);
  for (let i = 0; i < 5; i++) {
    fail("s1", 2);
    succeed("s1");
  }
  expect(told).toEqual([]);
});

test("the nth ejection lasts n times as long, and never more than ten times", () => {
  const { clock, fail, told } = made(2);
  for (const times of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]) {
    fail("s1", 3);
    clock.advance(times * 10_000 - 1);
    expect(told.at(-1)).toBe("s1: 3 failed dials in a row");
    clock.advance(1);
    expect(told.at(-1)).toBe("s1 returned");
  }
});

test("a good dial makes the ejections forgotten, once it has been back as long as it was out", () => {
  const { clock, fail, succeed, told } = made(2);
  fail("s1", 3);
  clock.advance(10_000);
  succeed("s1");
  fail("s1", 3);
  clock.advance(19_999);
  expect(told.at(-1)).not.toBe("s1 returned");
  clock.advance(1 + 20_000);
  succeed("s1");
  fail("s1", 3);
  clock.advance(10_000);
  expect(told.at(-1)).toBe("s1 returned");
});

test("failures of a backend that is out already count for nothing", () => {
  const { clock, fail, told } = made(2);
  fail("s1", 3);
  fail("s1", 10);
  clock.advance(10_000);
  expect(told).toEqual(["s1: 3 failed dials in a row", "s1 returned"]);
  expect(clock.timers).toBe(0);
});

test("a good dial brings it back before its time, and leaves no timer behind", () => {
  const { clock, fail, succeed, told, backend } = made(2);
  fail("s1", 3);
  clock.advance(4_000);
  succeed("s1");
  expect(backend("s1").ejected).toBe(false);
  expect([told.at(-1), clock.timers]).toEqual(["s1 returned", 0]);
  clock.advance(10_000);
  expect(told).toHaveLength(2);
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
  const { clock, fail, backend } = made(2);
  fail("s1", 3);
  fail("s2", 3);
  expect(backend("s2").ejected).toBe(false);
  clock.advance(10_000);
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

function made(members: number, settings = SETTINGS) {
  const clock = new ManualClock();
  const standings = equalBackends(members, clock).map((each) => new Standing(each));
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
      become(standing, () => (standing.ejected = true));
      told.push(`${standing.backend.name}: ${reason}`);
    },
    returned(standing) {
      become(standing, () => (standing.ejected = false));
      told.push(`${standing.backend.name} returned`);
    },
  });
  const backend = (name: string) => standings.find((each) => each.backend.name === name) as Standing;
  const fail = (name: string, times: number) => {
    for (let i = 0; i < times; i++) outliers.failed(backend(name), settings);
  };
  const succeed = (name: string) => outliers.succeeded(backend(name));
  return { clock, standings, become, outliers, told, backend, fail, succeed };
}
