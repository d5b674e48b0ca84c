import { describe, expect, test } from "vitest";
import { Children } from "#lb/command/children";
import { listeningAddress } from "../../../stress/compare/command.ts";
import { pascalCase } from "../../../stress/compare/experiment.ts";
import { describeScenario, serversOf } from "../../../stress/compare/scenario.ts";

const usual = { servers: 3, latencyMs: 10, slow: 5, concurrency: 4 };

test("all servers are alike but the last, and named for it", () => {
  expect(serversOf(usual)).toEqual([
    { name: "fast-1", latencyMs: 10 },
    { name: "fast-2", latencyMs: 10 },
    { name: "slow-3", latencyMs: 50 },
  ]);
  expect(serversOf({ ...usual, slow: 1 }).map(({ name }) => name)).toEqual([
    "server-1",
    "server-2",
    "server-3",
  ]);
});

describe("the scenario in a sentence", () => {
  test.each([
    [usual, "slow-3 answers in 50 ms, the others in 10 ms."],
    [{ ...usual, servers: 2 }, "slow-2 answers in 50 ms, fast-1 in 10 ms."],
    [{ ...usual, slow: 1 }, "each answers in 10 ms."],
  ])("tells who is slow, if anybody (%#)", (scenario, said) => {
    expect(describeScenario(scenario)).toContain(said);
  });
});

test("a run is named after its algorithm", () => {
  expect(["round-robin", "p2c", "peak-ewma"].map(pascalCase)).toEqual(["RoundRobin", "P2c", "PeakEwma"]);
});

test("a command that was not built is named, with what to do", async () => {
  await using children = new Children();
  const command = { name: "it", script: "nowhere.js", args: [], address: () => undefined };
  await expect(listeningAddress(command, children, () => {})).rejects.toThrow(
    /nowhere\.js does not exist; build it first: npm run build/,
  );
});
