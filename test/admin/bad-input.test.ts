import { describe, expect, test } from "vitest";
import type { Peer } from "../support/peer.ts";
import {
  type Administered,
  adminFile,
  isError,
  type Operation,
  sharedByAll,
  withStore,
} from "./administered.ts";

const BACKENDS = "/api/v1/pools/p/backends";
const CLIENTS = "/api/v1/clients";
const FILE = adminFile("", "clients: { list: [{ id: 10.0.0.0/8, capacity: 5, ratePerSec: 1 }] }");
const HUGE = "x".repeat(65 * 1024);

const shared = sharedByAll((folder) => withStore(FILE, folder));

/** Each route that takes a body, with one that is right. */
const mutations: readonly [method: string, path: string, body: Readonly<Record<string, unknown>>][] = [
  ["POST", BACKENDS, { name: "c", address: "127.0.0.1:9003" }],
  ["PATCH", `${BACKENDS}/a`, { weight: 2 }],
  ["PATCH", "/api/v1/pools/p", { algorithm: "first" }],
  ["POST", "/api/v1/pools/p/rebalance", { share: "20%", within: "1m" }],
  ["POST", CLIENTS, { id: "u", capacity: 1, ratePerSec: 1 }],
  ["PUT", `${CLIENTS}/10.0.0.0%2F8`, { capacity: 2 }],
  ["POST", "/api/v1/servers", { template: "none", count: 1 }],
  ["POST", "/api/v1/tasks", { type: "generate_nth_fibonacci", n: 1 }],
  ["POST", "/clients/register", { client_id: "u", capacity: 1, rate_per_sec: 1 }],
  ["PUT", "/clients/update", { client_id: "10.0.0.0/8", capacity: 2 }],
  ["POST", "/api/private/addNewCopy", { type: "none", n: 1 }],
  ["POST", "/api/private/DeleteCopy", { type: "none", n: 1 }],
  ["POST", "/api/private/sendTask", { type: "generate_n_factorial", n: 1 }],
];

test("the table has every operation that takes a body of JSON", async () => {
  const { api } = shared;
  const all = await api.operations();
  const taking = all.filter(
    ({ described, template }) =>
      described.requestBody?.content["application/json"] !== undefined && !template.endsWith("/config/check"),
  );
  const fits = ({ method, template }: Operation) => {
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return mutations.some(([of, path]) => of === method && pattern.test(path));
  };
  expect(taking.filter((each) => !fits(each)).map(({ template }) => template)).toEqual([]);
  expect(taking).toHaveLength(mutations.length);
});

describe.each(mutations)("%s %s", (method, path, right) => {
  test("refuses every body that is not as expected with 400, says what was, and changes nothing", async () => {
    const { api } = shared;
    for (const body of [
      undefined,
      "",
      "[]",
      "null",
      "3",
      '"text"',
      '{"',
      '{"a":1',
      "{}}",
      "NaN",
      ...broken(right),
    ])
      await refused(api, { method, path, body, status: 400 });
    for (const [key, value] of Object.entries(right)) {
      for (const wrong of wrongInsteadOf(value)) {
        const { message } = await refused(api, {
          method,
          path,
          body: { ...right, [key]: wrong },
          status: 400,
        });
        expect([key, wrong, message]).toEqual([
          key,
          wrong,
          expect.stringMatching(new RegExp(`body.*${key}.*expected`)),
        ]);
      }
    }
    const { message } = await refused(api, { method, path, body: { ...right, unheardOf: 1 }, status: 400 });
    expect(message).toMatch(/^body\.unheardOf: expected one of the keys .*, got the key "unheardOf"$/);
  });

  test("refuses 65 KiB with 413", async () => {
    const { api } = shared;
    await refused(api, { method, path, body: { ...right, more: HUGE }, status: 413 });
  });
});

