import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { snapshotOf } from "#lb/control/snapshot";
import { bytesOf } from "#lb/core/bytes";
import type { LineSettings, Step } from "#lb/health/probes/line";
import { configured, wantedBy } from "./configured.ts";

const known = () => [];

test("fills in every default of a short file", () => {
  const config = wantedBy(`listeners: [{ listen: "127.0.0.1:8080", pool: ping }]
pools: { ping: { backends: [{ address: "127.0.0.1:9001" }] } }`);
  const { listeners, pools, clients } = snapshotOf(config, known, 20_065);
  expect(listeners).toEqual([
    {
      name: "127.0.0.1:8080",
      endpoint: { kind: "tcp", host: "127.0.0.1", port: 8080 },
      pool: "ping",
      keepAliveMs: 60_000,
      refuse: "close",
      maxConnections: 10_000,
      access: [],
      connectionsPerClient: Infinity,
      rateLimit: false,
      acceptProxy: undefined,
      halfClose: true,
      transport: "auto",
      idleMs: 600_000,
      finMs: 30_000,
      maxAgeMs: Infinity,
    },
  ]);
  expect(pools).toEqual([
    {
      name: "ping",
      algorithm: "round-robin",
      attempts: 3,
      queue: { max: 1_000, timeoutMs: 5_000 },
      connectTimeoutMs: 2_000,
      keepAliveMs: 60_000,
      localAddress: undefined,
      sendProxy: undefined,
      slowStartMs: 0,
      onDown: "keep",
      outlier: { failures: 5, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 },
      retryBudget: undefined,
      backends: [
        {
          name: "127.0.0.1:9001",
          entry: "127.0.0.1:9001",
          endpoint: { kind: "tcp", host: "127.0.0.1", port: 9001 },
          weight: 1,
          maxConnections: Infinity,
          backup: false,
          state: "ready",
        },
      ],
    },
  ]);
  expect(clients).toEqual({ default: undefined, list: [] });
  const { health } = config.file.pools.ping ?? {};
  expect(health).toEqual({ probe: { kind: "tcp" }, intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3 });
  expect(config.file.log).toEqual({ level: "info", sessions: true, format: "auto" });
  expect(config.file.names).toEqual({ hold: 30_000 });
  expect(config.file.shutdown).toEqual({ grace: 30_000 });
});

test.each([
  ["one backend by its address", '{ backends: [{ address: "127.0.0.1:1" }] }', 1],
  ["none, where it does not probe", '{ health: { probe: off }, backends: [{ address: "127.0.0.1:1" }] }', 0],
  ["256 by a name, which may stand for many", '{ backends: [{ address: "web.example:1" }] }', 256],
])("leaves files for the probes that may run at once: of %s", (_, pool, probes) => {
  const config = wantedBy(`listeners: [{ listen: "127.0.0.1:8080", pool: p }]
pools: { p: ${pool} }`);
  const { listeners } = snapshotOf(config, known, 20_064 + probes);
  expect(listeners[0]?.maxConnections).toBe(10_000);
});

test.each([
  ["{ probe: line }", { kind: "line", send: "ping\n", expect: "pong" }],
  ["{ probe: http }", { kind: "http", path: "/", status: [200, 399] }],
  ["{ probe: http, status: 204 }", { kind: "http", path: "/", status: [204, 204] }],
  [
    "{ probe: http, host: web.example }",
    { kind: "http", path: "/", host: "web.example", status: [200, 399] },
  ],
  ["{ probe: off }", { kind: "off" }],
  ["{ probe: mysql }", { kind: "mysql", user: "lb" }],
  ["{ probe: mysql, user: check }", { kind: "mysql", user: "check" }],
  ["{ probe: postgres }", { kind: "postgres" }],
  ["{ probe: redis }", { kind: "redis" }],
  [
    "{ probe: redis, password: s3cret, role: replica }",
    { kind: "redis", password: "s3cret", role: "replica" },
  ],
  [
    '{ probe: line, steps: [{ expect: "220" }, { send: "PING\\r\\n", contains: PONG }] }',
    { kind: "line", steps: [{ expect: "220" }, { send: "PING\r\n", contains: "PONG" }] },
  ],
])("gives the probe of health %s what it needs", (health, probe) => {
  const { pools } = configured(`listeners: [{ listen: "127.0.0.1:8080", pool: p }]
pools: { p: { health: ${health} } }`);
  expect(pools.p?.health.probe).toEqual(probe);
});

