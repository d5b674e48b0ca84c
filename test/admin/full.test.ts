import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { BalancerProcess } from "../support/balancer-process.ts";
import { backend, dialPeer, echo, type Peer } from "../support/peer.ts";
import { adminFile, administered, ownFolder } from "./administered.ts";

test("the API answers while every listener is full", async () => {
  await using server = await backend(echo);
  const { port } = server.endpoint as { port: number };
  const text = adminFile().replaceAll(/127\.0\.0\.1:900\d/g, `127.0.0.1:${port}`);
  await using api = await administered(text.replace("refuse: http", "refuse: line, maxConnections: 2"));
  const { listeners } = (await api.get("/api/v1/status")).json;
  const web = parseEndpoint(listeners[0].address);
  const clients = [await served(await dialPeer(web)), await served(await dialPeer(web))];
  const refused = await dialPeer(web);
  refused.send("x");
  await refused.outcome();
  expect(refused.text).toBe("ERR listener-full\n");
  refused.reset();
  const changed = await api.ask("PATCH", "/api/v1/pools/p/backends/a", { body: { weight: 2 } });
  expect(changed.status).toBe(200);
  await expect
    .poll(async () => (await api.get("/api/v1/sessions")).json.sessions.length, { timeout: 50_000 })
    .toBe(2);
  const task = await api.ask("POST", "/api/v1/tasks", {
    body: { type: "generate_nth_fibonacci", n: 1 },
  });
  expect([task.status, task.json.error.code]).toEqual([503, "listener-full"]);
  for (const client of clients) client.reset();
});

test("the API answers when clients have every file that they may have", async () => {
  await using server = await backend(echo);
  const { port } = server.endpoint as { port: number };
  const path = join(await ownFolder(), "lb.yaml");
  await writeFile(
    path,
    adminFile()
      .replaceAll(/127\.0\.0\.1:900\d/g, `127.0.0.1:${port}`)
      .replace(", refuse: http", ", refuse: line"),
  );
  await using lb = new BalancerProcess("lb.js", ["--config", path], { openFiles: 256 });
  await lb.listening();
  const [, address] = await lb.line(/"address":"([^"]+)".*"msg":"admin API listening"/);
  const clients: Peer[] = [];
  for (let count = 0; count < 128; count += 1) {
    const client = await dialPeer(lb.endpoint);
    clients.push(client);
    client.send("x");
    await client.bytes(1);
    if (client.text === "E") break;
  }
  expect(clients.at(-1)?.text).toMatch(/^E/);
  expect(clients.length).toBeGreaterThan(20);
  const admin = parseEndpoint(address as string);
  const askers = await Promise.all(Array.from({ length: 60 }, () => dialPeer(admin)));
  for (const asker of askers)
    asker.send("GET /api/v1/sessions?limit=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await Promise.all(askers.map((asker) => asker.outcome()));
  expect(askers.filter(({ text }) => !text.startsWith("HTTP/1.1 200 "))).toEqual([]);
  for (const client of clients) client.reset();
}, 120_000);

/** A client whose session stands. */
async function served(client: Peer): Promise<Peer> {
  client.send("x");
  await client.bytes(1);
  return client;
}
