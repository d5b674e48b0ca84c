import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "#lb/command/failure";
import type { Bench } from "./measures.ts";
import type { Processes, Running } from "./processes.ts";
import type { Subject } from "./subjects.ts";

/** What all measurements of a benchmark share. */
export interface Stage {
  readonly subjects: readonly Subject[];
  readonly load: Running;
  readonly echo: Running;
  readonly processes: Processes;
  /** For the subjects' files. */
  readonly folder: string;
}

/** A subject that runs, and how to measure it. */
export interface Entrant {
  readonly subject: string;
  readonly bench: Bench;
}

const host = "127.0.0.1";
// Below the ports the kernel gives to outgoing connections, of which there are thousands.
const PORTS = { from: 20_000, to: 30_000 };
const STARTED_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 20;

/**
 * Starts every subject, with backends of its own on fresh ports: those of the last measurement are still in TIME_WAIT,
 * and looking past them would cost the proxy.
 */
export async function lineUp({ subjects, load, echo, processes, folder }: Stage): Promise<Entrant[]> {
  const total = subjects.reduce((sum, { backends }) => sum + backends, 0);
  const { ports = [] } = await echo.ask({ do: "listen", ports: total });
  const left = [...ports];
  const entrants: Entrant[] = [];
  for (const subject of subjects) {
    const running = await start(
      subject,
      left.splice(0, subject.backends),
      join(folder, subject.name),
      processes,
    );
    entrants.push({ subject: subject.name, bench: { load, ...running } });
  }
  return entrants;
}

/** Ends them all. */
export async function dismiss(entrants: readonly Entrant[]): Promise<void> {
  await Promise.all(entrants.map(({ bench }) => bench.proxy?.end()));
}

async function start(
  subject: Subject,
  backends: readonly number[],
  folder: string,
  processes: Processes,
): Promise<Omit<Bench, "load">> {
  if (!subject.command) return { port: backends[0] as number, proxy: undefined };
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const proxy = processes.start(subject.name, subject.command({ port, backends, folder }));
  await accepts(port, proxy);
  return { port, proxy };
}

async function freePort(): Promise<number> {
  const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
  const server = createServer().listen({ host, port });
  if (!(await happens("listening", server))) return freePort();
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
  const connected = await happens("connect", socket);
  socket.destroy();
  return connected;
}

/** Whether the event comes, and not an error. */
function happens(event: string, emitter: NodeJS.EventEmitter): Promise<boolean> {
  return once(emitter, event).then(
    () => true,
    () => false,
  );
}
