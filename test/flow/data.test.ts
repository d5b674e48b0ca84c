import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { backend, echo, type Peer } from "../support/peer.ts";

test("carries every byte both ways, and the backend's end as an end", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("one");
  await client.bytes(3);
  client.send("two");
  await client.bytes(6);
  (await server.next()).finish();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(client.text).toBe("onetwo");
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 6, bytesOut: 6 }]);
});

test("dials without waiting for the client to speak", async () => {
  await using server = await backend((peer) => peer.send("220 hello\r\n"));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  expect((await client.bytes(11)).toString()).toBe("220 hello\r\n");
});

test("delivers the late answer to a client that has finished sending", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("question");
  client.finish();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  session.send("answer");
  session.finish();
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("answer");
  expect(await balancer.ended()).toMatchObject([{ ending: "done" }]);
});

test("carries 8 MiB each way at once, unchanged", async () => {
  const [up, down] = [randomBytes(8 << 20), randomBytes(8 << 20)];
  const upload = async (peer: Peer) => {
    peer.send(down);
    peer.finish();
  };
  await using server = await backend((peer) => void upload(peer));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send(up);
  client.finish();
  const session = await server.next();
  await Promise.all([client.outcome(), session.outcome()]);
  expect(digest(client.received)).toBe(digest(down));
  expect(digest(session.received)).toBe(digest(up));
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 8 << 20, bytesOut: 8 << 20 }]);
});

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
