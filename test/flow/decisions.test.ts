import { expect, test } from "vitest";
import type { Decision } from "#lb/contract/decision";
import { refusing } from "../support/dead-ends.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend } from "../support/peer.ts";

test("tells why each session got its backend, dial by dial, the latest first", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a", "b");
  const backends = [{ name: "dead", endpoint: dead.endpoint }, ...servers.members];
  await using balancer = await lab({ backends, algorithm: "first" });
  expect(await latest(balancer, 10)).toEqual([]);
  await balancer.set("b", { state: "drain" });
  await balancer.served1by1(1);
  const [record] = await balancer.ended(1);
  const common = {
    session: record?.id,
    client: "127.0.0.1",
    pool: "main",
    algorithm: "first",
    how: "ranked",
  };
  expect(await latest(balancer, 10)).toMatchObject([
    {
      ...common,
      chosen: "a",
      candidates: [
        { backend: "a", active: 0 },
        { backend: "dead", passedOver: "tried" },
        { backend: "b", passedOver: "draining" },
      ],
    },
    {
      ...common,
      chosen: "dead",
      candidates: [
        { backend: "dead", active: 0 },
        { backend: "b", passedOver: "draining" },
        { backend: "a", passedOver: "ranked-lower" },
      ],
    },
  ]);
  expect(await latest(balancer, 1)).toHaveLength(1);
});

test("tells of a session that waited that it was queued, and of one that waited in vain", async () => {
  const clock = new ManualClock();
  await using server = await backend((peer) => peer.send("a"));
  const backends = [{ name: "a", endpoint: server.endpoint, maxConnections: 1 }];
  await using balancer = await lab({ backends, clock });
  await latest(balancer, 0);
  const first = await balancer.served();
  const waiting = await balancer.client();
  await balancer.queued(1);
  first.client.reset();
  await waiting.bytes(1);
  const vain = await balancer.client();
  await balancer.queued(1);
  await clock.run(5_000);
  expect(await vain.outcome()).toBe("end");
  const decisions = await latest(balancer, 10);
  expect(decisions.map(({ how, chosen }) => [how, chosen])).toEqual([
    ["queue-timeout", null],
    ["queued", "a"],
    ["ranked", "a"],
  ]);
});

test("records none unless it was asked within the last minute", async () => {
  const clock = new ManualClock();
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members, clock });
  await balancer.served1by1(1);
  expect(await latest(balancer, 10)).toEqual([]);
  await balancer.served1by1(1);
  await clock.run(60_000);
  await balancer.served1by1(1);
  expect(await latest(balancer, 10)).toHaveLength(1);
});

test("finds the decisions of one session, and says why there are none", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  await balancer.served1by1(1);
  const { plane, records } = balancer;
  const asked = (session: string) => plane.decisions({ limit: 10, session });
  const id = records[0]?.id as string;
  expect(await asked(id)).toMatchObject({ decisions: [], recording: "off", unrecorded: "off" });
  expect(await asked(id)).toMatchObject({ decisions: [], recording: "asked", unrecorded: "before" });
  await balancer.served1by1(2);
  const [, second] = records;
  const log = await asked(second?.id as string);
  expect(log.decisions).toMatchObject([{ session: second?.id, chosen: "a" }]);
  for (const session of ["zz", "-1", "no id", ""])
    expect(await asked(session)).toMatchObject({ unrecorded: "unknown" });
});

async function latest({ plane }: Lab, limit: number): Promise<readonly Decision[]> {
  return (await plane.decisions({ limit })).decisions;
}
