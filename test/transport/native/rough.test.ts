import { existsSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { EpollEngine } from "#lb/transport/native/epoll";
import { Guest } from "#lb/transport/native/guest";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc, type Memory } from "#lb/transport/native/libc";
import { EMFILE, ENOSPC, SOL_SOCKET } from "#lb/transport/native/linux";
import type { Connection } from "#lb/transport/transport";
import { enginesHere } from "../../support/engines.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { pair } from "../../support/pair.ts";
import { backend, dialPeer } from "../../support/peer.ts";

const ANY: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };
const MSG_OOB = 1;
const SCM_RIGHTS = 1;

/** Sends a text, and along with it a descriptor, as sendmsg(2) and cmsg(3) have it. */
function sendWithDescriptor(library: Libc, fd: number, text: string, descriptor: number): void {
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const [message, vector, control, bytes] = [56, 16, 24, 64].map(library.memory) as [
    Memory,
    Memory,
    Memory,
    Memory,
  ];
  bytes.bytes.write(text);
  for (const [nth, word] of [bytes.address, text.length].entries())
    vector.bytes.writeBigUInt64LE(BigInt(word), 8 * nth);
  control.bytes.writeBigUInt64LE(20n, 0);
  for (const [nth, word] of [SOL_SOCKET, SCM_RIGHTS, descriptor].entries()) control.words[2 + nth] = word;
  for (const [nth, word] of [0, 0, vector.address, 1, control.address, 24].entries())
    message.bytes.writeBigUInt64LE(BigInt(word), 8 * nth);
  const sendmsg = koffi.load(null).func("long sendmsg(int, long, int)");
  expect(sendmsg(fd, message.address, 0)).toBe(text.length);
}

describe.each(enginesHere)("by %s", (name) => {
  const library = libc() as Libc;

  test("what comes behind an urgent byte, at which a read stops, is received too", async () => {
    await using ends = await pair("tcp", new ManualClock(), name);
    const { fd } = (ends.peer.socket as Socket & { _handle: { fd: number } })._handle;
    const memory = library.memory(16);
    memory.bytes.write("before!behind");
    library.send(fd, memory.address, 6, 0);
    library.send(fd, memory.address + 6, 1, MSG_OOB);
    library.send(fd, memory.address + 7, 6, 0);
    let received = "";
    while (received.length < 12) received += Buffer.from((await ends.connection.read()) as Uint8Array);
    expect(received).toBe("beforebehind");
  });

  test("what comes behind a descriptor, at which a read of a unix socket stops, is received too", async () => {
    await using ends = await pair("unix", new ManualClock(), name);
    const { fd } = (ends.peer.socket as Socket & { _handle: { fd: number } })._handle;
    sendWithDescriptor(library, fd, "before", fd);
    const memory = library.memory(6);
    memory.bytes.write("behind");
    library.send(fd, memory.address, 6, 0);
    let received = "";
    while (received.length < 12) received += Buffer.from((await ends.connection.read()) as Uint8Array);
    expect(received).toBe("beforebehind");
  });
});

describe.skipIf(libc() === undefined)("by epoll", () => {
  const library = libc() as Libc;

  test("a client for whom no descriptor is left is closed, and the next one is served", async () => {
    await using world = await listening(1);
    const refused = await dialPeer(world.endpoint);
    expect(await refused.outcome()).toBe("end");
    refused.reset();
    const client = await dialPeer(world.endpoint);
    await eventually(() => expect(world.accepted).toHaveLength(1));
    client.reset();
  });

  test("a listener that can accept nobody, not even to close it, rests for 100 ms", async () => {
    await using world = await listening(2);
    const client = await dialPeer(world.endpoint);
    await eventually(() => expect(world.clock.timers).toBe(1));
    const calls = world.calls();
    for (let turns = 0; turns < 20; turns++) await turn();
    expect([world.calls(), world.accepted]).toEqual([calls, []]);
    world.clock.advance(100);
    await eventually(() => expect(world.accepted).toHaveLength(1));
    client.reset();
  });

  test("where the kernel watches no more descriptors, listening fails, and a dial does for our own want", async () => {
    let isRefused = false;
    const full: Libc = {
      ...library,
      connect(...args) {
        isRefused = false;
        return library.connect(...args);
      },
      epollCtl() {
        isRefused = true;
        return -1;
      },
      errno: () => (isRefused ? ENOSPC : library.errno()),
    };
    const engine = new EpollEngine(full, {
      due() {},
      woke() {},
      occupied() {},
      opened() {},
      defect() {},
    });
    const transport = new NativeTransport(new ManualClock(), full, engine);
    await expect(transport.listen(ANY, () => {})).rejects.toMatchObject({ code: "ENOSPC" });
    const path = join(mkdtempSync(join(tmpdir(), "rough-")), "s");
    await expect(transport.listen({ kind: "unix", path }, () => {})).rejects.toMatchObject({
      code: "ENOSPC",
    });
    expect(existsSync(path)).toBe(false);
    expect(() => engine.watch(0, () => {})).toThrow("epoll_ctl: ENOSPC");
    await using server = await backend();
    const dialling = transport.dial(server.endpoint, { timeoutMs: 1_000 });
    engine.step(0);
    await expect(dialling.connection).rejects.toMatchObject({ failure: "local", code: "ENOSPC" });
  });

  /** A listener whose first so many calls of accept4 find no descriptor. */
  async function listening(failures: number) {
    const clock = new ManualClock();
    const accepted: Connection[] = [];
    let calls = 0;
    let failed = false;
    const scarce: Libc = {
      ...library,
      accept4(...args) {
        calls += 1;
        failed = calls <= failures;
        return failed ? -1 : library.accept4(...args);
      },
      errno: () => (failed ? EMFILE : library.errno()),
    };
    const { engine } = new Guest(scarce, (told) => new EpollEngine(scarce, told));
    const transport = new NativeTransport(clock, scarce, engine);
    const socket = await transport.listen(ANY, (connection) => accepted.push(connection));
    return {
      clock,
      accepted,
      endpoint: socket.endpoint,
      calls: () => calls,
      async [Symbol.asyncDispose]() {
        for (const connection of accepted) connection.reset();
        await socket.close("now");
      },
    };
  }
});
