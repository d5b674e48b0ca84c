import { describe, expect, test } from "vitest";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import { addresses } from "../proxy-protocol/headers.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, type LabOptions, lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, type Outcome, type Peer } from "../support/peer.ts";

const denyAll = [{ action: "deny", who: "all" }] as const;

describe("whoever cannot be served is told", () => {
  test.each([
    ["close", "end", /^$/],
    ["reset", "reset", /^$/],
    ["line", "end", /^ERR denied\n$/],
    [
      "http",
      "end",
      /^HTTP\/1\.1 403 Forbidden\r\n.*\r\n\r\n\{"error":\{"code":"denied","message":"[^"]+"\}\}$/s,
    ],
  ] as const)("by %s", async (refuse, outcome, said) => {
    await using refusing = await refusingLab({
      refuse,
      acceptProxy: { from: ["127.0.0.1"], timeoutMs: 5_000 },
    });
    const client = await refusing.balancer.client();
    // Whoever is told at once may be gone before it knows that it was connected.
    client.send(encodeHeader("v1", addresses));
    expect(await end(client)).toBe(outcome);
    expect(client.text).toMatch(said);
    expect(await refusing.balancer.ended()).toMatchObject([{ ending: "denied", attempts: [], bytesOut: 0 }]);
    expect(refusing.server.peers).toEqual([]);
  });

  test.each(["line", "http"] as const)("by %s, though it goes on sending its request", async (refuse) => {
    await using refusing = await refusingLab({ refuse });
    const client = await refusing.balancer.client();
    client.send(Buffer.alloc(4 << 20));
    expect(await end(client)).toBe("end");
    expect(client.text).toMatch(/denied/);
    await client.closed();
    expect(client.error).toBeUndefined();
  });
});

test.each(["close", "line", "http"] as const)(
  "a client that is refused by %s and never leaves is closed after a second",
  async (refuse) => {
    const clock = new ManualClock();
    await using refusing = await refusingLab({ refuse, clock });
    const client = await refusing.balancer.client();
    client.stall();
    await refusing.balancer.when("the end of what it is told", () => clock.timers > 0);
    await clock.run(0);
    await clock.run(999);
    expect(refusing.balancer.records).toEqual([]);
    await clock.run(1);
    expect(await refusing.balancer.ended()).toMatchObject([{ ending: "denied", durationMs: 1_000 }]);
  },
);

test("the listener's limit holds, and whoever is being refused takes no place", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members, maxConnections: 2, refuse: "line" });
  const [first] = [await balancer.served(), await balancer.served()];
  const stays = await balancer.client();
  expect((await stays.bytes(18)).toString()).toBe("ERR listener-full\n");
  first?.client.reset();
  await balancer.leased(1);
  expect((await balancer.served()).by).toBe("a");
});

test("a place of the listener is free again however its session ended", async () => {
  await using server = await backend((peer) => peer.socket.on("data", () => peer.reset()));
  await using balancer = await lab({ backends: [server.endpoint], maxConnections: 1 });
  const leaves = [
    (client: Peer) => client.finish(),
    (client: Peer) => client.reset(),
    (client: Peer) => client.send("x"),
  ];
  for (const leave of [...leaves, ...leaves]) {
    const before = balancer.records.length;
    const client = await balancer.client();
    await balancer.leased();
    leave(client);
    (await server.next()).socket.on("end", () => client.finish()).end();
    client.finish();
    await balancer.ended(before + 1);
  }
  expect(balancer.records.map(({ ending }) => ending)).not.toContain("listener-full");
});

