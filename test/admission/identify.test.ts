import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { identify } from "#lb/admission/identify";
import { TrustedPeers } from "#lb/admission/trusted-peers";
import type { Addresses } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { Ended } from "#lb/core/ending";
import { Session } from "#lb/live/session";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import type { Connection } from "#lb/transport/transport";
import { addresses, addresses6, v2 } from "../proxy-protocol/headers.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { dialPeer, type Peer, within } from "../support/peer.ts";
import { testTransport } from "../support/transport.ts";

const TIMEOUT_MS = 5_000;
const PAYLOAD = "PROXY what comes behind\r\n";
const open: Meeting[] = [];

/** A peer, our end of its connection, and the session that identifying it is to fill in. */
class Meeting {
  readonly session: Session;

  constructor(
    readonly peer: Peer,
    readonly connection: Connection,
    readonly clock: ManualClock,
  ) {
    this.session = new Session(1, "main", 0, connection);
    open.push(this);
  }

  /** "done", or the word it was ended with. */
  async identify(from: readonly string[] = ["127.0.0.0/8"]): Promise<string> {
    const trusted = new TrustedPeers({ from, timeoutMs: TIMEOUT_MS });
    try {
      const identified = identify(this.session, this.connection, trusted, this.clock);
      await within("the identity", Promise.resolve(identified));
      return "done";
    } catch (refusal) {
      if (refusal instanceof Ended) return refusal.ending;
      throw refusal;
    }
  }

  /** Sends bytes, and waits until they have been read from the socket. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const expected = this.connection.bytesRead + bytes.length;
    this.peer.send(bytes);
    while (this.connection.bytesRead < expected) await turn();
  }

  /** Everything that is left to read, up to the peer's end. */
  async rest(): Promise<string> {
    this.peer.finish();
    const chunks: Uint8Array[] = [];
    const read = () => within("the payload", this.connection.read());
    for (let bytes = await read(); bytes !== undefined; bytes = await read()) chunks.push(bytes);
    return Buffer.concat(chunks).toString("latin1");
  }
}

async function meeting(): Promise<Meeting> {
  const clock = new ManualClock();
  const accepted = new Deferred<Connection>();
  const listening = await testTransport(clock).listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, (each) =>
    accepted.resolve(each),
  );
  const peer = await dialPeer(listening.endpoint);
  const connection = await within("the connection", accepted.promise);
  await listening.close();
  return new Meeting(peer, connection, clock);
}

afterEach(() => {
  for (const { peer, connection, clock } of open.splice(0)) {
    connection.reset();
    peer.reset();
    expect(clock.timers).toBe(0);
  }
});

describe("a trusted peer's header", () => {
  const line = encodeHeader("v1", addresses);

  test.each([
    ["version 1", line, addresses],
    ["version 1 of IPv6", encodeHeader("v1", addresses6), addresses6],
    ["version 2", encodeHeader("v2", addresses), addresses],
    [
      "version 2 with 4 KiB of TLVs",
      v2(0x21, 0x11, "c0000207c6336401c82201bb".padEnd(4080 * 2, "0")),
      addresses,
    ],
  ])("of %s says who the client is, and the payload behind it is intact", async (_, header, expected) => {
    const met = await meeting();
    const identified = met.identify();
    await met.send(Buffer.concat([header, Buffer.from(PAYLOAD)]));
    expect(await identified).toBe("done");
    expect(met.session.addresses).toEqual(expected);
    expect(met.session.address).toBe((expected as Addresses).source.host);
    expect(met.session.bytesIn).toBe(PAYLOAD.length);
    expect(await met.rest()).toBe(PAYLOAD);
  });

  test.each(["v1", "v2"] as const)("of %s is read at every split of the bytes", async (version) => {
    const whole = Buffer.concat([encodeHeader(version, addresses), Buffer.from("hello")]);
    for (let at = 1; at < whole.length; at++) {
      const met = await meeting();
      const identified = met.identify();
      await met.send(whole.subarray(0, at));
      await met.send(whole.subarray(at));
      expect(await identified).toBe("done");
      expect(met.session.addresses).toEqual(addresses);
      expect(await met.rest()).toBe("hello");
    }
  });

  test("is read byte by byte, and when it was there before anybody looked", async () => {
    const met = await meeting();
    const identified = met.identify();
    for (const byte of line) await met.send(Buffer.of(byte));
    expect(await identified).toBe("done");
    const early = await meeting();
    await early.send(Buffer.concat([line, Buffer.from(PAYLOAD)]));
    expect(await early.identify()).toBe("done");
    expect(await early.rest()).toBe(PAYLOAD);
  });

  test("is enough, though the client finishes right behind it", async () => {
    const met = await meeting();
    await met.send(line);
    met.peer.finish();
    expect(await met.identify()).toBe("done");
    expect(await met.rest()).toBe("");
  });

  test.each([
    ["UNKNOWN", encodeHeader("v1", undefined)],
    ["LOCAL", encodeHeader("v2", undefined)],
  ])("of %s means the peer itself", async (_, header) => {
    const met = await meeting();
    await met.send(header);
    expect(await met.identify()).toBe("done");
    expect(met.session.address).toBe("127.0.0.1");
    expect(met.session.record(0, 0)).not.toHaveProperty("peer");
    expect(met.session.bytesIn).toBe(0);
  });

  test("of a client on a unix socket means a client without an address", async () => {
    const met = await meeting();
    await met.send(v2(0x21, 0x31, "00".repeat(216)));
    expect(await met.identify()).toBe("done");
    expect(met.session.address).toBe("unix");
    expect(met.session.addresses).toBeUndefined();
    expect(met.session.record(0, 0)).toMatchObject({
      client: "unix",
      peer: expect.stringMatching(/^127\.0\.0\.1:/),
    });
  });

  test("stands in the record as the client, beside the peer that named it", async () => {
    const met = await meeting();
    await met.send(line);
    await met.identify();
    const { remote } = met.connection;
    expect(met.session.record(0, 0)).toMatchObject({
      client: "192.0.2.7:51234",
      peer: `127.0.0.1:${remote?.port}`,
    });
  });
});

