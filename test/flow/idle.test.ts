import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend } from "../support/peer.ts";

test("ends both when nothing was sent either way for the idle timeout", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], idleMs: 60_000, clock });
  const client = await balancer.client();
  const session = await server.next();
  await clock.run(59_000);
  expect(balancer.records).toEqual([]);
  await clock.run(4_000);
  expect(await client.outcome()).toBe("end");
  expect(await session.outcome()).toBe("end");
  await clock.run(1_000);
  expect(await balancer.ended()).toMatchObject([{ ending: "idle" }]);
});

test.each(["client", "backend"])("traffic of the %s alone keeps a session alive", async (who) => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], idleMs: 60_000, clock });
  const client = await balancer.client();
  const session = await server.next();
  const [speaker, hearer] = who === "client" ? [client, session] : [session, client];
  for (let count = 1; count <= 5; count++) {
    await clock.run(50_000);
    speaker.send("!");
    await hearer.bytes(count);
  }
  expect(balancer.records).toEqual([]);
});

test("a reader who takes what is waiting is not idle", async () => {
  const clock = new ManualClock();
  await using server = await backend((peer) => peer.send(Buffer.alloc(32 << 20)));
  await using balancer = await lab({ backends: [server.endpoint], idleMs: 60_000, clock });
  const client = await balancer.client();
  client.stall();
  await balancer.stalled();
  for (let count = 1; count <= 4; count++) {
    await clock.run(50_000);
    client.listen();
    await client.bytes(count * (8 << 20));
    client.stall();
  }
  expect(balancer.records).toEqual([]);
});
