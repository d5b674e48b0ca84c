import type { SessionRecord } from "#lb/contract/record";
import { type Endpoint, formatEndpoint, parseEndpoint } from "#lb/core/address";
import { CommandProcess, type Launch } from "./process.ts";

/** The real command as a process, listening on a free port. */
export class BalancerProcess extends CommandProcess {
  endpoint: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };

  /** The session records it has logged so far. */
  get records(): readonly SessionRecord[] {
    return this.stdout
      .split("\n")
      .filter((line) => line.includes('"msg":"session"'))
      .map((line) => JSON.parse(line) as SessionRecord);
  }

  async listening(): Promise<void> {
    const [, address] = await this.line(/"address":"([^"]+)","msg":"listening"/);
    this.endpoint = parseEndpoint(address as string);
  }
}

/** Starts the balancer before backends; it listens when this resolves. */
export async function balancerProcess(
  algorithm: string,
  backends: readonly Endpoint[],
  launch: Launch = {},
  ...flags: readonly string[]
): Promise<BalancerProcess> {
  const to = backends.flatMap((backend) => ["--backend", formatEndpoint(backend)]);
  const args = [algorithm, "--listen", "127.0.0.1:0", ...to, ...flags];
  const balancer = new BalancerProcess("lb.js", args, launch);
  await balancer.listening();
  return balancer;
}

/** Starts the balancer with a configuration file; it listens when this resolves. */
export async function configuredBalancer(
  path: string,
  launch: Launch = {},
  ...flags: readonly string[]
): Promise<BalancerProcess> {
  const balancer = new BalancerProcess("lb.js", ["--config", path, ...flags], launch);
  await balancer.listening();
  return balancer;
}
