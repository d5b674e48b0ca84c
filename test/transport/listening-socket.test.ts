import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { libc } from "#lb/transport/native/libc";
import type { Connection } from "#lb/transport/transport";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer, refused } from "../support/peer.ts";
import { testTransport, transportNames } from "../support/transport.ts";

const ANY: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };

describe.each(transportNames)("by %s", (transport) => {
  test("accepts what the kernel has queued before it closes, and nothing after", async () => {
    const accepted: Connection[] = [];
    const listening = await testTransport(new ManualClock(), transport).listen(ANY, (each) =>
      accepted.push(each),
    );
    const dials = Array.from({ length: 50 }, () => dialPeer(listening.endpoint));
    const closed = listening.close();
    const clients = await Promise.all(dials);
    await closed;
    expect(accepted).toHaveLength(50);
    await refused(listening.endpoint);
    for (const connection of accepted) connection.end();
    const outcomes = await Promise.all(clients.map((client) => client.outcome()));
    expect(new Set(outcomes)).toEqual(new Set(["end"]));
    for (const client of clients) client.reset();
  });

  test("closes at once when it is told so, also while it serves what is queued", async () => {
    const comes = (endpoint: Endpoint) => dialPeer(endpoint).then((peer) => peer.finish());
    const listening = await testTransport(new ManualClock(), transport).listen(ANY, (each) => {
      each.end();
      // One behind the other: it would serve four thousand of them.
      void comes(listening.endpoint).catch(() => {});
    });
    await comes(listening.endpoint);
    const closed = listening.close();
    await listening.close("now");
    await closed;
    await refused(listening.endpoint);
  });

  // By a child process whose program has not begun yet, for one. Node has no shutdown for what listens.
  test.skipIf(transport === "sockets")(
    "a closed port refuses at once, though the socket is held elsewhere",
    async () => {
      const sockets = testTransport(new ManualClock(), transport);
      const [served, dropped] = [await sockets.listen(ANY, () => {}), await sockets.listen(ANY, () => {})];
      const held = [served.duplicate(), dropped.duplicate()];
      await Promise.all([served.close(), dropped.close("now")]);
      for (const { endpoint } of [served, dropped])
        await expect(dialPeer(endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      for (const descriptor of held) libc()?.close(descriptor);
    },
  );

  test("a closed one is not duplicated: its number may be another's", async () => {
    const listening = await testTransport(new ManualClock(), transport).listen(ANY, () => {});
    await listening.close();
    expect(() => listening.duplicate()).toThrow(transport === "sockets" ? "a listening socket" : "EBADF");
  });

  test("closing again, or before anybody came, is harmless", async () => {
    const listening = await testTransport(new ManualClock(), transport).listen(ANY, () => {});
    await Promise.all([listening.close(), listening.close()]);
    await listening.close();
  });

  test("says which port it was given, and rejects one that is taken with the system's word", async () => {
    const sockets = testTransport(new ManualClock(), transport);
    await using taken = await backend();
    await expect(sockets.listen(taken.endpoint, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
    const listening = await sockets.listen(ANY, () => {});
    expect(listening.endpoint).toMatchObject({ host: "127.0.0.1", port: expect.any(Number) });
    expect(listening.endpoint).not.toEqual(ANY);
    await listening.close();
  });

  test.each([
    { host: "::1", from: "::1", client: "::1" },
    { host: "::", from: "127.0.0.1", client: "::ffff:127.0.0.1" },
    { host: "localhost", from: "127.0.0.1", client: "127.0.0.1" },
  ])("on $host it accepts from $from, and calls the client $client", async ({ host, from, client }) => {
    const sockets = testTransport(new ManualClock(), transport);
    const accepted = new Deferred<Connection>();
    const listening = await sockets.listen({ kind: "tcp", host, port: 0 }, accepted.resolve);
    const { port } = listening.endpoint as { port: number };
    const dialled = await sockets.dial({ kind: "tcp", host: from, port }, { timeoutMs: 1_000 }).connection;
    const connection = await accepted.promise;
    expect(connection.remote).toEqual({ host: client, port: dialled.local?.port });
    expect([connection.local?.port, dialled.remote]).toEqual([port, { host: from, port }]);
    for (const each of [connection, dialled]) each.reset();
    await listening.close();
  });
});
