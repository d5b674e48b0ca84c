import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { enginesHere } from "../../support/engines.ts";
import { type Doing, HostedThread } from "../../support/hosted.ts";
import { backend, dialPeer, echo, within } from "../../support/peer.ts";

const SLICES = new URL("../../../dist/core/slices.js", import.meta.url).href;
/** The thread looks around so often in any case: what comes sooner, many times in a row, has woken it. */
const LONGEST_WAIT_MS = 100;
const SOON_MS = (100 * LONGEST_WAIT_MS) / 2;

const WAKING: readonly (readonly [string, Doing])[] = [
  [
    "a message",
    async (_, port) => {
      const { MessageChannel } = process.getBuiltinModule("node:worker_threads");
      const { once } = process.getBuiltinModule("node:events");
      const { port1, port2 } = new MessageChannel();
      port2.on("message", (message) => port2.postMessage(message));
      for (let nth = 0; nth < 100; nth++) {
        port1.postMessage(nth);
        await once(port1, "message");
      }
      port1.close();
      port.postMessage("done");
    },
  ],
  [
    "a name that is looked up",
    async (_, port) => {
      const { lookup } = process.getBuiltinModule("node:dns/promises");
      for (let nth = 0; nth < 100; nth++) await lookup("localhost");
      port.postMessage("done");
    },
  ],
  [
    "a socket of Node's",
    async (_, port) => {
      const { connect, createServer } = process.getBuiltinModule("node:net");
      const { once } = process.getBuiltinModule("node:events");
      const server = createServer((socket) => void socket.pipe(socket)).listen(0, "127.0.0.1");
      await once(server, "listening");
      const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
      for (let nth = 0; nth < 100; nth++) {
        socket.write("ping");
        await once(socket, "data");
      }
      socket.destroy();
      server.close();
      port.postMessage("done");
    },
  ],
  [
    "what a timer's promise leaves for the next turn",
    async ({ clock }, port) => {
      for (let nth = 0; nth < 100; nth++) {
        await new Promise<void>((resolve) => void clock.after(1, resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      port.postMessage("done");
    },
  ],
  [
    "what a timer leaves for the next tick",
    async ({ clock }, port) => {
      for (let nth = 0; nth < 100; nth++)
        await new Promise<void>((resolve) => void clock.after(1, () => process.nextTick(resolve)));
      port.postMessage("done");
    },
  ],
  [
    "a timer of Node's",
    async (_, port) => {
      for (let nth = 0; nth < 100; nth++) await new Promise((resolve) => setTimeout(resolve, 1));
      port.postMessage("done");
    },
  ],
  [
    "a connection, and what it brings",
    async ({ transport }, port) => {
      const at = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
      const listening = await transport.listen(at, async (connection) => {
        const bytes = await connection.read();
        await connection.write(bytes as Uint8Array);
        connection.end();
      });
      for (let nth = 0; nth < 100; nth++) {
        const { endpoint } = listening;
        const connection = await transport.dial(endpoint, { timeoutMs: 5_000 }).connection;
        await connection.write(Buffer.from("ping"));
        await connection.read();
        connection.end();
        await connection.closed;
      }
      await listening.close();
      port.postMessage("done");
    },
  ],
];

describe.each(enginesHere)("a thread that waits in %s", (engine) => {
  test.each(WAKING)("wakes for %s", async (_, doing) => {
    await using thread = await HostedThread.begin(engine, doing);
    expect(await thread.said(SOON_MS)).toBe("done");
  });

  test.each(WAKING)(
    "wakes for %s, also where this Node has no way to run what waits for a promise",
    async (_, doing) => {
      const without = `(...given) => { delete process._tickCallback; return (${doing})(...given); }`;
      await using thread = await HostedThread.begin(engine, without);
      expect(await thread.said(SOON_MS)).toBe("done");
    },
  );

  test("answers the thread that began it", async () => {
    await using thread = await HostedThread.begin(engine, (_, port) => {
      port.on("message", (message) => port.postMessage(message));
    });
    const asked = async () => {
      for (let nth = 0; nth < 100; nth++) expect(await thread.ask(nth)).toBe(nth);
    };
    await within("all answers", asked(), SOON_MS);
  });

  test("work in slices lets the loop serve what is ready between them", async () => {
    await using thread = await HostedThread.begin(
      engine,
      `async ({ clock }, port) => {
        const { inSlices } = await import("${SLICES}");
        const endMs = performance.now() + 100;
        const busy = function* () {
          while (performance.now() < endMs) yield;
        };
        let turns = 0;
        const turn = () => {
          turns += 1;
          setImmediate(turn).unref();
        };
        turn();
        await inSlices(clock, busy());
        port.postMessage(turns);
      }`,
    );
    expect(await thread.said(SOON_MS)).toBeGreaterThan(5);
  });

  test("a timer is not later by what was done before it: neither by a turn of Node's, nor by another timer", async () => {
    await using thread = await HostedThread.begin(engine, async ({ clock }, port) => {
      const busy = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      const took = (ms: number) => {
        const startMs = performance.now();
        return new Promise<number>((resolve) => clock.after(ms, () => resolve(performance.now() - startMs)));
      };
      const first = await took(5);
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          busy(200);
          setTimeout(resolve);
        });
      });
      const behindTurn = await took(5);
      clock.after(20, () => busy(200));
      port.postMessage([first, behindTurn, await took(300)]);
    });
    const [first, behindTurn, behindTimer] = (await thread.said(SOON_MS)) as number[];
    expect(first).toBeLessThan(50);
    expect(behindTurn).toBeLessThan(50);
    expect(behindTimer).toBeLessThan(420);
  });

  test("timers that are due at once and set themselves again hold nothing else up", async () => {
    await using thread = await HostedThread.begin(engine, ({ clock }, port) => {
      const again = () => void clock.after(0, again);
      again();
      setTimeout(() => port.postMessage("Node's timer"), 20);
      port.on("message", (message) => port.postMessage(message));
    });
    expect(await thread.said(SOON_MS)).toBe("Node's timer");
    expect(await thread.ask("a message")).toBe("a message");
  });

  test("waits where it has nothing to do", async () => {
    await using thread = await HostedThread.begin(engine, ({ clock }, port, library) => {
      const { epollWait, ioUringEnter } = library;
      let waits = 0;
      library.epollWait = (...given) => {
        waits += 1;
        return epollWait(...given);
      };
      library.ioUringEnter = (...given) => {
        waits += 1;
        return ioUringEnter(...given);
      };
      port.on("message", () => {});
      clock.after(1_000, () => port.postMessage(waits));
    });
    const waits = (await thread.said()) as number;
    expect(waits).toBeGreaterThan(1);
    expect(waits).toBeLessThanOrEqual(4 * (1_000 / LONGEST_WAIT_MS));
  });

  test("looks for nothing else while bytes only pass from side to side", async () => {
    await using server = await backend(echo);
    await using thread = await HostedThread.begin(engine, relayCounting);
    const client = await dialPeer((await thread.ask(server.endpoint)) as Endpoint);
    const passed = async (times: number) => {
      for (let nth = 0; nth < times; nth++) {
        const before = client.length;
        client.send("x");
        await client.bytes(before + 1);
      }
      return (await thread.ask("counts")) as { steps: number; looks: number };
    };
    const before = await passed(10);
    const after = await passed(300);
    expect(after.steps - before.steps).toBeGreaterThanOrEqual(300);
    expect(after.looks - before.looks).toBeLessThan(30);
    client.reset();
  });
});

/** Relays to the endpoint that it is told first, and answers all else with how often it waited, and ran what waited for promises. */
const relayCounting: Doing = ({ transport }, port, library) => {
  const ticking = process as unknown as { _tickCallback(): void };
  const { epollWait, ioUringEnter } = library;
  const { _tickCallback: tick } = ticking;
  const counts = { steps: 0, looks: 0 };
  library.epollWait = (...given) => {
    counts.steps += 1;
    return epollWait(...given);
  };
  library.ioUringEnter = (...given) => {
    counts.steps += 1;
    return ioUringEnter(...given);
  };
  ticking._tickCallback = () => {
    counts.looks += 1;
    tick();
  };
  const options = { idleMs: 60_000, finMs: 60_000, halfClose: true };
  port.once("message", async (endpoint: Endpoint) => {
    const at = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    const listening = await transport.listen(at, async (client) => {
      const server = await transport.dial(endpoint, { timeoutMs: 5_000 }).connection;
      await transport.relay(client, server, options).done;
    });
    port.on("message", () => port.postMessage(counts));
    port.postMessage(listening.endpoint);
  });
};
