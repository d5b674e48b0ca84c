import { describe, expect, test } from "vitest";
import { ConfigMistakes } from "#lb/config/mistake";
import { configured, file, mistakesIn } from "./configured.ts";

/** A file whose pool is probed so. */
function health(keys: string): string {
  return file().replace("backends", `health: { ${keys} }, backends`);
}

test("reports everything that is wrong at once, in the order of the lines", () => {
  const text = `listeners:
  - listen: 127.0.0.1:99999
    pool: pong
    timeouts: { idle: 5, foo: 1s }
    access: [{ deny: 10.0.0.0/40 }, { allow: all, deny: unix }]
pools:
  ping:
    algoritm: random
    health: { send: x, interval: soon }
    backends:
      - { address: "127.0.0.1:0", weight: 300 }
      - { name: a, address: "127.0.0.1:9001" }
      - name: a
        address: "127.0.0.1:9002"
servers: { s: { command: [], pool: zz, ports: 9100-9101, count: 3 } }
store: { kind: redis }`;
  const places = mistakesIn(text).map((line) => /^lb\.yaml:\d+: \S+:/.exec(line)?.[0]);
  expect(places).toEqual([
    "lb.yaml:2: listeners[0].listen:",
    "lb.yaml:3: listeners[0].pool:",
    "lb.yaml:4: listeners[0].timeouts.idle:",
    "lb.yaml:4: listeners[0].timeouts.foo:",
    "lb.yaml:5: listeners[0].access[0].deny:",
    "lb.yaml:5: listeners[0].access[1]:",
    "lb.yaml:8: pools.ping.algoritm:",
    "lb.yaml:9: pools.ping.health.interval:",
    "lb.yaml:9: pools.ping.health.send:",
    "lb.yaml:11: pools.ping.backends[0].address:",
    "lb.yaml:11: pools.ping.backends[0].weight:",
    "lb.yaml:13: pools.ping.backends[2].name:",
    "lb.yaml:15: servers.s.command:",
    "lb.yaml:15: servers.s.count:",
    "lb.yaml:15: servers.s.pool:",
    "lb.yaml:16: store.kind:",
  ]);
});

describe("says what was expected, and what it got", () => {
  test.each([
    [
      file("shutdown: { grace: 5 }"),
      "shutdown.grace: expected a duration such as 250ms, 2s, 5m or 1h",
      "got 5",
    ],
    [file("log: { level: loud }"), "log.level: expected trace | debug | info", 'got "loud"'],
    [
      file().replace("127.0.0.1:8080", "*:8080"),
      'listen: expected 0.0.0.0:8080 (every IPv4 address) or "[::]:8080"',
      'got "*:8080"',
    ],
    [
      file().replace("127.0.0.1:9001", "10.0.0.256:9001"),
      "address: expected four numbers from 0 to 255, or a name",
      'got "10.0.0.256:9001"',
    ],
    [
      file().replace("backends", "health: { probe: tcp, host: web.example }, backends"),
      "health.host: expected this key only with probe: http",
      'got "web.example"',
    ],
    [
      file().replace("backends", 'health: { probe: http, host: "a b" }, backends'),
      "health.host: expected a host such as web.example",
      'got "a b"',
    ],
    [
      health('probe: tcp, password: "s3cret"'),
      "health.password: expected this key only with probe: redis",
      'got "***"',
    ],
    [
      health("probe: redis, password: 1234567"),
      "health.password: expected a text (a number needs",
      'got "***"',
    ],
    [health("probe: redis, role: slave"), "health.role: expected master | replica", 'got "slave"'],
    [health("probe: mysql, user: a b"), "health.user: expected a user's name", 'got "a b"'],
    [
      health("probe: line, send: '\\x4'"),
      "health.send: expected a text, 1 to 1024 characters; \\xNN is",
      "4",
    ],
    [health("probe: line, steps: []"), "health.steps: expected a list of at least 1", "got an empty list"],
    [
      health("probe: line, send: a, steps: [{ send: b }]"),
      "steps: expected either steps, or send",
      "got a list of 1",
    ],
    [health("probe: line, steps: [{}]"), "steps[0]: expected at least one of send, expect", "got a mapping"],
    [
      health("probe: line, steps: [{ expect: a, contains: b }]"),
      "steps[0]: expected either expect or contains",
      "got a mapping",
    ],
    [health("port: 0"), "health.port: expected a whole number from 1 to 65535", "got 0"],
    [file("log:"), "log: expected a mapping", "got nothing"],
    [file("log: []"), "log: expected a mapping", "got an empty list"],
    [file("admin: 8081"), "admin: expected off, or a mapping", "got 8081"],
    [file("admin: {}"), "admin.listen: expected host:port", "got nothing"],
    [file("stoer: off"), "stoer: expected one of the keys listeners, pools", 'got the key "stoer"'],
    [file("log: {}\nlog: {}"), "log: expected each key once", 'got "log" again'],
    [file("servers: { __proto__: {} }"), "servers.__proto__: expected another key", 'got "__proto__"'],
    [
      file().replace("name: a", "name: .."),
      "name: expected a name: 1 to 128 of A-Z a-z 0-9 . _ - : / [ ] %, but not . or ..",
      'got ".."',
    ],
    [file('servers: { "a b": {} }'), 'servers["a b"]: expected as a key a name', 'got "a b"'],
    [
      file("clients: { list: [{ id: 10.0.0.300, capacity: 1, ratePerSec: 1 }] }"),
      "id: expected an IP",
      '"10.0.0.300"',
    ],
    [
      file("clients: { default: { capacity: 0, ratePerSec: 1 } }"),
      "capacity: expected a whole number from 1",
      "got 0",
    ],
    ["listeners: []\npools: {}", "listeners: expected a list of at least 1", "got an empty list"],
    ["", "expected a mapping", "got nothing"],
    ["just text", "expected a mapping", 'got "just text"'],
    ["a: 1\n---\nb: 2\n---\nc: 3", "lb.yaml:2: expected one document", "got another"],
    ["a: 1\nb: *c", "lb.yaml:2: expected something with the anchor &c before its alias", 'got "*c"'],
    [
      "listeners: [{ listen: h:1, pool: p }]\npools: {}",
      "lb.yaml:1: listeners[0].pool: expected one of the pools, of which there are none",
      'got "p"',
    ],
  ])("%j", (text, expected, got) => {
    const lines = mistakesIn(text).join("\n");
    expect(lines).toContain(expected);
    expect(lines).toContain(got);
  });
});

