import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { EpollEngine } from "#lb/transport/native/epoll";
import { Guest } from "#lb/transport/native/guest";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import type { Transport } from "#lb/transport/transport";
import { eventually } from "../support/eventually.ts";
import { lab } from "../support/lab.ts";
import { roughLibc } from "../support/rough-libc.ts";
import { transports } from "../support/transport.ts";
import { isPrefix, isSettled, type Walked, walk } from "../support/walker.ts";

const CONNECTIONS = 200;
const SEEDS = [1, 2, 3, 4];

describe.skipIf(libc() === undefined)("a random walk of 200 connections, with resets at every stage", () => {
  const library = libc() as Libc;
  const dice = seededDice(99);
  const rough = roughLibc(library, dice);
  const native = new NativeTransport(
    systemClock,
    rough,
    new Guest(rough, (told) => new EpollEngine(rough, told)).engine,
  );

  test.each(SEEDS)("is the same on sockets and on epoll, and leaves no descriptor, seed %i", async (seed) => {
    const onSockets = await walked(seed, transports.sockets(systemClock));
    const before = descriptors();
    const onEpoll = await walked(seed, native);
    await eventually(() => expect(descriptors()).toBeLessThanOrEqual(before));
    for (const [nth, expected] of onSockets.walked.entries()) {
      const { plan, ...saw } = onEpoll.walked[nth] as Walked;
      if (isSettled(plan))
        expect(saw, `connection ${nth}`).toEqual({ client: expected.client, backend: expected.backend });
      expect(isPrefix(saw.client, plan.down), `the client of connection ${nth}`).toBe(true);
      if (saw.backend !== undefined)
        expect(isPrefix(saw.backend, plan.up), `the backend of ${nth}`).toBe(true);
    }
    expect(tally(onEpoll.records)).toEqual(expect.objectContaining({ done: tally(onSockets.records).done }));
  });
});

function walked(seed: number, transport: Transport) {
  return walk(seed, CONNECTIONS, (server) => lab({ backends: [server.endpoint], transport }));
}

function tally(records: readonly { readonly ending: string }[]): Record<string, number> {
  const tallied: Record<string, number> = {};
  for (const { ending } of records) tallied[ending] = (tallied[ending] ?? 0) + 1;
  return tallied;
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
