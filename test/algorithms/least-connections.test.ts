import { expect, test } from "vitest";
import { byConnections, least } from "#lb/algorithms/least";
import type { Backend } from "#lb/live/backend";
import { backendsOf, equalBackends, hold } from "../support/backends.ts";
import { choose, client, names } from "../support/sessions.ts";

function actives(backends: readonly Backend[]): number[] {
  return backends.map((backend) => backend.active);
}

test("sends the next ten elsewhere while one connection is held", () => {
  const backends = equalBackends(2);
  hold(backends[0] as Backend);
  expect(new Set(names(least(byConnections), backends, 10).split(" "))).toEqual(new Set(["s2"]));
});

test("spreads a burst of 100 over four as 25 each", () => {
  const algorithm = least(byConnections);
  const backends = equalBackends(4);
  for (let n = 0; n < 100; n++) hold(choose(algorithm, backends, n));
  expect(actives(backends)).toEqual([25, 25, 25, 25]);
});

test("counts connections per weight", () => {
  const algorithm = least(byConnections);
  const backends = backendsOf([3, 1, 2]);
  for (let n = 0; n < 60; n++) hold(choose(algorithm, backends, n));
  expect(actives(backends)).toEqual([30, 10, 20]);
});

test("lets equally busy ones take turns by weight, smoothly", () => {
  expect(names(least(byConnections), backendsOf([5, 1, 1]), 7)).toBe("s1 s1 s2 s1 s3 s1 s1");
});

test("ranks the others by load too", () => {
  const backends = equalBackends(4);
  for (const [index, count] of [2, 0, 3, 1].entries()) {
    for (let n = 0; n < count; n++) hold(backends[index] as Backend);
  }
  const ranking = [...least(byConnections)(backends, client(0))];
  expect(ranking.map((backend) => backend.name)).toEqual(["s2", "s4", "s1", "s3"]);
});

test("looks anew for each choice: a retry sees the connections of this moment", () => {
  const backends = equalBackends(3);
  const ranking = least(byConnections)(backends, client(0))[Symbol.iterator]();
  expect((ranking.next().value as Backend).name).toBe("s1");
  hold(backends[1] as Backend);
  expect((ranking.next().value as Backend).name).toBe("s3");
});

test("takes any load", () => {
  const byPort = least((backend) => (backend.endpoint.kind === "tcp" ? -backend.endpoint.port : 0));
  expect([...byPort(equalBackends(3), client(0))].map((backend) => backend.name)).toEqual(["s3", "s2", "s1"]);
});
