import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Errands } from "#lb/plane/errands";

test("a thread is held up until another has done all that it was told to do", async () => {
  const errands = new Errands();
  errands.begin();
  errands.begin();
  const worker = new Worker(
    `const { workerData: memory } = require("node:worker_threads");
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (const ms of [50, 50]) {
      Atomics.wait(pause, 0, 0, ms);
      Atomics.sub(memory, 0, 1);
      Atomics.notify(memory, 0);
    }`,
    { eval: true, workerData: errands.memory },
  );
  errands.settle();
  expect(errands.memory[0]).toBe(0);
  await worker.terminate();
});

test("one that never is done holds a thread up no longer than it says", () => {
  const errands = new Errands();
  errands.begin();
  errands.settle();
  expect(errands.memory[0]).toBe(1);
  errands.end();
  errands.settle();
});
