import { describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import {
  EAGAIN,
  EBADF,
  ECANCELED,
  EINTR,
  ENOENT,
  POLLIN,
  SOCK_NONBLOCK_CLOEXEC,
} from "#lb/transport/native/linux";
import { NOTHING, POLL } from "#lb/transport/native/uring-abi";
import { closeRing, openRing } from "#lb/transport/native/uring-opening";
import { Ring } from "#lb/transport/native/uring-ring";
import { byUring, uringAbsence } from "../../support/engines.ts";

const SMALL = { entries: 8, completions: 16 };
const MANY = 200;

describe.skipIf(uringAbsence !== undefined)(`a ring ${byUring}`, () => {
  const library = libc() as Libc;

  test("is as large as the kernel makes it, which rounds up", () => {
    const open = openRing(library, { entries: 5, completions: 9 });
    expect(open).toMatchObject({ entries: 8, completions: 16 });
    closeRing(library, open);
  });

  test("tells of each entry with the words that it had, in their order", () => {
    using ring = ringOf(library);
    for (let nth = 0; nth < 5; nth++) ring.push(NOTHING, -1, 0, 0, 0, -nth, 2 ** 31 - 1 - nth);
    expect(ring.pending).toBe(5);
    ring.flush();
    expect([ring.pending, ring.told()]).toEqual([
      0,
      [0, 1, 2, 3, 4].map((nth) => ({ low: 0 - nth, high: 2 ** 31 - 1 - nth, result: 0 })),
    ]);
  });

  test("has the kernel take what does not fit into the queue, and loses no completion for which there is no room", () => {
    using ring = ringOf(library);
    for (let nth = 0; nth < MANY; nth++) ring.push(NOTHING, -1, 0, 0, 0, nth, 1);
    const told: number[] = [];
    while (told.length < MANY) {
      ring.wait();
      told.push(...ring.told().map(({ low }) => low));
    }
    expect(told).toEqual(Array.from({ length: MANY }, (_, nth) => nth));
  });

  test("tells first of what is wanted first, of the rest in its order, and of none twice", () => {
    using ring = ringOf(library);
    for (const [low, high] of [
      [1, 7],
      [2, 8],
      [3, 7],
      [4, 8],
    ] as const)
      ring.push(NOTHING, -1, 0, 0, 0, low, high);
    ring.flush();
    const first: number[] = [];
    expect(
      ring.reapFirst(
        (high) => high === 8,
        (low) => first.push(low),
      ),
    ).toBe(2);
    expect([first, ring.told().map(({ low, high }) => [low, high])]).toEqual([
      [2, 4],
      [
        [1, 7],
        [0, 0],
        [3, 7],
        [0, 0],
      ],
    ]);
  });

  test("takes entries while it tells of completions", () => {
    using ring = ringOf(library);
    let told = 0;
    ring.push(NOTHING, -1, 0, 0, 0, 0, 1);
    while (told < MANY) {
      ring.wait();
      ring.reap(() => {
        told += 1;
        if (told + ring.pending < MANY)
          for (let nth = 0; nth < 3; nth++) ring.push(NOTHING, -1, 0, 0, 0, 0, 1);
      });
    }
    expect(told).toBeGreaterThanOrEqual(MANY);
  });

  test("ends an operation that is under way, and tells of a cancel only where there was none", () => {
    using ring = ringOf(library);
    const ends = library.memory(8);
    library.pipe2(ends.address, SOCK_NONBLOCK_CLOEXEC);
    const [reading, writing] = [...ends.words] as [number, number];
    ring.push(POLL, reading, 0, 0, POLLIN, reading, 3);
    ring.cancel(reading, 3);
    ring.wait();
    expect(ring.told()).toEqual([{ low: reading, high: 3, result: -ECANCELED }]);
    ring.cancel(reading, 3);
    ring.wait();
    expect(ring.told()).toEqual([{ low: 0, high: 0, result: -ENOENT }]);
    for (const each of [reading, writing]) library.close(each);
  });

  test("gives each entry a place of its own, until the kernel has taken it", () => {
    using ring = ringOf(library);
    const places = Array.from({ length: SMALL.entries }, (_, nth) => {
      const place = ring.place(Buffer.alloc(128, nth));
      ring.push(NOTHING, -1, 0, 0, 0, 0, 1);
      return place;
    });
    const sorted = places.toSorted((one, other) => one - other);
    expect(sorted.slice(1).map((place, nth) => place - (sorted[nth] as number))).toEqual(
      Array(SMALL.entries - 1).fill(128),
    );
  });

  test("goes on behind a signal, and with what the kernel could not take for want of memory", () => {
    let failures = 0;
    const interrupted = failing(() => (failures++ < 2 ? EINTR : 0));
    using ring = ringOf(interrupted);
    ring.push(NOTHING, -1, 0, 0, 0, 7, 1);
    for (let nth = 0; nth < 2; nth++) {
      ring.wait();
      expect([ring.pending, ring.told()]).toEqual([1, []]);
    }
    ring.wait();
    expect([ring.pending, ring.told()]).toEqual([0, [{ low: 7, high: 1, result: 0 }]]);
  });

  test.each([EAGAIN, EINTR])(
    "has the kernel take a full queue in a later attempt where one fails by error %i",
    (errno) => {
      let failures = 0;
      using ring = ringOf(failing(() => (failures++ < 3 ? errno : 0)));
      for (let nth = 0; nth <= SMALL.entries; nth++) ring.push(NOTHING, -1, 0, 0, 0, nth, 1);
      expect([failures, ring.pending]).toEqual([4, 1]);
      expect(ring.told()).toHaveLength(SMALL.entries);
    },
  );

  test("throws where it does not work any more", () => {
    using ring = ringOf(failing(() => EBADF));
    expect(() => ring.flush()).toThrow("io_uring_enter: EBADF");
    using full = ringOf(failing(() => EINTR));
    for (let nth = 0; nth < SMALL.entries; nth++) full.push(NOTHING, -1, 0, 0, 0, 0, 1);
    expect(() => full.push(NOTHING, -1, 0, 0, 0, 0, 1)).toThrow("takes no entry");
  });

  /** Whose io_uring_enter fails as long as `errno` is not 0. */
  function failing(errno: () => number): Libc {
    let failed = 0;
    return {
      ...library,
      ioUringEnter(...args) {
        failed = errno();
        return failed === 0 ? library.ioUringEnter(...args) : -1;
      },
      errno: () => failed || library.errno(),
    };
  }
});

/** A small ring that is closed at the end, and lists what it tells. */
function ringOf(library: Libc) {
  const ring = new Ring(library, SMALL);
  return Object.assign(ring, {
    told() {
      const told: { low: number; high: number; result: number }[] = [];
      ring.reap((low, high, result) => told.push({ low, high, result }));
      return told;
    },
    [Symbol.dispose]: () => ring.close(),
  });
}
