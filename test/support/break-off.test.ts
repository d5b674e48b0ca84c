import { expect, test } from "vitest";
import { backend, dialPeer } from "./peer.ts";

test("a peer whose FIN is on its way out is reset all the same, and nothing is left of it", async () => {
  await using server = await backend();
  const client = await dialPeer(server.endpoint);
  client.finish();
  await new Promise((resolve) => process.nextTick(resolve));
  client.reset();
  await client.closed();
  expect(client.error).toBeUndefined();
});
