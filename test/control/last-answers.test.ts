import { expect, test } from "vitest";
import type { PoolSample, Sample } from "#lb/contract/sample";
import { LastAnswers } from "#lb/control/last-answers";
import type { Endpoint } from "#lb/core/address";
import type { Plane } from "#lb/plane/plane";
import { ManualClock } from "../support/manual-clock.ts";

const ENDPOINT: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 80 };
const TARGET = { pool: "p", endpoint: ENDPOINT };

test("one sample serves all that ask within 100 ms, and its numbers grow older meanwhile", async () => {
  const { answers, clock, taken } = asked(0);
  expect(await Promise.all([answers.agoMs(TARGET), answers.agoMs(TARGET)])).toEqual([500, 500]);
  clock.advance(99);
  expect(await answers.agoMs(TARGET)).toBe(599);
  expect(taken()).toBe(1);
  clock.advance(1);
  expect(await answers.agoMs(TARGET)).toBe(500);
  expect(taken()).toBe(2);
});

test("a sample that takes long is used twenty times as long, and while it is taken there is no other", async () => {
  const { answers, clock, taken } = asked(50);
  const both = [answers.agoMs(TARGET), answers.agoMs(TARGET)];
  await clock.run(200);
  expect(await Promise.all(both)).toEqual([550, 550]);
  clock.advance(799);
  await answers.agoMs(TARGET);
  expect(taken()).toBe(1);
  clock.advance(1);
  const third = answers.agoMs(TARGET);
  await clock.run(50);
  await third;
  expect(taken()).toBe(2);
});

test("of a backend that has answered nothing, and where there is no sample, it is for ever", async () => {
  const { answers } = asked(0);
  expect(await answers.agoMs({ ...TARGET, pool: "q" })).toBe(Infinity);
  const sample = () => Promise.reject(new Error("none"));
  expect(await new LastAnswers({ sample } as unknown as Plane, new ManualClock()).agoMs(TARGET)).toBe(
    Infinity,
  );
});

/** A plane whose one backend answered 500 ms before each sample, which takes so long. */
function asked(sampleMs: number) {
  const clock = new ManualClock();
  let taken = 0;
  const sample = async (): Promise<Sample> => {
    taken += 1;
    if (sampleMs > 0) await new Promise<void>((resolve) => clock.after(sampleMs, resolve));
    const backends = [{ address: "127.0.0.1:80", answeredAgoMs: 500 }];
    return { listeners: [], pools: [{ name: "p", backends } as unknown as PoolSample] };
  };
  return { answers: new LastAnswers({ sample } as Plane, clock), clock, taken: () => taken };
}
