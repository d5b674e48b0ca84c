import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { BoundedLog } from "#lb/observe/bounded-log";
import { ManualClock } from "../support/manual-clock.ts";

const LINE = `${"x".repeat(999)}\n`;

test("holds at most 1 MiB for a reader that stands still, and tells what was lost once it is back", async () => {
  const reader = new Reader();
  const log = new BoundedLog(reader, systemClock);
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
  const log = new BoundedLog(reader, systemClock);
  reader.resume();
  for (let i = 0; i < 5_000; i++) {
    log.write(LINE);
    if (i % 500 === 0) await new Promise(setImmediate);
  }
  await log.close();
  expect(reader.lines).toBe(5_000);
});

test("hands over in one piece what is written together, and counts of it what is too much", () => {
  const pieces: string[][] = [];
  const out = new Writable({
    decodeStrings: false,
    writev: (chunks) => pieces.push(chunks.map((each) => each.chunk as string)),
  });
  const log = new BoundedLog(out, systemClock);
  log.together(() => {
    for (const line of ["one\n", "two\n", "three\n"]) log.write(line);
  });
  expect(pieces).toEqual([["one\n", "two\n", "three\n"]]);
  log.together(() => {
    for (let i = 0; i < 5_000; i++) log.write(LINE);
  });
  expect(out.writableLength).toBeLessThanOrEqual(1024 * 1024);
  expect(log.lost).toBeGreaterThan(3_900);
});

test("a throw amid what is written together keeps nothing back", () => {
  const disk = new Disk();
  const log = new BoundedLog(disk, systemClock);
  const failing = () => {
    log.write("one\n");
    throw new Error("amid");
  };
  expect(() => log.together(failing)).toThrow("amid");
  log.write("two\n");
  expect(disk.lines).toEqual(["one\n", "two\n"]);
});

test("writes nothing to a reader that is gone, and closes at once, which it tells once", async () => {
  const reader = new Reader();
  const log = new BoundedLog(reader, systemClock);
  let gone = 0;
  log.onGone = () => {
    gone += 1;
  };
  reader.destroy(broken("EPIPE"));
  await new Promise(setImmediate);
  reader.emit("error", broken("EPIPE"));
  log.write(LINE);
  await log.close();
  expect(gone).toBe(1);
  expect(reader.writableLength).toBe(0);
});

test.each(["ENOSPC", "EDQUOT", "EIO", "EAGAIN"])(
  "drops what cannot be written (%s), tries again each second, and tells how many were lost once it can be",
  async (code) => {
    const [disk, clock] = [new Disk(), new ManualClock()];
    const log = new BoundedLog(disk, clock);
    const told: unknown[] = [];
    log.onFull = (error) => told.push((error as NodeJS.ErrnoException).code);
    log.onGone = () => told.push("gone");
    log.onBack = (dropped) => log.write(`lost ${dropped}\n`);
    log.write("one\n");
    disk.fails = code;
    log.write("two\n");
    log.write("three\n");
    await clock.run(2_000);
    expect(disk.tries).toBe(4);
    log.write("four\n");
    disk.fails = undefined;
    await clock.run(1_000);
    log.write("five\n");
    expect(disk.lines).toEqual(["one\n", "lost 3\n", "five\n"]);
    expect(told).toEqual([code]);
    disk.fails = code;
    log.write("six\n");
    expect(told).toEqual([code, code]);
  },
);

/** Takes lines unless it fails, as a file does that is written at once. */
class Disk extends Writable {
  readonly lines: string[] = [];
  tries = 0;
  fails: string | undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(line: string, _encoding: BufferEncoding, done: () => void): void {
    this.tries += 1;
    if (this.fails === undefined) this.lines.push(line);
    else this.emit("error", broken(this.fails));
    done();
  }
}

function broken(code: string): Error {
  return Object.assign(new Error(code), { code });
}

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
