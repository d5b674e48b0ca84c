import { describe, expect, test } from "vitest";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { type ProbeTools, probe } from "#lb/health/probe";
import type { AskingSettings } from "#lb/health/probes/index";
import type { Step } from "#lb/health/probes/line";
import { libc } from "#lb/transport/native/libc";
import { v2 } from "../proxy-protocol/headers.ts";
import { blackHole, refusing } from "../support/dead-ends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer, type Peer, type TestBackend } from "../support/peer.ts";
import { testTransport } from "../support/transport.ts";

const TCP = { kind: "tcp" } as const;
const LINE = { kind: "line", send: "ping\n", expect: "pong" } as const;
const HTTP = { kind: "http", path: "/health", host: "web.example", status: [200, 399] } as const;
const REQUEST = "GET /health HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n";

test.skipIf(libc() === undefined)(
  "tcp: a connection that stands is enough, and its program is given none",
  async () => {
    await using server = await backend();
    for (let nth = 0; nth < 20; nth++) expect(await asked(server.endpoint, TCP)).toBeUndefined();
    // What a probe had left in the queue would come before it.
    const client = await dialPeer(server.endpoint);
    const session = await server.next();
    expect(session.socket.remotePort).toBe(client.socket.localPort);
    expect(server.peers).toHaveLength(1);
    client.reset();
  },
);

test("tcp: with a header to say, it ends with FIN", async () => {
  await using server = await backend();
  expect(await asked(server.endpoint, TCP, undefined, { sendProxy: "v1" })).toBeUndefined();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  expect(session.text).toBe("PROXY UNKNOWN\r\n");
});

test("a backend that refuses fails, in words", async () => {
  await using dead = await refusing();
  expect(await asked(dead.endpoint, TCP)).toBe("connect: refused (ECONNREFUSED)");
});

test.each([TCP, LINE])("one that does not answer the dial fails at the timeout: $kind", async (settings) => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  const result = asked(hole.endpoint, settings, clock);
  await clock.run(1_000);
  expect(await result).toBe("connect: timeout");
  expect(clock.timers).toBe(0);
});

test.each([
  ["whole", ["pong a\n"]],
  ["without more", ["pong"]],
  ["byte by byte", ["p", "o", "n", "g"]],
])("line: an answer that comes %s passes", async (_, parts) => {
  await using server = await backend((peer) => {
    peer.socket.once("data", () => void inParts(peer, parts));
  });
  expect(await asked(server.endpoint, LINE)).toBeUndefined();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  expect(session.text).toBe("ping\n");
});

test.each([
  ["wrong", "pang a\n", 'expected "pong", got "pang a\\n"'],
  ["too short", "pon", 'expected "pong", got "pon"'],
  ["no answer", "", 'expected "pong", got nothing'],
])("line: an answer that is %s fails, and is quoted", async (_, answer, failure) => {
  await using server = await backend((peer) => peer.socket.end(answer));
  expect(await asked(server.endpoint, LINE)).toBe(failure);
});

test("line: an answer beyond ASCII is compared as it is written in the file", async () => {
  await using server = await backend((peer) => peer.send("schön"));
  expect(await asked(server.endpoint, { ...LINE, expect: "schön" })).toBeUndefined();
});

test("line: quotes no more of a long answer than a log line bears", async () => {
  await using server = await backend((peer) => peer.send("x".repeat(100_000)));
  const failure = await asked(server.endpoint, LINE);
  expect(failure).toMatch(/^expected "pong", got "x{40}"$/);
});

test.each([LINE, HTTP])("silence fails at the timeout, dialling included: $kind", async (settings) => {
  const clock = new ManualClock();
  await using server = await backend();
  const result = asked(server.endpoint, settings, clock);
  await server.next();
  await clock.run(999);
  await clock.run(1);
  expect(await result).toBe("no answer in time");
  expect(clock.timers).toBe(0);
});

test("silence is told from an end, also where a timer fires a moment early", async () => {
  const clock = new (class extends ManualClock {
    override now(): number {
      return super.now() * 0.999;
    }
  })();
  await using server = await backend();
  const result = asked(server.endpoint, LINE, clock);
  await server.next();
  await clock.run(1_000);
  expect(await result).toBe("no answer in time");
});

test.each([LINE, HTTP])("a reset instead of an answer fails: $kind", async (settings) => {
  await using server = await backend((peer) => peer.reset());
  const failure = await asked(server.endpoint, settings);
  expect(failure).toMatch(/^expected .*, got nothing$|^the backend broke the connection off$/);
});

test.each([LINE, HTTP])("a reset after it was asked fails: $kind", async (settings) => {
  await using server = await backend((peer) => {
    peer.socket.once("data", () => peer.reset());
  });
  expect(await asked(server.endpoint, settings)).toMatch(/^expected .*, got nothing$/);
});

