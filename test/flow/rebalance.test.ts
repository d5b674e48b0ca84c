import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { politeFleet } from "../support/fleet.ts";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("moves old sessions off the backends that have more than their fair share, to where there is room", async () => {
  const clock = new ManualClock();
  await using servers = await politeFleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "least-connections", clock });
  await balancer.set("b", { state: "drain" });
  for (let n = 0; n < 10; n++) await balancer.served();
  await balancer.set("b", { state: "ready" });
  const order = { kind: "rebalance", pool: "main", share: 1, withinMs: 0 } as const;
  expect(await balancer.plane.order(order)).toBe("done");
  expect(balancer.records).toEqual([]);
  clock.advance(60_000);
  expect(await balancer.plane.order({ ...order, pool: "q" })).toBe("not-found");
  await balancer.plane.order(order);
  const ended = () => balancer.clients.filter(({ socket }) => socket.readableEnded);
  await eventually(() => expect(ended()).toHaveLength(5));
  for (const client of ended()) client.finish();
  const records = await balancer.ended(5);
  expect(records.map(({ ending, backend }) => [ending, backend])).toEqual(Array(5).fill(["rebalanced", "a"]));
  await balancer.leased(5);
  for (let n = 0; n < 5; n++) await balancer.served();
  expect(await balancer.numbers("active")).toEqual({ a: 5, b: 5 });
});