describe("the access list", () => {
  test("denies by IPv4, and nothing reaches a backend", async () => {
    await using servers = await fleet("a");
    const access = [
      { action: "deny", who: "127.0.0.2" },
      { action: "allow", who: "127.0.0.0/8" },
      { action: "deny", who: "all" },
    ] as const;
    await using balancer = await lab({ backends: servers.members, access });
    const denied = await balancer.client("127.0.0.2");
    expect([await end(denied), denied.length]).toEqual(["end", 0]);
    expect((await balancer.served("127.0.0.3")).by).toBe("a");
    expect(await balancer.numbers("connected")).toEqual({ a: 1 });
  });

  test("denies by IPv6, and knows an IPv4 client on an IPv6 socket by its IPv4 address", async () => {
    await using servers = await fleet("a");
    const access = [
      { action: "deny", who: "127.0.0.2" },
      { action: "deny", who: "::1" },
    ] as const;
    const endpoint = { kind: "tcp", host: "::ffff:127.0.0.1", port: 0 } as const;
    await using mapped = await lab({ backends: servers.members, access, endpoint });
    const denied = await mapped.client("::ffff:127.0.0.2");
    const client = `127.0.0.2:${denied.socket.localPort}`;
    await end(denied);
    expect(await mapped.ended()).toMatchObject([{ ending: "denied", client }]);
    expect((await mapped.served("::ffff:127.0.0.3")).by).toBe("a");
    await using six = await lab({
      backends: servers.members,
      access,
      endpoint: { ...endpoint, host: "::1" },
    });
    await end(await six.client());
    expect(await six.ended()).toMatchObject([{ ending: "denied" }]);
  });
});

test("limits the sessions of each client, and counts those alone that live", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members, connectionsPerClient: 2 });
  const { client } = await balancer.served("127.0.0.2");
  await balancer.served("127.0.0.2");
  await end(await balancer.client("127.0.0.2"));
  expect(await balancer.ended()).toMatchObject([{ ending: "client-limit" }]);
  await balancer.served("127.0.0.3");
  client.reset();
  await balancer.ended(2);
  await balancer.served("127.0.0.2");
});

describe("the token bucket of a client", () => {
  const clients = { default: { capacity: 3, ratePerSec: 1 }, list: [] };

  test("lets its capacity pass at once, and one more each second", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a");
    const options = { backends: servers.members, rateLimit: true, clients, refuse: "line" as const, clock };
    await using balancer = await lab(options);
    for (let i = 0; i < 3; i++) await balancer.served("127.0.0.2");
    await limited(balancer);
    expect((await balancer.served("127.0.0.3")).by).toBe("a");
    await clock.run(999);
    await limited(balancer);
    await clock.run(1);
    await balancer.served("127.0.0.2");
    await limited(balancer);
  });

  test("is as full after a change of the configuration as before", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a");
    const options = { backends: servers.members, rateLimit: true, clients, refuse: "line" as const, clock };
    await using balancer = await lab(options);
    for (let i = 0; i < 3; i++) await balancer.served("127.0.0.2");
    await balancer.apply({ ...options, connectTimeoutMs: 100 });
    await limited(balancer);
  });

  test("tells by HTTP when it is worth coming back", async () => {
    await using servers = await fleet("a");
    const slow = { default: { capacity: 1, ratePerSec: 0.1 }, list: [] };
    const options = { backends: servers.members, rateLimit: true, clients: slow, refuse: "http" as const };
    await using balancer = await lab({ ...options, clock: new ManualClock() });
    await balancer.served();
    const client = await balancer.client();
    await end(client);
    expect(client.text).toMatch(/^HTTP\/1\.1 429 .*\r\n.*Retry-After: 10\r\n/s);
  });

  async function limited(balancer: Lab): Promise<void> {
    const client = await balancer.client("127.0.0.2");
    await end(client);
    expect(client.text).toBe("ERR rate-limited\n");
  }
});

/** A balancer that denies everybody. */
async function refusingLab(more: Partial<LabOptions>) {
  const server = await backend();
  const balancer = await lab({ backends: [server.endpoint], access: denyAll, ...more });
  return {
    server,
    balancer,
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

/** How a client was ended, which then leaves too. */
async function end(client: Peer): Promise<Outcome> {
  const outcome = await client.outcome();
  client.finish();
  return outcome;
}
