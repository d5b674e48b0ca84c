import { afterAll, beforeAll, expect, test } from "vitest";
import type { LabState } from "#lb/contract/laboratory";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { CommandProcess, run } from "../support/process.ts";
import { childrenOf, runs } from "../support/processes.ts";

const PATIENCE_MS = 150_000;

let laboratory: CommandProcess;
let admin: string;

beforeAll(async () => {
  admin = `127.0.0.1:${await freePort()}`;
  const listen = `127.0.0.1:${await freePort()}`;
  const load = ["--rate", "100", "--algorithm", "least-connections"];
  laboratory = new CommandProcess("stress/live.js", ["--listen", listen, "--admin", admin, ...load]);
  await laboratory.line(/Ctrl-C ends all of it/, "stdout", PATIENCE_MS);
}, 2 * PATIENCE_MS);
afterAll(() => laboratory[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: it is what the test says it is.
const get = async (path: string) => (await fetch(`http://${admin}/api/v1${path}`)).json() as Promise<any>;

const order = (body: object) =>
  fetch(`http://${admin}/api/v1/lab`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const ordered = async (body: object) => (await (await order(body)).json()) as LabState;

test("a laboratory serves its load by the algorithm that was asked for", async () => {
  const status = await eventually(async () => {
    const found = await get("/status");
    expect(found.listeners[0].endings.done).toBeGreaterThan(20);
    return found;
  });
  expect(status).toMatchObject({ laboratory: true, pools: [{ algorithm: "least-connections" }] });
});

test("what it does not know is refused, and changes nothing", async () => {
  const before = await get("/lab");
  expect((await order({ action: "crash", server: "zz" })).status).toBe(404);
  for (const body of [{ action: "burn" }, { action: "load", factor: 100 }, { action: "crash" }, {}])
    expect((await order(body)).status).toBe(400);
  expect(await get("/lab")).toEqual(before);
});

test("servers are slowed, crashed and brought back, and the load is doubled", async () => {
  expect((await ordered({ action: "crash", server: "b" })).servers).toContainEqual({
    name: "b",
    state: "down",
  });
  await eventually(async () =>
    expect((await get("/pools/main/backends/b")).members[0].operational).toBe("down"),
  );
  await order({ action: "slow", server: "a" });
  expect(await ordered({ action: "load", factor: 2 })).toEqual({
    servers: [
      { name: "a", state: "slow" },
      { name: "b", state: "down" },
      { name: "c", state: "well" },
    ],
    load: { sessionsPerSec: 200, factor: 2 },
  });
  expect((await ordered({ action: "slow", server: "b" })).servers).toContainEqual({
    name: "b",
    state: "down",
  });
  expect((await ordered({ action: "restore", server: "b" })).servers).toContainEqual({
    name: "b",
    state: "well",
  });
});

test("of a server that obeyed late it is told how it is, and no other order is taken for done", async () => {
  const [pid] = childrenOf(laboratory.pid) as [number];
  process.kill(pid, "SIGSTOP");
  const late = await order({ action: "crash", server: "a" });
  expect([late.status, ((await late.json()) as { error: { message: string } }).error.message]).toEqual([
    404,
    "server a did not do it",
  ]);
  process.kill(pid, "SIGCONT");
  await eventually(async () =>
    expect((await get("/lab")).servers).toContainEqual({ name: "a", state: "down" }),
  );
  expect((await ordered({ action: "restore", server: "a" })).servers).toContainEqual({
    name: "a",
    state: "well",
  });
});

test("a second one says that its port is taken, and harms nothing", {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  await using second = new CommandProcess("stress/live.js", ["--listen", listen, "--admin", admin]);
  const { code, stderr } = await second.exit(PATIENCE_MS);
  expect(code).toBe(1);
  expect(stderr).toContain(`${admin} is taken`);
  expect((await get("/lab")).servers).toHaveLength(3);
});

test.each([
  ["--listen", "127.0.0.1:0"],
  ["--listen", "unix:/tmp/live.sock"],
  ["--admin", "127.0.0.1:0"],
])("%s %s is refused: the load, or a browser, is to find it there", async (option, value) => {
  const { code, stderr } = await run("stress/live.js", option, value);
  expect(code).toBe(2);
  expect(stderr).toMatch(/expected .*host:port/);
});

test("Ctrl-C ends all of it", async () => {
  const children = childrenOf(laboratory.pid);
  expect(children).toHaveLength(4);
  laboratory.signal("SIGINT");
  expect((await laboratory.exit(PATIENCE_MS)).code).toBe(0);
  expect(children.filter(runs)).toEqual([]);
});
