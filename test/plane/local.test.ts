import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { fleet } from "../support/fleet.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { steered } from "../support/steered.ts";
import { describePlane } from "./contract.ts";
import { localPlane, overChannel } from "./planes.ts";

describePlane("a plane in this thread", () => localPlane());
describePlane("a plane at the other end of a channel", () => localPlane(overChannel));

test("a control plane steers a plane at the other end of a channel as any other", async () => {
  await using servers = await fleet("a", "b");
  const backends = servers.members.map(
    ({ name, endpoint }) => `{ name: ${name}, address: "${formatEndpoint(endpoint)}", maxConnections: 9 }`,
  );
  const text = `
listeners: [{ listen: "127.0.0.1:0", pool: p, rateLimit: true, access: [{ allow: 127.0.0.0/8 }, { deny: all }],
  acceptProxy: { from: [10.0.0.0/8] }, timeouts: { maxAge: 1h } }]
pools: { p: { algorithm: p2c, retryBudget: { share: 20%, min: 3 }, slowStart: 10s, health: { interval: 1h },
  backends: [${backends}] } }
clients: { default: { capacity: 100, ratePerSec: 1 }, list: [{ id: u, addresses: [127.0.0.9], capacity: 5, ratePerSec: 1 }] }`;
  await using balancer = await steered(text, new ManualClock(), { across: overChannel });
  await balancer.steering.setBackend("p", "a", { state: "drain", maxConnections: 3 }, { withinMs: 20_000 });
  expect(await balancer.served1by1(2)).toBe("bb");
  await balancer.steering.setClient("u", { capacity: 7 });
  await balancer.reload(text.replace("maxConnections: 9", "maxConnections: 8"));
  expect(await balancer.served1by1(2)).toBe("bb");
  expect(balancer.lines.map(([message]) => message)).toEqual(
    expect.arrayContaining(["listening", "reloaded", "the file has the last word"]),
  );
});
