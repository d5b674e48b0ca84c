import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BalancerProcess } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { adminFile, administered, ownFolder } from "./administered.ts";

const BACKENDS = "/api/v1/pools/p/backends";

/** Each change, in an order in which all can be made: its status, and what the log says was before and is after. */
const changes: readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  before?: object | undefined,
  after?: object | undefined,
][] = [
  [
    "PATCH",
    "/api/v1/pools/p",
    { algorithm: "first" },
    200,
    { name: "p", algorithm: "round-robin" },
    { name: "p", algorithm: "first" },
  ],
  ["PATCH", `${BACKENDS}/a`, { weight: 2 }, 200, { name: "a", weight: 1 }, { name: "a", weight: 2 }],
  [
    "POST",
    BACKENDS,
    { name: "c", address: "127.0.0.1:9003" },
    201,
    undefined,
    { name: "c", address: "127.0.0.1:9003" },
  ],
  ["DELETE", `${BACKENDS}/c`, undefined, 204, { name: "c" }, undefined],
  ["POST", "/api/v1/pools/p/rebalance", { share: "5%" }, 200, undefined, { share: 0.05 }],
  [
    "POST",
    "/api/v1/clients",
    { id: "u", capacity: 1, ratePerSec: 1 },
    201,
    undefined,
    { id: "u", capacity: 1 },
  ],
  ["PUT", "/api/v1/clients/u", { capacity: 2, tokens: 1 }, 200, { capacity: 1 }, { capacity: 2, tokens: 1 }],
  ["PUT", "/clients/update", { client_id: "u", capacity: 3 }, 200, { capacity: 2 }, { capacity: 3 }],
  ["DELETE", "/api/v1/clients/u", undefined, 204, { id: "u", capacity: 3 }, undefined],
  [
    "POST",
    "/clients/register",
    { client_id: "v", capacity: 1, rate_per_sec: 1 },
    201,
    undefined,
    { id: "v" },
  ],
  ["DELETE", "/clients/delete?id=v", undefined, 204, { id: "v" }, undefined],
  ["POST", "/api/v1/reload", undefined, 200, undefined, { changes: [] }],
  ["DELETE", `${BACKENDS}/a`, undefined, 409],
  ["PATCH", `${BACKENDS}/a`, { weight: 999 }, 400],
];

test("each change, made or refused, leaves one line: who, from where, what, before and after", async () => {
  await using api = await administered(adminFile());
  for (const [method, path, body, status] of changes)
    expect([path, (await api.ask(method, path, { ...(body !== undefined && { body }) })).status]).toEqual([
      path,
      status,
    ]);
  await expect.poll(() => api.audit.length, { timeout: 50_000 }).toBe(changes.length);
  for (const [at, [method, path, , status, before, after]] of changes.entries()) {
    const line = api.audit[at] as Readonly<Record<string, string>>;
    expect(line).toMatchObject({ by: null, from: "127.0.0.1", what: `${method} ${path}`, status });
    expect(line.message).toBe(status < 400 ? "changed by the admin API" : "refused by the admin API");
    const told = [line.before, line.after].map((text) => text && JSON.parse(text));
    expect([path, ...told]).toEqual([
      path,
      before && expect.objectContaining(before),
      after && expect.objectContaining(after),
    ]);
  }
});

test("what changes nothing leaves no line", async () => {
  await using api = await administered(adminFile());
  await api.get("/api/v1/status");
  await api.ask("POST", "/api/v1/tasks", { body: { type: "generate_nth_fibonacci", n: 1 } });
  await api.ask("POST", "/api/v1/config/check", { headers: { "content-type": "text/yaml" }, body: "x: 1" });
  await api.ask("POST", "/nothing");
  await api.ask("PATCH", `${BACKENDS}/a`, { headers: { origin: "null" }, body: { weight: 2 } });
  expect(api.audit).toEqual([]);
});

test.each([
  ["warn", true],
  ["fatal", true],
  ["silent", false],
] as const)("changes are logged where the level is %s: %s", async (level, isLogged) => {
  const folder = await ownFolder();
  const [file, socket] = [join(folder, "lb.yaml"), join(folder, "admin.sock")];
  const listening = adminFile("tokenFile: off").replace(
    'listen: "127.0.0.1:0", tokenFile',
    `listen: "unix:${socket}", tokenFile`,
  );
  await writeFile(file, `${listening}\nlog: { level: ${level}, format: json }`);
  await using lb = new BalancerProcess("lb.js", ["--config", file]);
  await eventually(async () => expect((await stat(socket)).mode & 0o777).toBe(0o660));
  const headers = { "content-type": "application/json" };
  const asking = request({ socketPath: socket, method: "PATCH", path: `${BACKENDS}/a`, headers });
  asking.end('{"weight":2}');
  const [answer] = await once(asking, "response");
  expect(answer.statusCode).toBe(200);
  answer.resume();
  lb.signal("SIGTERM");
  expect(await lb.exit()).toMatchObject({ code: 0 });
  expect(lb.stdout.includes("changed by the admin API")).toBe(isLogged);
  expect(lb.stdout).not.toContain("listening");
});
