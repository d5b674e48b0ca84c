import { expect, test } from "vitest";
import { Deferred } from "#lb/core/deferred";
import { Group } from "#lb/store/group";
import { type Keep, StoreConflict } from "#lb/store/store";
import { backend, client } from "./contract.ts";

test("a call that waits for its write fails alone when another balancer was before it, and so does one whose write finds that", async () => {
  const first = new Deferred<void>();
  const written: (readonly Keep[])[] = [];
  const group = new Group({
    bounds: [],
    write: async (changes) => {
      written.push(changes);
      if (written.length === 1) await first.promise;
      if (changes.some(({ key }) => key === "late")) throw new StoreConflict(["late"]);
    },
  });
  const saves = [[client("a", 1)], [client("a", 2), client("b", 2)], [client("c", 2)], [client("late", 2)]];
  const results = [group.save(saves[0] as Keep[])];
  await Promise.resolve();
  await Promise.resolve();
  results.push(...saves.slice(1).map((changes) => group.save(changes)), group.save([backend("b", 3)]));
  group.overtaken(new StoreConflict(["b"]));
  first.resolve();
  const statuses = (await Promise.allSettled(results)).map(({ status }) => status);
  expect(statuses).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(written.map((changes) => changes.map(({ key }) => key))).toEqual([
    ["a"],
    ["c", "late", "b"],
    ["c", "b"],
  ]);
});