describe("says in one line why a text cannot be read", () => {
  test.each([
    ['a: "\\u0085\\u202e', 'lb.yaml:1: not YAML: it ends too early: Missing closing "quote'],
    ['{"a": [{"b": 1,\n"c": 2', "lb.yaml:2: not JSON: it ends too early: Flow map must end with a }"],
    ['{"a": [\n{"b" 1}, {"c": [}]', "lb.yaml:2: not JSON: Missing , or : between flow map items"],
    ["listen: [::1]:80", 'lb.yaml:1: not YAML: Unexpected scalar at node end; "[::1]:8080" needs its quotes'],
    ["a: !!js/function 1", "lb.yaml:1: not YAML: Unresolved tag: tag:yaml.org,2002:js/function"],
  ])("%j", (text, expected) => expect(mistakesIn(text)).toEqual([expected]));
});

test("counts the backends of all pools together", () => {
  const backends = (count: number, host: string) =>
    Array.from({ length: count }, (_, n) => ({ address: `${host}:${n + 1}` }));
  const text = (more: number) =>
    JSON.stringify({
      listeners: [{ listen: "127.0.0.1:8080", pool: "p" }],
      pools: { p: { backends: backends(10_000, "10.0.0.1") }, q: { backends: backends(more, "10.0.0.2") } },
    });
  expect(mistakesIn(text(6_384))).toEqual([]);
  expect(mistakesIn(text(6_385))).toEqual([
    "lb.yaml:1: pools: expected at most 16384 backends in all pools together, got 16385",
  ]);
});

test("a key that JavaScript gives a meaning to is told of once", () => {
  expect(mistakesIn(file("__proto__: 1"))).toEqual([
    'lb.yaml:3: __proto__: expected another key, got "__proto__"',
  ]);
});

