import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import type { EngineName } from "#lb/core/transport-names";
import { enginesHere } from "../../support/engines.ts";
import { type Doing, HostedThread, hostedSource } from "../../support/hosted.ts";
import { dialPeer, within } from "../../support/peer.ts";
import { output, Program } from "../../support/program.ts";

/** Five times what a thread takes at most to look around. */
const SOON_MS = 500;

/** Listens, and closes with the first client. */
const serveOne: Doing = async ({ transport }, port) => {
  const listening = await transport.listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, (connection) => {
    connection.end();
    void listening.close();
  });
  port.postMessage(listening.endpoint);
};

const READ_MS = 500;

/** Says what it has read from each client, or that nothing came. */
const readInTime: Doing = async ({ transport, clock }, port) => {
  const listening = await transport.listen(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    async (connection) => {
      const late = new Promise<Uint8Array>((resolve) => {
        clock.after(500, () => resolve(Buffer.from("nothing")));
      });
      void connection.write(Buffer.from("accepted, "));
      await connection.write((await Promise.race([connection.read(), late])) as Uint8Array);
      connection.end();
    },
  );
  port.postMessage(listening.endpoint);
};

const GUEST = `
  import(${JSON.stringify(new URL("../../../dist/transport/native/guest.js", import.meta.url).href)})
    .then(({ guestTransport }) => guestTransport({}).listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, () => {}))
    .then(() => require("node:worker_threads").parentPort.postMessage("listening"));`;

describe.each(enginesHere)("a thread that waits in %s", (engine) => {
  test("ends when it is terminated", async () => {
    const thread = await HostedThread.begin(engine, serveOne);
    await thread.said();
    // It says so before it waits.
    await sleep(20);
    expect(await within("its end", thread.worker.terminate(), SOON_MS)).toBe(1);
  });

  test("ends with the process, which another thread ends", async () => {
    await using program = inProcess(engine, serveOne, "setTimeout(() => process.exit(3), 20)");
    expect(await within("the end of the process", program.code())).toBe(3);
  });

  test("ends by itself where nothing is open and no timer is set", async () => {
    const thread = await HostedThread.begin(engine, ({ clock }) => {
      clock.after(Infinity, () => {});
      clock.after(50, () => {});
    });
    expect(await within("its end", thread.ended)).toEqual({ code: 0, error: undefined });
  });

  test("lives while it listens and has connections, and then ends by itself", async () => {
    const thread = await HostedThread.begin(engine, serveOne);
    const client = await dialPeer((await thread.said()) as Endpoint);
    expect(await client.outcome()).toBe("end");
    client.finish();
    expect(await within("its end", thread.ended)).toEqual({ code: 0, error: undefined });
  });

  test.each<readonly [string, Doing]>([
    [
      "what accepts a client",
      async ({ transport }) => {
        const { endpoint } = await transport.listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, () => {
          throw new Error("a defect of this test");
        });
        await transport.dial(endpoint, { timeoutMs: 5_000 }).connection;
      },
    ],
    [
      "a timer",
      ({ clock }) => {
        clock.after(1, () => {
          throw new Error("a defect of this test");
        });
      },
    ],
    [
      "what waits for a timer",
      async ({ clock }) => {
        await new Promise<void>((resolve) => void clock.after(1, resolve));
        throw new Error("a defect of this test");
      },
    ],
    [
      "the tick behind a timer",
      ({ clock }) => {
        clock.after(1, () =>
          process.nextTick(() => {
            throw new Error("a defect of this test");
          }),
        );
      },
    ],
  ])("ends by a throw of %s", async (_, doing) => {
    const { ended } = new HostedThread(engine, doing);
    const error = expect.objectContaining({ message: "a defect of this test" });
    expect(await within("its end", ended)).toEqual({ code: 1, error });
  });

  test("serves what came while the process was stopped before it looks at deadlines", async () => {
    await using program = inProcess(engine, readInTime);
    const [line] = await within("the port", once(program.child.stdout as Readable, "data"));
    const client = await dialPeer({ kind: "tcp", host: "127.0.0.1", port: Number(line) });
    await client.bytes("accepted".length);
    program.child.kill("SIGSTOP");
    client.send("late");
    // Nothing tells that a stopped process has been still for long enough.
    await sleep(2 * READ_MS);
    program.child.kill("SIGCONT");
    expect(await client.outcome()).toBe("end");
    expect(client.text).toBe("accepted, late");
    client.reset();
  });

  test("may end as a guest of its own loop, whatever it has open", async () => {
    const script = `
      const { Worker } = require("node:worker_threads");
      const thread = new Worker(${JSON.stringify(GUEST)}, { eval: true });
      thread.on("message", async () => { await thread.terminate(); console.log("ended"); });`;
    expect(await output(process.execPath, ["-e", script])).toBe("ended\n");
  });
});
/** A process whose main thread begins another, prints the port that it says, and then does something itself. */
function inProcess(engine: EngineName, doing: Doing, then = ""): Program {
  const script = `
    const { Worker } = require("node:worker_threads");
    const thread = new Worker(${JSON.stringify(hostedSource(engine, doing))}, { eval: true });
    thread.on("message", ({ port }) => { if (port) { console.log(port); ${then} } });`;
  return new Program(process.execPath, ["-e", script]);
}
