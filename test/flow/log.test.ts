import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint, parseEndpoint } from "#lb/core/address";
import { balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { fileOf, type TestFile } from "../support/file-of.ts";
import { backend, dialPeer, echo, type TestBackend, within } from "../support/peer.ts";

// Their records are more than what may wait, and what the pipe holds.
const SESSIONS = 1_500;

test("a log reader that stops reading stops no traffic, and is told how many lines it lost", async () => {
  await using server = await backend((peer) => peer.socket.end("hi"));
  await using file = await withDeadEnds([...longNamed(2), server.endpoint]);
  await using balancer = await configuredBalancer(file.path);
  balancer.stallOutput();
  for (let i = 0; i < SESSIONS; i += 50) await greeted(50, balancer.endpoint);
  balancer.readOutput();
  const [, dropped] = await balancer.line(/"dropped":(\d+),"msg":"log lines dropped"/);
  balancer.signal("SIGTERM");
  expect(await balancer.exit()).toMatchObject({ code: 0 });
  expect(Number(dropped)).toBeGreaterThan(0);
  expect(balancer.records.length + Number(dropped)).toBe(SESSIONS);
});

test("a log reader that has stopped reading does not delay the exit by more than a second", async () => {
  await using server = await backend((peer) => peer.socket.end("hi"));
  await using file = await withDeadEnds([...longNamed(2), server.endpoint]);
  await using balancer = await configuredBalancer(file.path);
  balancer.stallOutput();
  for (let i = 0; i < 200; i += 50) await greeted(50, balancer.endpoint);
  balancer.signal("SIGTERM");
  expect(await balancer.code(5_000)).toBe(0);
});

test("a log reader that is gone takes nothing with it, and stderr is told once", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  balancer.leaveOutput();
  for (let i = 0; i < 5; i++) await echoed("still served", balancer.endpoint);
  balancer.signal("SIGTERM");
  expect(await balancer.exit()).toMatchObject({
    code: 0,
    stderr: "lb: the log has no reader any more: nothing more is logged, and traffic goes on\n",
  });
});

test("where nobody reads stderr either, traffic goes on all the same", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  balancer.leaveOutput("stdout");
  balancer.leaveOutput("stderr");
  for (let i = 0; i < 5; i++) await echoed("still served", balancer.endpoint);
  balancer.signal("SIGTERM");
  expect(await balancer.exit()).toMatchObject({ code: 0 });
});

test("escapes text from outside, so that it can neither end a line nor colour a terminal", async () => {
  const path = '/nowhere\n{"msg":"session"}\u001b[31m\u0007';
  await using file = await withDeadEnds([{ kind: "unix", path }]);
  await using balancer = await configuredBalancer(file.path);
  const client = await dialPeer(balancer.endpoint);
  await client.outcome();
  client.finish();
  await balancer.line(/"msg":"session"/);
  expect(balancer.records).toMatchObject([
    { ending: "connect-refused", attempts: [{ address: `unix:${path}` }] },
  ]);
  expect([...balancer.stdout].filter((char) => char < " " && char !== "\n")).toEqual([]);
});

test("never logs what clients and backends say", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("first", [server.endpoint]);
  await echoed("my secret password", balancer.endpoint);
  balancer.signal("SIGTERM");
  const { stdout, stderr } = await balancer.exit();
  expect(stdout + stderr).not.toContain("secret");
  expect(balancer.records).toHaveLength(1);
});

const noPty = spawnSync("script", ["--version"]).stdout?.includes("util-linux") !== true;

test.skipIf(noPty)("a stopped terminal stops no traffic and delays no exit", async () => {
  await using server = await backend((peer) => peer.socket.end("hi"));
  await using terminal = await onTerminal(server);
  terminal.stop();
  for (let i = 0; i < 200; i += 50) await greeted(50, terminal.endpoint);
  process.kill(terminal.pid, "SIGTERM");
  await within("the exit of the balancer", gone(terminal.pid), 25_000);
});

/** The balancer on a terminal, whose other end can be stopped; `pid` is the balancer's. */
async function onTerminal(server: TestBackend) {
  const lb = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
  const command = `echo $$; exec ${process.execPath} ${lb} first --listen 127.0.0.1:0 --backend ${formatEndpoint(server.endpoint)}`;
  const script = spawn("script", ["-qfc", command, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  script.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const listens = async () => {
    while (!/address: "[^"]+"|"address":"[^"]+"/.test(text)) await once(script.stdout, "data");
  };
  await within("a balancer on a terminal", listens());
  const address = /"?address"?: ?"([^"]+)"/.exec(text)?.[1] as string;
  return {
    pid: Number(/^\d+/.exec(text)?.[0]),
    endpoint: parseEndpoint(address),
    stop: () => script.kill("SIGSTOP"),
    async [Symbol.asyncDispose]() {
      script.kill("SIGKILL");
      await once(script, "close");
    },
  };
}

/** Resolves when a process has ended, though its parent, stopped as it is, has not asked how. */
async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A configuration in which dead backends are dialled again and again. */
function withDeadEnds(backends: readonly Endpoint[]): Promise<TestFile> {
  const pool = {
    algorithm: "first",
    health: { probe: "off" },
    outlier: { failures: "off" },
    backends: backends.map((endpoint) => ({ address: formatEndpoint(endpoint) })),
  };
  return fileOf(JSON.stringify({ listeners: [{ listen: "127.0.0.1:0", pool: "p" }], pools: { p: pool } }));
}

/** Backends that nobody will find, with names that make long records. */
function longNamed(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => ({ kind: "unix", path: `/nowhere/${i}${"x".repeat(90)}` }));
}

async function greeted(count: number, endpoint: Endpoint): Promise<void> {
  const greet = async () => {
    const client = await dialPeer(endpoint);
    expect((await client.bytes(2)).toString()).toBe("hi");
    client.finish();
    await client.closed();
  };
  await Promise.all(Array.from({ length: count }, greet));
}

async function echoed(text: string, endpoint: Endpoint): Promise<void> {
  const client = await dialPeer(endpoint);
  client.send(text);
  client.finish();
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe(text);
}
