import { UsageError } from "#lb/command/failure";
import type { StressArgs } from "./options.ts";
import { MOST_REQUESTS } from "./recording.ts";
import type { Plan } from "./results.ts";

/** 20 clients, 50 requests each, one per connection, each after the answer to the last. */
export const defaultPlan: Plan = {
  model: "closed",
  clients: 20,
  requestsPerClient: 50,
  requestsPerConnection: 1,
  ratePerSec: null,
  arrival: null,
  warmupMs: 0,
  durationMs: null,
  timeoutMs: 10_000,
  payloadBytes: 16,
  seed: 1,
  repeats: 1,
};

/** Files this process needs beside its connections. */
const RESERVED_FILES = 64;

/** The plan the arguments ask for; throws a UsageError where they contradict one another or `openFiles`. */
export function planOf(args: StressArgs, openFiles: number): Plan {
  const open = args.rate !== undefined;
  const plan: Plan = {
    model: open ? "open" : "closed",
    clients: args.clients,
    requestsPerClient:
      args.maxRequests ?? (args.duration === undefined ? defaultPlan.requestsPerClient : null),
    requestsPerConnection: args.requestsPerConnection,
    ratePerSec: args.rate ?? null,
    arrival: open ? (args.arrival ?? "constant") : null,
    warmupMs: args.warmup,
    durationMs: args.duration ?? null,
    timeoutMs: args.timeout,
    payloadBytes: args.payload,
    seed: args.seed,
    repeats: args.repeats,
  };
  if (args.arrival !== undefined && !open)
    throw new UsageError("--arrival needs a --rate, such as --rate 500/s");
  checkSize(plan, openFiles);
  return plan;
}

function checkSize(plan: Plan, openFiles: number): void {
  const { clients, requestsPerClient, ratePerSec, durationMs, repeats } = plan;
  const most = openFiles - RESERVED_FILES;
  if (clients > most) {
    throw new UsageError(
      `expected at most ${most} clients, as a process may open ${openFiles} files here (ulimit -n), got ${clients}`,
    );
  }
  const byCount = clients * (requestsPerClient ?? Infinity);
  const byTime = ((ratePerSec ?? Infinity) * (durationMs ?? Infinity)) / 1000;
  const requests = Math.min(byCount, byTime) * repeats;
  if (requests !== Infinity && requests > MOST_REQUESTS) {
    throw new UsageError(`expected a run of at most ${MOST_REQUESTS} requests, got ${Math.ceil(requests)}`);
  }
}
