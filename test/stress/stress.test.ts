import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readResults } from "../../stress/results.ts";
import { type CommandProcess, run, start } from "../support/process.ts";

const STRESS = "stress/stress.js";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stress-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function addressOf(server: CommandProcess): Promise<string> {
  return (await server.line(/listening on (\S+)/))[1] as string;
}

test("sends the requests asked for, writes the file, prints the summary, and is silent on a pipe's stderr", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0", "--name", "a");
  const path = join(folder, "new", "RoundRobin.json");
  const to = await addressOf(ping);
  const { code, stdout, stderr } = await run(
    STRESS,
    "5",
    "10",
    "--to",
    to,
    "--name",
    "RoundRobin",
    "--out",
    path,
  );
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^RoundRobin: /);
  expect(stdout).toContain("50 of 50 started, 50 answered, 0 failed");
  expect(stdout).not.toContain("\u001b");
  const { name, target, counts, perServer, environment } = await readResults(path);
  expect([name, target, counts.ok]).toEqual(["RoundRobin", to, 50]);
  expect(perServer).toMatchObject([{ server: "a", requests: 50 }]);
  expect(environment.cores).toBeGreaterThan(0);
});

test("ends on Ctrl-C at once with code 130, and keeps what it has as aborted, also when pressed twice", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const to = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const path = join(folder, "aborted.json");
  await using stress = start(STRESS, "2", "--duration", "1h", "--timeout", "1m", "--to", to, "--out", path);
  const [socket] = (await once(silent, "connection")) as [Socket];
  stress.signal("SIGINT");
  stress.signal("SIGINT");
  const { code, stderr, stdout } = await stress.exit();
  socket.destroy();
  silent.close();
  expect([code, stderr]).toEqual([130, ""]);
  expect(stdout).toMatch(/^response_times: aborted/);
  const { status, counts } = await readResults(path);
  expect(status).toBe("aborted");
  expect(counts).toMatchObject({ planned: null, started: 2, ok: 0, failed: 0 });
});

test("says plainly that nothing answered, counts the refusals in the file, and fails", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0");
  const to = await addressOf(ping);
  ping.signal("SIGTERM");
  await ping.exit();
  const path = join(folder, "refused.json");
  const { code, stdout } = await run(STRESS, "2", "3", "--to", to, "--out", path);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^response_times: not one request was answered\n.* 2 clients × 3 requests,.*does the target run\?\n/s,
  );
  expect((await readResults(path)).errors).toEqual({ "connect-refused": 6 });
});

test("starts nothing after the duration against a target slower than the rate, and says what that one carried", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0", "--latency", "50ms", "--concurrency", "1");
  const to = await addressOf(ping);
  const path = join(folder, "slower.json");
  const plan = ["4", "--rate", "200/s", "--duration", "500ms"];
  const { code, stdout } = await run(STRESS, ...plan, "--to", to, "--out", path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^response_times: invalid\n/);
  expect(stdout).toMatch(
    / of 100 requests were dropped: all clients \(4\) were waiting for answers, of which [\d.]+ came a second and not 200;/,
  );
  const { counts, samples } = await readResults(path);
  expect(samples.startUs.every((us) => us < 500_000)).toBe(true);
  expect(counts.started + counts.dropped).toBe(100);
});

test.each([
  [["0"], /^stress: clients: expected a whole number from 1/],
  [["1000000"], /expected at most \d+ clients, as a process may open \d+ files/],
  [["20", "50", "60"], /Unknown argument: 60/],
])("refuses %j in one line, with code 2, and writes nothing", async (args, expected) => {
  const path = join(folder, "never.json");
  const { code, stdout, stderr } = await run(STRESS, ...args, "--out", path);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(expected);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(await readdir(folder)).not.toContain("never.json");
});

test("looks at the place of the file before it sends anything", async () => {
  const { code, stdout, stderr } = await run(
    STRESS,
    "--to",
    "127.0.0.1:1",
    "--out",
    join(process.execPath, "x.json"),
  );
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/is not a folder\n$/);
});

test("shows three examples", async () => {
  const { code, stdout } = await run(STRESS, "--help");
  expect(code).toBe(0);
  expect(stdout.match(/^ {2}node dist\/stress\/stress\.js/gm)).toHaveLength(3);
});
