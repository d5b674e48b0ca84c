import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { configuredBalancer } from "../support/balancer-process.ts";
import { refusing } from "../support/dead-ends.ts";
import { fileOf } from "../support/file-of.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab, type Member } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { dialPeer } from "../support/peer.ts";
import { type UnixBackend, unixBackend } from "../support/unix-backend.ts";

const outlier = { failures: 5, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 };

test("dials a dead backend no more after its failures in a row, and no client notices any of it", async () => {
  await using scene = await oneDeadOfThree();
  const order = await scene.balancer.served1by1(30);
  expect([order.match(/a/g)?.length, order.match(/b/g)?.length]).toEqual([15, 15]);
  expect(await scene.balancer.numbers("failed")).toEqual({ dead: 5, a: 0, b: 0 });
  expect(scene.balancer.changes).toEqual(["dead ejected"]);
  expect(scene.balancer.reports).toMatchObject([{ reason: "5 failed dials in a row", forMs: 10_000 }]);
});

test("gives a backend that comes back its share, not a flood", async () => {
  await using scene = await oneDeadOfThree();
  await scene.balancer.served1by1(20);
  await scene.dead.open();
  await scene.clock.run(9_999);
  expect(await scene.balancer.served1by1(6)).not.toContain("d");
  await scene.clock.run(1);
  const order = await scene.balancer.served1by1(30);
  expect(order.match(/d/g)).toHaveLength(10);
  expect(order).not.toContain("dd");
  expect(scene.balancer.changes).toEqual(["dead ejected", "dead up"]);
  expect(scene.balancer.reports[1]).toMatchObject({ reason: "ejection over", lastedMs: 10_000 });
});

test("leaves a backend that fails again out for longer", async () => {
  await using scene = await oneDeadOfThree();
  await scene.balancer.served1by1(20);
  await scene.clock.run(10_000);
  await scene.balancer.served1by1(20);
  await scene.clock.run(19_999);
  expect(scene.balancer.changes).toEqual(["dead ejected", "dead up", "dead ejected"]);
  await scene.clock.run(1);
  await scene.balancer.when("the return", () => scene.balancer.changes.length === 4);
});

test("never leaves more than half of the backends out, and serves by the rest", async () => {
  await using one = await refusing();
  await using two = await refusing();
  await using three = await refusing();
  await using servers = await fleet("a");
  const dead = [one, two, three].map(({ endpoint }, i) => ({ name: `d${i}`, endpoint }));
  await using balancer = await lab({ backends: [...dead, ...servers.members], attempts: 4, outlier });
  expect(await balancer.served1by1(40)).toBe("a".repeat(40));
  expect(balancer.changes).toHaveLength(2);
});

test("one of two is left out, and never the only one", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const backends: Member[] = [{ name: "d", endpoint: dead.endpoint }, ...servers.members];
  await using balancer = await lab({ backends, outlier });
  await balancer.served1by1(12);
  expect(balancer.changes).toEqual(["d ejected"]);
  await balancer.apply({ backends: backends.slice(0, 1), outlier });
  for (let i = 0; i < 7; i++) await refusedClient(balancer);
  // Out, and dialled all the same: there is no other.
  expect(balancer.records.at(-1)?.ending).toBe("connect-refused");
  expect(balancer.changes).toEqual(["d ejected"]);
});

test("a session to which all others were refused is served by one that is ejected and back, which then is in again", async () => {
  await using a = await unixBackend((peer) => peer.send("a"));
  await using b = await unixBackend((peer) => peer.send("b"));
  const backends = [a, b].map(({ endpoint }, n) => ({ name: "ab"[n] as string, endpoint }));
  await using balancer = await lab({ backends, outlier });
  await b.open();
  expect(await balancer.served1by1(10)).toBe("b".repeat(10));
  expect(balancer.changes).toEqual(["a ejected"]);
  await a.open();
  expect(await balancer.served1by1(2)).toBe("bb");
  await b.stop();
  expect(await balancer.served1by1(1)).toBe("a");
  expect(balancer.records.at(-1)?.attempts).toMatchObject([
    { backend: "b", error: "connect-refused" },
    { backend: "a" },
  ]);
  expect(balancer.changes).toEqual(["a ejected", "a up"]);
  expect(balancer.reports.at(-1)).toMatchObject({ reason: "it answered" });
});

