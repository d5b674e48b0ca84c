import { createHash, randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "#lb/core/clock";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { UringEngine } from "#lb/transport/native/uring";
import { Buffers } from "#lb/transport/native/uring-buffers";
import type { Connection } from "#lb/transport/transport";
import { byUring, uringAbsence } from "../../support/engines.ts";
import { lab } from "../../support/lab.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { backend, dialPeer, echo, type Peer } from "../../support/peer.ts";
import { Turning } from "../../support/turning.ts";

/** After so many short messages a connection is taken for one that goes on like that. */
const CHATTY = 8;
const MOST_HELD = 256 << 10;
const LONG = 64 << 10;

describe.skipIf(uringAbsence !== undefined)(byUring, () => {
  const library = libc() as Libc;

  test("where short messages go to and fro, nothing but the sends is asked for", async () => {
    const asked = counting(library);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], transport: over(asked.library) });
    const client = await balancer.client();
    const session = await talk(client, CHATTY + 2);
    const before = asked.entries;
    await talk(client, 100, session);
    expect(asked.entries - before).toBe(200);
  });

  test("where connections began with short messages, the next one is received from in one operation each way", async () => {
    const asked = counting(library);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], transport: over(asked.library) });
    let sessions = 0;
    const whole = async () => {
      sessions += 1;
      const before = asked.entries;
      const client = await balancer.client();
      await talk(client, 1);
      client.finish();
      await client.outcome();
      await balancer.ended(sessions);
      return asked.entries - before;
    };
    await whole();
    const before = await whole();
    while (sessions < CHATTY) await whole();
    expect(await whole()).toBe(before - 2);
  });

  test("one that begins with much behind such connections holds no more than another, and loses nothing", async () => {
    const bytes = randomBytes(32 << 20);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], transport: over(library) });
    for (let nth = 0; nth < 2 * CHATTY; nth++) await talk(await balancer.client(), 1);
    const client = await balancer.client();
    client.stall();
    client.send(bytes);
    await balancer.when("a full path", async () => (await balancer.heldBytes()) > 0);
    expect(await mostHeld(balancer)).toBeLessThanOrEqual(MOST_HELD);
    client.listen();
    expect(digest(await client.bytes(bytes.length))).toBe(digest(bytes));
  });

  test("a connection that has chatted and then sends much holds no more than another, and loses nothing", async () => {
    // More than the kernel takes on the whole way.
    const bytes = randomBytes(64 << 20);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], transport: over(library) });
    const client = await balancer.client();
    const chatted = await talk(client, CHATTY + 2);
    client.stall();
    client.send(bytes);
    await balancer.when("a full path", async () => (await balancer.heldBytes()) > 0);
    expect(await mostHeld(balancer)).toBeLessThanOrEqual(MOST_HELD);
    client.listen();
    const received = await client.bytes(chatted + bytes.length);
    expect(digest(received.subarray(chatted))).toBe(digest(bytes));
  });

  test("bulk that only passes by is moved by the kernel, and all of it arrives", async () => {
    let spliced = 0;
    const counted: Libc = {
      ...library,
      splice(...args) {
        const moved = library.splice(...args);
        spliced += Math.max(0, moved);
        return moved;
      },
    };
    const bytes = randomBytes(20 << 20);
    await using server = await backend(echo);
    await using balancer = await lab({ backends: [server.endpoint], transport: over(counted) });
    const client = await balancer.client();
    client.send(bytes);
    expect(digest(await client.bytes(bytes.length))).toBe(digest(bytes));
    // Both ways, each byte into the pipe and out of it; of the first ones nobody knew that they were bulk.
    expect(spliced).toBeGreaterThan(bytes.length);
  });

  test("where more comes at once than there are buffers, each waits for its turn", async () => {
    const starve = vi.spyOn(Buffers.prototype, "starve");
    const { engine, turnOn } = stepped();
    const transport = new NativeTransport(systemClock, library, engine);
    const accepted: Connection[] = [];
    const listening = await transport.listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, (connection) =>
      accepted.push(connection),
    );
    const clients: Peer[] = [];
    for (let nth = 0; nth < 100; nth++) {
      const client = await dialPeer(listening.endpoint);
      await new Promise<void>((sent) => client.socket.write(Buffer.alloc(LONG, nth), () => sent()));
      clients.push(client);
    }
    turnOn();
    await vi.waitFor(() => expect(accepted).toHaveLength(100));
    const firsts = await Promise.all(accepted.map(async (each) => digest(await readAll(each, LONG))));
    expect(firsts.toSorted()).toEqual(clients.map((_, nth) => digest(Buffer.alloc(LONG, nth))).toSorted());
    expect(starve).toHaveBeenCalled();
    for (const each of accepted) each.reset();
    await listening.close("now");
  });

  test("each of many dials in one step goes where it was sent", async () => {
    const servers = await Promise.all(Array.from({ length: 10 }, () => backend()));
    const transport = over(library);
    const endpoints = [...servers, ...servers.toReversed()].map(({ endpoint }) => endpoint);
    const dialled = await Promise.all(
      endpoints.map((endpoint) => transport.dial(endpoint, { timeoutMs: 5_000 }).connection),
    );
    expect(dialled.map(({ remote }) => ({ kind: "tcp", ...remote }))).toEqual(endpoints);
    for (const connection of dialled) connection.reset();
    for (const server of servers) await server.stop();
  });

  function over(library: Libc): NativeTransport {
    const { engine } = new Turning((told) => new UringEngine(library, told));
    return new NativeTransport(new ManualClock(), library, engine);
  }

  /** An engine that takes its first step when it is told to. */
  function stepped() {
    let isOn = false;
    const turning = new Turning(
      (told) => new UringEngine(library, told),
      () => isOn,
    );
    return {
      engine: turning.engine,
      turnOn() {
        isOn = true;
        turning.due();
      },
    };
  }
});

/** So many messages and answers, behind so many bytes that were answered before; gives how many bytes were answered. */
async function talk(client: Peer, messages: number, answered = 0): Promise<number> {
  for (let nth = 1; nth <= messages; nth++) {
    client.send("four");
    await client.bytes(answered + 4 * nth);
  }
  return answered + 4 * messages;
}

/** The most that a balancer holds within the next turns of the loop. */
async function mostHeld(balancer: { heldBytes(): Promise<number> }): Promise<number> {
  let most = 0;
  for (let turns = 0; turns < 100; turns++) {
    await turn();
    most = Math.max(most, await balancer.heldBytes());
  }
  return most;
}

/** A library, and how many entries its rings were given. */
function counting(library: Libc) {
  const asked = { entries: 0 };
  const counted: Libc = {
    ...library,
    ioUringEnter(ring, toSubmit, ...rest) {
      asked.entries += toSubmit;
      return library.ioUringEnter(ring, toSubmit, ...rest);
    },
  };
  return Object.assign(asked, { library: counted });
}

async function readAll(connection: Connection, length: number): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for (let left = length; left > 0; left -= read.at(-1)?.length ?? 0)
    read.push((await connection.read()) as Uint8Array);
  return Buffer.concat(read);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
