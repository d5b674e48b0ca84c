import { expect } from "vitest";
import { seededDice } from "#lb/core/dice";
import { Answerer } from "#lb/plane/answerer";
import { LocalPlane } from "#lb/plane/local";
import type { Port } from "#lb/plane/messages";
import type { Plane } from "#lb/plane/plane";
import { RemotePlane } from "#lb/plane/remote";
import { ManualClock } from "../support/manual-clock.ts";
import { testTransport } from "../support/transport.ts";
import type { OpenPlane } from "./contract.ts";

/** A plane in this thread whose time is turned by hand; `across`: what stands between. */
export function localPlane(across = (plane: LocalPlane): Plane => plane): OpenPlane {
  const clock = new ManualClock();
  const transport = testTransport(clock);
  const plane = across(new LocalPlane({ transport: () => transport, clock, dice: seededDice(1) }));
  return { plane, inTime: (work) => turning(clock, work), async [Symbol.asyncDispose]() {} };
}

/** A plane at the other end of a channel in this thread. What crosses is a copy, and has to be the same as what it is of. */
export function overChannel(plane: Plane): RemotePlane {
  const remote = new RemotePlane(end((message) => answerer.hear(message as never)));
  const answerer = new Answerer(
    end((message) => remote.hear(message as never)),
    plane,
  );
  return remote;
}

function end(hear: (message: unknown) => void): Port {
  return {
    postMessage(message) {
      const copy = copied(message);
      setImmediate(() => hear(copy));
    },
  };
}

/** Throws where a value has something in it that is no plain data. */
function copied<T>(value: T): T {
  const copy = structuredClone(value);
  expect(copy).toStrictEqual(value);
  return copy;
}

async function turning<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let over = false;
  const worked = work.finally(() => {
    over = true;
  });
  while (!over) await clock.run(100);
  return worked;
}
