import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Config } from "#lb/config/config";
import { difference } from "#lb/config/difference";
import { effective } from "#lb/config/effective";
import { warnings } from "#lb/config/warnings";
import { configured, file } from "./configured.ts";

const whole = `
listeners:
  - { listen: "unix:/run/lb.sock", pool: ping, rateLimit: true, maxConnections: 5, access: [{ deny: all }] }
  - { listen: "[::1]:8080", pool: ping, acceptProxy: { from: [unix], timeout: 1500ms }, timeouts: { fin: off } }
pools:
  ping:
    queue: { timeout: off }
    localAddress: 127.0.0.2
    sendProxy: v2
    slowStart: 90s
    onDown: end
    health: { probe: http, path: /health, host: "web.example:8080", status: 204 }
    outlier: { failures: off, maxEjected: 12.5%, early: 150ms }
    retryBudget: { share: 7%, min: 0 }
    backends: [{ address: "web.example:80", maxConnections: 3 }]
clients: { default: { capacity: 10, ratePerSec: 0.5 }, list: [{ id: ::1, capacity: 1, ratePerSec: 1 }] }
store: { kind: file, path: data/clients.json }
servers: { ping: { command: [node, "{port}"], pool: ping, ports: 9100-9199 } }
admin: { listen: "127.0.0.1:8081", tokenFile: admin.token }
shutdown: { grace: off }`;

/** A configuration whose listeners have these limits. */
function limited(...limits: readonly (number | "auto")[]): Config {
  const listeners = limits.map(
    (limit, at) => `{ name: l${at}, listen: "127.0.0.1:808${at}", pool: ping, maxConnections: ${limit} }`,
  );
  return configured(file().replace(/^listeners: .*$/m, `listeners: [${listeners}]`));
}

const steps = file().replace(
  "backends",
  `health: { probe: line, port: 8008, steps: [{ expect: "220" }, { send: "\\xd2é \\\\ #\\r\\n", contains: '\\xff:' }] }, backends`,
);

