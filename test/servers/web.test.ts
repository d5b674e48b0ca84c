import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, expect, test } from "vitest";
import type { Behaviour } from "../../servers/faults/fault.ts";
import { TestServer } from "../../servers/test-server.ts";
import { webProtocol } from "../../servers/web-protocol.ts";
import { eventually } from "../support/eventually.ts";
import { received } from "../support/talk.ts";

const server = await TestServer.start({ protocol: webProtocol, name: "a" });
afterAll(() => server.close(0));

async function ask(path: string, init?: RequestInit): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: response.status, json: await response.json() };
}

const post = (body: string) => ask("/tasks", { method: "POST", body });
const error = (code: string, expected: RegExp) => ({
  error: { code, message: expect.stringMatching(expected) },
});

test("says its port, and that it is well", async () => {
  const info = { message: "necessary info", port: String(server.port) };
  expect(await ask("/")).toEqual({ status: 200, json: info });
  expect(await ask("/?from=lb")).toEqual({ status: 200, json: info });
  expect(await ask("/health")).toEqual({ status: 200, json: { status: "ok", server: "a" } });
});

test.each([
  ["generate_nth_fibonacci", 123, "22698374052006863956975682"],
  ["generate_n_factorial", 20, "2432902008176640000"],
])("computes %s of %d exactly", async (type, n, value) => {
  const { status, json } = await post(JSON.stringify({ type, n }));
  expect(status).toBe(200);
  expect(json).toEqual({ value, server: "a", ms: expect.any(Number) });
});

test.each([
  ["no JSON", "{", "bad-json", /expected a JSON object such as/],
  ["no object", "[1]", "bad-json", /expected a JSON object such as/],
  ["no type", "{}", "bad-type", /expected type to be "generate_nth_fibonacci" or "generate_n_factorial"/],
  ["an inherited type", '{"type":"constructor","n":1}', "bad-type", /expected type/],
  ["no n", '{"type":"generate_n_factorial"}', "bad-n", /expected n to be a whole number from 0 to 5000/],
  ["a large n", '{"type":"generate_nth_fibonacci","n":10001}', "bad-n", /from 0 to 10000/],
  ["a text for n", '{"type":"generate_nth_fibonacci","n":"5"}', "bad-n", /expected n/],
])("refuses a task with %s, and says what was expected", async (_, body, code, expected) => {
  expect(await post(body)).toEqual({ status: 400, json: error(code, expected) });
});

test("refuses a body that is too large without reading it all", async () => {
  expect(await post("x".repeat(65_537))).toEqual({
    status: 413,
    json: error("body-too-large", /65536 bytes/),
  });
});

test("refuses unknown paths and methods, and names the known ones", async () => {
  expect(await ask("/nope")).toEqual({ status: 404, json: error("not-found", /\/, \/health, \/tasks/) });
  expect(await ask("/tasks")).toEqual({ status: 405, json: error("method-not-allowed", /POST/) });
});

test("answers what is not HTTP in HTTP", async () => {
  const socket = connect(server.port, "127.0.0.1");
  socket.write("ping\r\n\r\n");
  expect(await received(socket, /\}\}$/)).toMatch(
    /^HTTP\/1\.1 400 Bad Request\r\n.*expected a request of HTTP/s,
  );
});

test("answers many requests on one connection", async () => {
  const socket = connect(server.port, "127.0.0.1");
  for (const _ of [1, 2, 3]) {
    socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await received(socket, /\}$/)).toMatch(/^HTTP\/1\.1 200 OK.*keep-alive/s);
  }
  socket.destroy();
});

test("faults reach HTTP too, and a close lets what was asked be answered", async () => {
  const held: (() => void)[] = [];
  const hold: Behaviour = { work: (next) => (request) => held.push(() => next(request)) };
  const slow = await TestServer.start({ protocol: webProtocol, faults: [hold] });
  const [idle, busy] = [connect(slow.port, "127.0.0.1").resume(), connect(slow.port, "127.0.0.1")];
  await once(idle, "connect");
  busy.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => expect(held).toHaveLength(1));
  const idleEnded = once(idle, "end");
  const answer = received(busy, /\}$/);
  const closed = slow.close(10_000);
  await idleEnded;
  for (const answerNow of held) answerNow();
  expect(await answer).toMatch(/Connection: close.*necessary info/s);
  await closed;
});
