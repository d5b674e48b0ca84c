import { expect, test } from "vitest";
import { Scarcity } from "#lb/transport/native/uring-scarcity";

test("descriptors are scarce from where a burst at each listening socket would take the last of them", () => {
  const scarcity = new Scarcity({ mostDescriptors: () => 20_000 });
  const first: number[] = [];
  const one = { consider: (descriptor: number) => void first.push(descriptor) };
  const other = { consider() {} };
  scarcity.add(one, 20);
  expect([scarcity.isAt(11_807), scarcity.isAt(11_808)]).toEqual([false, true]);
  scarcity.add(other, 21);
  expect([scarcity.isAt(3_615), scarcity.isAt(3_616)]).toEqual([false, true]);
  // What is enough for one may be too little for two.
  expect(first).toEqual([20, 21]);
  scarcity.delete(other);
  expect(scarcity.isAt(11_807)).toBe(false);
});