test.each(["HTTP/1.1 200 OK\r\n", "HTTP/1.0 399 Odd\r\n", "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"])(
  "http: passes with %j",
  async (answer) => {
    await using server = await answering(answer);
    expect(await asked(server.endpoint, HTTP)).toBeUndefined();
    expect((await server.next()).text).toBe(REQUEST);
  },
);

test.each([
  ["127.0.0.1:8080", "127.0.0.1:8080"],
  ["web.example:80", "web.example"],
  ["Bücher.example:8080", "xn--bcher-kva.example:8080"],
  ["[::1]:80", "[::1]"],
  ["[::1]:443", "[::1]:443"],
  ["unix:/run/web.sock", "localhost"],
])(
  "http: asks a backend that is written %s for the host %s, unless it is told another",
  async (text, host) => {
    await using server = await answering("HTTP/1.1 200 OK\r\n");
    const { host: _, ...settings } = HTTP;
    const tools = { written: parseEndpoint(text) };
    expect(await asked(server.endpoint, settings, new ManualClock(), tools)).toBeUndefined();
    expect((await server.next()).text).toBe(REQUEST.replace("web.example", host));
    expect(await asked(server.endpoint, HTTP, new ManualClock(), tools)).toBeUndefined();
    expect((await server.next()).text).toBe(REQUEST);
  },
);

test("http: dials nobody whose host cannot be named, which no file can have", async () => {
  await using server = await backend();
  const { host: _, ...settings } = HTTP;
  const tools = { written: { kind: "tcp", host: "xn--a", port: 80 } } as const;
  await expect(asked(server.endpoint, settings, new ManualClock(), tools)).rejects.toThrow("Invalid URL");
  expect(server.peers).toHaveLength(0);
});

test.each([
  ["HTTP/1.1 404 Not Found\r\n", "expected a status from 200 to 399, got 404"],
  ["HTTP/1.1 500 x\r\n", "expected a status from 200 to 399, got 500"],
  ["SSH-2.0-x\r\n", 'expected a status from 200 to 399, got "SSH-2.0-x\\r\\n"'],
])("http: fails with %j", async (answer, failure) => {
  await using server = await answering(answer);
  expect(await asked(server.endpoint, HTTP)).toBe(failure);
});

const STEPS = (...steps: readonly Step[]) => ({ kind: "line", steps }) as const;

describe("line, in steps", () => {
  test("may listen first, and says nothing before", async () => {
    await using server = await backend((peer) => {
      peer.send("220 mail.example ESMTP\r\n");
      peer.socket.on("data", () => peer.send("221 bye\r\n"));
    });
    const steps = STEPS({ expect: "220" }, { send: "QUIT\r\n", expect: "221" });
    expect(await asked(server.endpoint, steps)).toBeUndefined();
    const session = await server.next();
    expect(await session.outcome()).toBe("end");
    expect(session.text).toBe("QUIT\r\n");
  });

  test("passes over what is left of the line before, whenever that comes", async () => {
    await using server = await backend((peer) => {
      peer.send("220");
      peer.socket.once("data", () => void inParts(peer, [" mail.example", " ESMTP\r\n", "22", "1 bye\r\n"]));
    });
    const steps = STEPS({ expect: "220" }, { send: "QUIT\r\n", expect: "221" });
    expect(await asked(server.endpoint, steps)).toBeUndefined();
  });

  test("compares an answer of bytes that no line ends", async () => {
    await using server = await backend((peer) => {
      peer.socket.once("data", () => {
        peer.send(Buffer.from([0x20, 0x02, 0x00, 0x00]));
        peer.socket.once("data", () => peer.send(Buffer.from([0xd0, 0x00])));
      });
    });
    const steps = STEPS(
      { send: "\\x10\\x0c\\x00\\x04MQTT\\x04\\x02\\x00<\\x00\\x00", expect: "\\x20\\x02" },
      { send: "\\xc0\\x00", expect: "\\xd0\\x00" },
      { send: "\\xe0\\x00" },
    );
    expect(await asked(server.endpoint, steps)).toBeUndefined();
    const session = await server.next();
    expect(await session.outcome()).toBe("end");
    expect(session.received.toString("hex")).toBe("100c00044d5154540402003c0000c000e000");
  });

  test("finds what an answer contains, in whatever pieces it comes", async () => {
    await using server = await backend((peer) => {
      peer.socket.once("data", () => void inParts(peer, ["$89\r\n# Replication\r\nro", "le:mas", "ter\r\n"]));
    });
    const steps = STEPS({ send: "INFO replication\r\n", contains: "role:master" });
    expect(await asked(server.endpoint, steps)).toBeUndefined();
  });

  test.each([
    [{ expect: "+PONG" }, 'step 2: expected "+PONG", got "-ERR what\\r\\n"'],
    [{ contains: "master" }, 'step 2: expected "master" in the answer, got "-ERR what\\r\\n"'],
    [{ expect: "\\xff\\x00é" }, 'step 2: expected "\\xff\\x00\\xc3\\xa9", got "-ERR what\\r\\n"'],
  ])("says which step failed and how: %j", async (step, failure) => {
    await using server = await backend((peer) => {
      peer.send("hello\r\n");
      peer.socket.once("data", () => peer.socket.end("-ERR what\r\n"));
    });
    expect(await asked(server.endpoint, STEPS({ expect: "hello" }, { send: "x\r\n", ...step }))).toBe(
      failure,
    );
  });

  test("all steps together have the time of one probe", async () => {
    const clock = new ManualClock();
    await using server = await backend((peer) => peer.socket.on("data", () => peer.send("ok\n")));
    const result = asked(server.endpoint, STEPS({ send: "a\n", expect: "ok" }, { expect: "never" }), clock);
    await (await server.next()).bytes(2);
    await clock.run(1_000);
    expect(await result).toBe("no answer in time");
    expect(clock.timers).toBe(0);
  });

  test("holds no more of an answer than one may be long", async () => {
    await using server = await backend((peer) => peer.send("x".repeat(1_000_000)));
    expect(await asked(server.endpoint, STEPS({ contains: "y" }))).toMatch(
      /^step 1: expected "y" in .*"x{40}"$/,
    );
  });

  test("quotes no login that is sent back", async () => {
    await using server = await backend((peer) => peer.socket.pipe(peer.socket));
    const failure = await asked(server.endpoint, STEPS({ send: "AUTH s3cret\r\n", expect: "+OK" }));
    expect(failure).toBe('step 1: expected "+OK", got "AUTH ***\\r\\n"');
  });
});

