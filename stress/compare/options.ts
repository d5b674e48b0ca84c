import type { Argv } from "yargs";
import { coerced, wholeNumber } from "#lb/command/coerce";
import { UsageError } from "#lb/command/failure";
import { parseDuration } from "#lb/core/duration";
import { folderPath } from "../output.ts";
import { defaultPlan } from "../plan.ts";
import { MOST_REQUESTS } from "../recording.ts";
import type { Plan } from "../results.ts";
import type { Scenario } from "./scenario.ts";

/** What the experiment was asked for. */
export interface CompareArgs {
  readonly clients: number;
  readonly requests: number;
  readonly repeats: number;
  readonly servers: number;
  readonly slow: number;
  readonly latency: number;
  readonly concurrency: number;
  readonly algorithms: readonly string[];
  readonly out: string;
}

const WARM_UP_MS = 500;
const LONGEST_LATENCY_MS = 1_000;
const SLOWEST = 100;

/** Declares the experiment's arguments. */
export function compareOptions(yargs: Argv): Argv<CompareArgs> {
  return yargs
    .usage("$0", "Runs test servers, the balancer and the stress tester, and compares algorithms")
    .options(loadOptions)
    .options(scenarioOptions)
    .example([
      ["npm run demo", "Baseline, RoundRobin and LeastConnections, in about a minute"],
      ["node dist/stress/compare.js --slow 1", "Equal servers: is there a difference at all?"],
      ["node dist/stress/compare.js --algorithms p2c,peak-ewma,random --out data/more", "Other algorithms"],
    ]) as unknown as Argv<CompareArgs>;
}

const loadOptions = {
  clients: whole("clients", "Concurrent clients, each asking again as soon as it is answered", 20, 1, 1_000),
  requests: whole("requests", "Requests of each client in each repeat", 80, 1, 100_000),
  repeats: whole("repeats", "How often each algorithm has its turn", 3, 1, 100),
  algorithms: {
    describe: "What to compare, besides going straight to the first server",
    type: "string",
    default: "round-robin,least-connections",
    coerce: coerced("algorithms", algorithmList),
  },
  out: {
    describe: "Folder for results and charts",
    type: "string",
    default: "data/",
    coerce: coerced("out", folderPath),
  },
} as const;

const scenarioOptions = {
  servers: whole("servers", "Test servers", 3, 2, 50),
  latency: {
    describe: "Time a server works on a request",
    type: "string",
    default: "10ms",
    coerce: coerced("latency", latency),
  },
  slow: {
    describe: "How many times as long the last server takes; 1: all alike",
    type: "string",
    default: 5,
    coerce: coerced("slow", factor),
  },
  concurrency: whole("concurrency", "Requests a server works on at once, the rest waits", 4, 1, 1_000),
} as const;

/** The load every contender gets; throws a UsageError where it is more than one recording holds. */
export function planOf({ clients, requests, repeats }: CompareArgs): Plan {
  const total = clients * requests * repeats;
  if (total > MOST_REQUESTS) {
    throw new UsageError(
      `expected at most ${MOST_REQUESTS} requests (clients × requests × repeats), got ${total}`,
    );
  }
  return { ...defaultPlan, clients, requestsPerClient: requests, repeats, warmupMs: WARM_UP_MS };
}

/** The servers the load meets. */
export function scenarioOf({ servers, latency, slow, concurrency }: CompareArgs): Scenario {
  return { servers, latencyMs: latency, slow, concurrency };
}

function whole(option: string, describe: string, standard: number, min: number, max: number) {
  return {
    describe,
    type: "string",
    default: standard,
    coerce: coerced(option, wholeNumber(min, max)),
  } as const;
}

function latency(text: string): number {
  const ms = parseDuration(text);
  if (ms > LONGEST_LATENCY_MS) throw new RangeError(`expected at most 1s, got "${text}"`);
  return ms;
}

function factor(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 1 || value > SLOWEST) {
    throw new RangeError(`expected a number from 1 to ${SLOWEST}, got "${text}"`);
  }
  return value;
}

/** Names with commas between; which of them are algorithms the balancer knows. */
function algorithmList(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name, i) => !/^[a-z][a-z0-9-]*$/.test(name) || names.indexOf(name) !== i);
  if (wrong !== undefined) {
    throw new RangeError(
      `expected different algorithms such as round-robin,p2c, got "${wrong}" in "${text}"`,
    );
  }
  return names;
}
