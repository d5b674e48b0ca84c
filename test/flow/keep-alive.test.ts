import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo } from "../support/peer.ts";

/** After so long a session that moved nothing was seen to stand still. */
const STILL_MS = 2_048;

test.each([
  ["is asked for on both sides", { keepAliveMs: 60_000 }, 2],
  ["is off where that is wanted", { keepAliveMs: Infinity }, 0],
])("keepalive %s", async (_, settings, sides) => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ clock, backends: [server.endpoint], ...settings });
  const client = await balancer.client();
  client.send("x");
  await client.bytes(1);
  clock.advance(STILL_MS);
  const asking = [timersAt(balancer.endpoint, "sport"), timersAt(server.endpoint, "dport")].flat();
  expect(asking).toHaveLength(sides);
  for (const seconds of asking) expect(seconds).toBeGreaterThan(50);
});

test("a session that never stands still asks for nothing of its backend", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ clock, backends: [server.endpoint], keepAliveMs: 60_000 });
  const client = await balancer.client();
  for (let received = 1; received <= 10; received++) {
    client.send("x");
    await client.bytes(received);
    clock.advance(STILL_MS / 4);
  }
  expect(timersAt(server.endpoint, "dport")).toHaveLength(0);
});

test("a listener whose keepalive is changed asks new clients by it", async () => {
  await using server = await backend(echo);
  const options = { backends: [server.endpoint] };
  await using balancer = await lab(options);
  for (const [keepAliveMs, clients] of [
    [60_000, 1],
    [Infinity, 1],
    [60_000, 2],
  ] as const) {
    await balancer.apply({ ...options, keepAliveMs });
    const client = await balancer.client();
    client.send("x");
    await client.bytes(1);
    expect(timersAt(balancer.endpoint, "sport")).toHaveLength(clients);
  }
});

/** In how many seconds the kernel asks, for each connection of this end that it asks at all. */
function timersAt(endpoint: Endpoint, end: "sport" | "dport"): number[] {
  const { port } = endpoint as Extract<Endpoint, { kind: "tcp" }>;
  const filter = ["state", "established", `( ${end} = :${port} )`];
  const listed = execFileSync("ss", ["-tnoH", ...filter], { encoding: "utf8" });
  return [...listed.matchAll(/timer:\(keepalive,(\d+)(min|sec)/g)].map(
    ([, amount, unit]) => Number(amount) * (unit === "min" ? 60 : 1),
  );
}
