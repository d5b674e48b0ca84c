import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { backend } from "../support/peer.ts";

const UPLOAD = randomBytes(8 << 20);
const ANSWER = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

test("a client that still sends gets the answer of a backend that has closed without reading the rest", async () => {
  await using server = await backend((peer) =>
    peer.socket.once("data", () => {
      peer.stall();
      peer.send(ANSWER);
      // What is unread makes the kernel reset the connection behind the answer.
      peer.socket.destroy();
    }),
  );
  await using balancer = await lab({ backends: [server.endpoint] });
  for (let nth = 1; nth <= 20; nth++) {
    const client = await balancer.client();
    client.send(UPLOAD);
    await client.bytes(ANSWER.length);
    expect(client.text).toBe(ANSWER);
    client.reset();
    const records = await balancer.ended(nth);
    expect(records.at(-1)).toMatchObject({ ending: "backend-reset", bytesOut: ANSWER.length });
  }
});

test("a backend gets the last words of a client that has closed without reading its answer", async () => {
  await using server = await backend((peer) => peer.send(Buffer.alloc(32 << 20)));
  await using balancer = await lab({ backends: [server.endpoint] });
  for (let nth = 1; nth <= 10; nth++) {
    const client = await balancer.client();
    client.stall();
    const session = await server.next();
    await balancer.stalled();
    client.socket.write("last words", () => client.socket.destroy());
    await session.bytes(10);
    expect(session.text).toBe("last words");
    const records = await balancer.ended(nth);
    expect(records.at(-1)).toMatchObject({ ending: "client-reset", bytesIn: 10 });
  }
});

test("a client gets the words of a backend that has closed before it was told the client", async () => {
  await using server = await backend((peer) => {
    peer.stall();
    peer.send("too busy");
    peer.socket.destroy();
  });
  await using balancer = await lab({ backends: [server.endpoint], sendProxy: "v1" });
  for (let nth = 1; nth <= 20; nth++) {
    const client = await balancer.client();
    client.send("hello");
    await client.bytes(8);
    expect(client.text).toBe("too busy");
    client.reset();
    await balancer.ended(nth);
  }
});
