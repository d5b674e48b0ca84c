import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import type { SocketAddress } from "#lb/core/address";
import { parseDuration } from "#lb/core/duration";
import { enginesHere } from "../support/engines.ts";
import { eventually } from "../support/eventually.ts";
import { PacedClients } from "../support/long-run/clients.ts";
import { Observed } from "../support/long-run/observed.ts";
import { closeWaiting } from "../support/sockets-of.ts";
import { SteeredProcess } from "../support/steered-process.ts";
import { busyGauges, descriptors } from "../support/under-load/found.ts";

const MIB = 1024 * 1024;
/** How long it is to last: LB_LONG_RUN=60s, or 1h. */
const { LB_LONG_RUN, LB_TRANSPORT } = process.env;
const LASTS_MS = LB_LONG_RUN === undefined ? 3_000 : parseDuration(LB_LONG_RUN);
const PER_SEC = 2_000;
/** A process grows for its first minute; of an hour that is little. */
const SETTLES_MS = Math.min(LASTS_MS / 2, 60_000);
const MOST_GROWTH_BYTES = 48 * MIB;
const TRANSPORTS = LB_TRANSPORT === undefined ? ["sockets", ...enginesHere] : [LB_TRANSPORT];

test.each(TRANSPORTS)(
  "by %s every one of 2 000 clients a second gets its bytes back, and nothing is left of them",
  async (transport) => {
    await using backend = await echoing();
    await using lb = await SteeredProcess.start({
      transport,
      listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "echo" }],
      // Nothing is given up because this process had to wait for the processor.
      pools: {
        echo: {
          timeouts: { connect: "60s" },
          health: { timeout: "60s" },
          backends: [{ address: `127.0.0.1:${backend.port}` }],
        },
      },
    });
    const { balancer } = lb;
    await balancer.line(new RegExp(`"transport":"${transport}".*"msg":"started"`));
    const openAtFirst = descriptors(balancer.pid);
    const observed = new Observed(balancer);

    const clients = new PacedClients(balancer.endpoint as SocketAddress, PER_SEC, 1);
    const coming = clients.come(LASTS_MS);
    await observed.watch(coming);
    const { due, made, failed } = await coming;

    const inMib = observed.residentBytes.map((bytes) => Math.round(bytes / MIB));
    if (LB_LONG_RUN !== undefined) console.log(transport, { due, made, inMib: inMib.join(" ") });
    await eventually(async () => expect(await busyGauges(lb)).toEqual([]));
    observed.read();
    expect({ failed, endings: await endingsOf(lb), complaints: observed.complaints }).toEqual({
      failed: [],
      endings: { done: made },
      complaints: [],
    });
    await eventually(() => expect(descriptors(balancer.pid)).toBeLessThanOrEqual(openAtFirst));
    expect(closeWaiting(balancer.pid)).toEqual([]);
    const settledBytes = Math.max(...observed.residentBytes.slice(0, Math.ceil(SETTLES_MS / 1_000)));
    // Between two collections it goes up and down.
    expect(Math.min(...observed.residentBytes.slice(-10))).toBeLessThan(settledBytes + MOST_GROWTH_BYTES);

    expect(await lb.stop()).toBe(0);
    observed.read();
    expect(observed.complaints).toEqual([]);
    expect(balancer.stderr).toBe("");
  },
  LASTS_MS + 300_000,
);

/** How often sessions have ended how. */
async function endingsOf(lb: SteeredProcess): Promise<Record<string, number>> {
  const { body } = await lb.ask("GET", "/api/v1/status");
  const [listener] = (body as { listeners: { endings: Record<string, number> }[] }).listeners;
  return Object.fromEntries(Object.entries(listener?.endings ?? {}).filter(([, count]) => count > 0));
}

/** A backend that sends back what it gets, and keeps nothing of it. */
async function echoing() {
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {}).pipe(socket);
  });
  await once(server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }), "listening");
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}
