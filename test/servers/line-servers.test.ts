import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { echoProtocol } from "../../servers/echo-protocol.ts";
import type { Behaviour } from "../../servers/faults/fault.ts";
import { latency } from "../../servers/faults/latency.ts";
import { LineSession } from "../../servers/line-session.ts";
import { pingProtocol } from "../../servers/ping-protocol.ts";
import type { Protocol } from "../../servers/protocol.ts";
import { taskProtocol } from "../../servers/task-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { eventually } from "../support/eventually.ts";
import { received, talk } from "../support/talk.ts";

async function answers(protocol: Protocol, input: string | Buffer): Promise<string> {
  await using server = await TestServer.start({ protocol, name: "a" });
  return (await talk(server.port, input)).toString();
}

test.each([
  ["ping", "pong a"],
  ["ping hello  you ", "pong hello  you  a"],
  ["ping ", "pong  a"],
  ["ping Grüße 👋", "pong Grüße 👋 a"],
  ["ping x\r", "pong x a"],
  ["ping\r", "pong a"],
  ["pingx", "err expected ping or ping <text>"],
  ["", "err expected ping or ping <text>"],
])("ping answers %j with %j", async (line, answer) => {
  expect(await answers(pingProtocol, `${line}\n`)).toBe(`${answer}\n`);
});

const EXPECTED = "err expected fibonacci <n> with n from 0 to 10000, or factorial <n> with n from 0 to 5000";

test.each([
  ["fibonacci 1", "ok 1 a"],
  ["fibonacci 123\r", "ok 22698374052006863956975682 a"],
  ["factorial 20", "ok 2432902008176640000 a"],
  ["fibonacci 10001", EXPECTED],
  ["factorial 5001", EXPECTED],
  ["fibonacci -1", EXPECTED],
  ["fibonacci 1.5", EXPECTED],
  ["fibonacci", EXPECTED],
  ["constructor 1", EXPECTED],
  ["ping", EXPECTED],
])("task answers %j with %j", async (line, answer) => {
  expect(await answers(taskProtocol, `${line}\n`)).toBe(`${answer}\n`);
});

test("echo gives back every byte, valid text or not", async () => {
  const bytes = Buffer.from([...Array(256).keys(), 0x0d, 0x0a, 0x0a]);
  await using server = await TestServer.start({ protocol: echoProtocol });
  expect(await talk(server.port, bytes)).toEqual(bytes);
});

test("answers a name outside ASCII as it was given", async () => {
  await using server = await TestServer.start({ protocol: pingProtocol, name: "süd" });
  expect((await talk(server.port, "ping\n")).toString()).toBe("pong süd\n");
});

test("calls itself by where it listens when it has no name", async () => {
  await using server = await TestServer.start({ protocol: pingProtocol });
  expect((await talk(server.port, "ping\n")).toString()).toBe(`pong 127.0.0.1:${server.port}\n`);
});

test("answers nothing to a last line that never ended", async () => {
  expect(await answers(pingProtocol, "ping\npin")).toBe("pong a\n");
});

test("takes a line of 64 KiB, and ends the connection with an error at one byte more", async () => {
  const longest = "x".repeat(64 * 1024);
  expect(await answers(echoProtocol, `${longest}\n`)).toBe(`${longest}\n`);
  const reply = await answers(echoProtocol, `first\n${longest}x\nnever\n`);
  expect(reply).toBe("first\nerr expected a line of at most 65536 bytes\n");
});

test("says that an endless line is too long to a peer that goes on sending", async () => {
  await using server = await TestServer.start({ protocol: pingProtocol });
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write("x".repeat(1024 * 1024));
  expect(await received(socket, /\n/)).toBe("err expected a line of at most 65536 bytes\n");
  socket.destroy();
});

test.each([
  ["at once", 0],
  ["with latency and jitter", 2],
])("answers a burst of lines in order, %s", async (_, ms) => {
  const count = ms === 0 ? 200_000 : 10_000;
  const around = { clock: systemClock, dice: seededDice(1), turn: 1 };
  const slow = latency.behave({ latency: ms, jitter: ms }, around);
  await using server = await TestServer.start({ protocol: echoProtocol, faults: slow ? [slow] : [] });
  const burst = Array.from({ length: count }, (_, index) => `${index}\n`).join("");
  expect((await talk(server.port, burst)).equals(Buffer.from(burst))).toBe(true);
});

test("reads no faster than its peer takes the answers", async () => {
  let session: LineSession | undefined;
  const protocol: Protocol = (_, work) => ({
    serve(socket) {
      session = new LineSession(socket, () => "x".repeat(10_000), work);
    },
    finish() {},
  });
  await using server = await TestServer.start({ protocol });
  const socket = connect(server.port, "127.0.0.1").pause();
  socket.write("\n".repeat(60_000));
  await eventually(() => expect(session?.socket.isPaused()).toBe(true));
  // Of 600 MB of answers, what waits in this process is one write's worth.
  expect(session?.socket.writableLength).toBeLessThan(100_000);
  socket.destroy();
});

test("answers what was asked when it is closed, then ends the connection", async () => {
  const held: (() => void)[] = [];
  const hold: Behaviour = { work: (next) => (request) => held.push(() => next(request)) };
  const server = await TestServer.start({ protocol: pingProtocol, name: "a", faults: [hold] });
  const socket = connect(server.port, "127.0.0.1");
  const ended = once(socket, "end");
  const answer = received(socket, /\n/);
  socket.write("ping\n");
  await eventually(() => expect(held).toHaveLength(1));
  const closed = server.close(10_000);
  for (const answerNow of held) answerNow();
  expect(await answer).toBe("pong a\n");
  await Promise.all([ended, closed]);
});
