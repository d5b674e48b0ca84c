import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Parse, peek } from "#lb/admission/peek";
import { Deferred } from "#lb/core/deferred";
import type { Connection } from "#lb/transport/transport";
import { departureOf } from "../support/departure.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Pair, pair } from "../support/pair.ts";
import { within } from "../support/peer.ts";

const TIMEOUT_MS = 5_000;
const TEXT = "HELLO client\nwhat comes behind";

/** The word before the first space, once a whole line is there. */
const firstWord: Parse<string> = (bytes) => {
  const text = bytes.toString("latin1");
  return text.includes("\n") ? (text.split(" ")[0] as string) : "more";
};

test("puts all bytes back in one piece, at every split of them", async () => {
  for (let at = 1; at < TEXT.length; at++) {
    await using met = await meeting();
    const looked = met.look();
    await met.send(TEXT.slice(0, at));
    await met.send(TEXT.slice(at));
    expect(await looked).toEqual({ seen: "HELLO" });
    const line = at <= TEXT.indexOf("\n") ? TEXT : TEXT.slice(0, at);
    expect((await met.connection.read())?.toString()).toBe(line);
    expect(await met.rest()).toBe(TEXT.slice(line.length));
  }
});

test("puts back what came byte by byte, and what was there before it looked", async () => {
  await using slow = await meeting();
  const looked = slow.look();
  for (const byte of TEXT) await slow.send(byte);
  expect(await looked).toEqual({ seen: "HELLO" });
  expect(await slow.rest()).toBe(TEXT);
  await using early = await meeting();
  await early.send(TEXT);
  expect(await early.look()).toEqual({ seen: "HELLO" });
  expect(await early.rest()).toBe(TEXT);
});

test("asks again with all that has come so far, and no more once something was seen", async () => {
  await using met = await meeting();
  const lengths: number[] = [];
  const looked = met.look((bytes) => {
    lengths.push(bytes.length);
    return bytes.length < 4 ? "more" : bytes.length;
  });
  for (const text of ["a", "bc", "def", "g"]) await met.send(text);
  expect(await looked).toEqual({ seen: 6 });
  expect(lengths).toEqual([1, 3, 6]);
  expect(await met.rest()).toBe("abcdefg");
});

test("is late at its time, however much has come, and not before", async () => {
  await using met = await meeting();
  let over = false;
  const looked = met.look().finally(() => {
    over = true;
  });
  for (const text of "HELLO") {
    await met.send(text);
    met.clock.advance(TIMEOUT_MS / 5 - 1);
  }
  met.clock.advance(4);
  await turn();
  expect(over).toBe(false);
  met.clock.advance(1);
  expect(await looked).toEqual({ unseen: "late" });
});

test.each([
  ["finishes", (met: Meeting) => met.peer.finish()],
  ["breaks off", (met: Meeting) => met.peer.reset()],
])("sees that a peer has left when it %s, within what it sends or before", async (_, leaves) => {
  for (const text of ["", "HELLO cl"]) {
    await using met = await meeting();
    const looked = met.look();
    if (text !== "") await met.send(text);
    leaves(met);
    expect(await looked).toEqual({ unseen: "left" });
  }
});

test("sees what a peer sent before it finished", async () => {
  await using met = await meeting();
  await met.send(TEXT);
  met.peer.finish();
  await departureOf(met.connection);
  expect(await met.look()).toEqual({ seen: "HELLO" });
  expect(await met.rest()).toBe(TEXT);
});

test("is interrupted while it waits, also where that came before it began", async () => {
  await using met = await meeting();
  const looked = met.look();
  await met.send("HELLO");
  met.interrupted.resolve();
  expect(await looked).toEqual({ unseen: "interrupted" });
  await using early = await meeting();
  early.interrupted.resolve();
  expect(await early.look()).toEqual({ unseen: "interrupted" });
});

/** A connection that is looked at, and the peer at its other end. */
class Meeting implements AsyncDisposable {
  readonly interrupted = new Deferred<void>();

  constructor(
    readonly pair: Pair,
    readonly clock: ManualClock,
  ) {}

  get connection(): Connection {
    return this.pair.connection;
  }

  get peer() {
    return this.pair.peer;
  }

  look<T = string>(parse: Parse<T> = firstWord as Parse<T>) {
    const limits = { clock: this.clock, timeoutMs: TIMEOUT_MS, interrupted: this.interrupted.promise };
    return within("the end of the look", peek(this.connection, parse, limits));
  }

  /** Sends text, and waits until it has been read from the socket. */
  async send(text: string): Promise<void> {
    const expected = this.connection.bytesRead + text.length;
    this.peer.send(text);
    const read = async () => {
      while (this.connection.bytesRead < expected) await turn();
    };
    await within("the bytes at the other end", read());
  }

  /** Everything that is left to read, up to the peer's end. */
  async rest(): Promise<string> {
    this.peer.finish();
    const chunks: Uint8Array[] = [];
    const read = () => within("the rest", this.connection.read());
    for (let bytes = await read(); bytes !== undefined; bytes = await read()) chunks.push(bytes);
    return Buffer.concat(chunks).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    expect(this.clock.timers).toBe(0);
  }
}

async function meeting(): Promise<Meeting> {
  const clock = new ManualClock();
  return new Meeting(await pair("tcp", clock), clock);
}
