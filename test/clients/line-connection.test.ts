import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { LineConnection } from "../../clients/line-connection.ts";

const timeoutMs = 10_000;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Where a server listens that does with each connection what the test says. */
async function serverThat(serve: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    closing.push(() => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return { kind: "tcp", host: "127.0.0.1", port: (server.address() as AddressInfo).port } as const;
}

const echo = (socket: Socket) => void socket.on("data", (chunk) => socket.write(chunk));

test("gives each request the answer that is its turn, wherever the bytes were cut", async () => {
  const to = await serverThat((socket) => {
    socket.once("data", async () => {
      for (const byte of "one\ntwö\nthree\n") {
        socket.write(byte);
        await new Promise(setImmediate);
      }
    });
  });
  using connection = await LineConnection.open(to, { timeoutMs });
  const answers = ["1", "2", "3"].map((line) => connection.request(line));
  expect(await Promise.all(answers)).toEqual(["one", "twö", "three"]);
});

test("serves a thousand requests that are on their way together", async () => {
  using connection = await LineConnection.open(await serverThat(echo), { timeoutMs });
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
  expect(await Promise.all(lines.map((line) => connection.request(line)))).toEqual(lines);
});

test("a refused dial is connect-refused, by port and by path", async () => {
  const to = await serverThat(echo);
  for (const close of closing.splice(0)) close();
  await expect(LineConnection.open(to, { timeoutMs })).rejects.toMatchObject({ word: "connect-refused" });
  const path = { kind: "unix", path: "/nowhere/at/all" } as const;
  await expect(LineConnection.open(path, { timeoutMs })).rejects.toMatchObject({ word: "connect-refused" });
});

test("a name nobody knows is connect-failed", async () => {
  const to = { kind: "tcp", host: "no-such-host.invalid", port: 1 } as const;
  await expect(LineConnection.open(to, { timeoutMs })).rejects.toMatchObject({ word: "connect-failed" });
});

test("an address this machine does not have is local-limit", async () => {
  const to = await serverThat(echo);
  const opening = LineConnection.open(to, { timeoutMs, localAddress: "192.0.2.1" });
  await expect(opening).rejects.toMatchObject({ word: "local-limit" });
});

test.each([
  ["eof", (socket: Socket) => void socket.once("data", () => socket.end())],
  ["reset", (socket: Socket) => void socket.once("data", () => socket.resetAndDestroy())],
  ["mismatch", (socket: Socket) => void socket.once("data", () => socket.write("x".repeat(70_000)))],
])("what waits for an answer, and what comes after, fails as %s", async (word, serve) => {
  using connection = await LineConnection.open(await serverThat(serve), { timeoutMs });
  const requests = [connection.request("a"), connection.request("b")];
  for (const request of requests) await expect(request).rejects.toMatchObject({ word });
  await expect(connection.request("c")).rejects.toMatchObject({ word });
});

test("an answer that nobody asked for is mismatch, and is shown", async () => {
  const to = await serverThat((socket) => void socket.write("ERR no-backend\n"));
  using connection = await LineConnection.open(to, { timeoutMs });
  await once(connection.socket, "close");
  const detail = 'an answer nobody asked for: "ERR no-backend"';
  await expect(connection.request("a")).rejects.toMatchObject({ word: "mismatch", detail });
});

test("the oldest request without an answer ends the connection as response-timeout", async () => {
  const to = await serverThat((socket) => void socket.once("data", () => socket.write("first\n")));
  using connection = await LineConnection.open(to, { timeoutMs: 50 });
  const [first, second] = [connection.request("1"), connection.request("2")];
  expect(await first).toBe("first");
  await expect(second).rejects.toMatchObject({ word: "response-timeout" });
  expect(connection.socket.destroyed).toBe(true);
});

test("a close finishes the connection, and what still waits fails as eof", async () => {
  let ended: Promise<unknown> | undefined;
  const to = await serverThat((socket) => {
    ended = once(socket.resume(), "end");
  });
  const connection = await LineConnection.open(to, { timeoutMs });
  const request = connection.request("a");
  connection.close();
  connection.close();
  await expect(request).rejects.toMatchObject({ word: "eof" });
  await ended;
});