describe("a trusted peer that", () => {
  test.each([
    ["sends something else", "ping\n"],
    ["sends a header with a mistake", "PROXY TCP4 192.0.2.7 198.51.100.1 51234\r\n"],
    ["sends a line of more than 107 bytes", `PROXY UNKNOWN ${"x".repeat(100)}`],
    ["announces more than 4096 bytes", v2(0x21, 0x11, "c0000207c6336401c82201bb", 4081)],
  ])("%s is refused at once", async (_, bytes) => {
    const met = await meeting();
    await met.send(bytes);
    expect(await met.identify()).toBe("bad-proxy-header");
  });

  test("sends nothing, or stops in the middle, is refused after the timeout", async () => {
    for (const bytes of ["", "PROXY TCP4 192.0.2.7 "]) {
      const met = await meeting();
      const identified = met.identify();
      await met.send(bytes);
      met.clock.advance(TIMEOUT_MS - 1);
      await turn();
      expect(met.session.ending).toBeUndefined();
      met.clock.advance(1);
      expect(await identified).toBe("bad-proxy-header");
    }
  });

  test("sends a byte now and then wins no time by it", async () => {
    const met = await meeting();
    const identified = met.identify();
    for (const byte of "PROXY") {
      await met.send(byte);
      met.clock.advance(TIMEOUT_MS / 5);
    }
    expect(await identified).toBe("bad-proxy-header");
  });

  test("leaves without a byte, or breaks off, is gone", async () => {
    const silent = await meeting();
    const identified = silent.identify();
    silent.peer.finish();
    expect(await identified).toBe("client-gone");
    const broken = await meeting();
    const breaking = broken.identify();
    await broken.send("PROXY TCP4");
    broken.peer.reset();
    expect(await breaking).toBe("client-gone");
  });

  test("finishes in the middle of its header sent a bad one", async () => {
    const met = await meeting();
    const identified = met.identify();
    await met.send("PROXY TCP4");
    met.peer.finish();
    expect(await identified).toBe("bad-proxy-header");
    expect(met.session.record(0, 0)).toMatchObject({ detail: "cut short" });
  });

  test("is waited for no longer once its session is ended from outside", async () => {
    const met = await meeting();
    const identified = met.identify();
    met.session.end("shutdown");
    expect(await identified).toBe("shutdown");
    expect(met.session.record(0, 0)).not.toHaveProperty("detail");
    const ended = await meeting();
    ended.session.end("killed");
    expect(await ended.identify()).toBe("killed");
  });
});

describe("a peer that is not trusted", () => {
  test("has its header taken for payload, and nobody waits for one", async () => {
    const met = await meeting();
    expect(await met.identify(["10.0.0.0/8", "unix"])).toBe("done");
    const bytes = Buffer.concat([encodeHeader("v1", addresses), Buffer.from(PAYLOAD)]);
    await met.send(bytes);
    expect(met.session.address).toBe("127.0.0.1");
    expect(met.session.bytesIn).toBe(bytes.length);
    expect(await met.rest()).toBe(bytes.toString("latin1"));
  });
});

test("peers are trusted by block, by address, or for being on a unix socket", () => {
  const trusted = new TrustedPeers({ from: ["10.0.0.0/8", "2001:db8::1", "unix"], timeoutMs: TIMEOUT_MS });
  const peers = ["10.9.9.9", "::ffff:10.9.9.9", "2001:db8:0::1", "unix", "192.0.2.1", "2001:db8::2"];
  expect(peers.map((peer) => trusted.includes(peer))).toEqual([true, true, true, true, false, false]);
});
