import { expect, test } from "vitest";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import type { BackendSettings } from "#lb/contract/backend";
import { refusing } from "../support/dead-ends.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab, type Member } from "../support/lab.ts";

test.each(algorithmNames)("%s leaves backups alone while another can serve", async (algorithm) => {
  await using servers = await fleet("a", "b", "z");
  await using balancer = await labWithBackups(servers.members, algorithm);
  expect(await balancer.served1by1(10)).not.toContain("z");
});

test.each(["down", "maint", "drain", "weight 0"] as const)(
  "a backup serves while the other is %s",
  async (why) => {
    await using servers = await fleet("a", "z");
    await using balancer = await labWithBackups(servers.members);
    await change(balancer, why);
    expect(await balancer.served1by1(2)).toBe("zz");
    await change(balancer, "up", "ready");
    expect(await balancer.served1by1(2)).toBe("aa");
  },
);

test("a backup serves while the other is full, and nobody waits before it is full too", async () => {
  await using servers = await fleet("a", "z");
  const limited = servers.members.map((each) => ({ ...each, maxConnections: 1 }));
  await using balancer = await labWithBackups(limited);
  expect([(await balancer.served()).by, (await balancer.served()).by]).toEqual(["a", "z"]);
  await balancer.client();
  await balancer.queued(1);
});

test("a backup serves a session that has tried the others in vain", async () => {
  await using dead = await refusing();
  await using servers = await fleet("z");
  const members = [{ name: "a", endpoint: dead.endpoint }, ...servers.members];
  await using balancer = await labWithBackups(members);
  await balancer.served1by1(1);
  expect(balancer.records[0]?.attempts.map(({ backend, error }) => [backend, error])).toEqual([
    ["a", "connect-refused"],
    ["z", undefined],
  ]);
});

test("several backups are ranked like any others", async () => {
  await using servers = await fleet("a", "y", "z");
  await using balancer = await labWithBackups(servers.members);
  await change(balancer, "down");
  expect(await balancer.served1by1(4)).toMatch(/^(yz){2}$|^(zy){2}$/);
});

/** Of the members, those called y and z are backups. */
function labWithBackups(
  members: readonly (Member & { name: string })[],
  algorithm: AlgorithmName = "round-robin",
) {
  const backends = members.map((each) => ({ ...each, backup: each.name > "x" }));
  return lab({ backends, algorithm });
}

const CHANGES = {
  down: (balancer: Lab) => balancer.verdict("a", false),
  maint: (balancer: Lab) => order(balancer, { state: "maint" }),
  drain: (balancer: Lab) => order(balancer, { state: "drain" }),
  "weight 0": (balancer: Lab) => order(balancer, { weight: 0 }),
  up: (balancer: Lab) => balancer.verdict("a", true),
  ready: (balancer: Lab) => order(balancer, { state: "ready", weight: 1 }),
} as const;

async function change(balancer: Lab, ...changes: readonly (keyof typeof CHANGES)[]): Promise<void> {
  for (const each of changes) await CHANGES[each](balancer);
}

async function order(balancer: Lab, values: Partial<BackendSettings>): Promise<void> {
  await balancer.set("a", values);
}
