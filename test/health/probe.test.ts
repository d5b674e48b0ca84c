import { describe, expect, test } from "vitest";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { type ProbeTools, probe } from "#lb/health/probe";
import type { ProbeSettings } from "#lb/health/settings";
import { SocketTransport } from "#lb/transport/sockets/index";
import { v2 } from "../proxy-protocol/headers.ts";
import { blackHole, refusing } from "../support/dead-ends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, type Peer, type TestBackend } from "../support/peer.ts";

const TCP = { kind: "tcp" } as const;
const LINE = { kind: "line", send: "ping\n", expect: "pong" } as const;
const HTTP = { kind: "http", path: "/health", host: "web.example", status: [200, 399] } as const;
const REQUEST = "GET /health HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n";

test("tcp: a connection that stands is enough, and it ends with FIN", async () => {
  await using server = await backend();
  expect(await asked(server.endpoint, TCP)).toBeUndefined();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  expect(session.length).toBe(0);
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
  settings: ProbeSettings,
  clock = new ManualClock(),
  more: Partial<ProbeTools> = {},
) {
  const tools = { transport: new SocketTransport(clock), clock, timeoutMs: 1_000, ...more };
  return probe(endpoint, settings, tools);
}

/** Answers whoever has sent a whole request head. */
function answering(answer: string): Promise<TestBackend> {
  return backend((peer) => peer.socket.on("data", () => peer.text.endsWith("\r\n\r\n") && peer.send(answer)));
}

async function inParts(peer: Peer, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    peer.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