test("line: an answer that is no text is quoted byte by byte", async () => {
  await using server = await backend((peer) => peer.send(Buffer.from([0xd2, 0x01, 0x41, 0xff])));
  expect(await asked(server.endpoint, LINE)).toBe('expected "pong", got "\\xd2\\x01A\\xff"');
});

describe("redis", () => {
  const REDIS = { kind: "redis" } as const;

  test.each([
    ["a PONG", REDIS, "+PONG\r\n", undefined],
    ["a server that wants a password", REDIS, "-NOAUTH x\r\n", 'expected "+PONG", got "-NOAUTH x"'],
    ["one that still loads", REDIS, "-LOADING x\r\n", 'expected "+PONG", got "-LOADING x"'],
    ["the role", { ...REDIS, role: "master" }, "+PONG\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", undefined],
    [
      "the other role",
      { ...REDIS, role: "master" },
      "+PONG\r\n*5\r\n$5\r\nslave\r\n",
      'expected the role master, got "slave"',
    ],
    [
      "a role that may not be asked",
      { ...REDIS, role: "replica" },
      "+PONG\r\n-NOPERM x\r\n",
      'expected the role replica, got "-NOPERM x"',
    ],
    [
      "a wrong password",
      { ...REDIS, password: "s3cret" },
      "-WRONGPASS x\r\n",
      'expected "+OK", got "-WRONGPASS x"',
    ],
  ] as const)("is told by %s", async (_, settings, answer, failure) => {
    await using server = await backend((peer) => peer.socket.once("data", () => peer.send(answer)));
    expect(await asked(server.endpoint, settings)).toBe(failure);
  });

  test("logs in by bytes, whatever the password is, and quotes it nowhere", async () => {
    await using server = await backend((peer) => peer.socket.pipe(peer.socket));
    const failure = await asked(server.endpoint, { ...REDIS, password: 'é "s3cret"' });
    const sent = '*2\r\n$4\r\nAUTH\r\n$11\r\né "s3cret"\r\n*1\r\n$4\r\nPING\r\n';
    expect(failure).toBe('expected "+OK", got "*2"');
    expect((await server.next()).received.toString()).toBe(sent);
    await using echo = await backend((peer) => peer.send('é "s3cret" is no password\r\n'));
    expect(await asked(echo.endpoint, { ...REDIS, password: 'é "s3cret"' })).toBe(
      'expected "+OK", got "*** is no password"',
    );
  });
});

describe("postgres", () => {
  test.each([
    ["G", undefined],
    ["N", undefined],
    ["E", 'expected the answer "G" or "N" to a GSSENCRequest, got "E"'],
    ["", 'expected the answer "G" or "N" to a GSSENCRequest, got nothing'],
  ])("an answer of %j", async (answer, failure) => {
    await using server = await backend((peer) => peer.socket.once("data", () => peer.socket.end(answer)));
    expect(await asked(server.endpoint, { kind: "postgres" })).toBe(failure);
    expect((await server.next()).received.toString("hex")).toBe("0000000804d21630");
  });
});

