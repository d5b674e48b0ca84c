import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import yargs from "yargs";
import { type Dice, seededDice } from "#lb/core/dice";
import { behaviours, type FaultSettings, faultOptions, noFaults } from "../../servers/faults/index.ts";
import { pingProtocol } from "../../servers/ping-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { fateOf, received } from "../support/talk.ts";

interface Faulty extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: ManualClock;
  readonly changes: string[];
}

async function faulty(
  settings: Partial<FaultSettings>,
  { dice = seededDice(1), turn = 1 }: { dice?: Dice; turn?: number } = {},
): Promise<Faulty> {
  const clock = new ManualClock();
  const changes: string[] = [];
  const server = await TestServer.start({
    protocol: pingProtocol,
    name: "a",
    faults: behaviours({ ...noFaults, ...settings }, { clock, dice, turn }),
    onChange: (change) => changes.push(change.replace(server.address, "…")),
  });
  return { server, clock, changes, [Symbol.asyncDispose]: () => server.close(0) };
}

async function ask(port: number, lines: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(lines);
  return socket;
}

test("no fault is on by default", async () => {
  const around = { clock: new ManualClock(), dice: seededDice(1), turn: 1 };
  expect(behaviours(noFaults, around)).toEqual([]);
  const parsed = await yargs([]).options(faultOptions).parse();
  for (const [option, off] of Object.entries(noFaults)) expect(parsed[option], option).toBe(off);
});

test("latency: each answer takes its time, those asked together the same time", async () => {
  await using slow = await faulty({ latency: 100 });
  using socket = disposable(await ask(slow.server.port, "ping 1\nping 2\n"));
  await eventually(() => expect(slow.clock.timers).toBe(2));
  const early = vi.fn();
  socket.on("data", early);
  await slow.clock.run(99);
  expect(early).not.toHaveBeenCalled();
  const answers = received(socket, /\n.*\n/);
  await slow.clock.run(1);
  expect(await answers).toBe("pong 1 a\npong 2 a\n");
});

test("jitter: answers stay in order, and no time is negative", async () => {
  const times: number[] = [];
  class Watched extends ManualClock {
    override after(ms: number, fn: () => void) {
      times.push(ms);
      return super.after(ms, fn);
    }
  }
  const clock = new Watched();
  const faults = behaviours({ ...noFaults, latency: 5, jitter: 20 }, { clock, dice: seededDice(7), turn: 1 });
  await using server = await TestServer.start({ protocol: pingProtocol, name: "a", faults });
  const lines = Array.from({ length: 200 }, (_, index) => index);
  using socket = disposable(await ask(server.port, lines.map((n) => `ping ${n}\n`).join("")));
  await eventually(() => expect(times).toHaveLength(200));
  const answers = received(socket, /pong 199 a\n/);
  await clock.run(25);
  expect(await answers).toBe(lines.map((n) => `pong ${n} a\n`).join(""));
  expect(Math.min(...times)).toBe(0);
  expect(Math.max(...times)).toBeGreaterThan(20);
  expect(Math.max(...times)).toBeLessThanOrEqual(25);
});

test("concurrency: the rest waits over all connections, first come first served, and who left is passed over", async () => {
  await using narrow = await faulty({ concurrency: 1, latency: 10 });
  using first = disposable(await ask(narrow.server.port, "ping 1\n"));
  await eventually(() => expect(narrow.clock.timers).toBe(1));
  const leaver = await ask(narrow.server.port, "ping 2\n");
  const last = disposable(await ask(narrow.server.port, "ping 3\n"));
  const answers = Promise.all([received(first, /\n/), received(last, /\n/)]);
  leaver.resetAndDestroy();
  // A connection made now is accepted after what the others sent has been read.
  (await ask(narrow.server.port, "")).destroy();
  await eventually(async () => {
    await narrow.clock.run(10);
    expect(narrow.clock.timers).toBe(0);
  });
  expect(await answers).toEqual(["pong 1 a\n", "pong 3 a\n"]);
  last.destroy();
});

