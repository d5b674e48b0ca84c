import { readable, readableMs } from "../charts/numbers.ts";

/** The servers of an experiment: all alike but the last, which answers `slow` times as late. */
export interface Scenario {
  readonly servers: number;
  readonly latencyMs: number;
  readonly slow: number;
  /** Requests each server works on at once; the rest waits there. */
  readonly concurrency: number;
}

export interface ServerSetup {
  readonly name: string;
  readonly latencyMs: number;
}

/** Each server's name, which says what it is, and how long it works on a request. */
export function serversOf({ servers, latencyMs, slow }: Scenario): ServerSetup[] {
  return Array.from({ length: servers }, (_, index) => {
    const last = index === servers - 1;
    const word = slow === 1 ? "server" : last ? "slow" : "fast";
    return { name: `${word}-${index + 1}`, latencyMs: last ? latencyMs * slow : latencyMs };
  });
}

/** The scenario in a sentence, as the captions and the terminal say it, and what Baseline is. */
export function describeScenario(scenario: Scenario): string {
  const { servers, slow, concurrency } = scenario;
  const [first, last] = [serversOf(scenario).at(0), serversOf(scenario).at(-1)] as [ServerSetup, ServerSetup];
  const others = servers === 2 ? first.name : "the others";
  const speed =
    slow === 1
      ? `each answers in ${readableMs(first.latencyMs)}`
      : `${last.name} answers in ${readableMs(last.latencyMs)}, ${others} in ${readableMs(first.latencyMs)}`;
  const atOnce = concurrency === 1 ? "one request" : `${readable(concurrency)} requests`;
  return `${servers} servers, each working on ${atOnce} at once: ${speed}. Baseline: the same clients straight to ${first.name}, no balancer.`;
}
