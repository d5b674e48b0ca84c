import { expect, test } from "vitest";
import { configuredBalancer } from "../support/balancer-process.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";

const POOLS = 1_000;

test("a session goes on while a file of a thousand pools is read again, changed or not", async () => {
  await using server = await backend(echo);
  const { port } = server.endpoint as { readonly port: number };
  const text = (backends: readonly string[]) =>
    JSON.stringify({
      listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "p0" }],
      pools: Object.fromEntries(
        Array.from({ length: POOLS }, (_, nth) => [
          `p${nth}`,
          {
            health: { probe: "off" },
            backends: backends.map((name) => ({ name, address: `127.0.0.1:${port}` })),
          },
        ]),
      ),
    });
  await using file = await fileOf(text(["a", "b"]));
  await using balancer = await configuredBalancer(file.path);
  const client = await dialPeer(balancer.endpoint);
  let echoed = 0;
  const ask = async () => {
    client.send("x");
    await client.bytes(++echoed);
  };
  const askUntil = async (line: RegExp) => {
    const before = echoed;
    while (!line.test(balancer.stdout)) await ask();
    return echoed - before;
  };
  balancer.signal("SIGHUP");
  await askUntil(/"msg":"reloaded, nothing changed"/);
  await file.replace(text(["a", "c"]));
  balancer.signal("SIGHUP");
  // Read on the loop, such a file lets some ten questions pass while it is read.
  expect(await askUntil(/"changes":\[.*\],"msg":"reloaded"/)).toBeGreaterThan(100);
  const changes = balancer.stdout.match(/"changes":(\[[^\]]*\]),"msg":"reloaded"/)?.[1] as string;
  expect(JSON.parse(changes)).toContain("pools.p0.backends.c: added");
});
