import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { linesOrHttp } from "../../servers/lines-or-http.ts";
import { taskProtocol } from "../../servers/task-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { received, talk } from "../support/talk.ts";

const server = await TestServer.start({ protocol: linesOrHttp(taskProtocol), name: "a" });
afterAll(() => server.close(0));

async function dialled(): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

test("a task server answers lines and HTTP on one port", async () => {
  expect(String(await talk(server.port, "fibonacci 9\nfactorial 5\n"))).toBe("ok 34 a\nok 120 a\n");
  const at = `http://127.0.0.1:${server.port}`;
  const info = await fetch(at);
  expect(await info.json()).toEqual({ message: "necessary info", port: String(server.port) });
  const body = JSON.stringify({ type: "generate_nth_fibonacci", n: 123 });
  const task = await fetch(`${at}/tasks`, { method: "POST", body });
  expect(await task.json()).toMatchObject({ value: "22698374052006863956975682", server: "a" });
});

test("a burst of requests is answered in order, the first bytes too, however they fall", async () => {
  const socket = await dialled();
  socket.write("G");
  await new Promise((resolve) => setImmediate(resolve));
  const request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
  const last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  socket.write(request.slice(1) + request + last);
  const answers = await received(socket, /close.*\}$/s);
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  expect(String(await talk(server.port, "f"))).toBe("");
});

test("a client that says nothing is let go, by its own end and by that of the server", async () => {
  expect(String(await talk(server.port, ""))).toBe("");
  const mine = await TestServer.start({ protocol: linesOrHttp(taskProtocol) });
  const silent = connect(mine.port, "127.0.0.1");
  await once(silent, "connect");
  const ended = once(silent.resume(), "end");
  const closed = mine.close(10_000);
  await ended;
  await closed;
});
