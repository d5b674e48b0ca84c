import { afterAll, beforeAll, expect, test } from "vitest";
import { Database } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { start } from "../support/process.ts";
import { installed, needing, output } from "../support/program.ts";
import { SteeredProcess } from "../support/steered-process.ts";

const ab = installed("ab");
let database: Database;

beforeAll(async () => {
  database = await Database.start();
});
afterAll(() => database[Symbol.asyncDispose]());

test("clients are created, read, changed and deleted over the API, kept in PostgreSQL, and limited", async () => {
  await using servers = start("servers/web.js", "127.0.0.1", "0", "--count", "2");
  await eventually(() => expect(servers.stdout.match(/\n/g)).toHaveLength(2));
  const backends = [...servers.stdout.matchAll(/listening on (\S+)/g)].map(([, address]) => ({ address }));
  const config = {
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "p", refuse: "http", rateLimit: true }],
    pools: { p: { algorithm: "least-connections", backends } },
    store: { kind: "postgres", url: await database.fresh(), node: "one" },
  };
  await using lb = await SteeredProcess.start(config);
  const client = { id: "127.0.0.1", capacity: 3, ratePerSec: 0.001 };
  expect((await lb.ask("POST", "/api/v1/clients", client)).status).toBe(201);
  expect((await lb.ask("POST", "/api/v1/clients", client)).status).toBe(409);
  const statuses = async (count: number) => {
    const all: number[] = [];
    for (let each = 0; each < count; each += 1)
      all.push((await fetch(`http://${lb.listener}/`, { headers: { connection: "close" } })).status);
    return all;
  };
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
  expect((await lb.ask("PUT", "/api/v1/clients/127.0.0.1", { capacity: 4, tokens: 2 })).status).toBe(200);
  expect(await statuses(3)).toEqual([200, 200, 429]);
  expect(await lb.stop()).toBe(0);

  await using again = await SteeredProcess.start(config);
  const read = await again.ask("GET", "/api/v1/clients/127.0.0.1");
  expect(read).toMatchObject({ status: 200, body: { capacity: 4, ratePerSec: 0.001 } });
  expect((read.body as { tokens: number }).tokens).toBeLessThan(1);
  expect((await again.ask("DELETE", "/api/v1/clients/127.0.0.1")).status).toBe(204);
  expect((await again.ask("GET", "/api/v1/clients/127.0.0.1")).status).toBe(404);
  expect((await fetch(`http://${again.listener}/`)).status).toBe(200);
});

test.skipIf(ab === undefined)(
  needing("ab -n 5000 -c 100 passes through it", { ab }),
  async () => {
    await using servers = start("servers/web.js", "127.0.0.1", "0", "--count", "10");
    await eventually(() => expect(servers.stdout.match(/\n/g)).toHaveLength(10));
    const backends = [...servers.stdout.matchAll(/listening on (\S+)/g)].map(([, address]) => ({ address }));
    await using lb = await SteeredProcess.start({
      listeners: [{ listen: "127.0.0.1:0", pool: "p" }],
      pools: { p: { backends } },
      log: { sessions: false },
    });
    const report = await output(ab as string, ["-q", "-n", "5000", "-c", "100", `http://${lb.listener}/`]);
    expect(report).toMatch(/Complete requests: +5000\n/);
    expect(report).toMatch(/Failed requests: +0\n/);
  },
  90_000,
);
