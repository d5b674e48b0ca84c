import { describe, expect, test } from "vitest";
import { EpollEngine } from "#lb/transport/native/epoll";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { TCP_NODELAY } from "#lb/transport/native/linux";
import { UringEngine } from "#lb/transport/native/uring";
import { enginesHere } from "../../support/engines.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { backend } from "../../support/peer.ts";
import { Turning } from "../../support/turning.ts";

describe.each(enginesHere)("by %s", (name) => {
  test.each<[string, number[], number]>([
    ["one small write", [512], 0],
    ["a write behind another", [4, 4, 4], 1],
    ["a write of two segments, perhaps", [513], 1],
  ])("a dialled socket is told to hold nothing back where it could: %s", async (_, writes, times) => {
    const library = libc() as Libc;
    let told = 0;
    const watched: Libc = {
      ...library,
      setOption(descriptor, level, option, value) {
        if (option === TCP_NODELAY) told += 1;
        return library.setOption(descriptor, level, option, value);
      },
    };
    const Made = name === "epoll" ? EpollEngine : UringEngine;
    const { engine } = new Turning((events) => new Made(watched, events));
    const transport = new NativeTransport(new ManualClock(), watched, engine);
    await using server = await backend();
    const { connection } = transport.dial(server.endpoint, { timeoutMs: 5_000 });
    const dialled = await connection;
    for (const length of writes) await dialled.write(Buffer.alloc(length));
    expect(told).toBe(times);
    dialled.reset();
    await dialled.closed;
  });
});