test("a session waits for a place on a backend that is in rather than dial one that is out", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const [a] = servers.members as [Member];
  const backends: Member[] = [
    { name: "d", endpoint: dead.endpoint },
    { ...a, maxConnections: 1 },
  ];
  await using balancer = await lab({ backends, outlier });
  await balancer.served1by1(12);
  const { client } = await balancer.served();
  const waiting = await balancer.client();
  await balancer.queued(1);
  client.reset();
  await waiting.bytes(1);
  expect(await balancer.numbers("failed")).toEqual({ d: 5, a: 0 });
});

test("a good dial ends the row of failures", async () => {
  await using scene = await oneDeadOfThree();
  for (let i = 0; i < 3; i++) {
    await scene.dead.stop();
    await scene.balancer.served1by1(8);
    await scene.dead.open();
    await scene.balancer.served1by1(3);
  }
  expect(scene.balancer.changes).toEqual([]);
});

test("a backend that returns starts slowly where that is wished", async () => {
  await using scene = await oneDeadOfThree({ slowStartMs: 10_000 });
  await scene.balancer.served1by1(20);
  await scene.dead.open();
  await scene.clock.run(10_000);
  const shares: number[] = [];
  for (let step = 0; step < 3; step++) {
    const order = await scene.balancer.served1by1(42);
    shares.push(order.match(/d/g)?.length ?? 0);
    await scene.clock.run(5_000);
  }
  // Of the weights 0.1, 0.6 and 1 beside two of 1.
  expect(shares).toEqual([2, 10, 14]);
});

test("the command logs for how long a backend is left out, and how long it was", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const [live] = servers.members as [{ name: string; endpoint: Endpoint }];
  await using file = await fileOf(`
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools:
      p:
        health: { probe: off }
        outlier: { failures: 1, ejectFor: 300ms }
        backends: [{ name: dead, address: "${formatEndpoint(dead.endpoint)}" }, { address: "${formatEndpoint(live.endpoint)}" }]`);
  await using balancer = await configuredBalancer(file.path);
  for (let i = 0; i < 2; i++) {
    const client = await dialPeer(balancer.endpoint);
    await client.bytes(1);
    client.reset();
  }
  const [, forMs] = await balancer.line(
    /"reason":"1 failed dial","lasted":"\d+\.\ds","lastedMs":\d+,"for":"0\.\ds","forMs":(\d+),"msg":"backend ejected"/,
  );
  // What is left of 300 ms when it is told.
  expect(Number(forMs)).toBeGreaterThan(0);
  expect(Number(forMs)).toBeLessThanOrEqual(300);
  await balancer.line(/"reason":"ejection over","lasted":"0\.\ds","lastedMs":\d+,"msg":"backend up"/);
});

/** A backend that refuses until it is opened, called dead, and a and b beside it. */
async function oneDeadOfThree(more: { slowStartMs?: number } = {}) {
  const clock = new ManualClock();
  const dead: UnixBackend = await unixBackend((peer) => peer.send("d"));
  const live = await fleet("a", "b");
  const backends = [{ name: "dead", endpoint: dead.endpoint }, ...live.members];
  const balancer: Lab = await lab({ backends, outlier, clock, ...more });
  return {
    clock,
    dead,
    balancer,
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await live[Symbol.asyncDispose]();
      await dead[Symbol.asyncDispose]();
    },
  };
}

async function refusedClient(balancer: Lab): Promise<void> {
  const before = balancer.records.length;
  const client = await balancer.client();
  await client.outcome();
  client.finish();
  await balancer.ended(before + 1);
}