describe("answers a block with bits set behind its length with the one probably meant", () => {
  const client = (id: string, addresses = "[]") =>
    file(`clients: { list: [{ id: ${id}, addresses: ${addresses}, capacity: 1, ratePerSec: 1 }] }`);
  const listener = (more: string) => file().replace("pool: ping", `pool: ping, ${more}`);

  test.each([
    [listener("access: [{ deny: 10.1.2.3/8 }]"), "listeners[0].access[0].deny"],
    [listener("acceptProxy: { from: [10.1.2.3/8] }"), "listeners[0].acceptProxy.from[0]"],
    [client("a", "[10.1.2.3/8]"), "clients.list[0].addresses[0]"],
    [client("10.1.2.3/8"), "clients.list[0].id"],
  ])("%j", (text, path) => {
    const meant = "expected a block whose bits after the first 8 are 0: 10.0.0.0/8";
    expect(mistakesIn(text)).toEqual([expect.stringContaining(` ${path}: ${meant}, got "10.1.2.3/8"`)]);
  });
});

test.each(["constructor", "toString", "__proto__"])("does not take %s for a pool", (pool) => {
  expect(mistakesIn(file().replace("pool: ping", `pool: ${pool}`))).toEqual([
    `lb.yaml:1: listeners[0].pool: expected one of the pools ping, got "${pool}"`,
  ]);
});

