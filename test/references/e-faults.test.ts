import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { run } from "../support/process.ts";
import { SteeredProcess } from "../support/steered-process.ts";
import { template } from "./servers.ts";

test("servers crash and come back while clients are served by the others, and it is all in the log", async () => {
  const crashing = template("ping.js", "ping", "31300-31349", { count: 3 }) as { command: string[] };
  crashing.command.push("--crash-every", "2s", "--down-for", "500ms");
  await using lb = await SteeredProcess.start({
    listeners: [{ listen: "127.0.0.1:0", pool: "ping" }],
    pools: { ping: { health: { interval: "100ms", timeout: "500ms", rise: 1, fall: 1 } } },
    servers: { ping: crashing },
  });
  await eventually(() => expect(lb.balancer.stdout.match(/"msg":"copy up"/g)).toHaveLength(3));
  await eventually(() => {
    expect(lb.balancer.stdout).toContain('"msg":"backend down"');
    expect(lb.balancer.stdout).toContain('"msg":"backend up"');
  });
  const { stdout } = await run("clients/client.js", "--to", lb.listener, "--requests", "30");
  expect(stdout.match(/pong/g)?.length).toBeGreaterThan(20);
});

test("clients are registered, updated, listed and deleted, kept in a file, and told when their tokens run out", async () => {
  const config = {
    listeners: [{ listen: "127.0.0.1:0", pool: "web", refuse: "http", rateLimit: true }],
    pools: { web: { health: { probe: "http", path: "/health" } } },
    servers: { web: template("web.js", "web", "31350-31399", { count: 2 }) },
    store: { kind: "file", path: "clients.json" },
  };
  await using lb = await SteeredProcess.start(config);
  await eventually(() => expect(lb.balancer.stdout.match(/"msg":"copy up"/g)).toHaveLength(2));
  const registered = { client_id: "127.0.0.1", capacity: 2, rate_per_sec: 0.001 };
  expect(await lb.ask("POST", "/clients/register", registered)).toMatchObject({
    status: 201,
    body: registered,
  });
  const ask = () => fetch(`http://${lb.listener}/`, { headers: { connection: "close" } });
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
  const refused = await ask();
  expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: "rate-limited" } }]);
  expect((await lb.ask("PUT", "/clients/update", { ...registered, capacity: 5 })).body).toMatchObject({
    capacity: 5,
  });
  expect((await lb.ask("GET", "/clients/get?id=127.0.0.1")).body).toMatchObject({
    client_id: "127.0.0.1",
    capacity: 5,
  });
  expect((await lb.ask("GET", "/clients/list")).body).toHaveLength(1);
  expect(await readFile(join(lb.folder, "clients.json"), "utf8")).toContain("127.0.0.1");
  expect((await lb.ask("DELETE", "/clients/delete?id=127.0.0.1")).status).toBe(204);
  expect((await lb.ask("PUT", "/clients/update", registered)).status).toBe(404);
  expect((await ask()).status).toBe(200);
  expect(await lb.stop()).toBe(0);
});
