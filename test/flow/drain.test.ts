import { expect, test } from "vitest";
import type { BackendSettings } from "#lb/contract/backend";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { blackHole } from "../support/dead-ends.ts";
import { eventually } from "../support/eventually.ts";
import { fleet, politeFleet } from "../support/fleet.ts";
import { type Lab, lab, type Member } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { Peer } from "../support/peer.ts";

const STEPS = 20;

test("ends the sessions of a drained backend by FIN, spread evenly over the time it was given", async () => {
  await using busy = await busyLab(2 * STEPS);
  await drain(busy.balancer, { withinMs: 20_000 });
  for (let step = 1; step <= STEPS; step++) {
    await busy.clock.run(999);
    expect(busy.balancer.records).toHaveLength(2 * (step - 1));
    await busy.clock.run(1);
    await busy.ended(2 * step);
  }
  expect(new Set(busy.balancer.records.map(({ ending }) => ending))).toEqual(new Set(["drained"]));
  expect(await busy.balancer.numbers("active")).toEqual({ a: 0, b: 0 });
});

test("ends as many at each step where clients take their time to close", async () => {
  await using servers = await fleet("a");
  const clock = new ManualClock();
  await using balancer = await lab({ backends: servers.members, clock });
  const clients: Peer[] = [];
  while (clients.length < 5 * STEPS) clients.push((await balancer.served()).client);
  const told = () => clients.filter(({ socket }) => socket.readableEnded).length;
  await drain(balancer, { withinMs: 2_000 });
  for (let step = 1; step <= STEPS; step++) {
    await clock.run(100);
    await eventually(() => expect(told()).toBe(5 * step));
  }
});

test("gives new sessions to the others while it drains, and those stay", async () => {
  await using busy = await busyLab(3);
  await drain(busy.balancer, { withinMs: 20_000 });
  const { by, client } = await busy.balancer.served();
  expect(by).toBe("b");
  await busy.clock.run(20_000);
  await busy.ended(3);
  await busy.clock.run(60_000);
  expect(client.socket.readableEnded).toBe(false);
});

test("without a time, sessions of a drained backend go on for as long as they like", async () => {
  await using busy = await busyLab(2);
  await drain(busy.balancer, {});
  await busy.clock.run(500_000);
  expect(busy.balancer.records).toEqual([]);
});

test("a session that finishes by itself is not counted among those to be ended", async () => {
  await using busy = await busyLab(2);
  await drain(busy.balancer, { withinMs: 20_000 });
  busy.clients[0]?.reset();
  await busy.balancer.ended(1);
  await busy.clock.run(20_000);
  await busy.ended(2);
  expect(busy.balancer.records.map(({ ending }) => ending)).toEqual(["client-reset", "drained"]);
});

test.each([
  ["ready again", { state: "ready" }],
  ["drained again without a time", { state: "drain" }],
] as const)("ends no more sessions once the backend is %s", async (_, wish) => {
  await using busy = await busyLab(STEPS);
  await drain(busy.balancer, { withinMs: 20_000 });
  await busy.clock.run(5_000);
  await busy.ended(5);
  await busy.balancer.set("a", wish);
  await busy.clock.run(60_000);
  expect(await busy.balancer.numbers("active")).toMatchObject({ a: 15 });
});

test("a shorter time takes the place of a longer one", async () => {
  await using busy = await busyLab(STEPS);
  await drain(busy.balancer, { withinMs: 2_000_000 });
  await drain(busy.balancer, { withinMs: 20_000 });
  await busy.clock.run(20_000);
  await busy.ended(STEPS);
});

test("a weight set meanwhile does not call the drain off", async () => {
  await using busy = await busyLab(1);
  await drain(busy.balancer, { withinMs: 20_000 });
  await busy.balancer.set("a", { weight: 5 });
  await busy.clock.run(20_000);
  await busy.ended(1);
});

test("a backend that is removed while it drains goes on draining", async () => {
  await using busy = await busyLab(4);
  await drain(busy.balancer, { withinMs: 20_000 });
  await busy.balancer.apply({ backends: busy.members.slice(1), algorithm: "first", clock: busy.clock });
  await busy.clock.run(20_000);
  await busy.ended(4);
  expect(busy.balancer.records.map(({ ending }) => ending)).toEqual(Array(4).fill("drained"));
});

test("a backend's drain outlives a new configuration in which it still drains", async () => {
  await using busy = await busyLab(4);
  await drain(busy.balancer, { withinMs: 20_000 });
  await file(busy, { state: "drain", weight: 2 });
  expect((await busy.balancer.served()).by).toBe("b");
  await busy.clock.run(20_000);
  await busy.ended(4);
});

test.each([
  ["makes the backend ready", { state: "ready" }],
  ["puts the backend into maintenance", { state: "maint" }],
] as const)("a new configuration that %s calls its timed drain off", async (_, settings) => {
  await using busy = await busyLab(4);
  await drain(busy.balancer, { withinMs: 20_000 });
  await file(busy, settings);
  await busy.clock.run(60_000);
  expect(await busy.balancer.numbers("active")).toEqual({ a: 4, b: 0 });
});

