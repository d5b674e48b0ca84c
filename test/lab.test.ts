import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { eventually } from "./support/eventually.ts";
import { run } from "./support/process.ts";
import { SteeredProcess } from "./support/steered-process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ALIAS = "src.server.resources:server";
const FIBONACCI = { type: "generate_nth_fibonacci", n: 123 };

let lab: SteeredProcess;

/** deploy/lab.yaml as it is, on ports and in a folder of its own. */
beforeAll(async () => {
  const text = readFileSync(`${root}/deploy/lab.yaml`, "utf8")
    .replaceAll(/127\.0\.0\.1:808\d/g, "127.0.0.1:0")
    .replaceAll(/\b91(\d\d)-91(\d\d)/g, "318$1-318$2")
    .replaceAll("[node, dist/", `[node, ${root}dist/`)
    .replaceAll("data/clients.json", "clients.json");
  lab = await SteeredProcess.start(parse(text));
  await eventually(async () => expect(await copies()).toEqual(["task-1 up", "task-2 up", "slow-1 up"]));
});
afterAll(() => lab[Symbol.asyncDispose]());

async function copies(): Promise<string[]> {
  const { servers } = (await lab.ask("GET", "/api/v1/servers")).body as {
    servers: { name: string; state: string }[];
  };
  return servers.map(({ name, state }) => `${name} ${state}`);
}

/** Where a listener of the lab is, by its name. */
async function at(name: string): Promise<string> {
  const listening = new RegExp(`"listener":"${name}","address":"([^"]+)","msg":"listening"`);
  return (await lab.balancer.line(listening))[1] as string;
}

test("getInfo is answered by one server after the other, the slow one too", async () => {
  const ports = new Set<string>();
  for (const _ of [1, 2, 3]) {
    const { status, body } = await lab.ask("GET", "/getInfo");
    expect([status, body]).toEqual([200, { message: "necessary info", port: expect.any(String) }]);
    ports.add((body as { port: string }).port);
  }
  expect([...ports].toSorted()).toEqual(["31800", "31801", "31850"]);
});

test.each(["/api/v1/tasks", "/api/private/sendTask"])("POST %s is computed by a server", async (path) => {
  const { status, body } = await lab.ask("POST", path, FIBONACCI);
  expect([status, body]).toMatchObject([200, { value: "22698374052006863956975682" }]);
});

test.each([
  ["tasks", ["--tasks", "fibonacci:90,factorial:20"]],
  ["web", ["--http", "/"]],
] as const)("the client is served at the listener %s", async (listener, asking) => {
  const { code, stderr } = await run(
    "clients/client.js",
    "--to",
    await at(listener),
    ...asking,
    "--requests",
    "9",
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test("copies are added by the alias and deleted, and without one the answer is 503 with the reason", async () => {
  const added = await lab.ask("POST", "/api/private/addNewCopy", { type: ALIAS, n: 1 });
  expect([added.status, added.body]).toEqual([201, { type: ALIAS, n: 1, servers: ["task-3"] }]);
  await lab.ask("POST", "/api/private/DeleteCopy", { type: ALIAS, n: 9 });
  await lab.ask("DELETE", "/api/v1/servers/slow-1");
  await eventually(async () => expect(await copies()).toEqual([]));
  const refused = { status: 503, body: { error: { code: "no-backend" } } };
  expect(await lab.ask("GET", "/getInfo")).toMatchObject(refused);
  expect(await lab.ask("POST", "/api/v1/tasks", FIBONACCI)).toMatchObject(refused);
});
