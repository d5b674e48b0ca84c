import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { isSelfConnected } from "#lb/transport/sockets/dialling";
import { blackHole, refusing } from "../support/dead-ends.ts";
import { departureOf } from "../support/departure.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, type Peer } from "../support/peer.ts";
import { testTransport, transportNames } from "../support/transport.ts";

describe.each(transportNames)("by %s", (transport) => {
  test("a dial to a port where nobody listens fails as refused", async () => {
    await using dead = await refusing();
    const { connection } = testTransport(new ManualClock(), transport).dial(dead.endpoint, {
      timeoutMs: 1_000,
    });
    await expect(connection).rejects.toMatchObject({ failure: "refused", code: "ECONNREFUSED" });
  });

  test("a dial to a unix path that does not exist fails as refused", async () => {
    const endpoint = { kind: "unix", path: "/nowhere/to/be/found.sock" } as const;
    const { connection } = testTransport(new ManualClock(), transport).dial(endpoint, { timeoutMs: 1_000 });
    await expect(connection).rejects.toMatchObject({ failure: "refused", code: "ENOENT" });
  });

  test("a unix socket whose queue is full does not let a dial wait", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "full-")), "s");
    const server = createServer().listen({ path, backlog: 1 });
    await once(server, "listening");
    const unix = testTransport(new ManualClock(), transport);
    // Before this thread's loop turns, the server accepts none of them.
    const dials = Array.from({ length: 10 }, () => unix.dial({ kind: "unix", path }, { timeoutMs: 1_000 }));
    const outcomes = await Promise.allSettled(dials.map(({ connection }) => connection));
    const stood = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    expect(stood.length).toBeGreaterThan(0);
    expect(failed.length).toBeGreaterThan(0);
    for (const reason of failed) expect(reason).toMatchObject({ code: "EAGAIN" });
    for (const connection of stood) connection.reset();
    await once(server.close(), "close");
  });

  test("a dial that nobody answers fails when its time is over, and leaves no timer", async () => {
    const clock = new ManualClock();
    await using hole = await blackHole();
    const { connection } = testTransport(clock, transport).dial(hole.endpoint, { timeoutMs: 1_000 });
    clock.advance(1_000);
    await expect(connection).rejects.toMatchObject({ failure: "timeout" });
    expect(clock.timers).toBe(0);
  });

  test("a knock resolves where a connection would stand, and fails as a dial", async () => {
    await using server = await backend();
    await using dead = await refusing();
    const sockets = testTransport(new ManualClock(), transport);
    await sockets.knock(server.endpoint, { timeoutMs: 1_000, localAddress: "127.0.0.4" });
    await expect(sockets.knock(dead.endpoint, { timeoutMs: 1_000 })).rejects.toMatchObject({
      failure: "refused",
    });
    const nowhere = { kind: "unix", path: "/nowhere/to/be/found.sock" } as const;
    await expect(sockets.knock(nowhere, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a dial that is given up fails as cancelled, and one that stood does not notice", async () => {
    const clock = new ManualClock();
    await using hole = await blackHole();
    await using server = await backend();
    const sockets = testTransport(clock, transport);
    const hopeless = sockets.dial(hole.endpoint, { timeoutMs: 1_000 });
    hopeless.cancel();
    await expect(hopeless.connection).rejects.toMatchObject({ failure: "cancelled" });
    const hopeful = sockets.dial(server.endpoint, { timeoutMs: 1_000 });
    const connection = await hopeful.connection;
    hopeful.cancel();
    await connection.write(Buffer.from("still here"));
    expect((await (await server.next()).bytes(10)).toString()).toBe("still here");
    connection.reset();
  });

  test("a backend that accepts and resets was connected, and then left", async () => {
    await using server = await backend((peer: Peer) => peer.reset());
    const { connection } = testTransport(new ManualClock(), transport).dial(server.endpoint, {
      timeoutMs: 1_000,
    });
    const stood = await connection;
    expect(await departureOf(stood)).toBe("reset");
    await stood.closed;
  });

  test("an address that cannot be dialled at all is the backend's fault, where no source address was asked for", async () => {
    // A link-local address without its zone: the kernel refuses it before anything is sent.
    const endpoint: Endpoint = { kind: "tcp", host: "fe80::1", port: 9 };
    const dialling = testTransport(new ManualClock(), transport).dial(endpoint, { timeoutMs: 1_000 });
    await expect(dialling.connection).rejects.toMatchObject({ failure: "unreachable" });
  });
});

test("a socket that the kernel connected to itself is told from one with a peer", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as { port: number };
  await using server = await backend();
  const { endpoint } = server as { endpoint: { kind: "tcp"; host: string; port: number } };
  const honest = connect({ host: "127.0.0.1", port: endpoint.port });
  await once(honest, "connect");
  await once(free.close(), "close");
  const itself = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.1", localPort: port });
  await once(itself, "connect");
  expect([isSelfConnected(honest, endpoint), isSelfConnected(itself, { ...endpoint, port })]).toEqual([
    false,
    true,
  ]);
  itself.resetAndDestroy();
  honest.destroy();
});