test.each([
  ["drained", (busy: BusyLab) => drain(busy.balancer, {})],
  ["put in maintenance", (busy: BusyLab) => busy.balancer.set("a", { state: "maint" })],
  ["drained by the file", (busy: BusyLab) => file(busy, { state: "drain" })],
  ["removed", (busy: BusyLab) => file(busy, undefined)],
  [
    "drained and then removed",
    async (busy: BusyLab) => {
      await drain(busy.balancer, {});
      await file(busy, undefined);
    },
  ],
])(
  "says once when the last session of a backend that was %s has ended, and after how long",
  async (_, leave) => {
    await using busy = await busyLab(2);
    await leave(busy);
    await busy.clock.run(7_000);
    busy.clients[0]?.reset();
    await busy.ended(1);
    expect(busy.drained()).toEqual([]);
    await busy.clock.run(3_000);
    busy.clients[1]?.reset();
    await busy.ended(2);
    const address = formatEndpoint(busy.members[0]?.endpoint as Endpoint);
    expect(busy.drained()).toEqual([
      { kind: "drained", pool: "main", backend: "a", address, tookMs: 10_000 },
    ]);
  },
);

test("says nothing of a backend that had no session when it was drained, or that is ready again", async () => {
  await using busy = await busyLab(1);
  await busy.balancer.set("b", { state: "drain" });
  await drain(busy.balancer, {});
  await busy.balancer.set("a", { state: "ready" });
  busy.clients[0]?.reset();
  await busy.ended(1);
  expect(busy.drained()).toEqual([]);
});

test("ends the sessions that began on the backend when it had another name", async () => {
  await using busy = await busyLab(4);
  const [a, b] = busy.members as [(typeof busy.members)[0], (typeof busy.members)[0]];
  const renamed = { ...a, name: "a@127.0.0.1", entry: "a" };
  await busy.balancer.apply({ backends: [renamed, b], algorithm: "first", clock: busy.clock });
  await busy.balancer.set("a@127.0.0.1", { state: "drain" }, 20_000);
  await busy.clock.run(20_000);
  await busy.ended(4);
  expect(busy.balancer.records[0]).toMatchObject({ backend: "a", ending: "drained" });
});

test("leaves the sessions of a backend alone whose name another has now", async () => {
  await using busy = await busyLab(4);
  const [, b] = busy.members as [(typeof busy.members)[0], (typeof busy.members)[0]];
  await busy.balancer.apply({ backends: [{ ...b, name: "a" }], algorithm: "first", clock: busy.clock });
  expect((await busy.balancer.served()).by).toBe("b");
  await drain(busy.balancer, { withinMs: 20_000 });
  await busy.clock.run(60_000);
  await busy.balancer.ended(1);
  expect(busy.clients.filter(({ socket }) => socket.readableEnded)).toEqual([]);
});

test("a session that is still dialling a backend when its time is over goes to another", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using servers = await fleet("b");
  const backends = [{ name: "a", endpoint: hole.endpoint }, ...servers.members];
  await using balancer = await lab({ backends, algorithm: "first", clock });
  const client = await balancer.client();
  await balancer.leased();
  await drain(balancer, { withinMs: 200 });
  await clock.run(200);
  expect((await client.bytes(1)).toString()).toBe("b");
  client.reset();
  const [record] = await balancer.ended();
  expect(record?.attempts).toMatchObject([{ backend: "a", error: "drained" }, { backend: "b" }]);
});

test("a session that is still dialling the only backend when its time is over ends drained", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  const backends = [{ name: "a", endpoint: hole.endpoint }];
  await using balancer = await lab({ backends, algorithm: "first", clock, refuse: "line" });
  const client = await balancer.client();
  await balancer.leased();
  await drain(balancer, { withinMs: 200 });
  await clock.run(200);
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("ERR drained\n");
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "drained", backend: null }]);
});

type BusyLab = Awaited<ReturnType<typeof busyLab>>;

/** A balancer before a and b, with so many sessions on a. */
async function busyLab(sessions: number) {
  const clock = new ManualClock();
  const servers = await politeFleet("a", "b");
  const { members } = servers;
  const balancer = await lab({ backends: members, algorithm: "first", clock });
  const clients: Peer[] = [];
  while (clients.length < sessions) clients.push((await balancer.served()).client);
  for (const client of clients) client.socket.on("end", () => client.finish());
  return {
    clock,
    balancer,
    members,
    clients,
    drained: () => balancer.reports.flatMap((each) => (each.kind === "drained" ? [each] : [])),
    /** Resolves when so many sessions are over, and no more. */
    async ended(count: number): Promise<void> {
      await balancer.ended(count);
      expect(balancer.records).toHaveLength(count);
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await servers[Symbol.asyncDispose]();
    },
  };
}

function drain(balancer: Lab, { withinMs }: { readonly withinMs?: number }): Promise<void> {
  return balancer.set("a", { state: "drain" }, withinMs);
}

/** A new configuration in which a is so, or is not. */
async function file(busy: BusyLab, a: Partial<BackendSettings> | undefined): Promise<void> {
  const [old, b] = busy.members as [Member, Member];
  const backends = a === undefined ? [b] : [{ ...old, ...a }, b];
  await busy.balancer.apply({ backends, algorithm: "first", clock: busy.clock });
}