test.each([
  ["between double quotes", '"\\xd2\\x41\\r\\n"', [0xd2, 0x41, 0x0d, 0x0a]],
  ["between double quotes, over two lines", '"a\\xff\n                    b"', [0x61, 0xff, 0x20, 0x62]],
  ["between double quotes, behind a backslash that is one", '"\\\\\\xd2"', [0x5c, 0xd2]],
  ["between double quotes, as a text", '"\\\\xd2"', [0xd2]],
  ["between single quotes", "'\\xd2\\xD3'", [0xd2, 0xd3]],
  ["without quotes", "\\xd2", [0xd2]],
  ["in a block", "|-\n                    \\xd2", [0xd2]],
  ["by an alias", "*hello", [0xd2]],
  ["as letters, which are UTF-8", '"é\\u00e9"', [0xc3, 0xa9, 0xc3, 0xa9]],
])("a byte of a probe is \\xNN, written %s", (_, written, bytes) => {
  const text = (key: string) => `listeners: [{ listen: "127.0.0.1:8080", pool: p }]
clients: { list: [{ id: hello, capacity: 1, ratePerSec: 1 }] }
pools:
  o: { health: { probe: line, send: &hello "\\xd2" } }
  p:
    health:
      probe: line
      ${key}
`;
  const plain = configured(text(`send: ${written}`)).pools.p?.health.probe as LineSettings & Step;
  expect([...bytesOf(plain.send as string)]).toEqual(bytes);
  const steps = configured(text(`steps:\n       - contains: ${written}`)).pools.p?.health.probe;
  expect([...bytesOf((steps as { readonly steps: readonly Step[] }).steps[0]?.contains as string)]).toEqual(
    bytes,
  );
});

test("a byte of a probe is \\xNN in JSON, where the backslash is written twice", () => {
  const health = { probe: "line", send: "\\xd2é", expect: "\\x00" };
  const value = { listeners: [{ listen: "127.0.0.1:8080", pool: "p" }], pools: { p: { health } } };
  const probe = configured(JSON.stringify(value)).pools.p?.health.probe as LineSettings & Required<Step>;
  expect([bytesOf(probe.send), bytesOf(probe.expect)]).toEqual([
    Buffer.from([0xd2, 0xc3, 0xa9]),
    Buffer.from([0]),
  ]);
});

test("hands over what the clients, the access list and the PROXY header are to be", () => {
  const config = wantedBy(`
listeners:
  - listen: "[::1]:8080"
    pool: p
    access: [{ deny: 10.1.0.0/16 }, { allow: unix }]
    acceptProxy: { from: [10.0.0.0/8, unix] }
pools: { p: {} }
clients:
  default: { capacity: 10, ratePerSec: 0.5 }
  list:
    - { id: 203.0.113.7, capacity: 100, ratePerSec: 10 }
    - { id: user1, addresses: [10.2.0.0/16], capacity: 10, ratePerSec: 1 }
    - { id: nobody, capacity: 1, ratePerSec: 1 }`);
  const { listeners, clients } = snapshotOf(config, known, Infinity);
  expect(listeners[0]).toMatchObject({
    access: [
      { action: "deny", who: "10.1.0.0/16" },
      { action: "allow", who: "unix" },
    ],
    acceptProxy: { from: ["10.0.0.0/8", "unix"], timeoutMs: 5_000 },
  });
  expect(clients.default).toEqual({ capacity: 10, ratePerSec: 0.5 });
  expect(clients.list.map(({ addresses }) => addresses)).toEqual([["203.0.113.7"], ["10.2.0.0/16"], []]);
});

test("reads JSON as it reads YAML", () => {
  const value = { listeners: [{ listen: "127.0.0.1:8080", pool: "p" }], pools: { p: { attempts: 2 } } };
  expect(configured(JSON.stringify(value, null, "\t"))).toEqual(
    configured('listeners: [{ listen: "127.0.0.1:8080", pool: p }]\npools: { p: { attempts: 2 } }'),
  );
});

test("the example loads", () => {
  const text = readFileSync(new URL("../../deploy/lb.example.yaml", import.meta.url), "utf8");
  expect(Object.keys(configured(text).pools)).toEqual(["web", "ping"]);
});
