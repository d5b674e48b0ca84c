import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { balancerProcess } from "../support/balancer-process.ts";
import { blackHole } from "../support/dead-ends.ts";
import { type Lab, lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer, echo, type Peer } from "../support/peer.ts";

test("serves what waits in the accept queue when it is told to stop, and what is open to its end", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const open = await speaking(20, balancer.endpoint);
  await Promise.all(open.map((client) => client.bytes(1)));
  balancer.signal("SIGSTOP");
  const queued = await speaking(50, balancer.endpoint);
  balancer.signal("SIGTERM");
  balancer.signal("SIGCONT");
  await Promise.all(queued.map((client) => client.bytes(1)));
  for (const client of [...open, ...queued]) client.finish();
  const outcomes = await Promise.all([...open, ...queued].map((client) => client.outcome()));
  expect(outcomes.filter((outcome) => outcome === "reset")).toEqual([]);
  expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
  expect(balancer.records.filter(({ ending }) => ending === "done")).toHaveLength(70);
  expect(balancer.stdout).not.toContain("sessions cut");
});

test("a second signal ends every session at once, in order, and each is recorded", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const clients = await speaking(5, balancer.endpoint);
  await Promise.all(clients.map((client) => client.bytes(1)));
  balancer.signal("SIGTERM");
  await balancer.line(/"msg":"stopping"/);
  balancer.signal("SIGINT");
  for (const client of clients) expect(await client.outcome()).toBe("end");
  expect(await balancer.exit(5_000)).toMatchObject({ code: 0, stderr: "" });
  expect(balancer.records.map(({ ending }) => ending)).toEqual(Array(5).fill("shutdown"));
  expect(balancer.stdout).toMatch(/"sessions":5,"msg":"sessions cut"/);
  for (const client of clients) client.reset();
});

test.each(["SIGTERM", "SIGINT"] as const)("%s again and again is harmless", async (signal) => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  for (let i = 0; i < 5; i++) balancer.signal(signal);
  expect(await balancer.exit()).toMatchObject({ code: 0, signal: null, stderr: "" });
});

test("cuts by FIN whoever has not finished within the grace", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], clock });
  const client = await balancer.client();
  client.send("a");
  await client.bytes(1);
  const closed = await closing(balancer, clock, 30_000);
  await clock.run(29_999);
  client.send("b");
  expect((await client.bytes(2)).toString()).toBe("ab");
  expect(balancer.records).toEqual([]);
  await clock.run(1);
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await closed.over).toBe(1);
  expect(await balancer.ended()).toMatchObject([{ ending: "shutdown", bytesOut: 2 }]);
});

test.each([
  [1_500, 30_000],
  [100, 0],
])(
  "breaks off %i ms later whoever does not even take what was read for it, after a grace of %i",
  async (cutMs, graceMs) => {
    const clock = new ManualClock();
    await using server = await backend((peer) => peer.send(Buffer.alloc(32 << 20)));
    await using balancer = await lab({ backends: [server.endpoint], clock });
    const client = await balancer.client();
    client.stall();
    await balancer.stalled();
    const closed = await closing(balancer, clock, graceMs);
    await clock.run(graceMs);
    await clock.run(cutMs - 1);
    expect(balancer.records).toEqual([]);
    await clock.run(1);
    await closed.over;
    expect(await balancer.ended()).toMatchObject([{ ending: "shutdown" }]);
  },
);

test("a second close does not wait for the grace of the first", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], clock });
  const client = await balancer.client();
  await server.next();
  const first = balancer.plane.close({ graceMs: 30_000 });
  const second = balancer.plane.close({ graceMs: 0 });
  expect(await client.outcome()).toBe("end");
  client.finish();
  const [, cut] = await Promise.all([first, second]);
  expect(cut).toBe(1);
  expect(await balancer.ended()).toMatchObject([{ ending: "shutdown" }]);
});

test("gives a dial up that is under way when the grace is over", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using balancer = await lab({ backends: [hole.endpoint], clock });
  const client = await balancer.client();
  await balancer.leased();
  const closed = balancer.plane.close({ graceMs: 0 });
  expect(await client.outcome()).toBe("end");
  client.finish();
  await closed;
  expect(await balancer.ended()).toMatchObject([{ ending: "shutdown", attempts: [{ error: "shutdown" }] }]);
});

/** Begins to close; resolves when the grace runs. */
async function closing(
  balancer: Lab,
  clock: ManualClock,
  graceMs: number,
): Promise<{ over: Promise<number> }> {
  const { timers } = clock;
  const over = balancer.plane.close({ graceMs });
  await balancer.when("the beginning of the grace", () => clock.timers > timers);
  return { over };
}

/** Clients that have said one byte. */
async function speaking(count: number, endpoint: Endpoint): Promise<Peer[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => dialPeer(endpoint)));
  for (const client of clients) client.send("x");
  return clients;
}
