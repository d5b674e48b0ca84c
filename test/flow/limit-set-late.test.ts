import { expect, test } from "vitest";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab } from "../support/lab.ts";

test("a limit for each client counts the sessions that live when it is set, and gives their places back", async () => {
  await using servers = await fleet("a");
  const options = { backends: servers.members };
  await using balancer = await lab(options);
  const old = await balancer.served("127.0.0.1");
  await balancer.served("127.0.0.1");
  await balancer.served("127.0.0.2");
  await balancer.apply({ ...options, connectionsPerClient: 2 });
  expect(await refused(balancer)).toBe("client-limit");
  expect((await balancer.served("127.0.0.2")).by).toBe("a");
  old.client.reset();
  await balancer.ended(2);
  await balancer.served("127.0.0.1");
  await balancer.apply(options);
  await balancer.served("127.0.0.1");
  await balancer.apply({ ...options, connectionsPerClient: 4 });
  await balancer.served("127.0.0.1");
  expect(await refused(balancer)).toBe("client-limit");
});

test("a listener's limit counts the sessions that live when it is set", async () => {
  await using servers = await fleet("a");
  const options = { backends: servers.members };
  await using balancer = await lab(options);
  const old = await balancer.served();
  await balancer.served();
  await balancer.apply({ ...options, maxConnections: 2 });
  expect(await refused(balancer)).toBe("listener-full");
  old.client.reset();
  await balancer.ended(2);
  expect((await balancer.served()).by).toBe("a");
});

/** How a client from 127.0.0.1 is refused. */
async function refused(balancer: Lab): Promise<string | undefined> {
  const before = balancer.records.length;
  const client = await balancer.client("127.0.0.1");
  expect(await client.outcome()).toBe("end");
  client.reset();
  return (await balancer.ended(before + 1)).at(-1)?.ending;
}
