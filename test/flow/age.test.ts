import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo, type Peer } from "../support/peer.ts";

test("ends a session at its maximum age, however busy it is, by FIN", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], maxAgeMs: 60_000, clock });
  const client = await balancer.client();
  await server.next();
  for (let second = 1; second <= 54; second++) {
    client.send("x");
    await client.bytes(second);
    await clock.run(second < 54 ? 1_000 : 999);
  }
  expect(balancer.records).toEqual([]);
  await clock.run(12_001);
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "max-age", bytesIn: 54, bytesOut: 54 }]);
});

test("sessions that began together end over a fifth of their age, not at once", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], maxAgeMs: 100_000, clock });
  const clients: Peer[] = [];
  while (clients.length < 40) clients.push(await balancer.client());
  for (const client of clients) client.socket.on("end", () => client.finish());
  await balancer.when("all of them", ({ pools }) => pools[0]?.backends[0]?.connected === 40);
  await clock.run(89_999);
  expect(balancer.records).toEqual([]);
  await clock.run(10_000);
  const half = (await balancer.plane.sample()).pools[0]?.backends[0]?.active as number;
  expect(half).toBeGreaterThan(5);
  expect(half).toBeLessThan(35);
  await clock.run(10_002);
  const records = await balancer.ended(40);
  expect(new Set(records.map(({ ending }) => ending))).toEqual(new Set(["max-age"]));
  expect(new Set(records.map(({ durationMs }) => durationMs)).size).toBeGreaterThan(30);
});

test("ends a session that still waits for a place at its maximum age", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  const backends = [{ endpoint: server.endpoint, maxConnections: 1 }];
  const queue = { max: 5, timeoutMs: Infinity };
  await using balancer = await lab({ backends, queue, clock });
  const holder = await balancer.client();
  await balancer.leased();
  await balancer.apply({ backends, queue, clock, maxAgeMs: 60_000, refuse: "line" });
  const waiting = await balancer.client();
  await balancer.queued(1);
  await clock.run(67_000);
  expect(await waiting.outcome()).toBe("end");
  expect(waiting.text).toBe("ERR max-age\n");
  waiting.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "max-age", backend: null, bytesIn: 0 }]);
  holder.reset();
});

test("looks at the ages of all sessions at once, however often the configuration changed", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  const options = { backends: [server.endpoint], maxAgeMs: 60_000, clock };
  await using balancer = await lab(options);
  const timers: number[] = [];
  for (let changes = 0; changes < 5; changes++) {
    await balancer.apply({ ...options, idleMs: 100_000 + changes });
    await balancer.client();
    await balancer.when("it", ({ pools }) => pools[0]?.backends[0]?.connected === changes + 1);
    timers.push(clock.timers);
  }
  expect(new Set(timers).size).toBe(1);
});

test("keeps sessions for as long as they like where there is no maximum", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], idleMs: Infinity, clock });
  const client = await balancer.client();
  await server.next();
  clock.advance(24 * 3_600_000);
  await clock.run(0);
  expect(balancer.records).toEqual([]);
  client.send("still here");
});

test("a session keeps the age it began with through a change of the configuration", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  const options = { backends: [server.endpoint], clock };
  await using balancer = await lab({ ...options, maxAgeMs: 60_000 });
  const client = await balancer.client();
  client.send("x");
  await client.bytes(1);
  await balancer.apply({ ...options, maxAgeMs: 1_000 });
  await clock.run(50_000);
  expect(balancer.records).toEqual([]);
  await clock.run(16_000);
  expect(await client.outcome()).toBe("end");
  client.finish();
});
