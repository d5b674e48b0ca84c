import { expect, test } from "vitest";
import { adminFile, administered } from "./administered.ts";

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
  await expect.poll(() => api.audit.length, { timeout: 10_000 }).toBe(changes.length);
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
