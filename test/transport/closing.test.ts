import { describe, expect, test } from "vitest";
import type { Joinable } from "#lb/transport/joinable";
import { ManualClock } from "../support/manual-clock.ts";
import { pair } from "../support/pair.ts";
import type { Peer } from "../support/peer.ts";
import { transportNames } from "../support/transport.ts";

const CHUNK = 64 << 10;
/** More than the kernel takes for a peer that does not read. */
const MUCH = 32 << 20;

/** The table of `closing.ts`, for a peer that goes on sending. */
const GENTLE = [
  { way: "finish", receives: true, goneAfterMs: Infinity },
  { way: "end", receives: false, goneAfterMs: 1_000 },
  { way: "close", receives: false, goneAfterMs: 0 },
] as const;

const WAYS = transportNames.flatMap((transport) => [
  { transport, kind: "tcp" } as const,
  { transport, kind: "unix" } as const,
]);

describe.each(WAYS)("over $kind by $transport", ({ transport, kind }) => {
  describe.each(GENTLE)("$way", ({ way, receives, goneAfterMs }) => {
    test("delivers what was written, then FIN", async () => {
      await using ends = await open();
      ends.peer.stall();
      send(ends.connection, MUCH);
      ends.connection[way]();
      ends.peer.listen();
      expect(await ends.peer.outcome()).toBe("end");
      expect(ends.peer).toMatchObject({ length: MUCH, error: undefined });
    });

    test(`${receives ? "receives" : "discards"} what the peer still sends`, async () => {
      await using ends = await open();
      ends.peer.stall();
      send(ends.connection, MUCH);
      ends.connection[way]();
      ends.peer.send("but listen");
      ends.peer.listen();
      await ends.peer.outcome();
      expect(ends.connection.bytesRead).toBe(receives ? 10 : 0);
    });

    test(`closes the socket ${goneAfterMs} ms after FIN where the peer does not finish`, async () => {
      await using ends = await open();
      ends.connection[way]();
      await ends.peer.outcome();
      await turns();
      for (const ms of [0, 1, 997, 1, 1, 3_600_000]) {
        await ends.clock.run(ms);
        if (ends.clock.now() >= goneAfterMs) await ends.connection.closed;
        expect(ends.connection.isClosed).toBe(ends.clock.now() >= goneAfterMs);
      }
      expect(ends.clock.timers).toBe(0);
    });

    test("closes the socket once the peer has finished too, and leaves no timer", async () => {
      await using ends = await open();
      ends.connection[way]();
      await ends.peer.outcome();
      ends.peer.finish();
      await ends.connection.closed;
      expect(ends.clock.timers).toBe(0);
    });

    test("may be called again, and followed by a reset at once", async () => {
      await using ends = await open();
      ends.connection[way]();
      ends.connection[way]();
      ends.connection.reset();
      await ends.connection.closed;
      expect(ends.clock.timers).toBe(0);
    });

    test("may be followed by a reset while the peer takes nothing", async () => {
      await using ends = await open();
      ends.peer.stall();
      send(ends.connection, MUCH);
      ends.connection[way]();
      await turns();
      ends.connection.reset();
      await ends.connection.closed;
      expect(await lengthSeen(ends.peer)).toBeLessThan(MUCH);
      expect(ends.clock.timers).toBe(0);
    });
  });

  describe.each(["end", "close"] as const)("%s", (way) => {
    test("breaks off a peer that takes nothing for 30 s", async () => {
      await using ends = await open();
      ends.peer.stall();
      send(ends.connection, MUCH);
      await full(ends.connection);
      ends.connection[way]();
      await ends.clock.run(29_999);
      expect(ends.connection.isClosed).toBe(false);
      await ends.clock.run(1);
      await ends.connection.closed;
      expect(ends.clock.timers).toBe(0);
    });

    test("discards what was received and not read", async () => {
      await using ends = await open();
      ends.peer.send("early");
      ends.connection.unread((await ends.connection.read()) as Uint8Array);
      ends.connection[way]();
      ends.peer.finish();
      expect(await ends.connection.read()).toBeUndefined();
    });

    test("sees the end of a peer that had to wait", async () => {
      await using ends = await open();
      ends.connection.pause();
      ends.peer.send(Buffer.alloc(CHUNK));
      ends.peer.finish();
      ends.connection[way]();
      await ends.connection.closed;
      expect(ends.clock.now()).toBe(0);
    });

    test("waits on for a peer that takes some of it within 30 s", async () => {
      await using ends = await open();
      ends.peer.stall();
      send(ends.connection, MUCH);
      ends.connection[way]();
      await ends.clock.run(29_000);
      ends.peer.listen();
      await ends.peer.bytes(8 << 20);
      ends.peer.stall();
      await ends.clock.run(30_000);
      expect(ends.connection.isClosed).toBe(false);
      ends.peer.listen();
      expect(await ends.peer.outcome()).toBe("end");
      expect(ends.peer.length).toBe(MUCH);
    });
  });

  test("an end is not made shorter by a close, nor a close longer by an end", async () => {
    await using ended = await open();
    ended.connection.end();
    ended.connection.close();
    await ended.peer.outcome();
    await ended.clock.run(999);
    expect(ended.connection.isClosed).toBe(false);
    await using closed = await open();
    closed.connection.close();
    closed.connection.end();
    await closed.connection.closed;
  });

  test("a reset is immediate, though the peer does not take what was written, and drops that", async () => {
    await using ends = await open();
    ends.peer.stall();
    const written = ends.connection.write(Buffer.alloc(MUCH));
    ends.connection.reset();
    ends.connection.reset();
    await expect(written).rejects.toBeDefined();
    await ends.connection.closed;
    expect(await lengthSeen(ends.peer)).toBeLessThan(MUCH);
  });

  test("does nothing to a connection that is closed, whichever way is asked for", async () => {
    await using ends = await open();
    ends.connection.reset();
    await ends.connection.closed;
    for (const { way } of GENTLE) ends.connection[way]();
    ends.connection.reset();
    await turns();
    expect(ends.clock.timers).toBe(0);
  });

  /** A connection, its peer and the clock of its timers. */
  async function open() {
    const clock = new ManualClock();
    const ends = await pair(kind, clock, transport);
    return { ...ends, clock, connection: ends.connection as Joinable<unknown> };
  }
});

test.each(WAYS)(
  "a reset over $kind by $transport reaches the peer as one where there is one",
  async ({ kind, transport }) => {
    const error = kind === "tcp" ? "ECONNRESET" : undefined;
    await using ends = await pair(kind, new ManualClock(), transport);
    ends.connection.reset();
    await lengthSeen(ends.peer);
    expect(ends.peer.error).toBe(error);
  },
);

/** What a peer has received when it knows that the connection is over. */
async function lengthSeen(peer: Peer): Promise<number> {
  peer.listen();
  await peer.outcome();
  return peer.length;
}

/** In chunks, as a relay does: what the kernel takes is seen by whole writes. */
function send(connection: Joinable<unknown>, bytes: number): void {
  for (let sent = 0; sent < bytes; sent += CHUNK) connection.write(Buffer.alloc(CHUNK)).catch(() => {});
}

/** Resolves when the kernel takes no more of what was sent. */
async function full(connection: Joinable<unknown>): Promise<void> {
  let before: number;
  do {
    before = connection.queued;
    await turns();
  } while (connection.queued < before);
}

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