describe("the effective configuration", () => {
  test.each([file(), whole, steps])("means the same when it is read again", (text) => {
    const config = configured(text);
    expect(configured(effective(config))).toEqual(config);
    expect(effective(configured(effective(config)))).toBe(effective(config));
  });

  test("says everything, as a person would write it", () => {
    const text = effective(configured(whole), 1_320);
    for (const line of [
      "fin: off",
      "slowStart: 90s",
      "maxEjected: 12.5%",
      "share: 7%",
      "timeout: 1500ms",
      "idle: 10m",
    ])
      expect(text).toContain(line);
    expect(text).toContain("maxConnections: auto # 266 here");
  });

  test("has no password in it", () => {
    const text = effective(
      configured(file('store: { kind: postgres, url: "postgres://u:s3cret@h/db?sslpassword=s3cret" }')),
    );
    expect(text).toContain("postgres://u:***@h/db?sslpassword=***");
    expect(text).not.toContain("s3cret");
  });

  test("has no password of a probe in it, nor what a conversation logs in with", () => {
    const health = (keys: string) => file().replace("backends", `health: { ${keys} }, backends`);
    expect(effective(configured(health("probe: redis, password: s3cret")))).toContain('password: "***"');
    const login = effective(
      configured(
        health('probe: line, steps: [{ send: "AUTH default s3cret\\r\\n" }, { send: "PASS s3cret\\r\\n" }]'),
      ),
    );
    expect(login).not.toContain("s3cret");
    expect(configured(login).pools.ping?.health.probe).toEqual({
      kind: "line",
      steps: [{ send: "AUTH ***\r\n" }, { send: "PASS ***\r\n" }],
    });
  });

  test("keeps any duration and share through writing and reading", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_073_600_000 }),
        fc.integer({ min: 0, max: 1_000 }),
        (ms, permille) => {
          const more = `shutdown: { grace: ${ms}ms }`;
          const text = file(more).replace("backends", `outlier: { maxEjected: ${permille / 10}% }, backends`);
          expect(configured(effective(configured(text)))).toEqual(configured(text));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("the difference of two configurations", () => {
  test("is nothing where only the spelling is another", () => {
    expect(
      difference(configured(file("shutdown: { grace: 60s }")), configured(file("shutdown: { grace: 1m }"))),
    ).toEqual([]);
  });

  test("names what changed, came and went, by its name", () => {
    const before = configured(`listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools: { p: { backends: [{ name: a, address: "h:1" }, { name: b, address: "h:2" }, { name: c, address: "h:3" }] } }`);
    const after =
      configured(`listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p, access: [{ deny: all }] }]
pools: { p: { queue: { timeout: 9s }, backends: [{ name: c, address: "h:3", weight: 2 }, { name: b, address: "h:2" }, { name: d, address: "h:4" }] }, q: {} }
admin: { listen: "127.0.0.1:8081" }`);
    expect(difference(before, after)).toEqual([
      'listeners.web.access: [] → [{"deny":"all"}]',
      "pools.p.queue.timeout: 5s → 9s",
      "pools.p.backends.a: removed",
      "pools.p.backends.c.weight: 1 → 2",
      "pools.p.backends.d: added",
      "pools.p.backends: order changed",
      "pools.q: added",
      'admin: off → {"listen":"127.0.0.1:8081","tokenFile":"off","hosts":[],"backends":["0.0.0.0/0","::/0"],"decisions":"asked","tasks":{}}',
    ]);
  });

  test("tells of another password without telling it", () => {
    const store = (password: string) =>
      configured(file(`store: { kind: postgres, url: "postgres://u:${password}@h/db" }`));
    expect(difference(store("one"), store("two"))).toEqual(["store.url: changed"]);
    expect(difference(configured(file()), store("one")).join("")).not.toContain("one");
    const redis = (password: string) =>
      configured(file().replace("backends", `health: { probe: redis, password: ${password} }, backends`));
    expect(difference(redis("one"), redis("two"))).toEqual(["pools.ping.health.password: changed"]);
    expect(difference(configured(file()), redis("one")).join("")).not.toContain("one");
    const line = (word: string) =>
      configured(
        file().replace("backends", `health: { probe: line, steps: [{ send: AUTH ${word} }] }, backends`),
      );
    expect(difference(line("one"), line("two"))).toEqual(["pools.ping.health.steps: changed"]);
  });
});

describe("warns", () => {
  test("of nothing in a plain file, nor in one that has everything", () => {
    expect(warnings(configured(file()), 20_000)).toEqual([]);
    expect(warnings(configured(whole), 20_000)).toEqual([]);
  });

  test("where few files may be open, unless every listener has a limit of its own", () => {
    expect(warnings(configured(file()), 256)).toEqual([
      "only 256 files may be open, enough for 95 sessions: raise it (ulimit -n)",
    ]);
    expect(warnings(limited(50), 256)).toEqual([]);
  });

  test("where listeners ask for more sessions together than there are files for", () => {
    expect(warnings(limited(5_000), 120)).toEqual([
      "maxConnections of the listeners asks for 5000 sessions, and only 120 files may be open, enough for 27; each session above that is refused as listener-full: raise it (ulimit -n 10065) or ask for less",
    ]);
    expect(warnings(limited(5_000), 10_065)).toEqual([]);
    expect(warnings(limited(5_000), 10_064)).toHaveLength(1);
    // A second listener takes files, too.
    expect(warnings(limited(2_500, 2_501), 10_069)).toHaveLength(1);
    expect(warnings(limited(5_000, "auto"), 10_069)).toEqual([]);
    expect(warnings(limited(5_000, "auto"), 10_068)).toHaveLength(1);
    expect(warnings(limited(1_000_000), Infinity)).toEqual([]);
  });

  test.each([
    ["without backends", "[]", "has no backends"],
    [
      "whose backends get nothing",
      '[{ address: "h:1", weight: 0 }, { address: "h:2", state: drain }, { address: "h:3", state: maint }]',
      "has no backend that is ready and has a weight above 0",
    ],
  ])("of a pool %s", (_, backends, lack) => {
    const text = file().replace(/backends: \[.*?\]/, `backends: ${backends}`);
    expect(warnings(configured(text), 20_000)).toEqual([`the pool ping ${lack}: it refuses every client`]);
  });

  test("not of a pool where one backend is left, if only a backup", () => {
    const text = file().replace("backends: [", 'backends: [{ address: "h:1", weight: 0 }, ');
    const backup = text.replace("name: a,", "name: a, backup: true,");
    expect(warnings(configured(backup), 20_000)).toEqual([]);
  });

  test("of a pool that no listener uses, whatever it lacks", () => {
    expect(warnings(configured(file().replace("pools: {", "pools: { none: {},")), 20_000)).toEqual([
      "the pool none is used by no listener",
    ]);
  });

  test("where token buckets and listeners that ask for them are not both there", () => {
    const asking = (text: string) => text.replace("pool: ping", "pool: ping, rateLimit: true");
    const buckets = file("clients: { default: { capacity: 1, ratePerSec: 1 } }");
    const list = file("clients: { list: [{ id: 10.0.0.1, capacity: 1, ratePerSec: 1 }] }");
    for (const text of [buckets, list]) {
      expect(warnings(configured(asking(text)), 20_000)).toEqual([]);
      expect(warnings(configured(text), 20_000)).toEqual([
        "clients has token buckets, and no listener has rateLimit: true: they limit no client",
      ]);
    }
    expect(warnings(configured(asking(file())), 20_000)).toEqual([
      "the listener web has rateLimit: true, and clients has neither a default nor a list: it limits no client",
    ]);
  });

  test("where a pool's localAddress is not of this machine, if its addresses are known", () => {
    const own = ["127.0.0.1", "192.0.2.1", "2001:db8::1", "fe80::1"];
    const from = (address: string, known = own) => {
      const text = file().replace("backends", `localAddress: "${address}", backends`);
      return warnings(configured(text), 20_000, known);
    };
    for (const address of ["127.9.9.9", "::1", "192.0.2.1", "2001:DB8:0::1", "fe80::1%eth0", "0.0.0.0"])
      expect(from(address)).toEqual([]);
    expect(from("192.0.2.9")).toEqual([
      "localAddress 192.0.2.9 of the pool ping is not an address of this machine: dials from it fail",
    ]);
    expect(from("192.0.2.9", [])).toEqual([]);
  });

  test("where MySQL is probed in a way after which it refuses this host", () => {
    const probed = (keys: string, address = "db:3306") => {
      const text = file().replace("backends", `health: { ${keys} }, backends`);
      return warnings(configured(text.replace("127.0.0.1:9001", address)), 20_000);
    };
    const harm = expect.stringContaining(
      "the pool ping is probed by tcp on port 3306: MySQL and MariaDB take",
    );
    expect(probed("probe: tcp")).toEqual([harm]);
    expect(probed("port: 3306", "db:6033")).toEqual([harm]);
    for (const keys of ["probe: mysql", "probe: off", "port: 9200", "probe: http, port: 9200"])
      expect(probed(keys)).toEqual([]);
    expect(probed("probe: tcp", "db:3307")).toEqual([]);
  });

  test("where a port is to be probed of a unix socket", () => {
    const text = file().replace("backends", "health: { port: 8008 }, backends");
    expect(warnings(configured(text), 20_000)).toEqual([]);
    expect(warnings(configured(text.replace("127.0.0.1:9001", "unix:/run/a")), 20_000)).toEqual([
      expect.stringContaining("the pool ping has a health.port, which a unix socket has not"),
    ]);
  });
});