test("fail-first: the first connections are reset, all later ones served", async () => {
  await using young = await faulty({ "fail-first": 2 });
  expect(await fateOf(young.server.port)).toBe("ECONNRESET");
  expect(await fateOf(young.server.port)).toBe("ECONNRESET");
  using socket = disposable(await ask(young.server.port, "ping\n"));
  expect(await received(socket, /\n/)).toBe("pong a\n");
});

test("refuse: a dial is refused", async () => {
  await using closed = await faulty({ refuse: true });
  expect(await fateOf(closed.server.port)).toBe("ECONNREFUSED");
});

test("reset: its share of connections is reset in place of the first answer", async () => {
  const throws = [0.1, 0.9];
  await using flaky = await faulty({ reset: 0.5 }, { dice: () => throws.shift() as number });
  expect(await fateOf(flaky.server.port, "ping\n")).toBe("ECONNRESET");
  using socket = disposable(await ask(flaky.server.port, "ping\n"));
  expect(await received(socket, /\n/)).toBe("pong a\n");
});

test("stall: its share of connections is never answered, and ends when the peer finishes", async () => {
  const throws = [0.1, 0.9];
  await using stuck = await faulty({ stall: 0.5 }, { dice: () => throws.shift() as number });
  const silent = await ask(stuck.server.port, "ping\n");
  const data = vi.fn();
  silent.on("data", data);
  using socket = disposable(await ask(stuck.server.port, "ping\n"));
  expect(await received(socket, /\n/)).toBe("pong a\n");
  silent.end();
  await once(silent, "close");
  expect(data).not.toHaveBeenCalled();
});

test("crash: drops everything, refuses while it is down, and comes back on its port, again and again", async () => {
  await using shaky = await faulty({ "crash-every": 20_000, "down-for": 5_000 });
  for (const _ of [1, 2]) {
    const socket = await ask(shaky.server.port, "ping\n");
    await received(socket, /\n/);
    const broken = once(socket, "error");
    await shaky.clock.run(20_000);
    expect(await broken).toMatchObject([{ code: "ECONNRESET" }]);
    expect(await fateOf(shaky.server.port)).toBe("ECONNREFUSED");
    await shaky.clock.run(5_000);
    await eventually(() => expect(shaky.clock.timers).toBe(1));
    expect(shaky.changes.splice(0)).toEqual(["crashed on …", "listening on …"]);
  }
});

test("crash: servers of one process take turns", async () => {
  await using second = await faulty({ "crash-every": 20_000 }, { turn: 2 / 4 });
  await second.clock.run(9_999);
  expect(second.changes).toEqual([]);
  await second.clock.run(1);
  expect(second.changes).toEqual(["crashed on …"]);
});

test("crash: stays down while its port is taken, and tries again", async () => {
  await using shaky = await faulty({ "crash-every": 20_000, "down-for": 5_000 });
  await shaky.clock.run(20_000);
  const thief = await TestServer.start({ protocol: pingProtocol, port: shaky.server.port });
  await shaky.clock.run(5_000);
  await eventually(() => expect(shaky.changes.at(-1)).toBe("still down on …: the port is taken"));
  await thief.close(0);
  await eventually(() => expect(shaky.clock.timers).toBe(1));
  await shaky.clock.run(5_000);
  await eventually(() => expect(shaky.changes.at(-1)).toBe("listening on …"));
});

test("the same seed gives the same fates", () => {
  const fates = () => {
    const around = { clock: new ManualClock(), dice: seededDice(42), turn: 1 };
    const [flaky] = behaviours({ ...noFaults, reset: 0.5 }, around);
    return Array.from({ length: 50 }, () => flaky?.fate?.());
  };
  expect(fates()).toEqual(fates());
  expect(new Set(fates())).toEqual(new Set([undefined, "reset-at-first-bytes"]));
});

function disposable(socket: Socket): Socket & Disposable {
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}