describe("a name in a path", () => {
  const names = [
    "%2F",
    "..%2F..%2Fetc%2Fpasswd",
    "%25",
    "a@b",
    "a@127.0.0.1",
    "%5B::1%5D",
    "__proto__",
    "constructor",
    "%00",
    "%E2%80%AE",
    "a%20b",
  ];
  const routes: readonly [string, (name: string) => string][] = [
    ["GET", (name) => `${BACKENDS}/${name}`],
    ["PATCH", (name) => `${BACKENDS}/${name}`],
    ["DELETE", (name) => `${BACKENDS}/${name}`],
    ["GET", (name) => `/api/v1/pools/${name}`],
    ["PATCH", (name) => `/api/v1/pools/${name}`],
    ["GET", (name) => `/api/v1/pools/${name}/backends`],
    ["POST", (name) => `/api/v1/pools/${name}/backends`],
    ["POST", (name) => `/api/v1/pools/${name}/rebalance`],
    ["GET", (name) => `${CLIENTS}/${name}`],
    ["PUT", (name) => `${CLIENTS}/${name}`],
    ["DELETE", (name) => `${CLIENTS}/${name}`],
    ["GET", (name) => `/api/v1/sessions/${name}`],
    ["DELETE", (name) => `/api/v1/sessions/${name}`],
    ["GET", (name) => `/api/v1/servers/${name}`],
    ["DELETE", (name) => `/api/v1/servers/${name}`],
    ["GET", (name) => `/clients/get?id=${name}`],
    ["DELETE", (name) => `/clients/delete?id=${name}`],
  ];

  test.each(routes)("that there is not is 404: %s %s", async (method, pathOf) => {
    const { api } = shared;
    for (const name of names.filter((each) => !(each === "a@127.0.0.1" && pathOf("") === `${BACKENDS}/`))) {
      const path = pathOf(name);
      const right = mutations.find(
        ([of, at]) =>
          of === method &&
          at.split("/")[3] === path.split("/")[3] &&
          at.split("/").length === path.split("/").length,
      );
      const body = method === "POST" && path.endsWith("rebalance") ? { share: "1%" } : right?.[2];
      await refused(api, { method, path, ...(body !== undefined && { body }), status: 404 });
    }
  });

  test("that is not well encoded is 400, that is too long 404", async () => {
    const { api } = shared;
    for (const path of [`${CLIENTS}/%`, `${CLIENTS}/%zz`, `${CLIENTS}/%ff%fe`, `${BACKENDS}/%c0%af`])
      await refused(api, { method: "GET", path, status: 400 });
    await refused(api, { method: "GET", path: `${CLIENTS}/${"x".repeat(513)}`, status: 404 });
    await refused(api, { method: "GET", path: `/${"x".repeat(5_000)}`, status: 404 });
  });
});

test.each(["/api/v1/sessions", "/api/v1/decisions", CLIENTS])(
  "%s?limit= is a whole number within its bounds",
  async (path) => {
    const { api } = shared;
    expect((await api.get(`${path}?limit=1000`)).status).toBe(200);
    for (const limit of [
      "0",
      "-1",
      "1001",
      "1e3",
      "NaN",
      "Infinity",
      "",
      "1&limit=2",
      "%00",
      "99999999999999999999",
    ])
      await refused(api, { method: "GET", path: `${path}?limit=${limit}`, status: 400 });
    await refused(api, { method: "GET", path: `${path}?unheardOf=1`, status: 400 });
  },
);

test("a wrong method of a path that there is is 405 and Allow, with and without a body", async () => {
  const { api } = shared;
  const rows = [
    ["POST", "/health", "GET, HEAD"],
    ["GET", "/api/v1/reload", "POST"],
    ["GET", "/api/v1/tasks", "POST"],
    ["POST", "/api/v1/pools", "GET, HEAD"],
    ["DELETE", "/api/v1/pools/p", "GET, HEAD, PATCH"],
    ["PUT", BACKENDS, "GET, HEAD, POST"],
    ["PUT", `${BACKENDS}/a`, "DELETE, GET, HEAD, PATCH"],
    ["POST", `${CLIENTS}/10.0.0.0%2F8`, "DELETE, GET, HEAD, PUT"],
    ["OPTIONS", CLIENTS, "GET, HEAD, POST"],
    ["TRACE", "/", "GET, HEAD"],
    ["PROPFIND", "/metrics", "GET, HEAD"],
    ["GET", "/clients/register", "POST"],
    ["GET", "/api/private/sendTask", "POST"],
  ] as const;
  for (const [method, path, allow] of rows) {
    const { headers } = await refused(api, { method, path, status: 405 });
    expect([method, path, headers.allow]).toEqual([method, path, allow]);
  }
  await refused(api, { method: "POST", path: "/health", body: {}, status: 405 });
  await refused(api, { method: "GET", path: "/api/v2/status", status: 404 });
});

