import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { attack } from "../../stress/attack.ts";
import { defaultPlan } from "../../stress/plan.ts";
import { Recording } from "../../stress/recording.ts";
import type { Plan, Results } from "../../stress/results.ts";
import { summarize } from "../../stress/summarize.ts";

const smallPlan: Plan = { ...defaultPlan, clients: 4, requestsPerClient: 5, timeoutMs: 5_000 };

type Answer = (line: string, socket: Socket) => void;

/** A server that is told each line it receives. */
async function withServer<T>(
  answer: Answer,
  story: (target: Endpoint, connections: () => number) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() as string;
      for (const line of lines) answer(line, socket);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await story({ kind: "tcp", host: "127.0.0.1", port }, () => connections);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

const pong: Answer = (line, socket) => socket.write(`${line.replace("ping", "pong")} a\n`);

async function resultsOf(target: Endpoint, changes: Partial<Plan>, signal?: AbortSignal): Promise<Results> {
  const plan = { ...smallPlan, ...changes };
  const recording = new Recording();
  for (let run = 0; run < plan.repeats; run++) await attack(target, plan, recording, { signal });
  return summarize({ name: "test", target: "test", plan, recording });
}

test("makes every planned request, each on a connection of its own, and records who answered", () =>
  withServer(pong, async (target, connections) => {
    const { counts, perServer, connectUs, latencyUs, status, samples } = await resultsOf(target, {
      repeats: 2,
    });
    expect(counts).toEqual({ planned: 40, started: 40, ok: 40, failed: 0, dropped: 0, warmup: 0 });
    expect(connections()).toBe(40);
    expect(connectUs.n).toBe(40);
    expect(latencyUs.fromSend.n).toBe(40);
    expect(perServer).toMatchObject([{ server: "a", requests: 40, share: 1 }]);
    expect(samples.run.filter((run) => run === 1)).toHaveLength(20);
    expect(status).not.toBe("aborted");
  }));

test("opens a new connection after as many requests as the plan allows on one", () =>
  withServer(pong, async (target, connections) => {
    const { counts, connectUs } = await resultsOf(target, { requestsPerConnection: 2 });
    expect(counts.ok).toBe(20);
    expect(connections()).toBe(4 * 3);
    expect(connectUs.n).toBe(12);
  }));

test.each([0, 1, 60_000])(
  "sends payloads of %i bytes, each another, and wants each back",
  async (payloadBytes) => {
    const seen = new Set<string>();
    const note: Answer = (line, socket) => {
      seen.add(line);
      pong(line, socket);
    };
    await withServer(note, async (target) => {
      const { counts } = await resultsOf(target, { payloadBytes, clients: 2, requestsPerClient: 2 });
      expect(counts.ok).toBe(4);
      expect(
        [...seen].every((line) => line.length === "ping".length + (payloadBytes && payloadBytes + 1)),
      ).toBe(true);
      expect(seen.size).toBe(payloadBytes === 0 ? 1 : 4);
    });
  },
);

test("reads an answer that comes byte by byte, and two that come at once", async () => {
  const dribble: Answer = (line, socket) => {
    socket.setNoDelay(true);
    const bytes = [...Buffer.from(`${line.replace("ping", "pong")} ä\n`)];
    const next = () => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(next));
    };
    next();
  };
  await withServer(dribble, async (target) => {
    const { perServer } = await resultsOf(target, { requestsPerConnection: 5 });
    expect(perServer).toMatchObject([{ server: "ä", requests: 20 }]);
  });
});

test.each<[string, Answer]>([
  ["mismatch", (_, socket) => socket.write("pong something-else a\n")],
  ["mismatch", (_, socket) => socket.write("ERR no-backend\n")],
  ["mismatch", (line, socket) => socket.write(`${line.replace("ping", "pong")} \n`)],
  ["mismatch", (_, socket) => socket.write("x".repeat(70_000))],
  ["eof", (_, socket) => socket.end()],
  ["eof", (_, socket) => socket.end("pong half an ans")],
  ["reset", (_, socket) => socket.resetAndDestroy()],
  ["response-timeout", () => {}],
])("counts a %s for what it is, and goes on with the next request", (word, answer) =>
  withServer(answer, async (target) => {
    const { counts, errors, samples, perServer } = await resultsOf(target, {
      timeoutMs: word === "response-timeout" ? 50 : 5_000,
      requestsPerClient: 2,
    });
    expect(counts).toMatchObject({ started: 8, ok: 0, failed: 8 });
    expect(errors).toEqual({ [word]: 8 });
    expect(samples.latencyUs.every((us) => us === -1)).toBe(true);
    expect(perServer).toEqual([]);
  }),
);

test("counts a refused connection, and one to nowhere, without a connect time", async () => {
  const closed = await withServer(pong, async (target) => target);
  const refused = await resultsOf(closed, {});
  expect(refused.errors).toEqual({ "connect-refused": 20 });
  expect(refused.connectUs.n).toBe(0);
  const nowhere = await resultsOf({ kind: "unix", path: "/nowhere/to/be.found" }, {});
  expect(nowhere.errors).toEqual({ "connect-refused": 20 });
});

test("takes an answer nobody asked for as the end of that connection, not of the next request", () => {
  let answers = 0;
  const twice: Answer = (line, socket) => {
    pong(line, socket);
    if (++answers === 1) socket.write("pong again a\n");
  };
  return withServer(twice, async (target) => {
    const open: Partial<Plan> = { model: "open", ratePerSec: 50, arrival: "constant" };
    const plan = { ...open, clients: 1, requestsPerClient: 3, requestsPerConnection: 3 };
    expect((await resultsOf(target, plan)).counts).toMatchObject({ ok: 3, failed: 0 });
  });
});

