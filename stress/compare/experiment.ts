import { Children } from "#lb/command/children";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { attack } from "../attack.ts";
import { Recording } from "../recording.ts";
import type { Plan, Results } from "../results.ts";
import { summarize } from "../summarize.ts";
import { type Command, listeningAddress } from "./command.ts";
import { describeScenario, type Scenario, type ServerSetup, serversOf } from "./scenario.ts";

/** The name of the run that goes past the balancer. */
export const BASELINE = "Baseline";

/** One of the things compared: a name, where its load goes, and what came of it so far. */
export interface Contender {
  readonly name: string;
  readonly target: string;
  readonly endpoint: Endpoint;
  readonly recording: Recording;
}

/** Throws a UsageError, in the balancer's own words, where it does not know one of the algorithms. */
export async function checkNames(algorithms: readonly string[]): Promise<void> {
  await using trials = new Children();
  await Promise.all(
    algorithms.map((algorithm) => listeningAddress(balancer(algorithm, []), trials, () => {})),
  );
}

/**
 * Has the servers and a balancer per algorithm started, all on free ports, by `start`, which resolves with where each
 * listens; Baseline comes first, then in the order given.
 */
export async function prepare(
  scenario: Scenario,
  algorithms: readonly string[],
  start: (command: Command) => Promise<string>,
): Promise<Contender[]> {
  const servers = await Promise.all(
    serversOf(scenario).map((server) => start(pingServer(server, scenario.concurrency))),
  );
  const balancers = await Promise.all(algorithms.map((algorithm) => start(balancer(algorithm, servers))));
  return [
    contender(BASELINE, servers[0] as string),
    ...algorithms.map((algorithm, index) => contender(pascalCase(algorithm), balancers[index] as string)),
  ];
}

/** Repeats the load on each contender in turn, so that whatever else the machine does falls on all of them alike. */
export async function perform(
  contenders: readonly Contender[],
  plan: Plan,
  signal: AbortSignal,
  watch: (contender: Contender) => void,
): Promise<void> {
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      await attack(contender.endpoint, plan, contender.recording, { signal, watch: () => watch(contender) });
    }
  }
  signal.throwIfAborted();
}

/** What came of a contender's load, with the scenario it met. */
export function resultsOf({ name, target, recording }: Contender, plan: Plan, scenario: Scenario): Results {
  return { ...summarize({ name, target, plan, recording }), scenario: describeScenario(scenario) };
}

/** The name of an algorithm's run: least-connections is LeastConnections. */
export function pascalCase(algorithm: string): string {
  return algorithm.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function contender(name: string, target: string): Contender {
  return { name, target, endpoint: parseEndpoint(target), recording: new Recording() };
}

function pingServer({ name, latencyMs }: ServerSetup, concurrency: number): Command {
  return {
    name: `test server ${name}`,
    script: "servers/ping.js",
    args: [
      ...["127.0.0.1", "0", "--name", name],
      ...["--latency", `${latencyMs}ms`, "--concurrency", String(concurrency)],
    ],
    address: (line) => /^ping listening on (\S+)/.exec(line)?.[1],
  };
}

function balancer(algorithm: string, servers: readonly string[]): Command {
  return {
    name: `the balancer (${algorithm})`,
    script: "lb.js",
    args: [algorithm, "--listen", "127.0.0.1:0", ...servers.flatMap((server) => ["--backend", server])],
    address: loggedAddress,
  };
}

function loggedAddress(line: string): string | undefined {
  try {
    const { msg, address } = JSON.parse(line) as { msg?: unknown; address?: unknown };
    return msg === "listening" && typeof address === "string" ? address : undefined;
  } catch {
    return undefined;
  }
}
