import { expect, test } from "vitest";
import yargs from "yargs";
import { UsageError } from "#lb/command/failure";
import { type StressArgs, stressOptions } from "../../stress/options.ts";
import { defaultPlan, planOf } from "../../stress/plan.ts";
import type { Plan } from "../../stress/results.ts";

function args(text: string): StressArgs {
  const words = text.split(" ").filter((word) => word !== "");
  return stressOptions(yargs().exitProcess(false).fail(false)).parseSync(words);
}

function plan(text: string): Plan {
  return planOf(args(text), 20_000);
}

test("is 20 clients with 50 requests each, one per connection, closed, when nothing is said", () => {
  expect(plan("")).toEqual(defaultPlan);
  expect(args("").to).toEqual({
    text: "127.0.0.1:8080",
    endpoint: { kind: "tcp", host: "127.0.0.1", port: 8080 },
  });
});

test.each<[string, Partial<Plan>]>([
  ["5 7", { clients: 5, requestsPerClient: 7, model: "closed" }],
  ["--rate 500/s", { model: "open", ratePerSec: 500, arrival: "constant", requestsPerClient: 50 }],
  ["--rate 90/m --arrival poisson --seed 7", { ratePerSec: 1.5, arrival: "poisson", seed: 7 }],
  ["--rate 36/h", { ratePerSec: 0.01 }],
  ["--duration 10s", { durationMs: 10_000, requestsPerClient: null }],
  ["5 7 --duration 10s", { durationMs: 10_000, requestsPerClient: 7 }],
  [
    "--warmup 250ms --timeout 1s --payload 0 --repeats 3 --requests-per-connection 10",
    { warmupMs: 250, timeoutMs: 1000, payloadBytes: 0, repeats: 3, requestsPerConnection: 10 },
  ],
])("reads %j", (text, expected) => {
  expect(plan(text)).toMatchObject(expected);
});

test.each([
  ["20 -3", /expected a whole number|Unknown|maxRequests/],
  ["1.5", /^clients: expected a whole number/],
  ["--rate fast", /--rate: expected a rate such as 500\/s/],
  ["--rate 0/s", /--rate: expected a rate/],
  ["--rate 100001/s", /at most 100000\/s/],
  ["--arrival poisson", /--arrival needs a --rate/],
  ["--arrival bursts --rate 5/s", /arrival/],
  ["--payload 60001", /--payload: expected a whole number from 0 to 60000/],
  ["--to nowhere", /--to: expected host:port/],
  ["--to 127.0.0.1:0", /--to: expected host:port, .* \(port 1 to 65535\)/],
  ["--name ../up", /--name: expected 1 to 64 letters/],
  ["--duration 0s", /--duration: expected 1ms to 1h/],
  ["--out", /--out: expected the path of a file/],
  ["19937", /expected at most 19936 clients, as a process may open 20000 files/],
  ["2000 2000", /expected a run of at most 2000000 requests, got 4000000/],
  ["200 --rate 1000/s --duration 1h", /expected a run of at most 2000000 requests, got 3600000/],
])("refuses %j, saying what was expected", (text, expected) => {
  expect(() => plan(text)).toThrow(expected);
});

test("counts its contradictions as wrong usage", () => {
  expect(() => plan("--arrival poisson")).toThrow(UsageError);
  expect(() => plan("19937")).toThrow(UsageError);
});
