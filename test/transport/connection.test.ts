import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { Joinable } from "#lb/transport/joinable";
import type { Chunk } from "#lb/transport/native/engine";
import { SocketTransport } from "#lb/transport/sockets/index";
import type { Connection } from "#lb/transport/transport";
import { departureOf } from "../support/departure.ts";
import { collectGarbage } from "../support/garbage.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Pair, pair } from "../support/pair.ts";
import { backend } from "../support/peer.ts";
import { transportNames } from "../support/transport.ts";

const HEAD = 64 << 10;
const CHUNK = 64 << 10;

const WAYS = transportNames.flatMap((transport) => [
  { transport, kind: "tcp" } as const,
  { transport, kind: "unix" } as const,
]);

describe.each(WAYS)("a connection over $kind by $transport", ({ transport, kind }) => {
  test("gives what was received in order, and undefined once the peer has finished", async () => {
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.peer.send("one");
    expect(text(await ends.connection.read())).toBe("one");
    const next = ends.connection.read();
    ends.peer.send("two");
    expect(text(await next)).toBe("two");
    ends.peer.finish();
    expect(await ends.connection.read()).toBeUndefined();
    expect(await departureOf(ends.connection)).toBe("finished");
    expect(ends.connection.bytesRead).toBe(6);
  });

  test("gives back first what was unread, also after the peer has left", async () => {
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.peer.send("header payload");
    const bytes = (await ends.connection.read()) as Uint8Array;
    ends.peer.finish();
    await departureOf(ends.connection);
    ends.connection.unread(bytes.subarray(7));
    expect(text(await ends.connection.read())).toBe("payload");
    expect(await ends.connection.read()).toBeUndefined();
  });

  test("takes no more than its head and a chunk from a peer before it is read", async () => {
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.peer.send(Buffer.alloc(32 << 20));
    let before = -1;
    while (ends.connection.bytesRead !== before || before === 0) {
      before = ends.connection.bytesRead;
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    }
    expect(before).toBeGreaterThan(HEAD);
    expect(before).toBeLessThanOrEqual(HEAD + CHUNK);
    let read = 0;
    while (read < 32 << 20) read += ((await ends.connection.read()) as Uint8Array).length;
    expect(read).toBe(32 << 20);
  });

  test("fails a write behind the end, and delivers what was written before it all the same", async () => {
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.peer.stall();
    ends.connection.write(Buffer.alloc(32 << 20)).catch(() => {});
    ends.connection.end();
    await expect(ends.connection.write(Buffer.from("too late"))).rejects.toBeDefined();
    ends.peer.listen();
    expect(await ends.peer.outcome()).toBe("end");
    expect(ends.peer.length).toBe(32 << 20);
  });

  test("tells each caller that it is closed, also one that asks late, and not before", async () => {
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.peer.finish();
    ends.connection.end();
    await ends.connection.closed;
    await ends.connection.closed;
    expect(await ends.connection.read()).toBeUndefined();
    ends.connection.end();
    ends.connection.reset();
  });
});

test.each(transportNames)(
  "by %s: a peer's reset ends reading, fails writing, and is told from a FIN even right behind data",
  async (transport) => {
    await using ends = await pair("tcp", new ManualClock(), transport);
    ends.peer.socket.write("last words", () => ends.peer.reset());
    expect(await departureOf(ends.connection)).toBe("reset");
    expect(text(await ends.connection.read())).toBe("last words");
    expect(await ends.connection.read()).toBeUndefined();
    await expect(ends.connection.write(Buffer.from("?"))).rejects.toBeDefined();
    await ends.connection.closed;
  },
);

test.each(transportNames)(
  "by %s: knows its peer's address on TCP, and none on a unix socket",
  async (transport) => {
    await using tcp = await pair("tcp", new ManualClock(), transport);
    await using unix = await pair("unix", new ManualClock(), transport);
    expect(tcp.connection.remote).toEqual({ host: "127.0.0.1", port: tcp.peer.socket.localPort });
    expect(unix.connection.remote).toBeUndefined();
  },
);

test.each(transportNames)("by %s: takes nothing more once it is reset", async (transport) => {
  await using ends = await pair("tcp", new ManualClock(), transport);
  ends.connection.reset();
  await expect(ends.connection.write(Buffer.from("too late"))).rejects.toThrow();
});

test("turns Nagle's algorithm off before it could hold back a write, and not for one small write alone", async () => {
  const [small, asked] = await watchNoDelay();
  await using ends = small;
  await ends.connection.write(Buffer.from("small"));
  expect(asked).toEqual([]);
  await ends.connection.write(Buffer.from("and another"));
  await ends.connection.write(Buffer.from("and a third"));
  expect(asked).toEqual([true]);
  const [other, askedForLarge] = await watchNoDelay();
  await using large = other;
  await large.connection.write(Buffer.alloc(1_461));
  expect(askedForLarge).toEqual([true]);
});

test.each(transportNames)(
  "by %s: a read that waits when a relay takes over is told that nothing more comes",
  async (transport) => {
    await using ends = await pair("tcp", new ManualClock(), transport);
    const read = ends.connection.read();
    const received = new Promise((resolve) => {
      const nothing = () => {};
      (ends.connection as Joinable<unknown>).join({
        onward: undefined,
        received: (chunk) => resolve(bytesOf(chunk)),
        finished: nothing,
        drained: nothing,
        unwritable: nothing,
        closed: nothing,
      });
    });
    ends.peer.send("for the relay");
    expect(text((await received) as Buffer)).toBe("for the relay");
    expect(await read).toBeUndefined();
  },
);

test("a closed connection is not kept alive by its socket", async () => {
  const { socket, connection } = await closed();
  collectGarbage();
  await turns();
  collectGarbage();
  expect([socket.destroyed, connection.deref()]).toEqual([true, undefined]);
});

/** A socket whose connection is over and kept by no test. */
async function closed(): Promise<{ socket: Socket; connection: WeakRef<Connection> }> {
  await using server = await backend();
  const transport = new SocketTransport(new ManualClock());
  const dial = () => transport.dial(server.endpoint, { timeoutMs: 1_000 }).connection;
  const [connection, socket] = await withSocket("net.client.socket", dial);
  connection.reset();
  await connection.closed;
  return { socket, connection: new WeakRef(connection) };
}

/** A pair, and what its connection's socket is asked for from now on. */
async function watchNoDelay(): Promise<[Pair, (boolean | undefined)[]]> {
  const [ends, socket] = await withSocket("net.server.socket", () =>
    pair("tcp", new ManualClock(), "sockets"),
  );
  const asked: (boolean | undefined)[] = [];
  socket.setNoDelay = (on) => {
    asked.push(on);
    return Socket.prototype.setNoDelay.call(socket, on);
  };
  return [ends, asked];
}

/** What `make` makes, and the socket that Node accepts or dials meanwhile. */
async function withSocket<T>(channel: string, make: () => Promise<T>): Promise<[T, Socket]> {
  const sockets: Socket[] = [];
  const note = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe(channel, note);
  try {
    return [await make(), sockets[0] as Socket];
  } finally {
    unsubscribe(channel, note);
  }
}

/** What one transport or another calls a chunk. */
function bytesOf(chunk: unknown): Buffer {
  return Buffer.from(Buffer.isBuffer(chunk) ? chunk : (chunk as Chunk).view());
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes as Uint8Array).toString();
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