test("measures an open run from the intended moment too, so that a stall shows in all who came during it", async () => {
  let stalled = false;
  const stallOnce: Answer = (line, socket) => {
    if (stalled) return pong(line, socket);
    stalled = true;
    setTimeout(() => pong(line, socket), 400);
  };
  await withServer(stallOnce, async (target) => {
    const { counts, latencyUs, samples, ratePerSec } = await resultsOf(target, {
      model: "open",
      ratePerSec: 100,
      arrival: "constant",
      clients: 1,
      requestsPerClient: 40,
    });
    expect(counts).toMatchObject({ ok: 40, dropped: 0 });
    expect(ratePerSec.offered).toBe(100);
    expect(samples.intendedUs).toEqual(Array.from({ length: 40 }, (_, i) => i * 10_000));
    // One request was slow to answer; half of the others waited 200 ms or more for their turn.
    expect(latencyUs.fromIntended?.p50).toBeGreaterThan(190_000);
    expect(latencyUs.fromSend.p50).toBeLessThan(latencyUs.fromIntended?.p50 ?? 0);
  });
});

test("drops and counts what finds no free client within the timeout, and says that the numbers miss it", () =>
  withServer(
    () => {},
    async (target) => {
      const changes: Partial<Plan> = { model: "open", ratePerSec: 200, arrival: "poisson", clients: 1 };
      const { counts, status, invalidReasons } = await resultsOf(target, {
        ...changes,
        requestsPerClient: 100,
        timeoutMs: 60,
      });
      expect(counts.dropped).toBeGreaterThan(50);
      expect(counts.started + counts.dropped).toBe(100);
      expect(status).toBe("invalid");
      expect(invalidReasons.join()).toMatch(
        /of 100 requests were dropped: all clients \(1\) were waiting for answers/,
      );
    },
  ));

test("starts nothing after the duration, and drops, counts and tells what was due by then", () => {
  const late: Answer = (line, socket) => setTimeout(() => pong(line, socket), 100);
  return withServer(late, async (target) => {
    const { counts, status, invalidReasons, samples, latencyUs } = await resultsOf(target, {
      model: "open",
      ratePerSec: 100,
      arrival: "constant",
      clients: 2,
      requestsPerClient: null,
      durationMs: 500,
      repeats: 2,
    });
    expect(samples.startUs.every((us) => us < 500_000)).toBe(true);
    expect(counts.started + counts.dropped).toBe(100);
    expect(counts.ok).toBe(counts.started);
    // With 2 clients, at most 10 are answered in each repeat.
    expect(counts.dropped).toBeGreaterThanOrEqual(80 - 4);
    expect(latencyUs.fromIntended?.n).toBe(counts.ok);
    expect(status).toBe("invalid");
    expect(invalidReasons[0]).toMatch(/of 100 requests were dropped: .* came a second and not 100;/);
  });
});

test("says of an open run without an end how far the target was behind the rate, and takes it for valid", () => {
  const late: Answer = (line, socket) => setTimeout(() => pong(line, socket), 20);
  return withServer(late, async (target) => {
    const open: Partial<Plan> = { model: "open", ratePerSec: 200, arrival: "constant" };
    const { counts, notes } = await resultsOf(target, { ...open, clients: 1, requestsPerClient: 40 });
    expect(counts).toMatchObject({ ok: 40, dropped: 0 });
    expect(notes.join()).toMatch(/^requests waited for a free client, .* came a second and not 200$/m);
  });
});

test("closes a connection when its request is answered, also where its client has nothing more to do", () => {
  let ended: Promise<unknown> | undefined;
  const afterTheFirst: Answer = (line, socket) => {
    if (ended === undefined) pong(line, socket);
    else void ended.then(() => pong(line, socket));
    ended ??= once(socket, "end");
  };
  return withServer(afterTheFirst, async (target) => {
    expect((await resultsOf(target, { clients: 2, requestsPerClient: 1 })).counts.ok).toBe(2);
  });
});

test("keeps the warm-up out of every number but its own", () =>
  withServer(pong, async (target) => {
    const { counts, samples } = await resultsOf(target, { warmupMs: 60 });
    expect(counts).toMatchObject({ planned: 20, started: 20, ok: 20 });
    expect(counts.warmup).toBeGreaterThan(0);
    expect(samples.startUs.every((us) => us >= 0)).toBe(true);
  }));

test("ends with the duration where no number of requests is given", () =>
  withServer(pong, async (target) => {
    const { counts, durationMs, samples } = await resultsOf(target, {
      requestsPerClient: null,
      durationMs: 100,
    });
    expect(counts.planned).toBeNull();
    expect(counts.ok).toBe(counts.started);
    expect(durationMs).toBeGreaterThan(90);
    expect(samples.startUs.every((us) => us < 100_000)).toBe(true);
  }));

test("ends at once when told to, leaving what is under way without an outcome", async () => {
  const stop = new AbortController();
  let asked = 0;
  const silentFromTheFifth: Answer = (line, socket) => {
    if (++asked < 5) pong(line, socket);
    if (asked === 8) stop.abort();
  };
  await withServer(silentFromTheFifth, async (target) => {
    const { counts, status, errors } = await resultsOf(target, {}, stop.signal);
    expect(status).toBe("aborted");
    expect(counts).toMatchObject({ planned: 20, started: 8, ok: 4, failed: 0 });
    expect(errors).toEqual({});
  });
});

test("starts nothing where it was told to end before", () =>
  withServer(pong, async (target, connections) => {
    const { status, counts } = await resultsOf(target, {}, AbortSignal.abort());
    expect([status, counts.started, connections()]).toEqual(["aborted", 0, 0]);
  }));
