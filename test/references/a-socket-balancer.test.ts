import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatEndpoint, parseEndpoint } from "#lb/core/address";
import { readResults } from "../../stress/results.ts";
import { balancerProcess } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { type CommandProcess, run, start } from "../support/process.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reference-a-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Three ping servers of which the last is slow, and where they listen. */
async function pingServers() {
  const fast = start("servers/ping.js", "127.0.0.1", "0", "--count", "2");
  const slow = start("servers/ping.js", "127.0.0.1", "0", "--latency", "30ms", "--concurrency", "1");
  const listening = async (server: CommandProcess, count: number) => {
    await eventually(() => expect(server.stdout.match(/\n/g)).toHaveLength(count));
    return [...server.stdout.matchAll(/listening on (\S+)/g)].map(([, at]) => parseEndpoint(at as string));
  };
  return {
    backends: [...(await listening(fast, 2)), ...(await listening(slow, 1))],
    async [Symbol.asyncDispose]() {
      await fast[Symbol.asyncDispose]();
      await slow[Symbol.asyncDispose]();
    },
  };
}

test("a client's pings are answered by one server after the other", async () => {
  await using servers = await pingServers();
  await using balancer = await balancerProcess("round-robin", servers.backends);
  const to = formatEndpoint(balancer.endpoint);
  const { code, stdout } = await run("clients/client.js", "--to", to, "--requests", "9");
  expect(code).toBe(0);
  const answers = [...stdout.matchAll(/^pong \d+ (\S+)$/gm)].map(([, server]) => server as string);
  expect(answers).toHaveLength(9);
  for (const backend of servers.backends)
    expect(answers.filter((server) => server === formatEndpoint(backend))).toHaveLength(3);
});

test("runs of the stress tester under each algorithm are kept, and drawn side by side", async () => {
  await using servers = await pingServers();
  const runs: string[] = [];
  for (const [name, algorithm] of [
    ["RoundRobin", "round-robin"],
    ["LeastConnections", "least-connections"],
  ] as const) {
    await using balancer = await balancerProcess(algorithm, servers.backends);
    const out = join(folder, `${name}.json`);
    const to = formatEndpoint(balancer.endpoint);
    expect((await run("stress/stress.js", "10", "20", "--to", to, "--name", name, "--out", out)).code).toBe(
      0,
    );
    runs.push(out);
  }
  const [roundRobin, leastConnections] = await Promise.all(runs.map(readResults));
  const slow = formatEndpoint(servers.backends[2] as (typeof servers.backends)[number]);
  const shareOf = (results: typeof roundRobin) =>
    results?.perServer.find(({ server }) => server === slow)?.share;
  expect(roundRobin?.counts).toMatchObject({ ok: 200, failed: 0 });
  expect(shareOf(roundRobin)).toBeCloseTo(1 / 3, 1);
  expect(shareOf(leastConnections)).toBeLessThan(0.25);
  expect((await run("stress/graph.js", ...runs, "--out", folder)).code).toBe(0);
  expect((await readdir(folder)).filter((name) => name.endsWith(".png")).length).toBeGreaterThan(0);
});
