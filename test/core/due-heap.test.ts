import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, DueHeap } from "#lb/core/due-heap";

class Member implements Due {
  seat = -1;
  turn = -1;
  constructor(
    readonly name: number,
    readonly atMs: number,
  ) {}
}

test("gives what is there in order of time, then of coming, through any coming and going", () => {
  const move = fc.oneof(
    // More come than go: only in a high heap does a member that fills a gap rise.
    { weight: 3, arbitrary: fc.record({ atMs: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ nth: fc.nat(200) }) },
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 200, size: "max" }), (moves) => {
      const heap = new DueHeap<Member>();
      const all: Member[] = [];
      let expected: Member[] = [];
      for (const each of moves) {
        if ("atMs" in each) {
          const member = new Member(all.length, each.atMs);
          all.push(member);
          heap.add(member);
          expected.push(member);
          expected.sort((one, other) => one.atMs - other.atMs || one.name - other.name);
        } else if (all.length > 0) {
          const member = all[each.nth % all.length] as Member;
          heap.delete(member);
          expected = expected.filter((other) => other !== member);
        }
        expect(heap.first).toBe(expected[0]);
      }
      expect([...emptied(heap)]).toEqual(expected);
    }),
  );
});

test("takes in again what has left", () => {
  const heap = new DueHeap<Member>();
  const [early, late] = [new Member(0, 1), new Member(1, 2)];
  for (const member of [late, early]) heap.add(member);
  heap.delete(early);
  heap.delete(early);
  expect(heap.first).toBe(late);
  heap.add(early);
  expect([...emptied(heap)]).toEqual([early, late]);
});

function* emptied(heap: DueHeap<Member>): Generator<Member> {
  for (let { first } = heap; first !== undefined; { first } = heap) {
    heap.delete(first);
    yield first;
  }
}
