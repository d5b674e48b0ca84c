import { expect, test } from "vitest";
import type { AlgorithmName } from "#lb/contract/algorithm";
import { Fleet, fleet } from "../support/fleet.ts";
import { type Lab, lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("round-robin serves each backend in turn, and begins again", async () => {
  await using servers = await fleet("1", "2", "3", "4");
  await using balancer = await lab({ backends: servers.members });
  expect(await balancer.served1by1(5)).toBe("12341");
});

test("round-robin spreads weights smoothly", async () => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: weighted(servers.members, { a: 5 }) });
  expect(await balancer.served1by1(14)).toBe("aabacaaaabacaa");
});

test("round-robin gives a backend of twice the weight twice the sessions, and of weight 0 none", async () => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: weighted(servers.members, { b: 2, c: 0 }) });
  await balancer.served1by1(30);
  expect(await balancer.numbers("connected")).toEqual({ a: 10, b: 20, c: 0 });
});

test("least-connections passes by a backend that holds one", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "least-connections" });
  const held = await balancer.served();
  expect(await balancer.served1by1(10)).toBe((held.by === "a" ? "b" : "a").repeat(10));
});

test("least-connections spreads a burst evenly, for it counts whom it has chosen", async () => {
  await using servers = await fleet("a", "b", "c", "d");
  await using balancer = await lab({ backends: servers.members, algorithm: "least-connections" });
  await Promise.all(Array.from({ length: 100 }, () => balancer.served()));
  expect(await balancer.numbers("active")).toEqual({ a: 25, b: 25, c: 25, d: 25 });
});

test("p2c never picks the busier of two", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "p2c" });
  const held = await balancer.served();
  expect(await balancer.served1by1(20)).toBe((held.by === "a" ? "b" : "a").repeat(20));
});

test("first serves by the first that can, and the next where it cannot", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "first" });
  expect(await balancer.served1by1(3)).toBe("aaa");
  await balancer.set("a", { state: "maint" });
  expect(await balancer.served1by1(3)).toBe("bbb");
});

test("random reaches every backend", async () => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: servers.members, algorithm: "random" });
  expect(new Set(await balancer.served1by1(40))).toEqual(new Set("abc"));
});

const HASHES: readonly AlgorithmName[] = ["source-hash", "maglev"];
const SOURCES = Array.from({ length: 40 }, (_, i) => `127.0.0.${i + 2}`);

test.each(HASHES)("%s serves the same client by the same backend", async (algorithm) => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: servers.members, algorithm });
  const before = await everybodysBackend(balancer);
  expect(await everybodysBackend(balancer)).toEqual(before);
  expect(new Set(before.values()).size).toBe(3);
});

test.each(HASHES)(
  "%s moves the clients of a backend that leaves, and hardly any other",
  async (algorithm) => {
    await using servers = await fleet("a", "b", "c");
    await using balancer = await lab({ backends: servers.members, algorithm });
    const before = await everybodysBackend(balancer);
    await balancer.apply({ backends: servers.members.slice(1), algorithm });
    const after = await everybodysBackend(balancer);
    const others = SOURCES.filter((source) => before.get(source) !== "a");
    const moved = others.filter((source) => before.get(source) !== after.get(source));
    expect([...after.values()]).not.toContain("a");
    expect(moved.length).toBeLessThanOrEqual(algorithm === "maglev" ? others.length / 3 : 0);
  },
);

test("peak-ewma leaves a backend that became slow, and finds it again once it is fast", async () => {
  const clock = new ManualClock();
  const slowness = { a: 1, b: 1 };
  await using servers = await answering(slowness, clock);
  await using balancer = await lab({ backends: servers.members, algorithm: "peak-ewma", clock });
  const asked = await asks(balancer, 20);
  expect(new Set(asked)).toEqual(new Set("ab"));
  slowness.a = 500;
  await asks(balancer, 4);
  expect(await asks(balancer, 20)).toBe("b".repeat(20));
  slowness.a = 1;
  await clock.run(60_000);
  expect(new Set(await asks(balancer, 40))).toEqual(new Set("ab"));
});

test("peak-ewma starves none of five equal backends", async () => {
  const clock = new ManualClock();
  await using servers = await answering({ a: 3, b: 3, c: 3, d: 3, e: 3 }, clock);
  await using balancer = await lab({ backends: servers.members, algorithm: "peak-ewma", clock });
  await asks(balancer, 50);
  const shares = Object.values(await balancer.numbers("connected"));
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(5);
});

function weighted<M extends { readonly name: string }>(
  members: readonly M[],
  weights: Record<string, number>,
) {
  return members.map((member) => ({ ...member, weight: weights[member.name] ?? 1 }));
}

async function everybodysBackend(balancer: Lab): Promise<Map<string, string>> {
  const backends = new Map<string, string>();
  for (const source of SOURCES) {
    const { by, client } = await balancer.served(source);
    backends.set(source, by);
    client.reset();
  }
  return backends;
}

/** Backends that answer each question with their name, after as long as `slownessMs` says. */
async function answering(slownessMs: Record<string, number>, clock: ManualClock): Promise<Fleet> {
  const servers = new Fleet();
  for (const name of Object.keys(slownessMs)) {
    await servers.start(name, (peer) =>
      peer.socket.on("data", () => {
        clock.advance(slownessMs[name] as number);
        peer.send(name);
      }),
    );
  }
  return servers;
}

/** Who answers `count` questions, one after the other. */
async function asks(balancer: Lab, count: number): Promise<string> {
  let answers = "";
  for (let i = 0; i < count; i++) {
    const before = balancer.records.length;
    const client = await balancer.client();
    client.send("?");
    answers += await client.bytes(1);
    client.reset();
    await balancer.ended(before + 1);
  }
  return answers;
}
