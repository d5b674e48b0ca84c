import { afterAll, describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import { Buffers, type Hungry } from "#lb/transport/native/uring-buffers";
import { Ring } from "#lb/transport/native/uring-ring";
import { byUring, uringAbsence } from "../../support/engines.ts";

describe.skipIf(uringAbsence !== undefined)(`buffers ${byUring}`, () => {
  const ring = new Ring(libc() as Libc, { entries: 8, completions: 16 });
  afterAll(() => ring.close());
  let groups = 0;
  const two = () => new Buffers(ring, groups++, { count: 2, bytes: 64 });

  test("what waits for one is fed when one comes back, the first first, and each buffer feeds one", () => {
    const buffers = two();
    const [one, other] = [buffers.take(0, 10), buffers.take(1, 10)];
    const fed: string[] = [];
    for (const name of ["first", "second", "third"]) buffers.starve(hungry(name, fed));
    one.release();
    expect(fed).toEqual(["first"]);
    const again = buffers.take(0, 10);
    other.release();
    expect(fed).toEqual(["first", "second"]);
    again.release();
    expect(fed).toEqual(["first", "second", "third"]);
  });

  test("once all are back nobody waits, though what was fed may not have used its own", () => {
    const buffers = two();
    const only = buffers.take(0, 10);
    const fed: string[] = [];
    for (const name of ["first", "second"]) buffers.starve(hungry(name, fed));
    only.release();
    expect(fed).toEqual(["first", "second"]);
    buffers.starve(hungry("late", fed));
    expect(fed).toEqual(["first", "second", "late"]);
  });

  test("what has left is not fed", () => {
    const buffers = two();
    const only = buffers.take(0, 10);
    const fed: string[] = [];
    const gone = hungry("gone", fed);
    buffers.starve(gone);
    buffers.leave(gone);
    only.release();
    expect(fed).toEqual([]);
  });

  test("one comes back when the last that holds it lets it go", () => {
    const buffers = two();
    const lent = buffers.take(1, 10);
    lent.hold();
    const fed: string[] = [];
    buffers.starve(hungry("waiting", fed));
    lent.release();
    expect(fed).toEqual([]);
    lent.release();
    expect(fed).toEqual(["waiting"]);
  });

  test("each shows as many bytes as it was filled with, and none of another", () => {
    const buffers = two();
    const [one, other] = [buffers.take(0, 64), buffers.take(1, 3)];
    one.view().fill(1);
    other.view().fill(2);
    expect([one.view(62), other.view(1), [...new Set(one.view())]]).toEqual([
      Buffer.from([1, 1]),
      Buffer.from([2, 2]),
      [1],
    ]);
    expect(Math.abs(one.address - other.address)).toBeGreaterThanOrEqual(64);
  });
});

function hungry(name: string, fed: string[]): Hungry {
  return { feed: () => fed.push(name) };
}
