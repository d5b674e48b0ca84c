import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { backend } from "../support/peer.ts";
import { unixBackend } from "../support/unix-backend.ts";

test.each([0, 100, 100_000])("a server that answers %i bytes and closes has finished", async (length) => {
  await using server = await unixBackend(({ socket }) =>
    socket.on("data", () => socket.end(Buffer.alloc(length), () => socket.destroy())),
  );
  await server.open();
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("?");
  expect(await client.outcome()).toBe("end");
  expect(client.length).toBe(length);
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesOut: length }]);
});

test.each([1, 100, 100_000])("a client that says %i bytes and closes is heard to its end", async (length) => {
  const folder = await mkdtemp(join(tmpdir(), "unix-"));
  await using server = await backend();
  await using balancer = await lab({
    backends: [server.endpoint],
    endpoint: { kind: "unix", path: join(folder, "s") },
  });
  const { socket } = await balancer.client();
  await rm(folder, { recursive: true });
  socket.end(Buffer.alloc(length), () => socket.destroy());
  const peer = await server.next();
  expect(await peer.outcome()).toBe("end");
  expect(peer.length).toBe(length);
  peer.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: length }]);
});