describe("mysql", () => {
  const MYSQL = { kind: "mysql", user: "check" } as const;
  const QUIT = "0100000001";
  const LOGIN = "3d00000101a208000000000121";
  const greeting = packet(0, "\x0a8.4.0\0");
  const ok = (number: number) => packet(number, "\0\0\0\x02\0\0\0");

  test.each([
    ["lets the user in", [ok(2)], []],
    [
      "has the user log in by another method, as MySQL 8 does",
      [packet(2, "\xfecaching_sha2_password\x0001234567890123456789\0"), ok(4)],
      ["0100000300"],
    ],
    [
      "has it log in by the old one",
      [packet(2, "\xfemysql_native_password\x0001234567890123456789\0"), ok(4)],
      ["00000003"],
    ],
    [
      "says on the way that it knows the user",
      [packet(2, "\xfecaching_sha2_password\x00x\0"), Buffer.concat([packet(4, "\x01\x03"), ok(5)])],
      ["0100000300"],
    ],
  ])("passes where a server %s, and leaves in order", async (_, answers, said) => {
    await using server = await conversing(greeting, ...answers);
    expect(await asked(server.endpoint, MYSQL)).toBeUndefined();
    const session = await server.next();
    expect(await session.outcome()).toBe("end");
    const hex = session.received.toString("hex");
    expect(hex.startsWith(LOGIN)).toBe(true);
    expect(hex.endsWith([...said, QUIT].join(""))).toBe(true);
    expect(session.text).toContain("check\0\0mysql_native_password\0");
  });

  test.each([
    [
      "refuses this host",
      [packet(0, "\xff\x69\x04Host 'x' is blocked")],
      "expected a greeting, got error 1129: Host 'x' is blocked",
    ],
    [
      "refuses the user",
      [greeting, packet(2, "\xff\x15\x04#28000Access denied")],
      "expected a login of check, got error 1045: Access denied",
    ],
    ["is none", [Buffer.from("+PONG\r\n")], 'expected a greeting, got "G\\r\\n"'],
    ["says nothing", [Buffer.from("")], "expected a greeting, got nothing"],
  ])("fails where a server %s", async (_, answers, failure) => {
    await using server = await conversing(...answers);
    expect(await asked(server.endpoint, MYSQL)).toBe(failure);
  });
});

describe.each([
  ["v1", "PROXY UNKNOWN\r\n"],
  ["v2", v2(0x20, 0).toString("latin1")],
] as const)(
  "where a backend expects a header of %s, it is sent one that names nobody",
  (sendProxy, header) => {
    test.each([
      { settings: TCP, said: "" },
      { settings: LINE, said: "ping\n" },
      { settings: HTTP, said: REQUEST },
    ])("$settings.kind: before all else, in one write", async ({ settings, said }) => {
      const answer = settings === HTTP ? "HTTP/1.1 200 OK\r\n" : "pong\n";
      const first = new Deferred<Buffer>();
      await using server = await backend((peer) => {
        peer.socket.once("data", first.resolve).once("data", () => peer.send(answer));
      });
      expect(await asked(server.endpoint, settings, new ManualClock(), { sendProxy })).toBeUndefined();
      const session = await server.next();
      expect(await session.outcome()).toBe("end");
      expect(session.text).toBe(header + said);
      expect((await first.promise).length).toBe(session.length);
    });
  },
);

function asked(
  endpoint: Endpoint,
  settings: AskingSettings,
  clock = new ManualClock(),
  more: Partial<ProbeTools> = {},
) {
  const tools = { transport: testTransport(clock), clock, timeoutMs: 1_000, ...more };
  return probe(endpoint, settings, tools);
}

/** Answers whoever has sent a whole request head. */
function answering(answer: string): Promise<TestBackend> {
  return backend((peer) => peer.socket.on("data", () => peer.text.endsWith("\r\n\r\n") && peer.send(answer)));
}

/** Says the first of these at once, and each other one as answer to what it is told; after the last it says no more. */
function conversing(...answers: readonly Buffer[]): Promise<TestBackend> {
  return backend((peer) => {
    const [first, ...others] = answers;
    peer.send(first as Buffer);
    if (others.length === 0) peer.finish();
    peer.socket.on("data", () => {
      const next = others.shift();
      if (next !== undefined) peer.send(next);
    });
  });
}

/** A packet of the MySQL protocol, its payload as latin1. */
function packet(number: number, payload: string): Buffer {
  const head = Buffer.from([payload.length, 0, 0, number]);
  return Buffer.concat([head, Buffer.from(payload, "latin1")]);
}

async function inParts(peer: Peer, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    peer.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
