import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { backend, echo } from "../support/peer.ts";

test("a backend's reset gives the client the bytes so far and an end", async () => {
  await using server = await backend((peer) => peer.send("half an ans"));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  await client.bytes(11);
  (await server.next()).reset();
  expect(await client.outcome()).toBe("end");
  client.finish();
  await client.closed();
  expect(client).toMatchObject({ text: "half an ans", error: undefined });
  expect(await balancer.ended()).toMatchObject([{ ending: "backend-reset", bytesOut: 11 }]);
});

test("a backend's reset does not take from a slow client what was already read for it", async () => {
  await using server = await backend((peer) => peer.send(Buffer.alloc(32 << 20, "d")));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.stall();
  await balancer.stalled();
  (await server.next()).reset();
  client.listen();
  expect(await client.outcome()).toBe("end");
  client.finish();
  const [record] = await balancer.ended();
  expect(record).toMatchObject({ ending: "backend-reset", bytesOut: client.length });
});

test("a client's reset reaches the backend as a reset", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("hello");
  await client.bytes(5);
  client.reset();
  const session = await server.next();
  await session.closed();
  expect(session).toMatchObject({ text: "hello", error: "ECONNRESET" });
  expect(await balancer.ended()).toMatchObject([{ ending: "client-reset", bytesIn: 5, bytesOut: 5 }]);
});

test.each(["", "a byte"])(
  "a backend that accepts and then resets after '%s' is not replaced by another",
  async (said) => {
    await using server = await backend((peer) => {
      peer.send(said);
      peer.socket.resume();
      setImmediate(() => peer.reset());
    });
    await using other = await backend();
    await using balancer = await lab({ backends: [server.endpoint, other.endpoint], algorithm: "first" });
    const client = await balancer.client();
    expect(await client.outcome()).toBe("end");
    client.finish();
    const [record] = await balancer.ended();
    expect(record).toMatchObject({ ending: "backend-reset", attempts: [{ ms: expect.any(Number) }] });
    expect(other.peers).toEqual([]);
  },
);

test("both sides' resets at once end one session once", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  const session = await server.next();
  client.reset();
  session.reset();
  const [record] = await balancer.ended();
  expect(record?.ending).toMatch(/^(client|backend)-reset$/);
});