describe("bytes that are no request", () => {
  const rows: readonly [what: string, bytes: string, status: number][] = [
    ["garbage", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
    ["no version, and so no Host", "GET /health\r\n\r\n", 421],
    ["no Host", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 421],
    [
      "an Expect that is unheard of",
      "GET /nothing HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nConnection: close\r\n\r\n",
      404,
    ],
    [
      "two lengths",
      "PATCH /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      400,
    ],
    [
      "a length and chunks",
      "PATCH /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a head of 17 KiB", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(17 * 1024)}\r\n\r\n`, 431],
    [
      "two Hosts",
      "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
      400,
    ],
    [
      "a whole URL of another site",
      "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      421,
    ],
    [
      "a whole URL with a user in it",
      "GET http://localhost@evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      421,
    ],
    ["a tunnel", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", 405],
    ["the whole server", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    [
      "a method that is too new",
      "QUERY /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      400,
    ],
    [
      "a path that leaves its folder",
      "GET /docs/static/..%2f..%2fpackage.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      404,
    ],
    [
      "a path with a zero byte",
      "GET /docs/static/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      400,
    ],
    [
      "chunks of 128 KiB",
      `POST ${CLIENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n20000\r\n${"x".repeat(0x20000)}\r\n0\r\n\r\n`,
      413,
    ],
    [
      "a DELETE whose body is no JSON",
      `DELETE /api/v1/sessions/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxxx`,
      400,
    ],
    ["a name with a line end in it", "GET / HTTP/1.1\r\nHost: local\nhost: x\r\n\r\n", 400],
  ];

  test.each(rows)(
    "are answered in the one shape, and the connection is closed: %s",
    async (_, bytes, status) => {
      const { api } = shared;
      const before = api.said();
      const peer = await api.dial();
      peer.send(bytes);
      await peer.outcome();
      expect(api.said()).toEqual(before);
      expect(peer.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(isError(JSON.parse(peer.text.split("\r\n\r\n")[1] as string))).toBe(true);
      expect((await api.get("/health")).status).toBe(200);
    },
  );

  test("behind a request are answered after it", async () => {
    const { api } = shared;
    const peer = await api.dial();
    peer.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGARBAGE\r\n\r\n");
    await peer.outcome();
    expect(peer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });

  test("of a body that ends early change nothing", async () => {
    const { api } = shared;
    const before = api.said();
    const peer = await api.dial();
    peer.send(
      `PATCH ${BACKENDS}/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"weight":9}`,
    );
    peer.finish();
    await peer.outcome();
    expect(api.said()).toEqual(before);
  });
});

test("at most 64 connections are open at once: of those that have nothing under way, the one that has waited longest makes room", async () => {
  const { api } = shared;
  const peers: Peer[] = [];
  for (let at = 0; at < 64; at += 1) peers.push(await api.dial());
  const [first, second, third] = peers as [Peer, Peer, Peer];
  first.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await first.bytes(100);
  for (const gone of [second, third]) {
    expect((await api.get("/health")).status).toBe(200);
    await gone.outcome();
    const kept = await api.dial();
    peers.push(kept);
  }
  first.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await first.bytes(first.length + 100);
  for (const peer of peers) peer.reset();
});

/** JSON with keys that would reach behind an object. */
function broken(right: object): string[] {
  const inside = JSON.stringify(right).slice(1);
  return [`{"__proto__":{"weight":9},${inside}`, `{"constructor":{"prototype":{"x":1}},${inside}`];
}

function wrongInsteadOf(value: unknown): unknown[] {
  const other = typeof value === "number" ? "1" : 1;
  const text = typeof value === "number" ? "NaN" : "\u0000";
  return [other, -1, 1e308, [], {}, true, text, HUGE.slice(0, 5_000)];
}

interface Refusal {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
}

/** Asks what must be refused so, in the one shape, without a change; gives back what it said. */
async function refused(api: Administered, { method, path, body, status }: Refusal) {
  const before = api.said();
  const headers = body === undefined || method === "GET" ? {} : { "content-type": "application/json" };
  const answer = await api.ask(method, path, { headers, ...(body !== undefined && { body }) });
  const sent = typeof body === "string" ? body.slice(0, 80) : JSON.stringify(body)?.slice(0, 80);
  expect([method, path.slice(0, 80), sent, answer.status, answer.text.slice(0, 300)]).toEqual([
    method,
    path.slice(0, 80),
    sent,
    status,
    expect.stringMatching(/^\{"error":\{"code":"[\w-]+","message":"/),
  ]);
  expect(isError(answer.json)).toBe(true);
  expect(api.said()).toEqual(before);
  return { message: answer.json.error.message as string, headers: answer.headers };
}
