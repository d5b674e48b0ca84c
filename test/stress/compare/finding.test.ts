import { describe, expect, test } from "vitest";
import { runOf } from "../../../stress/charts/run.ts";
import { difference, findingOf } from "../../../stress/compare/finding.ts";
import { summaryOf } from "../../../stress/compare/summary.ts";
import type { Results } from "../../../stress/results.ts";
import { type Made, syntheticResults } from "../../support/synthetic-results.ts";

const run = (name: string, made: Made, p50sUs?: Readonly<Record<string, number>>) => {
  const results = syntheticResults({ name, requestsPerRepeat: 1_000, ...made });
  const perServer: Results["perServer"] = results.perServer.map((entry) => ({
    ...entry,
    p50: p50sUs?.[entry.server] ?? null,
  }));
  return runOf(name, { ...results, perServer }, 0);
};
const evenly = run(
  "RoundRobin",
  { servers: { fast: [0.5, 10], slow: [0.5, 200] }, seed: 1 },
  { fast: 12_000, slow: 230_000 },
);
const gently = run(
  "LeastConnections",
  { servers: { fast: [0.9, 16], slow: [0.1, 80] }, seed: 2 },
  { fast: 18_000, slow: 90_000 },
);

describe("what is said of two runs", () => {
  test("names who is ahead in the tail, and the server and shares that explain it", () => {
    const [ahead, why] = findingOf(evenly, gently);
    expect(ahead).toMatch(/^LeastConnections is ahead of RoundRobin in the tail: p99 \d+ ms against \d+ ms/);
    expect(why).toMatch(/^Why: RoundRobin sent slow 5\d\.\d % of the requests, LeastConnections 1?\d\.\d %/);
    expect(why).toContain(
      "half of those waited 230 ms or more under RoundRobin, 90 ms under LeastConnections.",
    );
  });

  test("does not depend on their order", () => {
    expect(findingOf(gently, evenly)).toEqual(findingOf(evenly, gently));
  });

  test("is no difference where repeats of one run differ as much", () => {
    const servers = { a: [0.5, 10], b: [0.5, 10] } as const;
    const said = findingOf(run("A", { servers, seed: 3 }), run("B", { servers, seed: 4 }));
    expect(said[0]).toMatch(/^No difference in the tail between/);
  });

  test("outlives one disturbed repeat, as long as no repeat of one reaches into the other's", () => {
    const servers = { a: [1, 10] } as const;
    const slower = run("Slower", { servers: { a: [1, 100] }, seed: 7 });
    const disturbed = slower.repeats.map((repeat, i) => (i === 1 ? repeat.map((ms) => ms * 9) : repeat));
    const found = difference({ ...slower, repeats: disturbed }, run("Faster", { servers, seed: 8 }));
    expect(found).toMatchObject({ real: true, faster: { name: "Faster" } });
  });

  test("is no difference between a run and itself", () => {
    const own = difference(evenly, evenly);
    expect(own?.real).toBe(false);
    expect(own?.slowerMs).toBe(own?.fasterMs);
  });

  test("adds who is ahead in the middle where that is the other one", () => {
    const said = findingOf(
      run("Spread", { servers: { a: [0.9, 10], b: [0.1, 500] }, seed: 5 }),
      run("Steady", { servers: { a: [1, 50] }, seed: 6 }),
    );
    expect(said[0]).toMatch(/^Steady is ahead of Spread in the tail/);
    expect(said.at(-1)).toMatch(/^In the middle Spread is ahead: p50/);
  });

  test.each([
    ["two repeats", { repeats: 2 }],
    ["few answers", { requestsPerRepeat: 10 }],
  ])("is nothing, from %s", (_what, made) => {
    expect(findingOf(run("A", made), run("B", made))).toEqual([
      "A and B: too few answers or repeats to tell a difference from chance.",
    ]);
  });

  test("is nothing, of a run that must not be believed", () => {
    const changes: Partial<Results> = { status: "invalid", invalidReasons: ["it was late"] };
    expect(findingOf(run("A", { changes }), gently)).toEqual(["Nothing can be said of A: it was late."]);
  });
});

test("the summary shows only percentiles that the answers can bear", () => {
  const rows = summaryOf([run("Many", {}), run("Few", { requestsPerRepeat: 10 })]).split("\n");
  expect(rows[0]).toMatch(/^run +requests +errors +req\/s +p50 ms +p90 ms +p99 ms +p50\/Many +p99\/Many$/);
  expect(rows[1]).toMatch(/^Many +3000 +0 +400( +\d+\.\d){3} +1\.00 +1\.00$/);
  expect(rows[2]).toMatch(/^Few +30 +0 +400 +\d+\.\d +- +- +\d\.\d\d +-$/);
  expect(rows.at(-1)).toMatch(/^p50\/Many: as a multiple of Many's, which is one server alone/);
});
