import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import type { Engine } from "#lb/transport/native/engine";
import { EpollEngine } from "#lb/transport/native/epoll";
import { Guest } from "#lb/transport/native/guest";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { UringEngine } from "#lb/transport/native/uring";
import type { Transport } from "#lb/transport/transport";
import { byUring, uringAbsence } from "../support/engines.ts";
import { eventually } from "../support/eventually.ts";
import { lab } from "../support/lab.ts";
import { seeds } from "../support/long.ts";
import { roughLibc } from "../support/rough-libc.ts";
import { transports } from "../support/transport.ts";
import { Turning } from "../support/turning.ts";
import { isPrefix, isSettled, type Walked, walk } from "../support/walker.ts";

const CONNECTIONS = 200;

const library = libc() as Libc;

describe.skipIf(libc() === undefined)("by epoll", () => {
  sameAsSockets((rough) => new Guest(rough, (told) => new EpollEngine(rough, told)).engine);
});

describe.skipIf(uringAbsence !== undefined)(byUring, () => {
  sameAsSockets((rough) => new Turning((told) => new UringEngine(rough, told)).engine);
});

/** Over the engine that is made with a C library on a bad day. */
function sameAsSockets(make: (rough: Libc) => Engine): void {
  test.each(seeds(2))(
    "a random walk of 200 connections, with resets at every stage, is the same as on sockets, and leaves no descriptor, seed %i",
    async (seed) => {
      const rough = roughLibc(library, seededDice(seed));
      const native = new NativeTransport(systemClock, rough, make(rough));
      const onSockets = await walked(seed, transports.sockets(systemClock));
      const before = descriptors();
      const onEngine = await walked(seed, native);
      await eventually(() => expect(descriptors()).toBeLessThanOrEqual(before));
      for (const [nth, expected] of onSockets.walked.entries()) {
        const { plan, ...saw } = onEngine.walked[nth] as Walked;
        if (isSettled(plan))
          expect(saw, `connection ${nth}`).toEqual({ client: expected.client, backend: expected.backend });
        expect(isPrefix(saw.client, plan.down), `the client of connection ${nth}`).toBe(true);
        if (saw.backend !== undefined)
          expect(isPrefix(saw.backend, plan.up), `the backend of ${nth}`).toBe(true);
      }
      const { done } = tally(onSockets.records);
      expect(tally(onEngine.records)).toEqual(expect.objectContaining({ done }));
    },
  );
}

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
