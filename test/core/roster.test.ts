import fc from "fast-check";
import { expect, test } from "vitest";
import { Roster } from "#lb/core/roster";

class Member {
  seat = -1;
  constructor(readonly name: number) {}
}

test("holds who came and has not left, each once, through any coming and going", () => {
  const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 200 });
  fc.assert(
    fc.property(moves, (steps) => {
      const roster = new Roster<Member>();
      const members = Array.from({ length: 10 }, (_, name) => new Member(name));
      const expected = new Set<Member>();
      for (const [comes, name] of steps) {
        const member = members[name] as Member;
        if (!comes) roster.delete(member);
        else if (!expected.has(member)) roster.add(member);
        expected[comes ? "add" : "delete"](member);
        expect(roster.size).toBe(expected.size);
        expect(new Set(roster)).toEqual(expected);
      }
    }),
  );
});

test("shows nobody who left while it was read", () => {
  const roster = new Roster<Member>();
  const members = [0, 1, 2, 3].map((name) => new Member(name));
  for (const member of members) roster.add(member);
  const seen: number[] = [];
  for (const { name } of roster) {
    seen.push(name);
    roster.delete(members[0] as Member);
    roster.delete(members[2] as Member);
  }
  expect(seen).toEqual([0, 1, 3]);
});
