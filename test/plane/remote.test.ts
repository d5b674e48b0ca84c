import { expect, test } from "vitest";
import { Failure } from "#lb/command/failure";
import { ConfigMistakes } from "#lb/config/mistake";
import { Deferred } from "#lb/core/deferred";
import type { Plane } from "#lb/plane/plane";
import { overChannel } from "./planes.ts";

const MOST_UNDER_WAY = 64;
const MOST_WAITING = 32_768;

test("an error arrives with its class, its words, and what the system and we have added to it", async () => {
  const taken = Object.assign(new Error("listen EADDRINUSE: address already in use 127.0.0.1:80"), {
    code: "EADDRINUSE",
    errno: -98,
    syscall: "listen",
    address: "127.0.0.1",
    port: 80,
    listener: "web",
  });
  const arrived = await rejectionOf(taken);
  expect(arrived).toStrictEqual(taken);
  expect(arrived).toMatchObject({ ...taken });
  expect(arrived.stack).toBe(taken.stack);
});

test.each([
  [new Failure("no"), Failure],
  [new ConfigMistakes("the file", []), Failure],
  [new RangeError("too many"), RangeError],
  [new TypeError("no function"), TypeError],
  [new SyntaxError("odd"), Error],
])("%s arrives as what those that catch it look for", async (thrown, expected) => {
  const arrived = await rejectionOf(thrown);
  expect(arrived).toBeInstanceOf(expected);
  expect(arrived.message).toBe(thrown.message);
});

test("what is thrown and is no error arrives as one", async () => {
  expect((await rejectionOf("out of order")).message).toBe("out of order");
});

test("so many calls are under way at once, and all others follow in their order", async () => {
  const called: number[] = [];
  const first = new Deferred<void>();
  const remote = overChannel(
    planeOf({
      sessions: async (limit) => {
        called.push(limit);
        await first.promise;
        return [];
      },
    }),
  );
  const limits = Array.from({ length: 200 }, (_, n) => n);
  const calls = limits.map((limit) => remote.sessions(limit));
  await turns();
  expect(called).toEqual(limits.slice(0, MOST_UNDER_WAY));
  first.resolve();
  expect(await Promise.all(calls)).toHaveLength(200);
  expect(called).toEqual(limits);
});

test("a call of thousands of parts is overtaken by none", async () => {
  const called: string[] = [];
  const remote = overChannel(
    planeOf({
      clients: async (ids) => {
        called.push(`clients ${ids?.length}`);
        return [];
      },
      session: async (id) => {
        called.push(`session ${id}`);
        return undefined;
      },
    }),
  );
  const ids = Array.from({ length: 50_000 }, (_, n) => String(n));
  await Promise.all([
    remote.clients(ids),
    remote.session("a"),
    remote.clients(ids.slice(1)),
    remote.session("b"),
  ]);
  expect(called).toEqual(["clients 50000", "session a", "clients 49999", "session b"]);
});

test("an answer of thousands of parts arrives whole, and holds up no other", async () => {
  const answered: string[] = [];
  const all = Array.from({ length: 100_000 }, (_, n) => ({ id: `client ${n}`, tokens: n }));
  const remote = overChannel(planeOf({ clients: async () => all, session: async () => undefined }));
  const long = remote.clients().then((clients) => {
    answered.push("clients");
    return clients;
  });
  const short = remote.session("a").then(() => answered.push("session"));
  await short;
  expect(await long).toStrictEqual(all);
  expect(answered).toEqual(["session", "clients"]);
});

test("more calls than may wait are refused, and a call that is no plain data", async () => {
  const remote = overChannel(planeOf({ sessions: () => new Promise(() => {}) }));
  for (let n = 0; n < MOST_UNDER_WAY + MOST_WAITING; n++) remote.sessions(1).catch(() => {});
  await expect(remote.sessions(1)).rejects.toThrow(
    `the data plane does not keep up: ${MOST_WAITING} calls wait for it`,
  );
  const other = overChannel(planeOf({ session: async () => undefined }));
  await expect(other.session((() => {}) as unknown as string)).rejects.toThrow("could not be cloned");
  expect(await other.session("a")).toBeUndefined();
});

test("where the other end is gone, every call says so, those under way and those to come", async () => {
  const remote = overChannel(planeOf({ sessions: () => new Promise(() => {}) }));
  const calls = Array.from({ length: 100 }, () => remote.sessions(1));
  remote.end(new Failure("the data plane has ended"));
  remote.end(new Failure("not told"));
  for (const call of [...calls, remote.sessions(1)])
    await expect(call).rejects.toThrow("the data plane has ended");
});

function planeOf(calls: Partial<Plane>): Plane {
  return { subscribe: () => ({ [Symbol.dispose]() {} }), ...calls } as Plane;
}

async function rejectionOf(thrown: unknown): Promise<Error> {
  const remote = overChannel(planeOf({ totals: () => Promise.reject(thrown) }));
  return remote.totals().then(
    () => expect.unreachable(),
    (error) => error,
  );
}

async function turns(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
}
