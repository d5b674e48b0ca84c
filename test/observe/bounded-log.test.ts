import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { BoundedLog } from "#lb/observe/bounded-log";

const LINE = `${"x".repeat(999)}\n`;

test("holds at most 1 MiB for a reader that stands still, and tells what was lost once it is back", async () => {
  const reader = new Reader();
  const log = new BoundedLog(reader);
  const back = new Promise<number>((resolve) => {
    log.onBack = resolve;
  });
  for (let i = 0; i < 5_000; i++) log.write(LINE);
  expect(reader.writableLength).toBeLessThanOrEqual(1024 * 1024);
  reader.resume();
  expect((await back) + reader.lines).toBe(5_000);
});

test("loses nothing while the reader reads", async () => {
  const reader = new Reader();
  const log = new BoundedLog(reader);
  reader.resume();
  for (let i = 0; i < 5_000; i++) {
    log.write(LINE);
    if (i % 500 === 0) await new Promise(setImmediate);
  }
  await log.close();
  expect(reader.lines).toBe(5_000);
});

test("writes nothing to a reader that is gone, and closes at once, which it tells once", async () => {
  const reader = new Reader();
  const log = new BoundedLog(reader);
  let gone = 0;
  log.onGone = () => {
    gone += 1;
  };
  reader.destroy(new Error("EPIPE"));
  await new Promise(setImmediate);
  reader.emit("error", new Error("EPIPE"));
  log.write(LINE);
  await log.close();
  expect(gone).toBe(1);
  expect(reader.writableLength).toBe(0);
});

/** Takes lines when it is told to. */
class Reader extends Writable {
  lines = 0;
  #reading = false;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  resume(): void {
    this.#reading = true;
    this.#waiting?.();
  }

  override _write(line: string, _encoding: BufferEncoding, done: () => void): void {
    const take = () => {
      if (line !== "") this.lines += 1;
      queueMicrotask(done);
    };
    if (this.#reading) take();
    else this.#waiting = take;
  }
}
