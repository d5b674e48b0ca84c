import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "#lb/command/failure";
import type { Measure, Sample } from "./measures.ts";
import type { Processes, Running } from "./processes.ts";
import type { Subject } from "./subjects.ts";

/** What is measured, how often, and how much of it. */
export interface Plan {
  readonly subjects: readonly Subject[];
  readonly measures: readonly Measure[];
  /** Why a subject, by its name, cannot be measured here. */
  readonly absent: ReadonlyMap<string, string>;
  readonly rounds: number;
  /** 1, or the part of the full number of messages. */
  readonly scale: number;
}

/** One sample, and what it is of. */
export interface Cell {
  readonly round: number;
  readonly subject: string;
  readonly measure: string;
  readonly sample: Sample;
}

const host = "127.0.0.1";
// Below the ports the kernel gives to outgoing connections, of which there are thousands.
const PORTS = { from: 20_000, to: 30_000 };
const STARTED_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 20;

/**
 * Measures every subject by every measure, round by round, so that what else the machine does falls on all of them.
 * Each measurement has a proxy process of its own.
 */
export async function* rounds(plan: Plan, processes: Processes): AsyncGenerator<Cell, void> {
  const load = processes.script("load generator", new URL("load.js", import.meta.url));
  const echo = processes.script("echo backend", new URL("echo.js", import.meta.url));
  const present = plan.subjects.filter(({ name }) => !plan.absent.has(name));
  for (let round = 0; round < plan.rounds; round++) {
    for (const measure of plan.measures) {
      for (const subject of rotated(present, round)) {
        const sample = await measured(subject, measure, { load, echo, processes, scale: plan.scale });
        yield { round, subject: subject.name, measure: measure.name, sample };
      }
    }
  }
}

/** Each round begins with another subject, so that none always follows the same one. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

interface Around {
  readonly load: Running;
  readonly echo: Running;
  readonly processes: Processes;
  readonly scale: number;
}

async function measured(subject: Subject, measure: Measure, around: Around): Promise<Sample> {
  const { load, scale } = around;
  // Fresh ports: those of the last measurement are still in TIME_WAIT, and looking past them would cost the proxy.
  const { ports: backends = [] } = await around.echo.ask({ do: "listen", ports: subject.backends });
  if (!subject.command) return measure.run({ load, scale, port: backends[0] as number, proxy: undefined });
  const folder = await mkdtemp(join(tmpdir(), "lb-bench-"));
  try {
    const port = await freePort();
    const proxy = around.processes.start(subject.name, subject.command({ port, backends, folder }));
    try {
      await accepts(port, proxy);
      return await Promise.race([measure.run({ load, scale, port, proxy }), proxy.ended]);
    } finally {
      await proxy.end();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
  const server = createServer().listen({ host, port });
  const free = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (!free) return freePort();
  await once(server.close(), "close");
  return port;
}

async function accepts(port: number, proxy: Running): Promise<void> {
  const deadline = performance.now() + STARTED_WITHIN_MS;
  while (!(await Promise.race([answers(port), proxy.ended]))) {
    if (performance.now() > deadline) throw new Failure(`${proxy.name} does not listen on ${host}:${port}`);
    await sleep(ASK_AGAIN_MS);
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
