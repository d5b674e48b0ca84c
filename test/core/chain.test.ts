import fc from "fast-check";
import { expect, test } from "vitest";
import { Chain, type Chained } from "#lb/core/chain";

class Member implements Chained<Member> {
  chained = false;
  before: Member | undefined;
  after: Member | undefined;
  constructor(readonly name: number) {}
}

test("holds in the order of joining who came and has not left, through any coming and going", () => {
  const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 200 });
  fc.assert(
    fc.property(moves, (steps) => {
      const chain = new Chain<Member>();
      const members = Array.from({ length: 10 }, (_, name) => new Member(name));
      const expected = new Set<Member>();
      for (const [comes, name] of steps) {
        const member = members[name] as Member;
        if (!comes) chain.delete(member);
        else if (!expected.has(member)) chain.add(member);
        expected[comes ? "add" : "delete"](member);
        expect(chain.size).toBe(expected.size);
        expect(namesOf(chain)).toEqual(namesOf(expected));
      }
    }),
  );
});

test("lets each be deleted when it is read", () => {
  const chain = new Chain<Member>();
  for (let name = 0; name < 5; name++) chain.add(new Member(name));
  const read: number[] = [];
  for (const member of chain) {
    read.push(member.name);
    if (member.name !== 2) chain.delete(member);
  }
  expect(read).toEqual([0, 1, 2, 3, 4]);
  expect(namesOf(chain)).toEqual([2]);
});

test("whoever has left holds on to nobody", () => {
  const chain = new Chain<Member>();
  const members = [0, 1, 2].map((name) => new Member(name)) as [Member, Member, Member];
  for (const member of members) chain.add(member);
  chain.delete(members[1]);
  expect([members[1].before, members[1].after]).toEqual([undefined, undefined]);
});

function namesOf(members: Iterable<Member>): number[] {
  return Array.from(members, ({ name }) => name);
}
