import { expect, test } from "vitest";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import { addresses, addresses6, v2 } from "../proxy-protocol/headers.ts";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo, type Peer } from "../support/peer.ts";

const acceptProxy = { from: ["127.0.0.1"], timeoutMs: 5_000 };

test.each(["v1", "v2"] as const)(
  "takes the client from a %s header, and passes the payload on whole at every split",
  async (version) => {
    const header = encodeHeader(version, addresses);
    const bytes = Buffer.concat([header, Buffer.from("hello")]);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], acceptProxy });
    for (let split = 0; split <= bytes.length; split++) {
      const client = await balancer.client();
      client.send(bytes.subarray(0, split));
      await new Promise((resolve) => setImmediate(resolve));
      client.send(bytes.subarray(split));
      expect((await client.bytes(5)).toString()).toBe("hello");
      client.finish();
      expect(await client.outcome()).toBe("end");
    }
    for (const record of await balancer.ended(bytes.length + 1)) {
      expect(record).toMatchObject({ client: "192.0.2.7:51234", bytesIn: 5, bytesOut: 5, ending: "done" });
      expect(record.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    }
  },
);

test.each(["v1", "v2"] as const)("takes a %s header that comes byte by byte", async (version) => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], acceptProxy });
  const client = await balancer.client();
  for (const byte of Buffer.concat([encodeHeader(version, addresses6), Buffer.from("!")])) {
    client.send(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await client.bytes(1)).toString()).toBe("!");
  client.reset();
  expect(await balancer.ended()).toMatchObject([{ client: "[2001:db8::7]:51234", bytesIn: 1 }]);
});

test.each([
  ["UNKNOWN", Buffer.from("PROXY UNKNOWN\r\n")],
  ["LOCAL", v2(0x20, 0)],
])("takes whoever says %s for the peer that it is", async (_, header) => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], acceptProxy });
  const client = await balancer.client();
  const { localPort } = client.socket;
  client.send(Buffer.concat([header, Buffer.from("!")]));
  await client.bytes(1);
  client.reset();
  const [record] = await balancer.ended();
  expect(record?.client).toBe(`127.0.0.1:${localPort}`);
  expect(record).not.toHaveProperty("peer");
});

test.each([
  ["missing", "missing", "GET / HTTP/1.1\r\n\r\n"],
  ["malformed", "malformed", "PROXY TCP4 1.2.3.4\r\n"],
  ["too long", "too long", `PROXY UNKNOWN ${"x".repeat(100)}`],
  ["of a version that does not exist", "malformed", v2(0x31, 0x11, "00".repeat(12))],
  ["too long in version 2", "too long", v2(0x21, 0x11, "", 5_000)],
])(
  "ends whoever must send a header that is %s, without a word, and dials nobody",
  async (_, detail, bytes) => {
    await using server = await backend();
    await using balancer = await lab({ backends: [server.endpoint], acceptProxy, refuse: "line" });
    const client = await balancer.client();
    client.send(bytes);
    expect(await client.outcome()).toBe("end");
    client.finish();
    expect(await balancer.ended()).toMatchObject([
      { ending: "bad-proxy-header", detail, backend: null, attempts: [] },
    ]);
    expect([client.length, server.peers.length]).toEqual([0, 0]);
  },
);

test("ends whoever is too slow with its header after the timeout, however busily it trickles", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], acceptProxy, clock });
  const client = await balancer.client();
  await balancer.when("a session that waits for its header", () => clock.timers > 0);
  for (const part of ["PROXY", " TCP4", " 192.0.2.7"]) {
    client.send(part);
    await clock.run(1_600);
  }
  expect(balancer.records).toEqual([]);
  await clock.run(200);
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "bad-proxy-header", detail: "timeout" }]);
  expect(server.peers).toEqual([]);
});

test("takes a header from others for payload", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], acceptProxy });
  const client = await balancer.client("127.0.0.2");
  const { localPort } = client.socket;
  const header = Buffer.from(encodeHeader("v1", addresses));
  client.send(header);
  expect(await client.bytes(header.length)).toEqual(header);
  client.reset();
  const [record] = await balancer.ended();
  expect(record?.client).toBe(`127.0.0.2:${localPort}`);
});

test("denies and limits the client that the header names, not the peer", async () => {
  await using server = await backend(echo);
  const access = [{ action: "deny", who: "192.0.2.0/24" }] as const;
  await using balancer = await lab({
    backends: [server.endpoint],
    acceptProxy,
    access,
    connectionsPerClient: 1,
  });
  const denied = await balancer.client();
  denied.send(encodeHeader("v1", addresses));
  expect(await denied.outcome()).toBe("end");
  denied.finish();
  const clients: Peer[] = [];
  for (const host of ["203.0.113.1", "203.0.113.2", "203.0.113.1"]) {
    const client = await balancer.client();
    client.send(encodeHeader("v1", { ...addresses, source: { host, port: 1 } }));
    client.send("!");
    clients.push(client);
    if (clients.length < 3) await client.bytes(1);
  }
  expect(await clients[2]?.outcome()).toBe("end");
  clients[2]?.finish();
  const records = await balancer.ended(2);
  expect(records.map(({ ending, client }) => [ending, client])).toEqual([
    ["denied", "192.0.2.7:51234"],
    ["client-limit", "203.0.113.1:1"],
  ]);
});

test("tells a backend the client before anything else, in a line", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], sendProxy: "v1" });
  const client = await balancer.client("127.0.0.3");
  client.send("hello");
  const session = await server.next();
  const line = `PROXY TCP4 127.0.0.3 127.0.0.1 ${client.socket.localPort} ${client.socket.remotePort}\r\n`;
  expect((await session.bytes(line.length + 5)).toString()).toBe(`${line}hello`);
  client.reset();
  expect(await balancer.ended()).toMatchObject([{ bytesIn: 5 }]);
});

test.each(["127.0.0.1", "::1"])("tells a backend the client in a version 2 header: on %s", async (host) => {
  await using server = await backend();
  const endpoint = { kind: "tcp", host, port: 0 } as const;
  await using balancer = await lab({ backends: [server.endpoint], sendProxy: "v2", endpoint });
  const client = await balancer.client();
  const { localPort, remotePort } = client.socket;
  const header = encodeHeader("v2", {
    source: { host, port: localPort as number },
    destination: { host, port: remotePort as number },
  });
  client.send("hello");
  const session = await server.next();
  expect(await session.bytes(header.length + 5)).toEqual(Buffer.concat([header, Buffer.from("hello")]));
});

test("tells a backend of a silent client, which then may speak first", async () => {
  await using server = await backend((peer) => peer.socket.once("data", () => peer.send("welcome")));
  await using balancer = await lab({ backends: [server.endpoint], sendProxy: "v1" });
  const client = await balancer.client();
  expect((await client.bytes(7)).toString()).toBe("welcome");
});

test("passes on whom it was told of", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], acceptProxy, sendProxy: "v1" });
  const client = await balancer.client();
  client.send(Buffer.concat([encodeHeader("v2", addresses), Buffer.from("hello")]));
  const line = "PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\r\nhello";
  expect((await (await server.next()).bytes(line.length)).toString()).toBe(line);
});