test("a value from outside cannot write lines or move the cursor", () => {
  const lines = mistakesIn(file('log: { level: "a\\nb\\u001b[2J\\u202e" }\n? "x\\ny"\n: 1'));
  expect(lines).toHaveLength(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test("never shows a password", () => {
  const url = "postgres://u:s3c@ret@h/db?sslpassword=s3cret2";
  for (const store of [
    `"${url}"`,
    `{ kind: postgres, url: "x${url}" }`,
    `{ kind: "${url}" }`,
    `[*"${url}"]`,
  ]) {
    const lines = mistakesIn(file(`store: ${store}`)).join("\n");
    expect(lines).toMatch(/expected/);
    expect(lines).not.toMatch(/s3c|ret/);
  }
});

describe("what only one may have", () => {
  const listeners = (more: string) =>
    `listeners: [{ name: a, listen: "127.0.0.1:8080", pool: p }, ${more}]\npools: { p: {} }`;

  test.each([
    [listeners('{ name: a, listen: "127.0.0.1:8081", pool: p }'), "listeners[1].name"],
    [listeners('{ listen: "127.0.0.1:8080", pool: p }'), "listeners[1].listen"],
    [listeners('{ listen: "0.0.0.0:8080", pool: p }'), "listeners[1].listen"],
    [listeners('{ listen: "[::]:8080", pool: p }'), "listeners[1].listen"],
    [
      listeners('{ listen: "localhost:8080", pool: p }').replace("127.0.0.1", "localhost"),
      "listeners[1].listen",
    ],
    [
      listeners('{ name: b, listen: "unix:/a", pool: p }, { name: c, listen: "unix:/a", pool: p }'),
      "listeners[2].listen",
    ],
    [file('admin: { listen: "127.0.0.1:8080" }'), "admin.listen"],
    [
      file().replace("}] } }", '}, { name: a, address: "127.0.0.1:9002" }] } }'),
      "pools.ping.backends[1].name",
    ],
    [
      file(
        "clients: { list: [{ id: ::1, capacity: 1, ratePerSec: 1 }, { id: 0::1/128, capacity: 1, ratePerSec: 1 }] }",
      ),
      "clients.list[1].id",
    ],
    [
      file(
        "clients: { list: [{ id: a, addresses: [10.0.0.0/8], capacity: 1, ratePerSec: 1 }, { id: 10.0.0.0/8, capacity: 1, ratePerSec: 1 }] }",
      ),
      "clients.list[0].addresses[0]",
    ],
  ])("%j", (text, path) => {
    expect(mistakesIn(text).join("\n")).toContain(` ${path}: expected`);
  });

  test("port 0 is another one each time, and the two IPv4 loopbacks are different", () => {
    const two = listeners('{ name: b, listen: "127.0.0.2:8080", pool: p }');
    expect(mistakesIn(two)).toEqual([]);
    expect(mistakesIn(two.replaceAll(/127.0.0.[12]:8080/g, "127.0.0.1:0"))).toEqual([]);
  });

  test("two backends may share an address under two names", () => {
    expect(mistakesIn(file().replace("}] } }", '}, { name: b, address: "127.0.0.1:9001" }] } }'))).toEqual(
      [],
    );
  });
});

describe("files that are made to do harm are refused in one line", () => {
  const bomb = [
    "a: &a [x, x]",
    ..."bcdefghijklmnop".split("").map((key, at) => {
      const before = "abcdefghijklmno"[at];
      return `${key}: &${key} [*${before}, *${before}]`;
    }),
  ].join("\n");

  test.each([
    ["aliases of aliases", bomb],
    ["an alias inside of what it stands for", file("store: &a [*a]")],
    ["brackets without end", "[".repeat(500_000)],
    ["mappings without end", '{"a":'.repeat(100_000)],
    ["dashes without end", "- ".repeat(500_000)],
    ["question marks without end", "? ".repeat(500_000)],
    ["colons without end", ": ".repeat(500_000)],
    ["anchors without end", "&a ".repeat(300_000)],
    [
      "steps to the right without end",
      Array.from({ length: 900 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
    ],
  ])("%s", (_, text) => {
    const mistakes = mistakesIn(text);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.length).toBeLessThan(300);
  });
});

test("a message has at most 1000 mistakes, and says how many more there are", () => {
  const text = file(Array.from({ length: 1_010 }, (_, at) => `key${at}: 1`).join("\n"));
  expect(() => configured(text)).toThrow(ConfigMistakes);
  expect(() => configured(text)).toThrow("and 10 more");
});

test("an alias may repeat a part, and a mistake in it is found", () => {
  const text = `listeners: [{ listen: "127.0.0.1:8080", pool: a }]
pools:
  a: &same
    attempts: 0
  b: *same`;
  expect(mistakesIn(text).map((line) => line.split(" expected")[0])).toEqual([
    "lb.yaml:4: pools.a.attempts:",
    "lb.yaml:4: pools.b.attempts:",
  ]);
});

describe("templates of servers", () => {
  const servers = (text: string, more = "") => file(`servers: ${text}\n${more}`);
  const one = (ports: string, more = "") => `{ command: [node], pool: ping, ports: ${ports}${more} }`;

  test.each([
    [servers(`{ a: ${one("9100-9199")}, b: ${one("9199-9200")} }`), "servers.b.ports"],
    [servers(`{ a: ${one("8000-8100")} }`), "servers.a.ports"],
    [
      servers(`{ a: ${one("9100-9199")} }`, 'admin: { listen: "0.0.0.0:9150", tokenFile: t }'),
      "servers.a.ports",
    ],
    [servers(`{ a: ${one("9100-9199", ", aliases: [b]")}, b: ${one("9200-9299")} }`), "servers.a.aliases[0]"],
    [
      servers(`{ a: ${one("10000-10999", ", count: 600")}, b: ${one("11000-11999", ", count: 600")} }`),
      "servers: expected at most 1000 copies",
    ],
  ])("want ports and names of their own: %j", (text, path) => {
    expect(mistakesIn(text).join("\n")).toContain(path);
  });

  test("may have the same ports on another address", () => {
    const text = servers(`{ a: ${one("9100-9199")}, b: ${one("9100-9199", ", host: 127.0.0.2")} }`);
    expect(mistakesIn(text)).toEqual([]);
  });
});

describe("the admin API", () => {
  const expected =
    "admin.tokenFile: expected a path of a file with tokens, where the API listens beyond loopback";

  test.each(["0.0.0.0:8081", '"[::]:8081"', "10.0.0.1:8081", "lb.example.com:8081"])(
    "wants tokens where other machines reach it: %s",
    (listen) => {
      expect(mistakesIn(file(`admin: { listen: ${listen} }`))).toEqual([expect.stringContaining(expected)]);
      expect(mistakesIn(file(`admin: { listen: ${listen}, tokenFile: off }`))).toHaveLength(1);
      expect(mistakesIn(file(`admin: { listen: ${listen}, tokenFile: t }`))).toEqual([]);
    },
  );

  test.each([
    "127.0.0.1:8081",
    "127.9.9.9:8081",
    '"[::1]:8081"',
    '"[::ffff:127.0.0.1]:8081"',
    "localhost:8081",
    "unix:/run/lb.sock",
  ])("wants none where only this machine reaches it: %s", (listen) => {
    expect(mistakesIn(file(`admin: { listen: ${listen} }`))).toEqual([]);
  });

  test("sends tasks through a listener that there is", () => {
    const tasks = (listener: string) =>
      file(`admin: { listen: "127.0.0.1:8081", tasks: { listener: ${listener} } }`);
    expect(mistakesIn(tasks("web"))).toEqual([]);
    expect(mistakesIn(tasks("wbe"))).toEqual([
      expect.stringContaining('admin.tasks.listener: expected one of the listeners web, got "wbe"'),
    ]);
  });
});
