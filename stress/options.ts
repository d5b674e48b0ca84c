import type { Argv } from "yargs";
import { coerced, coercedPositional, wholeNumber } from "#lb/command/coerce";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { formatDuration, parseDuration } from "#lb/core/duration";
import { filePath } from "./output.ts";
import { parseRate } from "./rate.ts";
import { MOST_REQUESTS } from "./recording.ts";

const LONGEST_PAYLOAD = 60_000;
const MOST_REPEATS = 100;
const HOUR_MS = 3_600_000;
const LARGEST_SEED = 2 ** 31 - 1;

/** What the stress tester was asked for; undefined: not said. */
export interface StressArgs {
  readonly clients: number;
  readonly maxRequests: number | undefined;
  readonly to: { readonly text: string; readonly endpoint: Endpoint };
  readonly name: string | undefined;
  readonly out: string | undefined;
  readonly rate: number | undefined;
  readonly arrival: "constant" | "poisson" | undefined;
  readonly requestsPerConnection: number;
  readonly warmup: number;
  readonly duration: number | undefined;
  readonly timeout: number;
  readonly payload: number;
  readonly repeats: number;
  readonly seed: number;
}

/** Declares the stress tester's arguments. */
export function stressOptions(yargs: Argv): Argv<StressArgs> {
  return yargs
    .command(
      "$0 [clients] [maxRequests]",
      "Sends requests through the balancer and measures the answers",
      (command) =>
        command
          .positional("clients", {
            describe: "Concurrent clients; with --rate: the most requests under way at once",
            type: "string",
            default: 20,
            coerce: coercedPositional("clients", wholeNumber(1, MOST_REQUESTS)),
          })
          .positional("maxRequests", {
            describe: "Requests of each client (default: 50, with --duration: as many as it lasts)",
            type: "string",
            coerce: coercedPositional("maxRequests", wholeNumber(1, MOST_REQUESTS)),
          }),
    )
    .options(whereOptions)
    .options(howOptions)
    .example([
      ["node dist/stress/stress.js", "20 clients, 50 requests each, to 127.0.0.1:8080"],
      [
        "node dist/stress/stress.js 50 200 --out runs/RoundRobin.json",
        "A larger run, kept beside the demo's",
      ],
      [
        "node dist/stress/stress.js 200 --rate 500/s --arrival poisson --duration 10s --warmup 2s",
        "500 requests a second, whether or not they are answered",
      ],
    ]) as unknown as Argv<StressArgs>;
}

const whereOptions = {
  to: {
    describe: "The balancer, or a server: host:port, [ipv6]:port or unix:/path",
    type: "string",
    default: "127.0.0.1:8080",
    coerce: coerced("to", targetOf),
  },
  name: {
    describe: "Names the run; kept as data/<name>.json",
    type: "string",
    coerce: coerced("name", runName),
  },
  out: {
    describe: "The file for the results (default: data/<name>.json, data/response_times.json)",
    type: "string",
    coerce: coerced("out", filePath),
  },
} as const;

const howOptions = {
  rate: {
    describe: "Start requests at this rate, such as 500/s (default: each client after its last answer)",
    type: "string",
    coerce: coerced("rate", parseRate),
  },
  arrival: {
    describe: "How requests at a rate follow one another (default: constant)",
    choices: ["constant", "poisson"],
  },
  "requests-per-connection": {
    describe: "Requests on a connection before the next is opened",
    type: "string",
    default: 1,
    coerce: coerced("requests-per-connection", wholeNumber(1, MOST_REQUESTS)),
  },
  duration: {
    describe: "Start no request after this time",
    type: "string",
    coerce: coerced("duration", durationIn(1, HOUR_MS)),
  },
  warmup: {
    describe: "Send for this long before measuring begins",
    type: "string",
    default: "0s",
    coerce: coerced("warmup", durationIn(0, HOUR_MS)),
  },
  timeout: {
    describe: "How long to wait for a connection, and again for an answer",
    type: "string",
    default: "10s",
    coerce: coerced("timeout", durationIn(1, HOUR_MS / 60)),
  },
  payload: {
    describe: "Bytes of text in each request",
    type: "string",
    default: 16,
    coerce: coerced("payload", wholeNumber(0, LONGEST_PAYLOAD)),
  },
  repeats: {
    describe: "Do it all so many times, into one file",
    type: "string",
    default: 1,
    coerce: coerced("repeats", wholeNumber(1, MOST_REPEATS)),
  },
  seed: {
    describe: "Makes --arrival poisson repeatable",
    type: "string",
    default: 1,
    coerce: coerced("seed", wholeNumber(0, LARGEST_SEED)),
  },
} as const;

function targetOf(text: string): StressArgs["to"] {
  return { text, endpoint: parseEndpoint(text, 1) };
}

function runName(text: string): string {
  if (/^\w[\w.-]{0,63}$/.test(text)) return text;
  throw new RangeError(`expected 1 to 64 letters, digits, ".", "_" or "-", got "${text}"`);
}

function durationIn(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new RangeError(`expected ${formatDuration(minMs)} to ${formatDuration(maxMs)}, got "${text}"`);
  };
}
