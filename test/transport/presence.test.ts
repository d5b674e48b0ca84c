import { describe, expect, test } from "vitest";
import { Deferred } from "#lb/core/deferred";
import type { Joinable, Receiver } from "#lb/transport/joinable";
import { departureOf } from "../support/departure.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { pair } from "../support/pair.ts";
import { transportNames } from "../support/transport.ts";

/** More than the kernel takes for a peer that does not read. */
const MUCH = 32 << 20;

describe.each(transportNames)("by %s", (transport) => {
  test("a peer that breaks off after it has finished is noticed within a second, though nothing is sent to it", async () => {
    await using ends = await finished();
    const asking = ends.clock.timers;
    await ends.clock.run(10_000);
    expect(ends.connection.isClosed).toBe(false);
    // The answer to the last question may be under way; the next comes a second after it.
    await eventually(() => expect(ends.clock.timers).toBe(asking));
    ends.peer.reset();
    await ends.peer.closed();
    await ends.clock.run(1_000);
    await ends.connection.closed;
    expect(await departureOf(ends.connection)).toBe("finished");
    expect(ends.clock.timers).toBe(0);
  });

  test("a peer that has finished is sent nothing by being asked", async () => {
    await using ends = await finished();
    await ends.clock.run(10_000);
    await ends.connection.write(Buffer.from("answer"));
    ends.connection.end();
    expect(await ends.peer.outcome()).toBe("end");
    expect(ends.peer.text).toBe("answer");
  });

  describe.each(["finish", "end", "close", "reset"] as const)("asks no more after %s", (way) => {
    test.each([
      { when: "before it was asked", sinceMs: 0 },
      { when: "before it has answered", sinceMs: 1_000 },
    ])("$when", async ({ sinceMs }) => {
      await using ends = await finished();
      ends.peer.stall();
      ends.connection.write(Buffer.alloc(MUCH)).catch(() => {});
      ends.clock.advance(sinceMs);
      ends.connection[way]();
      ends.clock.advance(1_000);
      ends.peer.listen();
      await ends.connection.closed;
      expect(ends.clock.timers).toBe(0);
      await ends.peer.outcome();
      if (way !== "reset") expect(ends.peer.length).toBe(MUCH);
    });
  });

  test("asks no more once a relay has the connection", async () => {
    await using ends = await finished();
    const receiver = new Told();
    ends.connection.join(receiver);
    await ends.clock.run(10_000);
    expect([receiver.told, ends.clock.timers]).toEqual([["finished"], 0]);
  });

  test("asks no more once a relay has the connection, also where an answer is still to come", async () => {
    await using ends = await finished();
    ends.peer.stall();
    ends.connection.write(Buffer.alloc(MUCH)).catch(() => {});
    ends.clock.advance(1_000);
    const receiver = new Told();
    ends.connection.join(receiver);
    ends.peer.listen();
    await receiver.hasDrained.promise;
    expect([receiver.told, ends.clock.timers]).toEqual([["finished", "drained"], 0]);
  });

  /** A connection whose peer has finished, and waits. */
  async function finished() {
    const clock = new ManualClock();
    const ends = await pair("tcp", clock, transport);
    ends.peer.finish();
    await departureOf(ends.connection);
    return { ...ends, clock, connection: ends.connection as Joinable<unknown> };
  }
});

/** Notes what a relay would be told. */
class Told implements Receiver<unknown> {
  readonly onward = undefined;
  readonly told: string[] = [];
  readonly hasDrained = new Deferred<void>();

  received(): void {
    this.told.push("received");
  }
  finished(): void {
    this.told.push("finished");
  }
  drained(): void {
    this.told.push("drained");
    this.hasDrained.resolve();
  }
  unwritable(): void {
    this.told.push("unwritable");
  }
  closed(): void {
    this.told.push("closed");
  }
}
