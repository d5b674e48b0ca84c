import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { type Libc, libc } from "#lb/transport/native/libc";
import { IPPROTO_TCP, TCP_NODELAY } from "#lb/transport/native/linux";
import type { Connection } from "#lb/transport/transport";
import { ManualClock } from "../support/manual-clock.ts";
import { dialPeer, refused } from "../support/peer.ts";
import { testTransport, transportNames } from "../support/transport.ts";

const ANY: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };

const pairs = transportNames.flatMap((one) => transportNames.map((other) => [one, other] as const));

// Without the C library there is no other transport to move to.
describe.skipIf(transportNames.length === 1).each(pairs)("from %s to %s", (one, other) => {
  test.each<[string, () => Endpoint]>([
    ["a port", () => ({ kind: "tcp", host: "127.0.0.1", port: 0 })],
    ["a unix socket", () => ({ kind: "unix", path: join(mkdtempSync(join(tmpdir(), "moving-")), "s") })],
  ])("%s goes on with all that come, and closes as any other", async (_, wanted) => {
    const [before, after] = [listener(), listener()];
    const clock = new ManualClock();
    const first = await testTransport(clock, one).listen(wanted(), before.accepted);
    const { endpoint } = first;
    const early = await dialPeer(endpoint);
    await before.greeted(1);
    const next = await testTransport(clock, other).listen(endpoint, after.accepted, first.duplicate());
    expect(next.endpoint).toEqual(endpoint);
    const clients = [await dialPeer(endpoint)];
    await first.close("moved");
    await first.close("moved");
    for (let n = 0; n < 10; n++) clients.push(await dialPeer(endpoint));
    for (const client of [early, ...clients]) expect((await client.bytes(2)).toString()).toBe("hi");
    expect(after.count).toBeGreaterThanOrEqual(10);
    if (endpoint.kind === "unix") expect(readdirSync(dirname(endpoint.path))).toEqual(["s"]);
    await next.close();
    await refused(endpoint);
    if (endpoint.kind === "unix") expect(existsSync(endpoint.path)).toBe(false);
    for (const client of [early, ...clients]) client.reset();
  });

  test.skipIf(other === "sockets")(
    "no small write to a client that came by the new one is held back",
    async () => {
      const library = libc() as Libc;
      const first = await testTransport(new ManualClock(), one).listen(ANY, () => {});
      const looking = first.duplicate();
      const next = await testTransport(new ManualClock(), other).listen(
        first.endpoint,
        () => {},
        first.duplicate(),
      );
      const { address, words } = library.memory(8);
      words[1] = 4;
      expect(library.getsockopt(looking, IPPROTO_TCP, TCP_NODELAY, address, address + 4)).toBe(0);
      expect(words[0]).not.toBe(0);
      library.close(looking);
      await first.close("moved");
      await next.close();
    },
  );

  test("a move that is called off leaves the first as it was", async () => {
    const [before, after] = [listener(), listener()];
    const path = join(mkdtempSync(join(tmpdir(), "moving-")), "s");
    const clock = new ManualClock();
    const first = await testTransport(clock, one).listen({ kind: "unix", path }, before.accepted);
    const next = await testTransport(clock, other).listen(first.endpoint, after.accepted, first.duplicate());
    await next.close("moved");
    const client = await dialPeer(first.endpoint);
    await before.greeted(1);
    expect(after.count).toBe(0);
    client.reset();
    await first.close();
    expect(existsSync(path)).toBe(false);
  });
});

/** Greets each connection and leaves it open. */
function listener() {
  const connections: Connection[] = [];
  return {
    accepted(connection: Connection) {
      connections.push(connection);
      void connection.write(Buffer.from("hi"));
    },
    get count() {
      return connections.length;
    },
    async greeted(count: number) {
      while (connections.length < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
